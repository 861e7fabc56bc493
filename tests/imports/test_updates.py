"""A later export: what is the same, changed, emptied, deleted, merged or moved."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import select

from bg_graph.accounts.tables import (
    AccountJourneyRow,
    AccountRow,
    ActivityRow,
    ContactRoleRow,
    FactMarkRow,
    LeadRow,
    OpportunityRow,
    PersonRow,
)
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, NameWordRow, RemovalMarkRow
from bg_graph.imports.tables import ImportRunRow
from bg_graph.intent.tables import IntentSignalRow
from bg_graph.store.changes import ChangeRow
from bg_graph.store.rows import metadata
from bg_graph.store.scope import of_tenant
from tests.imports.conftest import Desk, codes, crm_id, full_id
from tests.world import World

A1, A2, A3, A9 = (crm_id("account", n) for n in (1, 2, 3, 9))
C1, C2, C3 = (crm_id("contact", n) for n in (1, 2, 3))
O1, O2 = (crm_id("opportunity", n) for n in (1, 2))
R1, R2 = (crm_id("role", n) for n in (1, 2))
ACTIVITIES = "marketoGUID,leadId,activityDate,activityTypeId,primaryAttributeValue,attributes"


async def world_of(desk: Desk) -> World:
    return World(desk.database, desk.tenant, desk.now)


async def everything(desk: Desk) -> dict[str, list]:
    """Every row of the tenant in every table, runs of the import apart, and the marks that there was one."""
    found = {}
    async with desk.database.reading(desk.tenant) as db:
        for table in metadata.sorted_tables:
            if "tenant_id" in table.c and table.name not in (ImportRunRow.__tablename__, FactMarkRow.__tablename__):
                found[table.name] = list(await db.rows(select(table).where(of_tenant(table)).order_by(table.c.id)))
    return found


def write_a_bit_of_everything(desk: Desk) -> None:
    desk.table(
        "Account.csv",
        "Id,Name,ParentId,NumberOfEmployees,Industry",
        f"{A2},Child,{A1},12,Steel",
        f"{A1},Parent,,,",
        f"{A3},Lost,{A9},x,",
    )
    desk.table(
        "Contact.csv",
        "Id,AccountId,LastName,Email,Title,HasOptedOutOfEmail",
        f"{C1},{A1},Ada,ada@firm.com,CTO,true",
        f"{C2},{A2},Bo,bo@firm,,",
        f"{C3},{A9},Lost,,,",
    )
    desk.table(
        "Opportunity.csv",
        "Id,AccountId,Name,StageName,Amount,CloseDate,Product__c",
        f"{O1},{A1},Deal,Open,12.50,2026-12-01,Graph",
        f"{O2},{A1},Deal,Open,many,2026-12-01,Graph",
    )
    desk.table(
        "OpportunityContactRole.csv", "Id,OpportunityId,ContactId,Role", f"{R1},{O1},{C1},Buyer", f"{R2},{O1},{C2},"
    )
    desk.table("leads.csv", "id,sfdcContactId", f"1,{C1}", f"2,{C2}")
    desk.table(
        "activities.csv",
        ACTIVITIES,
        'g1,1,2026-11-01T10:00:00Z,1,Home,"{""Topics"": ""graphs; sql"", ""Page URL"": ""/""}"',
        "g2,2,2026-11-01T10:00:00.5Z,46,Web,null",
    )
    desk.table("AccountJourney.csv", "Id,AccountId,Name,Status,EnteredDate", f"j1,{A1},Welcome,ACTIVE,2026-10-01")
    desk.table(
        "IntentSignal.csv",
        "SubjectType,SubjectId,SolutionInterest,Kind,Category,Product,Name,Probability,ComputedAt",
        f"PERSON,{C1},,PRODUCT,Data,Graph,Graph,0.6,2026-11-01",
        f"GROUP,{A1},Graphs,PRODUCT,Data,Graph,Graph,0.6,2026-11-01",
    )


async def test_a_second_import_of_the_same_files_changes_nothing(desk):
    world = await world_of(desk)
    about_graphs = {"column": "Product__c", "is": "graph"}
    await world.interest("Graphs", opportunity_conditions=about_graphs)
    await world.crm_roles({"Buyer": DECISION_MAKER.id, "": CHAMPION.id})
    write_a_bit_of_everything(desk)
    first = await desk.run()
    before = await everything(desk)
    second = await desk.run()
    assert await everything(desk) == before
    assert sum(len(rows) for rows in before.values()) > 40
    for earlier, later in zip(first.files, second.files, strict=True):
        assert (later.added, later.changed, later.deleted) == (0, 0, 0)
        assert later.unchanged == earlier.added == earlier.accepted > 0
        assert (later.codes, later.warnings) == (earlier.codes, earlier.warnings)
    assert first.consequences.groups_created == 2
    assert second.consequences.groups_created == 0


async def test_contact_roles_make_the_group_they_need_and_members_by_journey(desk):
    world = await world_of(desk)
    await world.interest("Graphs", opportunity_conditions={"column": "Product__c", "is": "graph"})
    await world.crm_roles({"Buyer": DECISION_MAKER.id})
    write_a_bit_of_everything(desk)
    report = await desk.run()
    group = await desk.one(BuyingGroupRow)
    person = await desk.one(PersonRow, external_id=full_id("contact", 1))
    assert group.name == "Graphs for Parent"
    assert await world.people_in(group.id) == {person.id: (DECISION_MAKER.id, "JOURNEY")}
    assert report.consequences.contact_roles["assigned"] == 1
    await world.check_counts()


async def test_a_changed_row_updates_and_an_emptied_cell_clears(desk):
    header = "Id,Name,Industry,Website,BillingCountry,NumberOfEmployees"
    await desk.run(desk.table("Account.csv", header, f"{A1},Firm,Steel,firm.com,DE,12", f"{A2},Two,,,,"))
    report = await desk.only(desk.table("Account.csv", header, f"{A1},New Firm,,firm.com,DE,", f"{A2},Two,,,,"))
    assert (report.added, report.changed, report.unchanged) == (0, 1, 1)
    firm = await desk.one(AccountRow, external_id=full_id("account", 1))
    assert (firm.name, firm.name_key, firm.industry, firm.website) == ("New Firm", "new firm", None, "firm.com")
    assert firm.employee_count is None
    assert firm.updated_at == desk.now > firm.created_at
    two = await desk.one(AccountRow, external_id=full_id("account", 2))
    assert two.updated_at == two.created_at


async def test_a_column_that_the_file_lacks_and_rows_that_it_lacks_keep_what_is_stored(desk):
    desk.accounts(1)
    await desk.run(
        desk.folder,
        desk.table(
            "Contact.csv", "Id,AccountId,LastName,FirstName,Email", f"{C1},{A1},Lovelace,Ada,a@b.c", f"{C2},{A1},Bo,,"
        ),
    )
    report = await desk.only(desk.table("Contact.csv", "Id,AccountId,LastName", f"{C1},{A1},Byron"))
    assert (report.changed, len(await desk.rows(PersonRow))) == (1, 2)
    ada = await desk.one(PersonRow, external_id=full_id("contact", 1))
    assert (ada.name, ada.email, ada.name_key) == ("Ada Byron", "a@b.c", "ada byron")


async def test_columns_that_the_set_up_asks_for_are_kept_with_the_opportunity(desk):
    world = await world_of(desk)
    any_of = [{"column": "Product__c", "is": "Graph"}, {"column": "Region", "is": "EU"}]
    await world.interest("Graphs", opportunity_conditions={"any": any_of})
    desk.accounts()
    desk.table(
        "Opportunity.csv", "Id,AccountId,Name,StageName,PRODUCT__C,Region,Else", f"{O1},{A1},Deal,Open, Graph ,EU,x"
    )
    await desk.run()
    assert (await desk.one(OpportunityRow)).columns == {"product__c": "Graph", "region": "EU"}
    await desk.run(desk.table("Opportunity.csv", "Id,AccountId,Name,StageName,Product__c", f"{O1},{A1},Deal,Open,"))
    assert (await desk.one(OpportunityRow)).columns == {"region": "EU"}


async def test_a_renamed_account_renames_its_groups_and_is_found_by_its_new_name(desk):
    await desk.run(desk.accounts())
    world = await world_of(desk)
    account = await desk.one(AccountRow)
    await world.group(account.id, await world.interest("Graphs"))
    await desk.run(desk.table("Account.csv", "Id,Name", f"{A1},Northwind Traders"))
    assert (await desk.one(BuyingGroupRow)).name == "Graphs for Northwind Traders"
    words = {row.word for row in await desk.rows(NameWordRow, subject_id=account.id)}
    assert words == {"northwind", "traders"}


async def test_the_short_and_the_long_form_of_an_id_are_one_record(desk):
    await desk.run(desk.table("Account.csv", "Id,Name", f"{A1},Firm"))
    report = await desk.only(desk.table("Account.csv", "Id,Name", f"{full_id('account', 1)},Firm"))
    assert report.unchanged == 1


async def test_a_parent_may_stand_further_down_or_in_a_later_file(desk):
    one = desk.table("Account-1.csv", "Id,Name,ParentId", f"{A3},Grandchild,{A2}", f"{A2},Child,{A1}")
    two = desk.table("Account-2.csv", "Id,Name,ParentId", f"{A1},Parent,")
    report = await desk.run(one, two)
    parents = {row.external_id: row.parent_id for row in await desk.rows(AccountRow)}
    ids = {row.external_id: row.id for row in await desk.rows(AccountRow)}
    assert parents[full_id("account", 3)] == ids[full_id("account", 2)]
    assert parents[full_id("account", 2)] == ids[full_id("account", 1)]
    assert [file.warnings for file in report.files] == [{}, {}]
    assert (await desk.run(one, two)).files[0].unchanged == 2


async def test_a_parent_found_later_counts_as_a_change(desk):
    child = desk.table("Account.csv", "Id,Name,ParentId", f"{A2},Child,{A1}")
    assert (await desk.only(child)).warnings == {"PARENT_UNKNOWN": 1}
    parent = desk.table("Account-2.csv", "Id,Name", f"{A1},Parent")
    first, _ = (await desk.run(child, parent)).files
    assert (first.changed, first.unchanged, first.warnings) == (1, 0, {})


@pytest.fixture
async def peopled(desk):
    """Two contacts of one account, each a member of its group, with a lead, an activity, a contact role and a signal."""
    desk.accounts(2)
    desk.contacts(2)
    desk.opportunities(2)
    desk.leads(2)
    desk.table(
        "Roles.csv",
        "Id,OpportunityId,ContactId",
        f"{R1},{O1},{C1}",
        f"{R2},{O1},{C2}",
        f"{crm_id('role', 3)},{O2},{C1}",
    )
    day = "2026-11-01"
    desk.table("activities.csv", ACTIVITIES, f"g1,1,{day},1,,", f"g2,2,{day},1,,")
    signal = "PERSON,{},PRODUCT,Data,Graph,Graph,0.6,2026-11-01"
    header = "SubjectType,SubjectId,Kind,Category,Product,Name,Probability,ComputedAt"
    desk.table("signals.csv", header, signal.format(C1), signal.format(C2))
    report = await desk.run()
    assert all(not file.rejected for file in report.files)
    for file in desk.folder.iterdir():
        file.unlink()
    world = await world_of(desk)
    account = await desk.one(AccountRow, external_id=full_id("account", 1))
    group = await world.group(account.id, await world.interest("Graphs"))
    for person in await desk.rows(PersonRow):
        await world.member(group, person.id)
    return desk


async def test_a_deleted_contact_goes_with_all_that_hangs_on_it(peopled):
    report = await peopled.only(peopled.table("Contact.csv", "Id,AccountId,LastName,IsDeleted", f"{C1},{A1},Ada,true"))
    assert (report.read, report.rejected, report.deleted, report.codes) == (1, 1, 1, {"DELETED": 1})
    left = await peopled.one(PersonRow)
    assert left.external_id == full_id("contact", 2)
    for row in (LeadRow, ActivityRow, ContactRoleRow, MemberRow):
        assert (await peopled.one(row)).person_id == left.id
    assert (await peopled.one(IntentSignalRow)).subject_id == left.id
    await (await world_of(peopled)).check_counts()


async def test_deleting_again_deletes_nothing(peopled):
    path = peopled.table("Contact.csv", "Id,AccountId,LastName,IsDeleted", f"{C1},{A1},Ada,true")
    await peopled.run()
    again = await peopled.only(path)
    assert (again.rejected, again.deleted, codes(path)) == (1, 0, ["DELETED"])


async def test_what_hangs_on_a_merged_contact_moves_to_the_master(peopled):
    header = "Id,AccountId,LastName,IsDeleted,MasterRecordId"
    report = await peopled.only(peopled.table("Contact.csv", header, f"{C1},{A1},Ada,true,{C2}"))
    assert report.deleted == 1
    master = await peopled.one(PersonRow)
    assert master.external_id == full_id("contact", 2)
    assert {row.person_id for row in await peopled.rows(ActivityRow)} == {master.id}
    assert len(await peopled.rows(ActivityRow)) == 2
    assert len(await peopled.rows(LeadRow, person_id=master.id)) == 2
    roles = {row.external_id for row in await peopled.rows(ContactRoleRow, person_id=master.id)}
    assert roles == {full_id("role", 2), full_id("role", 3)}
    assert (await peopled.one(MemberRow)).person_id == master.id
    await (await world_of(peopled)).check_counts()


async def test_merges_of_merges_end_at_the_last_master(peopled):
    peopled.table("Contact.csv", "Id,AccountId,LastName", f"{C3},{A1},Cy")
    await peopled.run()
    header = "Id,AccountId,LastName,IsDeleted,MasterRecordId"
    rows = (f"{C1},{A1},Ada,true,{C2}", f"{C2},{A1},Bo,true,{C3}")
    report = await peopled.only(peopled.table("Contact.csv", header, *rows))
    assert report.deleted == 2
    last = await peopled.one(PersonRow)
    assert last.external_id == full_id("contact", 3)
    assert len(await peopled.rows(LeadRow, person_id=last.id)) == 2
    assert len(await peopled.rows(ContactRoleRow, person_id=last.id)) == 2


async def test_contacts_merged_into_each_other_are_deleted(peopled):
    header = "Id,AccountId,LastName,IsDeleted,MasterRecordId"
    rows = (f"{C1},{A1},Ada,true,{C2}", f"{C2},{A1},Bo,true,{C1}")
    assert (await peopled.only(peopled.table("Contact.csv", header, *rows))).deleted == 2
    assert not await peopled.rows(PersonRow)


async def test_a_row_of_the_same_run_that_holds_a_deleted_record_keeps_it(peopled):
    header = "Id,AccountId,LastName,IsDeleted"
    report = await peopled.only(peopled.table("Contact.csv", header, f"{C1},{A1},Ada,true", f"{C1},{A1},Ada,"))
    assert (report.accepted, report.deleted, report.codes) == (1, 0, {"DELETED": 1})
    assert len(await peopled.rows(PersonRow)) == 2


async def test_a_contact_that_moves_leaves_the_groups_of_the_old_account(peopled):
    report = await peopled.only(peopled.table("Contact.csv", "Id,AccountId,LastName", f"{C1},{A2},Person 1"))
    assert report.changed == 1
    moved = await peopled.one(PersonRow, external_id=full_id("contact", 1))
    new = await peopled.one(AccountRow, external_id=full_id("account", 2))
    assert moved.account_id == new.id
    assert (await peopled.one(MemberRow)).person_id != moved.id
    mark = await peopled.one(RemovalMarkRow)
    assert (mark.person_id, mark.source) == (moved.id, MembershipSource.SYSTEM)
    assert [row.source for row in await peopled.rows(ChangeRow, kind="PEOPLE_LEFT")] == ["SYSTEM"]


async def test_a_deleted_account_goes_with_its_people_deals_journeys_and_groups(peopled):
    journeys = peopled.table(
        "AccountJourney.csv", "Id,AccountId,Name,Status,EnteredDate", f"j1,{A1},Hi,ACTIVE,2026-10-01"
    )
    await peopled.run(journeys)
    await peopled.run(peopled.table("child.csv", "Id,Name,ParentId,Industry", f"{A3},Child,{A1},"))
    report = await peopled.only(peopled.table("Account.csv", "Id,Name,IsDeleted", f"{A1},Firm,1"))
    assert report.deleted == 1
    left = {row.external_id: row.parent_id for row in await peopled.rows(AccountRow)}
    assert left == {full_id("account", 2): None, full_id("account", 3): None}
    gone = (PersonRow, OpportunityRow, AccountJourneyRow, BuyingGroupRow, MemberRow, ContactRoleRow, ActivityRow)
    for row in (*gone, LeadRow, IntentSignalRow):
        assert not await peopled.rows(row), row
    assert {row.subject_id for row in await peopled.rows(NameWordRow)} == {
        row.id for row in await peopled.rows(AccountRow)
    }


async def test_a_merged_account_gives_its_people_and_deals_to_the_master_and_its_groups_end(peopled):
    await peopled.run(peopled.table("child.csv", "Id,Name,ParentId", f"{A3},Child,{A1}", f"{A2},Firm 2,{A1}"))
    header = "Id,Name,IsDeleted,MasterRecordId"
    report = await peopled.only(peopled.table("Account.csv", header, f"{A1},Firm,1,{full_id('account', 2)}"))
    assert report.deleted == 1
    master = await peopled.one(AccountRow, external_id=full_id("account", 2))
    assert {row.account_id for row in await peopled.rows(PersonRow)} == {master.id}
    assert {row.account_id for row in await peopled.rows(OpportunityRow)} == {master.id}
    assert (await peopled.one(AccountRow, external_id=full_id("account", 3))).parent_id == master.id
    assert master.parent_id is None
    assert not await peopled.rows(BuyingGroupRow)
    assert not await peopled.rows(MemberRow)
    assert len(await peopled.rows(ActivityRow)) == 2


async def test_deleted_opportunities_and_contact_roles_go(peopled):
    peopled.table("Opportunity.csv", "Id,AccountId,Name,StageName,IsDeleted", f"{O2},{A1},Deal,Open,true")
    peopled.table("Roles.csv", "Id,OpportunityId,ContactId,IsDeleted", f"{R1},{O1},{C1},true")
    deals, roles = (await peopled.run()).files
    assert (deals.deleted, roles.deleted) == (1, 1)
    assert [row.external_id for row in await peopled.rows(ContactRoleRow)] == [full_id("role", 2)]


async def test_two_contact_roles_may_change_places(peopled):
    path = peopled.table("Roles.csv", "Id,OpportunityId,ContactId", f"{R1},{O1},{C2}", f"{R2},{O1},{C1}")
    report = await peopled.only(path)
    assert (report.changed, report.rejected) == (2, 0)
    people = {row.id: row.external_id for row in await peopled.rows(PersonRow)}
    held = {row.external_id: people[row.person_id] for row in await peopled.rows(ContactRoleRow)}
    assert held[full_id("role", 1)] == full_id("contact", 2)
    assert held[full_id("role", 2)] == full_id("contact", 1)
    assert (await peopled.only(path)).unchanged == 2


async def test_a_contact_role_made_anew_in_the_crm_takes_the_place_of_the_old_one(peopled):
    path = peopled.table("Roles.csv", "Id,OpportunityId,ContactId,Role", f"{crm_id('role', 9)},{O1},{C1},Buyer")
    assert (await peopled.only(path)).accepted == 1
    external_ids = {row.external_id for row in await peopled.rows(ContactRoleRow)}
    assert external_ids == {full_id("role", 2), full_id("role", 3), full_id("role", 9)}
    assert (await peopled.only(path)).unchanged == 1


async def test_a_run_is_on_record_with_its_counts(desk):
    desk.accounts(3)
    report = await desk.run()
    run = await desk.one(ImportRunRow)
    assert (run.source, run.started_at, run.finished_at) == ("salesforce", report.started_at, report.finished_at)
    assert run.report == report.as_json()
    assert run.report["files"][0]["added"] == 3
    assert isinstance(run.started_at, datetime)


async def test_an_import_beside_another_stores_each_record_once(desk):
    desk.accounts(300)
    both = await asyncio.gather(desk.run(), desk.run())
    assert len(await desk.rows(AccountRow)) == 300
    assert all(report.is_complete for report in both)
