"""`bg-graph email`, from a folder to a test in the outbox, on both databases."""

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from bg_graph.buying_groups.tables import MemberRow
from bg_graph.email.tables import EmailContentRow, EmailRow
from bg_graph.execution.node_ids import node_id
from bg_graph.store.engine import open_database
from bg_graph.tenancy.reads import list_tenants
from tests.cli.shell import Shell
from tests.conftest import NOW
from tests.email.emails_world import write_email
from tests.world import World


@pytest.fixture
def stocked(shell: Shell, database_url: str) -> Shell:
    """A terminal beside each kind of database, with a tenant and a folder of two e-mails."""
    shell.use(database_url)
    shell.run("tenant", "create", "acme")
    write_email(shell.folder / "emails", "Sales/Spring/Welcome", sender="Maria <maria@x.example>")
    write_email(shell.folder / "emails", "Sales/Farewell")
    return shell


async def _member(database_url: str) -> str:
    database = open_database(database_url)
    try:
        (tenant,) = await list_tenants(database)
        world = World(database, tenant.id, NOW)
        account = await world.account("Initech")
        group = await world.group(account, await world.interest("Data Platform"))
        person = await world.person(account, "Ann Smith")
        await world.member(group, person)
        return node_id("mem", (await world.one(MemberRow, person_id=person)).id)
    finally:
        await database.close()


def outbox(folder: Path) -> list[EmailMessage]:
    files = sorted((folder / "outbox").rglob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]  # type: ignore[misc]


def test_from_a_folder_to_an_approved_e_mail(stocked: Shell) -> None:
    said = stocked.out("email", "import", "emails")
    assert "added: Sales/Farewell (awaits approval)" in said
    assert "2 e-mails: 2 added, 0 changed, 0 unchanged" in said
    assert "2 await approval" in said
    assert "Sales/Spring/Welcome" in stocked.out("email", "list", "--waiting")
    assert stocked.out("email", "approve", "Sales/Farewell", "--by", "Ada") == "approved: Sales/Farewell\n"
    listed = stocked.out("email", "list")
    (line,) = [line for line in listed.splitlines() if "Sales/Farewell" in line]
    assert "Ada" in line
    assert "yes" not in line
    assert "Sales/Farewell" not in stocked.out("email", "list", "--waiting")
    assert stocked.out("email", "approve", "--all") == "approved: Sales/Spring/Welcome\n"
    assert stocked.out("email", "approve", "--all") == "Nothing awaits approval.\n"
    again = stocked.out("email", "import", "emails")
    assert again == "2 e-mails: 0 added, 0 changed, 2 unchanged\n"
    assert stocked.out("email", "withdraw", "Sales/Farewell") == "withdrawn: Sales/Farewell\n"
    assert "Sales/Farewell" in stocked.out("email", "list", "--waiting")


def test_a_wrong_folder_is_refused_whole_with_all_its_faults(stocked: Shell) -> None:
    write_email(stocked.folder / "emails", "Sales/Wrong", plain="a\n{{ zap }}\n", subject="{{ zip }}")
    message = stocked.fault("email", "import", "emails", code=2)
    assert "nothing was taken in; the folder has 2 faults" in message
    assert "emails/Sales/Wrong/body.txt:2: `zap` is no merge field" in message
    assert "emails/Sales/Wrong/email.toml:1: subject: `zip` is no merge field" in message
    assert "Sales" not in stocked.out("email", "list")


def test_an_e_mail_is_looked_at_with_sample_values_and_for_a_member(stocked: Shell, database_url: str) -> None:
    stocked.run("email", "import", "emails")
    stocked.run("email", "approve", "--all")
    said = stocked.out("email", "preview", "Sales/Spring/Welcome")
    assert said.startswith("Subject: CRM for Example Ltd\n\nHello Ada,")
    assert "--into" in said
    member = asyncio.run(_member(database_url))
    said = stocked.out("email", "preview", "Sales/Spring/Welcome", "--member", member)
    assert said.startswith("Subject: Data Platform for Initech\n\nHello Ann,")
    written = stocked.out("email", "preview", "Sales/Farewell", "--into", "seen").split()
    assert written == ["seen/subject.txt", "seen/body.txt", "seen/body.html"]
    assert "<p>Hello Ada</p>" in (stocked.folder / "seen" / "body.html").read_text(encoding="utf-8")


def test_a_draft_is_looked_at_only_where_it_is_asked_for(stocked: Shell) -> None:
    stocked.run("email", "import", "emails")
    assert "is not approved" in stocked.fault("email", "preview", "Sales/Farewell", code=1)
    assert stocked.out("email", "preview", "Sales/Farewell", "--draft").startswith("Subject: CRM")


def test_a_test_stands_in_the_outbox_marked_as_one(stocked: Shell) -> None:
    stocked.run("email", "import", "emails")
    stocked.run("email", "approve", "--all")
    assert stocked.out("email", "test", "Sales/Spring/Welcome", "--to", "me@x.example") == "sent to me@x.example\n"
    (message,) = outbox(stocked.folder)
    assert message["Subject"] == "[Test] CRM for Example Ltd"
    assert message["To"] == "me@x.example"
    assert message["From"] == "Maria <maria@x.example>"
    assert message["List-Unsubscribe"] is None
    text = message.get_body(("plain",))
    assert text is not None
    assert text.get_content().startswith("Hello Ada,")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("approve",), 2, "say which e-mails to approve"),
        (("approve", "--all", "Sales/Farewell"), 2, "say which e-mails to approve"),
        (("approve", "Sales/Nothing"), 2, "there is no e-mail 'Sales/Nothing' here"),
        (("withdraw", "Sales/Farewell"), 1, "is not approved here"),
        (("preview", "Sales/Farewell", "--draft", "--member", "x"), 2, "'x' is no member's id"),
        (("preview", "Sales/Farewell", "--draft", "--member", "mem_" + "0" * 32), 1, "There is no such member"),
        (("preview", "Sales/Farewell", "--draft", "--into", "emails/Sales/Farewell/body.txt"), 1, "can't be written"),
        (("test", "Sales/Farewell", "--draft", "--to", "me"), 2, "'me' is no e-mail address"),
    ],
)
def test_what_can_t_be_done_is_told(stocked: Shell, arguments: tuple[str, ...], code: int, told: str) -> None:
    stocked.run("email", "import", "emails")
    assert told in stocked.fault("email", *arguments, code=code)


def test_with_a_fault_in_one_none_is_approved(stocked: Shell, database_url: str) -> None:
    stocked.run("email", "import", "emails")
    asyncio.run(_spoil(database_url, "Sales/Farewell"))
    message = stocked.fault("email", "approve", "Sales/Spring/Welcome", "Sales/Farewell", code=1)
    assert "nothing was approved" in message
    assert "Sales/Farewell: plain, line 1: `zap` is no merge field" in message
    assert "Sales/Spring/Welcome" in stocked.out("email", "list", "--waiting")


async def _spoil(database_url: str, path: str) -> None:
    database = open_database(database_url)
    try:
        (tenant,) = await list_tenants(database)
        world = World(database, tenant.id, NOW)
        row = await world.one(EmailRow, external_id=path)
        await world.change(EmailContentRow, row.draft_content_id, plain="{{ zap }}")
    finally:
        await database.close()
