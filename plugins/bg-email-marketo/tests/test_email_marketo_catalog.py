"""The approved e-mails that are listed, the programs that they lie in, and which campaign sends each."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_email_marketo.activities import moment_of
from bg_email_marketo.campaigns import Campaign, Choice, NoChoice, Wanted, choose
from bg_email_marketo.settings import MarketoSettings
from bg_graph.plugins.email import ListRequest
from bg_graph.plugins.errors import Rejected, Unavailable
from tests.email.marketo_desk import at
from tests.email.marketo_server import Fault, Marketo


def settings(**more: Any) -> MarketoSettings:
    return MarketoSettings(endpoint="https://1.mktorest.com", client_id="i", client_secret="s", **more)


async def test_all_pages_are_listed_once_in_order(marketo: Marketo) -> None:
    ids = [marketo.email(f"E-mail {number}") for number in range(450)]
    async with at(marketo) as desk:
        listed = await desk.emails()
    assert [each.id for each in listed] == [*ids, desk.email]
    asked = [parameters for _, path, parameters in marketo.calls if path.endswith("emails.json")]
    assert [(each["status"], each["offset"], each["maxReturn"]) for each in asked] == [
        ("approved", str(offset), "200") for offset in (0, 200, 400)
    ]


async def test_a_list_that_ends_with_a_full_page_ends_with_no_assets_found(marketo: Marketo) -> None:
    for number in range(3):
        marketo.email(f"E-mail {number}")
    async with at(marketo, page_size=2) as desk:
        assert len(await desk.emails()) == 4
    assert marketo.count("emails.json") == 3, "the third one found nothing"


async def test_a_subscription_without_emails_has_none(marketo: Marketo) -> None:
    async with at(marketo) as desk:
        marketo.emails.clear()
        assert await desk.emails() == []
        assert (await desk.provider.list_workspaces(ListRequest(tenant="acme"))).items == ()


async def test_an_email_is_listed_with_its_subject_times_workspace_and_program(marketo: Marketo) -> None:
    marketo.programs = {5: "Spring"}
    marketo.folders = {4: {"id": 5, "type": "Program"}, 3: {"id": 4, "type": "Folder"}, 8: None}
    deep = marketo.email("Deep", workspace="Europe", folder={"id": 3, "type": "Folder"})
    marketo.email("In it", folder={"id": 5, "type": "Program"})
    marketo.email("Design studio", folder={"id": 8, "type": "Folder"})
    marketo.email("Not visible", folder={"id": 77, "type": "Folder"})
    async with at(marketo) as desk:
        listed = {each.name: each for each in await desk.emails()}
        await desk.emails()
    email = listed["Deep"]
    assert (email.id, email.workspace_id, email.program_name, email.subject) == (deep, "Europe", "Spring", "About Deep")
    assert email.created_at is not None
    assert email.created_at.isoformat() == "2026-11-01T08:00:00+00:00"
    assert listed["In it"].program_name == "Spring"
    assert listed["Design studio"].program_name is None
    assert listed["Not visible"].program_name is None
    assert max(marketo.counts()[path] for path in marketo.counts() if "/folder/" in path or "/program/" in path) == 1


async def test_folders_that_go_round_in_a_circle_have_no_program(marketo: Marketo) -> None:
    marketo.folders = {3: {"id": 4, "type": "Folder"}, 4: {"id": 3, "type": "Folder"}}
    marketo.email("Round", folder={"id": 3, "type": "Folder"})
    async with at(marketo) as desk:
        assert {each.program_name for each in await desk.emails()} == {None}


async def test_emails_are_listed_by_workspace_and_by_the_folders_of_the_settings(marketo: Marketo) -> None:
    inside = marketo.email("Inside", workspace="Europe", folder={"id": 7, "type": "Program"})
    marketo.email("Outside", workspace="Europe")
    async with at(marketo, folders=[{"id": 7, "type": "Program"}]) as desk:
        assert [each.id for each in await desk.emails("Europe")] == [inside]
        assert await desk.emails("Default") == []
    async with at(marketo) as desk:
        assert {each.name for each in await desk.emails("Europe")} == {"Inside", "Outside"}
        workspaces = await desk.provider.list_workspaces(ListRequest(tenant="acme"))
    assert [each.id for each in workspaces.items] == ["Default", "Europe"]


async def test_only_the_workspaces_of_the_settings_are_offered(marketo: Marketo) -> None:
    marketo.email("Elsewhere", workspace="Asia")
    async with at(marketo, workspaces={"Default": ""}) as desk:
        workspaces = await desk.provider.list_workspaces(ListRequest(tenant="acme"))
        assert [each.id for each in workspaces.items] == ["Default"]
        assert {each.workspace_id for each in await desk.emails()} == {"Default"}


async def test_emails_of_the_new_designer_are_listed_whole_and_once(marketo: Marketo) -> None:
    both = marketo.email("Incomplete", workspace="Europe")
    marketo.designed = [
        {"id": both, "name": "Complete", "headers": {"subject": "Whole"}, "appData": {"workspaceId": "12", "programId": "5", "programName": "Spring"}},
        {"id": "not-a-number", "name": "Odd", "appData": {"workspaceId": "12"}},
        *({"id": str(90_000 + number), "name": f"New {number}", "appData": {"workspaceId": "12"}} for number in range(60)),
    ]  # fmt: skip
    async with at(marketo, designer="both", workspaces={"Europe": "12"}) as desk:
        listed = {each.id: each for each in await desk.emails()}
    assert len(listed) == 61
    assert (listed[both].name, listed[both].subject, listed[both].program_name) == ("Complete", "Whole", "Spring")
    asked = [parameters for _, path, parameters in marketo.calls if path.endswith("/filter")]
    assert [each["pageIndex"] for each in asked] == ["0", "1"]
    assert all("access_token" not in query for query in marketo.queries)
    assert {each.get("x-app-type") for each in marketo.headers} == {"marketo", None}


async def test_the_token_is_sent_in_the_header_alone(marketo: Marketo) -> None:
    async with at(marketo) as desk:
        await desk.emails()
    assert {each["authorization"] for each in marketo.headers} == {"Bearer token-1:sj"}
    assert not any("token" in each for each in marketo.queries)


async def test_a_cursor_that_nobody_gave_is_rejected(marketo: Marketo) -> None:
    async with at(marketo) as desk:
        with pytest.raises(Rejected):
            await desk.provider.list_emails(ListRequest(tenant="acme", cursor="' or 1=1"))


async def test_odd_records_are_left_out(marketo: Marketo) -> None:
    marketo.fails("emails", Fault(body=b'{"success": true, "result": [1, null, {"id": "x"}, {"id": true}, {"id": 5}, {"id": 6, "status": "draft"}]}'))  # fmt: skip
    async with at(marketo) as desk:
        [only] = await desk.emails()
    assert (only.id, only.name, only.workspace_id) == ("5", "5", "Default")


async def test_an_email_without_a_campaign_is_listed_with_what_to_do(marketo: Marketo) -> None:
    marketo.email("Nobody sends me")
    marketo.campaign("Send Not active", isActive=False, sends=marketo.email("Not active"))
    marketo.campaign("Send Not requestable", isRequestable=False, sends=marketo.email("Not requestable"))
    async with at(marketo) as desk:
        listed = {each.name: each.not_sendable_reason for each in await desk.emails()}
    assert listed.pop("Spring offer") is None
    assert all(reason and f"'Send {name}'" in reason for name, reason in listed.items())


async def test_a_campaign_that_was_found_serves_until_it_is_found_no_more(marketo: Marketo) -> None:
    marketo.lead("person1@example.com")
    async with at(marketo) as desk:
        await desk.emails()
        kept = f"campaign/{desk.email}"
        assert await desk.context.storage.get("acme", kept) is not None
        marketo.campaigns.clear()
        [email] = await desk.crashed().emails()
        assert email.not_sendable_reason
        assert await desk.context.storage.get("acme", kept) is None


async def test_the_only_campaign_of_a_program_with_one_email_sends_it_where_that_is_wanted(marketo: Marketo) -> None:
    marketo.programs = {5: "One", 6: "Two"}
    alone = marketo.email("Alone", folder={"id": 5, "type": "Program"})
    first = marketo.email("First", folder={"id": 6, "type": "Program"})
    second = marketo.email("Second", folder={"id": 6, "type": "Program"})
    marketo.campaign("Any name", sends=alone, parentProgramId=5)
    marketo.campaign("Other name", sends=first, parentProgramId=6)
    async with at(marketo, campaign_in_program=True) as desk:
        reasons = {each.id: each.not_sendable_reason for each in await desk.emails()}
    assert reasons[alone] is None
    assert reasons[first], "which of the two e-mails the campaign sends, nobody knows"
    assert reasons[second]
    async with at(marketo) as desk:
        reasons = {each.id: each.not_sendable_reason for each in await desk.emails()}
    assert reasons[alone]


async def test_an_unreachable_marketo_is_unavailable(marketo: Marketo) -> None:
    async with at(marketo) as desk:
        marketo.fails("emails", *(Fault(status=503) for _ in range(3)))
        with pytest.raises(Unavailable):
            await desk.emails()
        assert await desk.emails()


SPRING = Wanted("7", "Spring  Offer", "Europe", 5)


def test_the_settings_come_before_the_name_and_the_name_before_the_generic_campaign() -> None:
    named, generic = Campaign(1, "send spring offer", None, "Asia"), Campaign(2, "All", None, "Europe")
    own = Campaign(3, "Any", None, "Europe")
    all_of_them = settings(generic={"campaign": 2}, campaigns={"7": {"campaign": 3}})
    assert choose(all_of_them, SPRING, [named, generic, own]) == Choice(3)
    by_name = settings(generic={"campaign": 2})
    assert choose(by_name, SPRING, [named, generic]) == Choice(1)
    assert choose(by_name, SPRING, [generic]) == Choice(2, {"{{my.email id}}": "7"})
    assert isinstance(choose(by_name, SPRING, []), NoChoice)
    assert isinstance(choose(settings(generic={"campaign": 2, "emails": ["8"]}), SPRING, [generic]), NoChoice)
    assert isinstance(choose(settings(campaigns={"7": {"campaign": 3}}), SPRING, [named]), NoChoice)


def test_of_several_campaigns_of_one_name_the_nearest_one_sends() -> None:
    far, near = Campaign(1, "Send Spring Offer", None, "Asia"), Campaign(2, "Send Spring Offer", None, "Europe")
    nearest = Campaign(3, "Send Spring Offer", 5, "Europe")
    assert choose(settings(), SPRING, [far, near]) == Choice(2)
    assert choose(settings(), SPRING, [far, near, nearest]) == Choice(3)
    several = choose(settings(), SPRING, [near, Campaign(4, "Send Spring Offer", None, "Europe")])
    assert isinstance(several, NoChoice)
    assert "several" in several.reason


@given(st.text())
def test_no_text_is_a_moment_that_breaks_a_list(text: str) -> None:
    moment = moment_of(text)
    assert moment is None or moment.tzinfo is not None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"endpoint": "http://1.mktorest.com"}, "https"),
        ({"endpoint": "1.mktorest.com"}, "address such as"),
        ({"endpoint": "https://user:pw@1.mktorest.com"}, "plain address"),
        ({"designer": "both"}, "workspaces"),
        ({"campaigns": {"7": {"campaign": 3, "tokens": {"my.x": "1"}}}}, "my.name"),
        ({"campaigns": {"7": {"campaign": 0}}}, "greater than 0"),
        ({"page_size": 201}, "200"),
        ({"unknown": 1}, "Extra"),
    ],
)
def test_wrong_settings_say_what_is_wrong(wrong: dict[str, Any], words: str) -> None:
    given = {"endpoint": "https://1.mktorest.com", "client_id": "i", "client_secret": "s"} | wrong
    with pytest.raises(ValueError, match=words):
        MarketoSettings(**given)


def test_an_address_with_rest_at_its_end_is_the_same() -> None:
    both = [settings(), MarketoSettings(endpoint="https://1.mktorest.com/rest/", client_id="i", client_secret="s")]
    assert {(each.base, each.identity_base) for each in both} == {
        ("https://1.mktorest.com", "https://1.mktorest.com/identity")
    }
