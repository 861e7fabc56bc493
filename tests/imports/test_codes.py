"""Each code of each kind of file: reached, in its place in the order, with its line and column."""

import json

from bg_graph.accounts.tables import AccountRow, ActivityRow, ContactRoleRow, OpportunityRow, PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow
from bg_graph.imports.intakes import (
    accounts,
    activities,
    contact_roles,
    contacts,
    journeys,
    leads,
    opportunities,
    signals,
)
from bg_graph.intent.tables import IntentSignalRow
from tests.imports.conftest import codes, crm_id, full_id, reject_reasons, rejects
from tests.world import World

A1, A2, A9 = (crm_id("account", n) for n in (1, 2, 9))
C1, C2, C3, C9 = (crm_id("contact", n) for n in (1, 2, 3, 9))
O1, O9 = (crm_id("opportunity", n) for n in (1, 9))
R1, R2, R3, R4, R5 = (crm_id("role", n) for n in range(1, 6))


def in_order(checks) -> list[str]:
    return [check.code for check in checks]


async def test_account_codes(desk):
    path = desk.table(
        "Account.csv",
        "Id,Name,IsDeleted,ParentId",
        f"{A1},Firm,false,",
        f"{A2},Two",
        "nonsense,Firm,false,",
        f"{A9},Gone,TRUE,",
        f"{full_id('account', 1)},Again,0,",
        f"{crm_id('account', 3)},  ,,",
        f"{crm_id('account', 4)},Child,,{A1}",
        f"{crm_id('account', 5)},Orphan,,{A9}",
        f"{crm_id('account', 6)},Stray,,nonsense",
    )
    report = await desk.only(path)
    assert rejects(path) == [
        (3, "ROW_SHAPE", ""),
        (4, "BAD_ID", "Id"),
        (5, "DELETED", "IsDeleted"),
        (6, "DUPLICATE_ID", "Id"),
        (7, "NAME_MISSING", "Name"),
    ]
    assert codes(path) == in_order(accounts.CHECKS)
    assert (report.read, report.accepted, report.rejected) == (9, 4, 5)
    assert report.codes == dict.fromkeys(sorted(codes(path)), 1)
    assert report.warnings == {"PARENT_UNKNOWN": 2}
    first = await desk.one(AccountRow, external_id=full_id("account", 1))
    assert first.name == "Firm"
    assert (await desk.one(AccountRow, name="Child")).parent_id == first.id
    assert (await desk.one(AccountRow, name="Orphan")).parent_id is None


async def test_contact_codes(stocked):
    path = stocked.table(
        "Contact.csv",
        "Id,AccountId,LastName,IsDeleted",
        f"{C1},{A1},Ada,",
        f"{C1},{A1}",
        f"{C1}x,{A1},Ada,",
        f"{C2},{A1},Ada,1",
        f"{C1},{A1},Ada,0",
        f"{crm_id('contact', 11)},{A1},,",
        f"{crm_id('contact', 12)},,Ada,",
        f"{crm_id('contact', 13)},{A9},Ada,",
        f"{crm_id('contact', 14)},nonsense,Ada,",
    )
    report = await stocked.only(path)
    assert rejects(path) == [
        (3, "ROW_SHAPE", ""),
        (4, "BAD_ID", "Id"),
        (5, "DELETED", "IsDeleted"),
        (6, "DUPLICATE_ID", "Id"),
        (7, "NAME_MISSING", "LastName"),
        (8, "ACCOUNT_MISSING", "AccountId"),
        (9, "ACCOUNT_UNKNOWN", "AccountId"),
        (10, "ACCOUNT_UNKNOWN", "AccountId"),
    ]
    assert codes(path)[:-1] == in_order(contacts.CHECKS)
    assert report.read == report.accepted + report.rejected == 9


async def test_contact_warnings(stocked):
    def contact(number, *values):
        return ",".join((crm_id("contact", number), A1, "Ada", *values))

    path = stocked.table(
        "Contact.csv",
        "Id,AccountId,LastName,Email,EmailBouncedDate,HasOptedOutOfEmail",
        contact(21, "", "", ""),
        contact(22, "ada@firm", "", ""),
        contact(23, "ada@firm.com", "2026-01-01", "1"),
        contact(24, "ADA@Firm.com", "", "False"),
        contact(25, "ada@firm", "", ""),
    )
    report = await stocked.only(path)
    assert report.accepted == 5
    assert (
        report.warnings
        == {
            "EMAIL_MISSING": 1,
            "EMAIL_INVALID": 2,
            "EMAIL_SUSPENDED": 1,
            "UNSUBSCRIBED": 1,
            "EMAIL_DUPLICATE": 1,
        }
        == dict.fromkeys(contacts.WARNINGS, 1) | {"EMAIL_INVALID": 2}
    )
    invalid = await stocked.one(PersonRow, external_id=full_id("contact", 22))
    assert (invalid.email, invalid.email_invalid) == ("ada@firm", True)
    bounced = await stocked.one(PersonRow, external_id=full_id("contact", 23))
    assert (bounced.email_invalid, bounced.email_suspended, bounced.unsubscribed) == (False, True, True)
    assert (await stocked.one(PersonRow, external_id=full_id("contact", 24))).unsubscribed is False


async def test_opportunity_codes(stocked):
    def deal(number, account, name, amount="", date=""):
        return f"{crm_id('opportunity', number)},{account},{name},Won,{amount},{date},"

    path = stocked.table(
        "Opportunity.csv",
        "Id,AccountId,Name,StageName,Amount,CloseDate,IsDeleted",
        deal(21, A1, "Deal", "+1200.50", "2026-10-01T09:30:00"),
        f"{O1},{A1},Deal,Won,,",
        f"short,{A1},Deal,Won,,,",
        f"{crm_id('opportunity', 22)},{A1},Deal,Won,,,true",
        deal(21, A1, "Deal"),
        deal(23, A1, ""),
        deal(24, "", "Deal"),
        deal(25, A9, "Deal"),
        deal(26, A1, "Deal", "1.200,50".replace(",", ".")),
        deal(27, A1, "Deal", "7", "01.10.2026"),
        deal(28, A1, "Deal", "7", "2026-02-30"),
    )
    report = await stocked.only(path)
    assert codes(path) == [*in_order(opportunities.CHECKS), "DATE_INVALID"]
    assert [line for line, _, _ in rejects(path)] == list(range(3, 13))
    assert report.accepted == 1
    deal_21 = await stocked.one(OpportunityRow, external_id=full_id("opportunity", 21))
    assert (deal_21.amount, deal_21.close_date, deal_21.stage) == ("1200.50", "2026-10-01", "Won")


async def test_contact_role_codes(stocked):
    path = stocked.table(
        "OpportunityContactRole.csv",
        "Id,OpportunityId,ContactId,Role,IsPrimary,IsDeleted",
        f"{R1},{O1},{C1},Buyer,true,",
        f"{R1},{O1}",
        f"no,{O1},{C1},,,",
        f"{R2},{O1},{C1},,,true",
        f"{R1},{O1},{C2},,,",
        f"{R3},{O9},{C9},,,",
        f"{R3},{O1},{C9},,,",
        f"{R3},{O1},{C1},,,",
        f"{R4},{O1},{C3},,,",
    )
    report = await stocked.only(path)
    assert codes(path) == in_order(contact_roles.CHECKS)
    assert [line for line, _, _ in rejects(path)] == list(range(3, 10))
    assert report.warnings == {"OTHER_ACCOUNT": 1} == dict.fromkeys(contact_roles.WARNINGS, 1)
    held = {row.external_id: (row.role, row.is_primary) for row in await stocked.rows(ContactRoleRow)}
    assert held == {full_id("role", 1): ("Buyer", True), full_id("role", 4): (None, False)}


async def test_lead_codes(stocked):
    path = stocked.table(
        "leads.csv",
        "id,sfdcContactId,email",
        f"7,{C1},null",
        f"8,{C1}",
        f"0,{C1},",
        f"-3,{C1},",
        f"seven,{C1},",
        f"007,{C2},",
        "9,null,",
        f"10,{C9},",
    )
    report = await stocked.only(path)
    expected = ["ROW_SHAPE", "BAD_ID", "BAD_ID", "BAD_ID", "DUPLICATE_ID", "CONTACT_UNKNOWN", "CONTACT_UNKNOWN"]
    assert codes(path) == expected
    assert list(dict.fromkeys(codes(path))) == in_order(leads.CHECKS)
    assert report.read == report.accepted + report.rejected == 8


ACTIVITY_HEADER = "marketoGUID,leadId,activityDate,activityTypeId,primaryAttributeValue,attributes"
DAY = "2026-11-01T10:00:00Z"


async def test_activity_codes(stocked):
    path = stocked.table(
        "activities.csv",
        ACTIVITY_HEADER,
        f"g1,1,{DAY},1,Home,{{}}",
        f"g1,1,{DAY}",
        f"null,1,{DAY},1,,",
        f"g1,1,{DAY},1,,",
        f"g2,99,{DAY},1,,",
        f"g2,one,{DAY},1,,",
        "g2,1,yesterday,1,,",
        f"g2,1,{DAY},12,,",
        f'g2,1,{DAY},104,Webinar,"{{""New Status"": ""Invited""}}"',
        f"g2,1,{DAY},1,,[1]",
        f"g2,1,{DAY},1,,{{",
        f"g2,1,{DAY},1,,null",
    )
    report = await stocked.only(path)
    assert list(dict.fromkeys(codes(path))) == in_order(activities.CHECKS)
    assert [line for line, _, _ in rejects(path)] == list(range(3, 13))
    assert codes(path)[-5:] == ["DATE_INVALID", "TYPE_NOT_MAPPED", "TYPE_NOT_MAPPED", *["ATTRIBUTES_INVALID"] * 2]
    assert (report.read, report.accepted) == (12, 2)


async def test_the_same_activity_in_another_file_of_the_run_is_a_duplicate(stocked):
    stocked.table("activities-1.csv", ACTIVITY_HEADER, f"g1,1,{DAY},1,First,")
    stocked.table("activities-2.csv", ACTIVITY_HEADER, f"g1,1,{DAY},1,Second,", f"g2,1,{DAY},1,Third,")
    first, second = (await stocked.run()).files
    assert (first.accepted, second.accepted, second.codes) == (1, 1, {"DUPLICATE_GUID": 1})
    assert {row.asset_name for row in await stocked.rows(ActivityRow)} == {"First", "Third"}


async def test_activities_of_rest_pages_have_the_same_codes(stocked):
    def activity(guid="g1", **others):
        return {"marketoGUID": guid, "leadId": 1, "activityDate": DAY, "activityTypeId": 1, **others}

    result = [
        activity("g0", attributes=[{"name": "Page URL", "value": "/prices"}], primaryAttributeValue="Prices"),
        7,
        activity(None),
        activity("g0"),
        activity(leadId=99),
        activity(activityDate="soon"),
        activity(activityTypeId=104, attributes=[{"name": "New Status", "value": "No-Show"}]),
        activity(attributes={"Page URL": "/prices"}),
        activity("g2", attributes=[]),
        activity("g3", activityTypeId=104, attributes=[{"name": "New Status", "value": "Attended"}]),
    ]
    path = stocked.file("page.json", json.dumps({"requestId": "r", "success": True, "result": result}, indent=1))
    report = await stocked.only(path)
    assert codes(path) == in_order(activities.CHECKS)
    assert (report.read, report.accepted) == (10, 3)
    lines = path.read_text().splitlines()
    assert lines[rejects(path)[1][0] - 1 + 1].strip() == '"marketoGUID": null,'
    [prices] = await stocked.rows(ActivityRow, external_id="g0")
    assert (prices.asset_name, prices.asset_url, prices.kind) == ("Prices", "/prices", "VISIT_PAGE")
    assert (await stocked.one(ActivityRow, external_id="g3")).kind == "ATTEND_EVENT"


async def test_journey_codes(stocked):
    path = stocked.table(
        "AccountJourney.csv",
        "Id,AccountId,Name,Status,EnteredDate",
        f"j1,{A1},Welcome,active,2026-10-01",
        f"j1,{A1}",
        f",{A1},Welcome,ACTIVE,2026-10-01",
        f"j1,{A1},Welcome,ACTIVE,2026-10-01",
        f"j2,{A1},,ACTIVE,2026-10-01",
        "j2,,Welcome,ACTIVE,2026-10-01",
        f"j2,{A9},Welcome,ACTIVE,2026-10-01",
        f"j2,{A1},Welcome,PAUSED,2026-10-01",
        f"j2,{A1},Welcome,EXITED,",
    )
    report = await stocked.only(path)
    assert codes(path) == in_order(journeys.CHECKS)
    assert report.accepted == 1


SIGNAL_HEADER = "SubjectType,SubjectId,SolutionInterest,Kind,Category,Product,Name,Probability,ComputedAt,Model"


async def test_signal_codes(stocked):
    good = f"ACCOUNT,{A1},,PRODUCT,Data,Graph,Graph,0.8,2026-11-01,own"
    path = stocked.table(
        "IntentSignal.csv",
        SIGNAL_HEADER,
        good,
        good + ",more",
        good.replace("ACCOUNT", "TEAM"),
        good.replace(A1, "nobody"),
        good.replace(A1, C1),
        good.replace("ACCOUNT", "group"),
        good.replace("PRODUCT", "TOPIC"),
        good.replace(",Graph,0.8", ",,0.8"),
        good.replace("Data", ""),
        good.replace("0.8", "1.1"),
        good.replace("2026-11-01", "soon"),
        good.replace(",Graph,0.8", ",GRAPH,0.7"),
        f"PERSON,{C1},,KEYWORD,Data,Graph,sql,0.2,2026-11-01,own",
    )
    report = await stocked.only(path)
    by_name = {"ACCOUNT_UNKNOWN", "ACCOUNT_AMBIGUOUS"}  # tests/imports/test_signals_by_name.py has these
    expected = [code for code in in_order(signals.CHECKS) if code not in by_name]
    assert list(dict.fromkeys(codes(path))) == expected
    assert [line for line, _, _ in rejects(path)] == list(range(3, 14))
    assert report.warnings == {"BELOW_THRESHOLD": 1}
    signal = await stocked.one(IntentSignalRow)
    assert (signal.level, signal.level_rank, signal.strength, signal.confidence) == ("HIGH", 3, 80, 0.8)


async def test_signals_of_a_group_find_it_by_account_and_interest(stocked):
    world = World(stocked.database, stocked.tenant, stocked.now)
    account = await stocked.one(AccountRow, external_id=full_id("account", 1))
    group = await world.group(account.id, await world.interest("Graph databases"))
    row = f"GROUP,{A1},graph Databases ,SOLUTION,Data,,Data,0.5,2026-11-01,own"
    await stocked.run(stocked.table("signals.csv", SIGNAL_HEADER, row))
    signal = await stocked.one(IntentSignalRow)
    assert (signal.subject_kind, signal.subject_id, signal.level) == ("GROUP", group, "MEDIUM")
    assert len(await stocked.rows(BuyingGroupRow)) == 1


async def test_a_signal_that_became_too_weak_is_taken_away(stocked):
    row = f"ACCOUNT,{A1},,SOLUTION,Data,,Data,{{}},2026-11-01,own"
    await stocked.run(stocked.table("signals.csv", SIGNAL_HEADER, row.format("0.5")))
    report = await stocked.only(stocked.table("signals.csv", SIGNAL_HEADER, row.format("0.1")))
    assert (report.changed, report.deleted, report.warnings) == (1, 1, {"BELOW_THRESHOLD": 1})
    assert not await stocked.rows(IntentSignalRow)


FIRST_WINS = [
    ("Account.csv", "Id,Name,IsDeleted", "x,,true", "BAD_ID"),
    ("Account.csv", "Id,Name,IsDeleted", f"{A9},,true", "DELETED"),
    ("Account.csv", "Id,Name,IsDeleted", "x,,true,", "ROW_SHAPE"),
    ("Contact.csv", "Id,AccountId,LastName", f"{C9},,", "NAME_MISSING"),
    ("Opportunity.csv", "Id,AccountId,Name,StageName,Amount,CloseDate", f"{O9},{A9},Deal,Won,x,x", "ACCOUNT_UNKNOWN"),
    ("Opportunity.csv", "Id,AccountId,Name,StageName,Amount,CloseDate", f"{O9},{A1},Deal,Won,x,x", "AMOUNT_INVALID"),
    ("OpportunityContactRole.csv", "Id,OpportunityId,ContactId", f"{R5},{O9},{C9}", "OPPORTUNITY_UNKNOWN"),
    ("leads.csv", "id,sfdcContactId", "x,", "BAD_ID"),
    ("activities.csv", ACTIVITY_HEADER, "g,99,x,99,,[", "LEAD_UNKNOWN"),
    ("activities.csv", ACTIVITY_HEADER, "g,1,x,99,,[", "DATE_INVALID"),
    ("activities.csv", ACTIVITY_HEADER, f"g,1,{DAY},99,,[", "TYPE_NOT_MAPPED"),
    ("activities.csv", ACTIVITY_HEADER, f"g,1,{DAY},104,,[", "TYPE_NOT_MAPPED"),
]


async def test_of_several_reasons_the_first_in_the_order_is_given(stocked):
    found = []
    for name, header, row, _ in FIRST_WINS:
        path = stocked.table(name, header, row)
        await stocked.run(path)
        found.append((name, row, codes(path)))
    assert found == [(name, row, [code]) for name, _, row, code in FIRST_WINS]


async def test_a_rejected_row_does_not_make_a_later_one_a_duplicate(desk):
    path = desk.table("Account.csv", "Id,Name", f"{A1},", f"{A1},Firm")
    assert (await desk.only(path)).codes == {"NAME_MISSING": 1}
    assert (await desk.one(AccountRow)).name == "Firm"


async def test_a_reject_says_what_was_wrong_and_what_to_do(desk):
    path = desk.table("Account.csv", "Id,Name", "0010000000000010AA,Firm")
    await desk.run()
    [reject] = reject_reasons(path)
    assert reject["line"] == "2"
    assert reject["value"] == "0010000000000010AA"
    assert "checksum" in reject["reason"]
