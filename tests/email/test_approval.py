"""Approving, withdrawing, looking at and trying e-mails, as the API offers it: who may, what is told, what is left behind."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from bg_graph.buying_groups.tables import MemberRow
from bg_graph.email.commands.approval import EMAIL_APPROVED, EMAIL_WITHDRAWN
from bg_graph.email.commands.trials import MOST_TESTS, TRIAL_LINK, WITHIN
from bg_graph.email.tables import DeliveryRow, EmailContentRow, EmailRow, EmailSendRow
from bg_graph.execution.node_ids import node_id
from bg_graph.plugins.email import ApprovedEmail, Refused, Workspace
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, Unavailable
from bg_graph.store.changes import ChangeRow
from bg_graph.tenancy.rules import Right
from tests.conftest import NOW
from tests.email.emails_world import Emails, write_email
from tests.world import World

APPROVE = """mutation($input: ApproveEmailInput!) { approveEmail(input: $input) {
  email { name listed awaitsApproval approvedBy approvedAt subject } userErrors { code message path } } }"""
WITHDRAW = """mutation($input: WithdrawEmailInput!) { withdrawEmail(input: $input) {
  email { listed awaitsApproval approvedBy } userErrors { code message path } } }"""
PREVIEW = """query($email: ID!, $member: ID, $draft: Boolean! = false) {
  emailPreview(emailId: $email, memberId: $member, draft: $draft) { contentId subject html text fault } }"""
TEST = """mutation($input: SendTestEmailInput!) { sendTestEmail(input: $input) {
  sent userErrors { code message path } } }"""
WAITING = "{ emailsAwaitingApproval { totalCount nodes { id name } } }"


async def drafted(emails: Emails, **parts: Any) -> str:
    write_email(emails.folder, "Sales/Welcome", **parts)
    (done,) = await emails.take_in()
    return node_id("eml", done.email_id)


async def approve(emails: Emails, email: str, *rights: Right, **more: Any) -> dict[str, Any]:
    given = {"emailId": email, **more}
    return dict((await emails.ask(APPROVE, *(rights or (Right.APPROVE,)), input=given))["approveEmail"])


async def preview(emails: Emails, email: str, *rights: Right, **variables: Any) -> Any:
    return (await emails.ask(PREVIEW, *rights, email=email, **variables))["emailPreview"]


async def try_out(emails: Emails, email: str, address: str = "me@x.example", *rights: Right, **more: Any) -> Any:
    given = {"emailId": email, "address": address, **more}
    return (await emails.ask(TEST, *(rights or (Right.SEND,)), input=given))["sendTestEmail"]


def codes(payload: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


async def member_of(world: World, **columns: Any) -> tuple[str, UUID]:
    account = await world.account("Initech")
    group = await world.group(account, await world.interest("Data Platform"))
    person = await world.person(account, "Ann Smith", **{"email": "ann@initech.example", **columns})
    await world.member(group, person)
    return node_id("mem", (await world.one(MemberRow, person_id=person)).id), person


async def test_who_may_approve_approves_and_the_answer_shows_it(emails: Emails):
    email = await drafted(emails)
    assert (await emails.ask(WAITING))["emailsAwaitingApproval"]["nodes"] == [{"id": email, "name": "Welcome"}]
    assert await approve(emails, email) == {
        "email": {
            "name": "Welcome",
            "listed": True,
            "awaitsApproval": False,
            "approvedBy": "Maria",
            "approvedAt": NOW.isoformat(),
            "subject": "{{ solution_interest.name }} for {{ account.name }}",
        },
        "userErrors": [],
    }
    assert (await emails.ask(WAITING))["emailsAwaitingApproval"]["totalCount"] == 0
    change = await emails.world.one(ChangeRow, kind=EMAIL_APPROVED)
    assert (change.by, change.subject_id) == ("Maria", (await emails.row()).id)


@pytest.mark.parametrize("rights", [(), (Right.EDIT,), (Right.SEND,)])
async def test_who_may_not_approve_changes_nothing_and_is_told_which_right_is_missing(
    emails: Emails, rights: tuple[Right, ...]
):
    email = await drafted(emails)
    payload = (await emails.ask(APPROVE, *rights, input={"emailId": email}))["approveEmail"]
    assert codes(payload) == [("FORBIDDEN", ["input"])]
    assert "'approve'" in payload["userErrors"][0]["message"]
    payload = (await emails.ask(WITHDRAW, *rights, input={"emailId": email}))["withdrawEmail"]
    assert codes(payload) == [("FORBIDDEN", ["input"])]
    assert not (await emails.row()).listed


async def test_an_admin_may(emails: Emails):
    assert not codes(await approve(emails, await drafted(emails), Right.ADMIN))


@pytest.mark.parametrize("wrong", ["", "eml_1", "ews_" + "0" * 32, "eml_" + "0" * 32])
async def test_an_id_that_is_no_e_mail_is_not_found(emails: Emails, wrong: str):
    assert codes(await approve(emails, wrong)) == [("NOT_FOUND", ["input", "emailId"])]
    payload = (await emails.ask(WITHDRAW, Right.APPROVE, input={"emailId": wrong}))["withdrawEmail"]
    assert codes(payload) == [("NOT_FOUND", ["input", "emailId"])]
    assert codes(await try_out(emails, wrong)) == [("NOT_FOUND", ["input", "emailId"])]
    assert await preview(emails, wrong) is None


async def test_another_tenant_s_e_mail_is_as_one_that_never_was(emails: Emails, other_world: World):
    email = await drafted(emails)
    asked = await emails.ask(APPROVE, Right.APPROVE, tenant=other_world.tenant, input={"emailId": email})
    assert codes(asked["approveEmail"]) == [("NOT_FOUND", ["input", "emailId"])]
    assert asked["approveEmail"]["email"] is None
    assert (await emails.ask(PREVIEW, tenant=other_world.tenant, email=email))["emailPreview"] is None


async def test_what_is_approved_already_has_nothing_to_approve(emails: Emails):
    email = node_id("eml", await emails.approved())
    assert codes(await approve(emails, email)) == [("EMAIL_NOT_APPROVED", ["input", "emailId"])]


async def test_an_e_mail_of_the_provider_is_approved_there(far: Emails):
    far.provider.workspaces = [Workspace(id="w", name="W")]
    far.provider.emails = [ApprovedEmail(id="e", name="Letter", workspace_id="w")]
    ((workspace,),) = [(await far.ask("{ emailWorkspaces { id } }"))["emailWorkspaces"]]
    found = await far.ask("query($w: ID!) { approvedEmails(workspaceId: $w) { nodes { id } } }", w=workspace["id"])
    email = found["approvedEmails"]["nodes"][0]["id"]
    payload = await approve(far, email)
    assert codes(payload) == [("EMAIL_NOT_APPROVED", ["input", "emailId"])]
    assert "far" in payload["userErrors"][0]["message"]
    assert "look at it there" in (await preview(far, email))["fault"]
    assert codes(await try_out(far, email)) == [("PROVIDER_FAILED", ["input"])]


async def test_a_content_whose_fields_are_not_known_any_more_is_refused_with_each_fault(emails: Emails):
    email = await drafted(emails)
    row = await emails.row()
    await emails.world.change(
        EmailContentRow, row.draft_content_id, plain="{{ a }}\n{{ person.job_title }}", subject="{{ b }}"
    )
    payload = await approve(emails, email)
    assert codes(payload) == [("EMAIL_FAULTY", ["input", "emailId"])] * 3
    assert [error["message"].partition(":")[0] for error in payload["userErrors"]] == [
        "subject, line 1",
        "plain, line 1",
        "plain, line 2",
    ]
    assert not (await emails.row()).listed


async def test_only_the_content_that_was_looked_at_is_approved_where_it_is_named(emails: Emails):
    email = await drafted(emails)
    seen = (await preview(emails, email, Right.APPROVE, draft=True))["contentId"]
    await drafted(emails, plain="Newer words\n")
    assert codes(await approve(emails, email, contentId=seen)) == [("VERSION_CONFLICT", ["input", "contentId"])]
    assert codes(await approve(emails, email, contentId="x")) == [("VERSION_CONFLICT", ["input", "contentId"])]
    now = (await preview(emails, email, Right.APPROVE, draft=True))["contentId"]
    assert not codes(await approve(emails, email, contentId=now))


async def test_of_two_who_approve_at_once_one_is_told_that_nothing_waits(emails: Emails):
    email = await drafted(emails)
    both = await asyncio.gather(approve(emails, email), approve(emails, email))
    assert sorted(codes(each) for each in both) == [[], [("EMAIL_NOT_APPROVED", ["input", "emailId"])]]
    assert len(await emails.world.rows(ChangeRow, kind=EMAIL_APPROVED)) == 1


async def test_a_withdrawn_e_mail_awaits_approval_again(emails: Emails):
    email = node_id("eml", await emails.approved())
    before = await emails.row()
    payload = (await emails.ask(WITHDRAW, Right.APPROVE, input={"emailId": email}))["withdrawEmail"]
    assert payload == {"email": {"listed": False, "awaitsApproval": True, "approvedBy": None}, "userErrors": []}
    assert (await emails.row()).draft_content_id == before.approved_content_id
    assert (await emails.world.one(ChangeRow, kind=EMAIL_WITHDRAWN)).by == "Maria"
    again = (await emails.ask(WITHDRAW, Right.APPROVE, input={"emailId": email}))["withdrawEmail"]
    assert codes(again) == [("EMAIL_NOT_APPROVED", ["input", "emailId"])]
    assert not codes(await approve(emails, email))


async def test_a_withdrawal_leaves_a_newer_draft_as_it_is(emails: Emails):
    email = node_id("eml", await emails.approved())
    await drafted(emails, plain="Newer words\n")
    draft = (await emails.row()).draft_content_id
    await emails.ask(WITHDRAW, Right.APPROVE, input={"emailId": email})
    assert (await emails.row()).draft_content_id == draft


async def test_a_preview_shows_what_the_member_would_get(emails: Emails):
    email = node_id(
        "eml",
        await emails.approved(plain="Hello {{ person.name }}: {{ unsubscribe_url }}", html="<b>{{ group.name }}</b>"),
    )
    member, _ = await member_of(emails.world)
    shown = await preview(emails, email, member=member)
    assert (shown["subject"], shown["fault"]) == ("Data Platform for Initech", None)
    assert shown["text"] == f"Hello Ann Smith: {TRIAL_LINK}"
    assert shown["html"].startswith("<b>Data Platform for Initech</b>")
    sample = await preview(emails, email)
    assert (sample["subject"], sample["text"]) == ("CRM for Example Ltd", f"Hello Ada Example: {TRIAL_LINK}")


async def test_a_member_that_there_is_not_has_no_preview(emails: Emails):
    email = node_id("eml", await emails.approved())
    for wrong in ("x", "mem_" + "0" * 32, email):
        assert await preview(emails, email, member=wrong) is None
        assert codes(await try_out(emails, email, memberId=wrong)) == [("NOT_FOUND", ["input", "memberId"])]


async def test_a_draft_is_shown_to_those_who_may_approve(emails: Emails):
    email = node_id("eml", await emails.approved(plain="Old"))
    await drafted(emails, plain="New")
    assert (await preview(emails, email))["text"].startswith("Old")
    assert (await preview(emails, email, Right.APPROVE, draft=True))["text"].startswith("New")
    data, (error,) = await emails.ask(PREVIEW, Right.SEND, fails=True, email=email, draft=True)
    assert data == {"emailPreview": None}
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert codes(await try_out(emails, email, draft=True)) == [("FORBIDDEN", ["input"])]
    assert not codes(await try_out(emails, email, "me@x.example", Right.SEND, Right.APPROVE, draft=True))
    (sent,) = emails.provider.sent
    assert sent.recipients[0].message.plain.startswith("New")


async def test_what_can_t_be_shown_says_why(emails: Emails):
    email = await drafted(emails)
    assert "is not approved" in (await preview(emails, email))["fault"]
    await approve(emails, email)
    assert "awaits approval" in (await preview(emails, email, Right.APPROVE, draft=True))["fault"]
    row = await emails.row()
    columns = {"email_id": row.id, "digest": "x", "subject": "{{ zap }}", "plain": "x"}
    content = await emails.world.add(EmailContentRow(**columns, imported_at=NOW, imported_by="x"))
    await emails.world.change(EmailRow, row.id, approved_content_id=content)
    assert "`zap` is no merge field" in (await preview(emails, email))["fault"]
    assert codes(await try_out(emails, email)) == [("EMAIL_FAULTY", ["input", "emailId"])]


async def test_a_test_goes_out_marked_as_one_and_is_no_delivery(emails: Emails):
    email = node_id("eml", await emails.approved(sender="Maria <m@x.example>"))
    member, _ = await member_of(emails.world)
    assert await try_out(emails, email, " me@x.example ", memberId=member) == {"sent": True, "userErrors": []}
    (request,) = emails.provider.sent
    (recipient,) = request.recipients
    assert (request.test, request.tenant, request.email_id) == (True, "acme", "Sales/Welcome")
    assert recipient.address == "me@x.example"
    assert recipient.message.subject == "Data Platform for Initech"  # its provider marks it
    assert recipient.message.sender == "Maria <m@x.example>"
    assert dict(recipient.message.headers) == {}
    assert not await emails.world.rows(DeliveryRow)
    assert not await emails.world.rows(EmailSendRow)


async def test_who_may_not_send_sends_no_test(emails: Emails):
    email = node_id("eml", await emails.approved())
    payload = await try_out(emails, email, "me@x.example", Right.APPROVE)
    assert payload["sent"] is False
    assert codes(payload) == [("FORBIDDEN", ["input"])]
    assert not emails.provider.sent


@pytest.mark.parametrize(
    "address", ["", "me", "me@x", "a b@x.example", "me@x.example\r\nBcc: y@x.example", "<me@x.example>", "a@x.example,b@x.example", "x" * 260 + "@x.example"]
)  # fmt: skip
async def test_a_test_goes_to_an_address_only(emails: Emails, address: str):
    email = node_id("eml", await emails.approved())
    assert codes(await try_out(emails, email, address)) == [("INVALID_INPUT", ["input", "address"])]
    assert not emails.provider.sent


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Unavailable("no route"), "no route"),
        (OutcomeUnknown("no answer"), "no answer"),
        (Misconfigured("no password"), "no password"),
        (RuntimeError("secret"), "failed"),
    ],
)
async def test_a_provider_that_did_not_send_the_test_says_so(emails: Emails, fault: Exception, told: str):
    email = node_id("eml", await emails.approved())
    emails.provider.raises = fault
    payload = await try_out(emails, email)
    assert payload["sent"] is False
    assert codes(payload) == [("PROVIDER_FAILED", ["input"])]
    assert told in payload["userErrors"][0]["message"]
    assert "secret" not in payload["userErrors"][0]["message"]


async def test_a_refused_test_and_one_without_an_answer_are_told(emails: Emails):
    email = node_id("eml", await emails.approved())
    emails.provider.answer = []
    assert "did not say whether" in (await try_out(emails, email))["userErrors"][0]["message"]

    async def refuse(request: Any) -> Any:
        return [Refused(key=request.recipients[0].key, code="550", message="no such mailbox")]

    emails.provider.send = refuse  # type: ignore[method-assign]
    assert "550 no such mailbox" in (await try_out(emails, email))["userErrors"][0]["message"]


async def test_tests_are_bounded_in_a_minute_for_each_tenant(emails: Emails):
    email = node_id("eml", await emails.approved())
    for _ in range(MOST_TESTS):
        assert (await try_out(emails, email))["sent"]
    assert codes(await try_out(emails, email)) == [("TOO_MANY_TESTS", ["input"])]
    assert len(emails.provider.sent) == MOST_TESTS
    emails.world.now = NOW + WITHIN
    assert (await try_out(emails, email))["sent"]
