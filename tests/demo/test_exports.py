import csv
import json
import tomllib
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bg_graph.accounts.rules import is_valid_email
from bg_graph.demo.companies import company_of
from bg_graph.demo.exports import EXPORT_FILES, SIZES, Size, write_exports
from bg_graph.demo.offers import OFFERS, offers_for
from bg_graph.demo.words import INDUSTRIES
from bg_graph.imports.rules import salesforce_id
from bg_graph.setup.example import EXAMPLE_FILE
from tests.conftest import NOW

Rows = list[dict[str, str]]


def rows_of(folder: Path, name: str) -> Rows:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    write_exports(folder, now=NOW)
    return folder


@pytest.fixture(scope="module")
def activities(small: Path) -> Rows:
    return rows_of(small, "marketo-activities.csv")


def test_the_same_seed_and_time_give_the_same_bytes(small: Path, tmp_path: Path):
    write_exports(tmp_path, now=NOW)
    assert contents(tmp_path) == contents(small)
    assert set(contents(small)) == {*EXPORT_FILES, "tenant.toml", "stage-moves.json"}


def test_another_seed_gives_another_world(small: Path, tmp_path: Path):
    write_exports(tmp_path, seed=8, now=NOW)
    for name in ("Account.csv", "Contact.csv", "Opportunity.csv", "marketo-activities.csv"):
        assert (tmp_path / name).read_bytes() != (small / name).read_bytes()


def test_tens_of_accounts_and_hundreds_of_people(small: Path):
    assert len(rows_of(small, "Account.csv")) == 40
    assert 400 <= len(rows_of(small, "Contact.csv")) <= 500


def test_told_are_the_rows_of_each_file_and_how_far_it_is(tmp_path: Path):
    told = []
    written = write_exports(tmp_path, size=Size(3, (4, 5)), now=NOW, progress=lambda *step: told.append(step[1:]))
    assert written.rows == {name: len(rows_of(tmp_path, name)) for name in EXPORT_FILES}
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_ids_are_salesforce_ids_that_point_at_rows_of_the_export(small: Path):
    accounts = {row["Id"] for row in rows_of(small, "Account.csv")}
    contacts = {row["Id"]: row["AccountId"] for row in rows_of(small, "Contact.csv")}
    deals = {row["Id"]: row["AccountId"] for row in rows_of(small, "Opportunity.csv")}
    assert all(salesforce_id(each) == each for each in (*accounts, *contacts, *deals))
    assert set(contacts.values()) | set(deals.values()) <= accounts
    roles = rows_of(small, "OpportunityContactRole.csv")
    assert roles
    assert all(deals[row["OpportunityId"]] == contacts[row["ContactId"]] for row in roles)
    parents = [row["ParentId"] for row in rows_of(small, "Account.csv") if row["ParentId"]]
    assert parents
    assert set(parents) <= accounts


def test_everybody_of_a_company_has_an_address_of_its_domain_and_no_address_is_twice(small: Path):
    domains = {row["Id"]: row["Website"].removeprefix("https://www.") for row in rows_of(small, "Account.csv")}
    people = [row for row in rows_of(small, "Contact.csv") if row["Email"]]
    assert all(is_valid_email(row["Email"]) for row in people)
    assert all(row["Email"].endswith(f"@{domains[row['AccountId']]}") for row in people)
    assert all(row["Email"].endswith(".example") for row in people)
    assert max(Counter(row["Email"] for row in people).values()) == 1


def test_names_of_companies_are_not_used_up(tmp_path: Path):
    names = [company_of(7, number, (0, 1)).name for number in range(0, 5000, 10)]
    assert len(set(names)) == len(names)


def test_activities_lie_in_three_months_and_on_working_days(activities: Rows):
    times = [datetime.fromisoformat(row["activityDate"]) for row in activities]
    assert NOW - timedelta(days=90) < min(times) < NOW - timedelta(days=80)
    assert NOW - timedelta(days=3) < max(times) <= NOW
    weekend = sum(at.weekday() > 4 for at in times)
    assert weekend < len(times) * 0.05


def test_an_email_is_opened_before_it_is_clicked(activities: Rows):
    opened = {
        (row["leadId"], row["primaryAttributeValue"]): row["activityDate"]
        for row in activities
        if row["activityTypeId"] == "10"
    }
    clicks = [row for row in activities if row["activityTypeId"] == "11"]
    assert clicks
    assert all(opened[row["leadId"], row["primaryAttributeValue"]] < row["activityDate"] for row in clicks)


def test_a_webinar_is_attended_by_people_who_registered_before(activities: Rows):
    progressed = [row for row in activities if row["activityTypeId"] == "104"]
    registered = {
        (row["leadId"], row["primaryAttributeValue"]): row["activityDate"]
        for row in progressed
        if json.loads(row["attributes"])["New Status"] == "Registered"
    }
    attended = [row for row in progressed if json.loads(row["attributes"])["New Status"] == "Attended"]
    assert attended
    assert all(registered[row["leadId"], row["primaryAttributeValue"]] < row["activityDate"] for row in attended)


def test_what_people_read_fits_what_their_account_is_asked_about(small: Path, activities: Rows):
    industries = {row["Id"]: (row["Industry"], int(row["NumberOfEmployees"])) for row in rows_of(small, "Account.csv")}
    accounts = {row["Id"]: row["AccountId"] for row in rows_of(small, "Contact.csv")}
    leads = {row["id"]: accounts[row["sfdcContactId"]] for row in rows_of(small, "marketo-leads.csv")}
    for row in activities:
        offers = offers_for(*industries[leads[row["leadId"]]])
        keywords = {keyword for offer in offers for product in offer.products for keyword in product.keywords}
        assert set(json.loads(row["attributes"])["Topics"]) <= keywords


def test_the_offers_are_those_of_the_set_up_file_that_ships():
    setup = tomllib.loads(EXAMPLE_FILE.read_text(encoding="utf-8"))
    interests = {each["name"]: each for each in setup["solution_interests"]}
    roles = {each["name"]: {role["role"] for role in each["roles"]} for each in setup["roles_templates"]}
    assert list(interests) == [offer.name for offer in OFFERS]
    for offer in OFFERS:
        assert {seat.role for seat in offer.seats} <= roles[interests[offer.name]["roles_template"]]
        assert {crm for seat in offer.seats for crm in seat.crm_roles} <= setup["crm_roles"].keys()
        assert set(offer.industries) <= {industry.name for industry in INDUSTRIES}
    taxonomy = {
        each["name"]: [(product["name"], tuple(product["keywords"])) for product in each["products"]]
        for each in setup["intent_categories"]
    }
    assert taxonomy == {
        offer.name: [(product.name, product.keywords) for product in offer.products] for offer in OFFERS
    }


def test_the_large_size_makes_millions_of_activities(tmp_path: Path):
    size = SIZES["large"]
    sample = Size(25, size.people, size.busyness)
    written = write_exports(tmp_path, size=sample, now=NOW)
    assert written.rows["marketo-activities.csv"] * size.companies / sample.companies > 2_000_000
