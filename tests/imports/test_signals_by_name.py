"""Signals whose accounts are named by a domain or a name, as third parties know companies, not by an id of the CRM."""

import pytest

from bg_graph.accounts.tables import AccountRow
from bg_graph.imports.rules import website_domain
from bg_graph.intent.tables import IntentSignalRow
from tests.conftest import statements
from tests.imports.conftest import Desk, crm_id, reject_reasons, rejects

HEADER = "SubjectType,SubjectId,AccountDomain,AccountName,Kind,Category,Name,Probability,ComputedAt"
TAIL = "SOLUTION,Cloud,Cloud,0.8,2026-11-20"


@pytest.fixture
async def firms(desk: Desk) -> Desk:
    """Firms of which two share a domain, two a name, and one has neither website nor namesake."""
    firms = [
        ("Acme", "https://www.acme.com/nl"),
        ("Acme Labs", "acme.com"),
        ("Bolt", "http://bolt.example:8080"),
        ("Twin", ""),
        ("TWIN", "twin.example"),
        ("Lone", ""),
    ]
    rows = (f"{crm_id('account', n)},{name},{site}" for n, (name, site) in enumerate(firms, 1))
    await desk.run(desk.table("Account.csv", "Id,Name,Website", *rows))
    return desk


@pytest.mark.parametrize(
    ("domain", "name", "found"),
    [
        ("bolt.example", "", "Bolt"),
        ("WWW.Bolt.example", "anything", "Bolt"),
        ("https://bolt.example/about?x=1", "", "Bolt"),
        ("acme.com", "acme labs", "Acme Labs"),
        ("twin.example", "Twin", "TWIN"),
        ("", " lone ", "Lone"),
        ("elsewhere.example", "Lone", "Lone"),
    ],
)
async def test_an_account_is_found_by_domain_or_name(firms: Desk, domain: str, name: str, found: str) -> None:
    path = firms.table("intent.csv", HEADER, f"ACCOUNT,,{domain},{name},{TAIL}")
    assert (await firms.only(path)).added == 1
    signal = await firms.one(IntentSignalRow)
    assert (await firms.one(AccountRow, id=signal.subject_id)).name == found


@pytest.mark.parametrize(
    ("domain", "name", "code", "reason"),
    [
        ("elsewhere.example", "", "ACCOUNT_UNKNOWN", "nor one with the website elsewhere.example"),
        ("", "Nobody", "ACCOUNT_UNKNOWN", "no account with this name is stored"),
        ("acme.com", "", "ACCOUNT_AMBIGUOUS", "2 accounts have this domain or name"),
        ("acme.com", "Nobody", "ACCOUNT_AMBIGUOUS", "2 accounts have this domain or name"),
        ("", "twin", "ACCOUNT_AMBIGUOUS", "give the account's SubjectId"),
    ],
)
async def test_an_account_that_can_not_be_told_is_rejected(
    firms: Desk, domain: str, name: str, code: str, reason: str
) -> None:
    path = firms.table("intent.csv", HEADER, f"ACCOUNT,,{domain},{name},{TAIL}")
    await firms.only(path)
    assert rejects(path) == [(2, code, "AccountName")]
    assert reason in reject_reasons(path)[0]["reason"]


async def test_people_are_never_found_by_the_name_of_their_account(firms: Desk) -> None:
    path = firms.table("intent.csv", HEADER, f"PERSON,,bolt.example,Bolt,{TAIL}", f"ACCOUNT,,,,{TAIL}")
    await firms.only(path)
    assert rejects(path) == [(2, "BAD_ID", "SubjectId"), (3, "BAD_ID", "SubjectId")]


async def test_two_names_of_one_account_give_one_signal(firms: Desk) -> None:
    rows = (f"ACCOUNT,,bolt.example,,{TAIL}", f"ACCOUNT,,,Bolt,{TAIL}", f"ACCOUNT,{crm_id('account', 3)},,,{TAIL}")
    path = firms.table("intent.csv", HEADER, *rows)
    assert (await firms.only(path)).added == 1
    assert [code for _, code, _ in rejects(path)] == ["DUPLICATE_SIGNAL"] * 2


async def test_names_are_looked_up_in_one_statement_and_only_where_they_are_needed(firms: Desk) -> None:
    def looks(seen: list[str]) -> int:
        return sum("website" in statement.lower() for statement in seen)

    by_id = firms.table("intent.csv", HEADER, f"ACCOUNT,{crm_id('account', 3)},,,{TAIL}")
    with statements(firms.database) as seen:
        await firms.only(by_id)
    assert looks(seen) == 0
    by_name = firms.table("intent.csv", HEADER, *(f"ACCOUNT,,d{n}.example,,{TAIL}" for n in range(2500)))
    with statements(firms.database) as seen:
        await firms.only(by_name)
    assert looks(seen) == 1


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.Acme.com/nl", "acme.com"),
        ("user:pass@acme.co.uk:443?x#y", "acme.co.uk"),
        ("acme.com.", "acme.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("acme", None),
        ("a b.com", None),
        ("", None),
        ("https://", None),
        (f"{'a' * 64}.com", None),
    ],
)
def test_the_domain_of_a_website(text: str, domain: str | None) -> None:
    assert website_domain(text) == domain
