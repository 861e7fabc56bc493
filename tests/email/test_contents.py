"""Taking e-mails in from a folder: what is read, how faults are told, what a second import does."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest

from bg_graph.email.commands.approval import Approval, approve_email
from bg_graph.email.commands.contents import EMAIL_IMPORTED, Effect
from bg_graph.email.folder import KEYS, WrongFolder, read_folder, relative
from bg_graph.email.rules.templates import Language
from bg_graph.email.tables import KEPT_HERE, EmailContentRow, EmailRow, EmailWorkspaceRow
from bg_graph.store.changes import ChangeRow
from tests.conftest import NOW
from tests.email.emails_world import Emails, write_email
from tests.world import World

LANGUAGE = Language()


def faults(folder: Path) -> list[str]:
    with pytest.raises(WrongFolder) as wrong:
        read_folder(folder, LANGUAGE)
    return relative(wrong.value.faults, folder)


def test_an_e_mail_is_known_by_workspace_program_and_name(tmp_path: Path):
    write_email(tmp_path, "Sales/Spring/Welcome", sender="M <m@x.example>", reply_to="r@x.example")
    write_email(tmp_path, "Sales/Bare", html=None)
    bare, welcome = read_folder(tmp_path, LANGUAGE)
    assert (welcome.workspace, welcome.program, welcome.name) == ("Sales", "Spring", "Welcome")
    assert (welcome.content.sender, welcome.content.reply_to) == ("M <m@x.example>", "r@x.example")
    assert (bare.path, bare.program, bare.content.html) == ("Sales/Bare", None, None)


def test_files_beside_e_mails_and_hidden_ones_are_no_matter(tmp_path: Path):
    place = write_email(tmp_path, "Sales/Welcome")
    (place / ".DS_Store").touch()
    (tmp_path / "README.md").write_text("Ours")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "email.toml").touch()
    (tmp_path / "Sales" / "Empty").mkdir()
    assert len(read_folder(tmp_path, LANGUAGE)) == 1


def test_files_of_windows_are_as_good(tmp_path: Path):
    place = write_email(tmp_path, "Sales/Welcome")
    (place / "email.toml").write_bytes(b"\xef\xbb\xbfsubject = 'S'\r\n")
    (place / "body.txt").write_bytes(b"\xef\xbb\xbfOne\r\nTwo\r\n")
    (found,) = read_folder(tmp_path, LANGUAGE)
    assert (found.content.subject, found.content.plain) == ("S", "One\nTwo\n")


def test_all_faults_of_all_files_are_told_at_once_with_file_and_line(tmp_path: Path):
    write_email(tmp_path, "A/One", plain="Hi\n{{ person.frist_name }}\n{{ zap }}\n")
    place = write_email(tmp_path, "A/Two", html="<p>\n{% for x in y %}{% endfor %}</p>")
    (place / "email.toml").write_text("# from whom\nsendr = 'x'\nsubject = 'S'\nreply_to = 3\n")
    bad = write_email(tmp_path, "A/Three")
    (bad / "email.toml").write_text("subject = 'S\n")
    (bad / "body.txt").write_bytes(b"one\ntwo \xff\n")
    write_email(tmp_path, "B/Program/Four", subject="{{ account.nam }}", sender="nobody")
    (write_email(tmp_path, "B/Five") / "body.txt").unlink()
    (write_email(tmp_path, "B/Six") / "email.toml").unlink()
    (write_email(tmp_path, "B/Seven") / "logo.png").touch()
    write_email(tmp_path, "B/a/b/Eight")
    write_email(tmp_path, "Nine")
    told = faults(tmp_path)
    beginnings = [
        "A/One/body.txt:2: `person.frist_name` is no merge field; did you mean `person.first_name`?",
        "A/One/body.txt:3: `zap` is no merge field",
        "A/Two/email.toml:2: sendr: is no key here; allowed: subject, sender, reply_to; did you mean sender?",
        "A/Two/email.toml:4: reply_to: must be a text in quotes",
        "A/Two/body.html:2: a loop can't be used",
        "A/Three/email.toml:1: is not TOML",
        "A/Three/body.txt:2: is not UTF-8 here",
        "B/Program/Four/email.toml:1: subject: `account.nam` is no merge field; did you mean `account.name`?",
        "B/Program/Four/email.toml:2: sender: must be an address",
        "B/Five/body.txt:1: is missing",
        "B/Six/email.toml:1: is missing",
        "B/Seven/logo.png:1: is no part of an e-mail",
        "B/a/b/Eight/body.html:1: must stand in <workspace>/<name>/",
        "Nine/body.html:1: must stand in <workspace>/<name>/",
    ]
    for beginning in beginnings:
        assert any(line.startswith(beginning) for line in told), (beginning, told)
    assert len(told) == len(beginnings)


def test_no_fault_of_an_e_mail_hides_those_of_its_other_files(tmp_path: Path):
    place = write_email(
        tmp_path,
        "A/One",
        plain="{% if person.job_title %}\n{{ person.frist_name }}\n{{ account.name|uper }}\n",
        html="<p style='{{ zap }}'>\n{{ account.nam }}</p>",
    )
    (place / "email.toml").write_text("sendr = 'x'\nsubject = '{{ zip }}'\nreply_to = 'nobody'\n")
    told = faults(tmp_path)
    beginnings = [
        "A/One/email.toml:1: sendr: is no key here",
        "A/One/email.toml:2: subject: `zip` is no merge field",
        "A/One/email.toml:3: reply_to: must be an address",
        "A/One/body.txt:3: is no template",
        "A/One/body.txt:2: `person.frist_name` is no merge field",
        "A/One/body.txt:3: there is no filter `uper`",
        "A/One/body.html:1: `zap` is no merge field",
        "A/One/body.html:2: `account.nam` is no merge field",
        "A/One/body.html:1: `style` can't hold a merge field",
    ]
    for beginning in beginnings:
        assert any(line.startswith(beginning) for line in told), (beginning, told)
    assert len(told) == len(beginnings)


def test_a_head_that_can_t_be_read_does_not_hide_the_faults_of_the_text(tmp_path: Path):
    place = write_email(tmp_path, "A/One", plain="{{ sender.name }} {{ zap }}")
    (place / "email.toml").write_text("subject = 'S\n")
    head, text = faults(tmp_path)
    assert "is not TOML" in head
    assert "`zap` is no merge field" in text


def test_a_folder_without_an_e_mail_says_what_one_is(tmp_path: Path):
    (told,) = faults(tmp_path)
    assert "holds no e-mail; an e-mail is a folder <workspace>/[<program>/]<name>" in told
    assert "is no folder" in faults(tmp_path / "nowhere")[0]


def test_files_that_are_far_too_large_are_not_read(tmp_path: Path):
    place = write_email(tmp_path, "Sales/Welcome")
    with (place / "body.html").open("wb") as file:
        file.truncate(10**12)
    assert faults(tmp_path) == ["Sales/Welcome/body.html:1: has more than 2,000,000 bytes"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_can_t_be_read_is_told(tmp_path: Path):
    (write_email(tmp_path, "Sales/Welcome") / "body.txt").chmod(0)
    assert "can't be read" in faults(tmp_path)[0]


@pytest.mark.parametrize("name", ["We\tlcome", " Welcome", "x" * 201])
def test_a_name_that_can_t_be_shown_is_told(tmp_path: Path, name: str):
    try:
        write_email(tmp_path, f"Sales/{name}")
    except OSError:
        pytest.skip("the file system does not take the name either")
    assert any("the name has" in line for line in faults(tmp_path))


def test_more_e_mails_than_are_taken_at_once_are_refused(tmp_path: Path):
    write_email(tmp_path, "Sales/One")
    write_email(tmp_path, "Sales/Two")
    assert len(read_folder(tmp_path, LANGUAGE, most=2)) == 2
    with pytest.raises(WrongFolder, match="holds 2 e-mails; at most 1"):
        read_folder(tmp_path, LANGUAGE, most=1)


async def test_what_is_new_awaits_approval(emails: Emails):
    write_email(emails.folder, "Sales/Spring/Welcome", sender="M <m@x.example>")
    (done,) = await emails.take_in(by="Ada")
    assert (done.effect, done.awaits_approval) == (Effect.ADDED, True)
    row = await emails.row("Sales/Spring/Welcome")
    assert (row.provider, row.name, row.program_name) == (KEPT_HERE, "Welcome", "Spring")
    assert (row.listed, row.approved_content_id, row.subject, row.created_at) == (False, None, None, NOW)
    content = await emails.world.one(EmailContentRow, id=row.draft_content_id)
    assert (content.sender, content.imported_by, content.imported_at) == ("M <m@x.example>", "Ada", NOW)


async def test_the_same_folder_again_changes_nothing(emails: Emails):
    write_email(emails.folder, "Sales/Draft")
    await emails.approved()
    tables = (EmailWorkspaceRow, EmailRow, EmailContentRow, ChangeRow)
    before = [await emails.world.rows(table) for table in tables]
    emails.world.now = NOW + timedelta(days=1)
    assert [each.effect for each in await emails.take_in()] == [Effect.UNCHANGED] * 2
    assert [await emails.world.rows(table) for table in tables] == before


async def test_a_changed_content_becomes_the_draft_and_the_approved_one_stays_in_use(emails: Emails):
    await emails.approved()
    before = await emails.row()
    write_email(emails.folder, "Sales/Welcome", plain="Other words\n")
    (done,) = await emails.take_in()
    after = await emails.row()
    assert (done.effect, done.awaits_approval) == (Effect.CHANGED, True)
    assert (after.approved_content_id, after.listed) == (before.approved_content_id, True)
    assert after.draft_content_id not in (None, before.approved_content_id)


async def test_a_content_that_comes_back_is_the_row_that_it_was(emails: Emails):
    await emails.approved(plain="One\n")
    first = await emails.row()
    write_email(emails.folder, "Sales/Welcome", plain="Two\n")
    await emails.take_in()
    second = await emails.row()
    write_email(emails.folder, "Sales/Welcome", plain="One\n")
    (done,) = await emails.take_in()
    assert (done.effect, done.awaits_approval) == (Effect.CHANGED, False)
    assert (await emails.row()).draft_content_id is None
    assert (await emails.row()).approved_content_id == first.approved_content_id
    write_email(emails.folder, "Sales/Welcome", plain="Two\n")
    await emails.take_in()
    assert (await emails.row()).draft_content_id == second.draft_content_id
    assert len(await emails.world.rows(EmailContentRow)) == 2


async def test_what_is_not_in_the_folder_stays(emails: Emails):
    await emails.approved("Sales/Old")
    (emails.folder / "Sales" / "Old").rename(emails.folder / "Sales" / "New")
    assert [(each.path, each.effect) for each in await emails.take_in()] == [("Sales/New", Effect.ADDED)]
    assert (await emails.row("Sales/Old")).listed


async def test_an_import_is_in_the_change_log(emails: Emails):
    write_email(emails.folder, "Sales/Welcome")
    (done,) = await emails.take_in(by="Ada")
    change = await emails.world.one(ChangeRow)
    assert (change.subject_id, change.kind, change.by) == (done.email_id, EMAIL_IMPORTED, "Ada")


async def test_two_imports_at_once_take_each_e_mail_in_once(emails: Emails):
    for number in range(5):
        write_email(emails.folder, f"Sales/Letter {number}")
    both = await asyncio.gather(emails.take_in(), emails.take_in())
    effects = sorted(each.effect for done in both for each in done)
    assert effects == [Effect.ADDED] * 5 + [Effect.UNCHANGED] * 5
    assert len(await emails.world.rows(EmailRow)) == 5


async def test_each_tenant_has_e_mails_of_its_own(emails: Emails, other_world: World):
    await emails.approved()
    assert not await other_world.rows(EmailRow)
    found = read_folder(emails.folder, LANGUAGE)
    from_here = (await emails.row()).id
    async with other_world.database.writing(other_world.tenant) as db:
        faults_there = await approve_email(db, Approval(from_here, "Eve", NOW), LANGUAGE)
    assert [fault.code for fault in faults_there] == ["NOT_FOUND"]
    assert len(found) == 1


def test_every_key_of_the_head_is_taken(tmp_path: Path):
    write_email(tmp_path, "Sales/Welcome", **{key: "a@x.example" for key in KEYS if key != "subject"})
    assert len(read_folder(tmp_path, LANGUAGE)) == 1
