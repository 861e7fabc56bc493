"""The list of workspaces and approved e-mails: from the store, or from the provider, which is asked rarely."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bg_graph.email.commands.catalog import FRESH_FOR
from bg_graph.email.tables import EmailRow, EmailWorkspaceRow
from bg_graph.execution.node_ids import node_id
from bg_graph.plugins.email import ApprovedEmail, Workspace
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, Unavailable
from tests.conftest import NOW
from tests.email.emails_world import Emails, write_email
from tests.world import World

WORKSPACES = "{ emailWorkspaces { id name } }"
LIST = """query($workspace: ID!, $search: String, $first: Int, $after: String) {
  approvedEmails(workspaceId: $workspace, search: $search, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id name programName subject createdAt updatedAt sendable notSendableReason listed workspace { name } }
  } }"""


async def workspaces(emails: Emails) -> dict[str, str]:
    return {each["name"]: each["id"] for each in (await emails.ask(WORKSPACES))["emailWorkspaces"]}


async def names(emails: Emails, workspace: str, **variables: object) -> list[str]:
    answer = await emails.ask(LIST, workspace=workspace, **variables)
    return [each["name"] for each in answer["approvedEmails"]["nodes"]]


@pytest.fixture
def stocked(far: Emails) -> Emails:
    """A provider with two workspaces, and five e-mails in one of them."""
    far.provider.workspaces = [Workspace(id="w1", name="Europe"), Workspace(id="w2", name="America")]
    far.provider.emails = [
        ApprovedEmail(id=f"e{number}", name=f"Letter {number}", workspace_id="w1", updated_at=NOW)
        for number in range(5)
    ]
    return far


async def test_the_dialog_lists_what_is_approved_with_all_that_it_shows(emails: Emails):
    await emails.approved("Sales/Spring/Welcome")
    write_email(emails.folder, "Sales/Not yet")
    await emails.take_in()
    sales = (await workspaces(emails))["Sales"]
    answer = await emails.ask(LIST, workspace=sales)
    (email,) = answer["approvedEmails"]["nodes"]
    assert email | {"id": None} == {
        "id": None,
        "name": "Welcome",
        "programName": "Spring",
        "subject": "{{ solution_interest.name }} for {{ account.name }}",
        "createdAt": NOW.isoformat(),
        "updatedAt": NOW.isoformat(),
        "sendable": True,
        "notSendableReason": None,
        "listed": True,
        "workspace": {"name": "Sales"},
    }
    assert answer["approvedEmails"]["totalCount"] == 1


async def test_e_mails_are_searched_by_parts_of_the_name_and_paged_by_name(emails: Emails):
    for name in ("Beta", "alpha", "Gamma"):
        await emails.approved(f"Sales/{name} letter")
    await emails.approved("Other/Alpha letter")
    sales = (await workspaces(emails))["Sales"]
    assert await names(emails, sales) == ["alpha letter", "Beta letter", "Gamma letter"]
    assert await names(emails, sales, search="PHA L") == ["alpha letter"]
    first = (await emails.ask(LIST, workspace=sales, first=2))["approvedEmails"]
    assert first["pageInfo"]["hasNextPage"]
    assert first["totalCount"] == 3
    assert await names(emails, sales, first=2, after=first["pageInfo"]["endCursor"]) == ["Gamma letter"]


async def test_another_tenant_s_workspace_holds_nothing(emails: Emails, other_world: World):
    await emails.approved()
    sales = (await workspaces(emails))["Sales"]
    answer = await emails.ask(LIST, tenant=other_world.tenant, workspace=sales)
    assert answer["approvedEmails"]["nodes"] == []
    assert (await emails.ask(WORKSPACES, tenant=other_world.tenant))["emailWorkspaces"] == []


@pytest.mark.parametrize("wrong", ["", "ews_1", "grp_" + "0" * 32, "ews_" + "0" * 32])
async def test_an_id_that_is_no_workspace_finds_nothing(emails: Emails, far: Emails, wrong: str):
    assert await names(emails, wrong) == []
    assert await names(far, wrong) == []


async def test_the_provider_s_lists_are_read_to_their_end(stocked: Emails):
    found = await workspaces(stocked)
    assert list(found) == ["America", "Europe"]
    assert await names(stocked, found["Europe"]) == [f"Letter {number}" for number in range(5)]
    assert await names(stocked, found["America"]) == []


async def test_the_provider_is_asked_once_a_minute_however_many_come(stocked: Emails):
    found = await workspaces(stocked)
    asked = len(stocked.provider.listed)
    await asyncio.gather(*(names(stocked, found["Europe"]) for _ in range(8)), *(workspaces(stocked) for _ in range(3)))
    assert len(stocked.provider.listed) == asked + 3  # the three pages of one workspace
    stocked.world.now = NOW + FRESH_FOR
    await names(stocked, found["Europe"])
    assert len(stocked.provider.listed) == asked + 6


async def test_what_is_fresh_is_not_asked_for_again_just_before_the_minute_is_over(stocked: Emails):
    await workspaces(stocked)
    asked = len(stocked.provider.listed)
    stocked.world.now = NOW + FRESH_FOR - timedelta(microseconds=1)
    await workspaces(stocked)
    assert len(stocked.provider.listed) == asked


async def test_what_the_provider_changed_is_changed_and_what_it_has_no_more_is_not_listed(stocked: Emails):
    europe = (await workspaces(stocked))["Europe"]
    before = await names(stocked, europe)
    stocked.provider.emails[1] = replace(stocked.provider.emails[1], name="Renamed", not_sendable_reason="no campaign")
    del stocked.provider.emails[0]
    stocked.world.now = NOW + FRESH_FOR
    assert await names(stocked, europe) == [*before[2:], "Renamed"]
    row = await stocked.world.one(EmailRow, name="Renamed")
    assert (row.sendable, row.not_sendable_reason) == (False, "no campaign")
    assert not (await stocked.world.one(EmailRow, external_id="e0")).listed
    assert len(await stocked.world.rows(EmailRow)) == 5


async def test_a_workspace_that_is_gone_is_not_listed_and_comes_back(stocked: Emails):
    europe = (await workspaces(stocked))["Europe"]
    await names(stocked, europe)
    gone = stocked.provider.workspaces.pop(0)
    stocked.world.now = NOW + FRESH_FOR
    assert list(await workspaces(stocked)) == ["America"]
    assert not any(row.listed for row in await stocked.world.rows(EmailRow))
    stocked.provider.workspaces.append(gone)
    stocked.world.now = NOW + 2 * FRESH_FOR
    assert (await workspaces(stocked))["Europe"] == europe
    assert len(await names(stocked, europe)) == 5


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Unavailable("no route"), "PROVIDER_UNAVAILABLE"),
        (OutcomeUnknown("no answer"), "PROVIDER_UNAVAILABLE"),
        (Misconfigured("wrong key"), "PLUGIN_ERROR"),
        (RuntimeError("a bug with a secret"), "PLUGIN_ERROR"),
    ],
)
async def test_a_provider_that_is_down_fails_its_own_fields_alone(stocked: Emails, fault: Exception, code: str):
    europe = (await workspaces(stocked))["Europe"]
    stocked.provider.raises = fault
    stocked.world.now = NOW + FRESH_FOR
    query = """query($workspace: ID!) { viewer { tenant } emailWorkspaces { id }
                 approvedEmails(workspaceId: $workspace) { totalCount } buyingGroups { totalCount } }"""
    data, errors = await stocked.ask(query, fails=True, workspace=europe)
    assert data == {
        "viewer": {"tenant": "acme"},
        "emailWorkspaces": None,
        "approvedEmails": None,
        "buyingGroups": {"totalCount": 0},
    }
    assert sorted((error["path"], error["extensions"]["code"]) for error in errors) == [
        (["approvedEmails"], code),
        (["emailWorkspaces"], code),
    ]
    assert "secret" not in str(errors)
    stocked.provider.raises = None
    assert len(await names(stocked, europe)) == 5


async def test_a_provider_that_is_down_leaves_the_rows_as_they_were(stocked: Emails):
    await names(stocked, (await workspaces(stocked))["Europe"])
    stocked.provider.raises = Unavailable()
    stocked.world.now = NOW + FRESH_FOR
    await stocked.ask(WORKSPACES, fails=True)
    assert all(row.listed for row in await stocked.world.rows(EmailWorkspaceRow))
    assert all(row.listed for row in await stocked.world.rows(EmailRow))


async def test_a_list_that_never_ends_is_given_up(stocked: Emails):
    stocked.provider.page = 0
    _, (error,) = await stocked.ask(WORKSPACES, fails=True)
    assert error["extensions"]["code"] == "PLUGIN_ERROR"
    assert "1000 pages" in error["message"]


async def test_e_mails_of_a_provider_that_is_not_connected_are_not_listed(emails: Emails, stocked: Emails):
    await emails.approved()
    europe = (await workspaces(stocked))["Europe"]
    await names(stocked, europe)
    assert list(await workspaces(emails)) == ["Sales"]
    assert await names(emails, europe) == []
    sales = node_id("ews", (await stocked.world.one(EmailWorkspaceRow, name="Sales")).id)
    assert await names(stocked, sales) == []
