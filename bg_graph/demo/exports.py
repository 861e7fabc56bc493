"""Writing the demo's export files: what a user would have from Salesforce and Marketo, and a set-up.

Companies are made and written one by one, so that memory does not grow with the size.
"""

import csv
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import orjson

from bg_graph.demo.behaviour import Action, actions_of
from bg_graph.demo.chance import chance_of
from bg_graph.demo.companies import PEOPLE_AT_MOST, Company, Contact, company_of
from bg_graph.demo.deals import Deal, JourneyEntry, deals_of, journeys_of
from bg_graph.setup.example import EXAMPLE_FILE

SETUP_FILE = "tenant.toml"
MOVES_FILE = "stage-moves.json"
"""Through which stages each group went, in their order: there is no export for that."""

EMAILS_FOLDER = "emails"
"""E-mails as a marketer would write them: a folder for each."""
EMAILS = Path(__file__).with_name("emails")
"""Where those of the demo stand in the package."""

DEFAULT_SEED = 7
FIRST_LEAD = 100_001

_COLUMNS: Mapping[str, Sequence[str]] = {
    "Account.csv": (
        "Id", "Name", "ParentId", "Industry", "Website", "BillingCountry", "NumberOfEmployees", "IsDeleted",
    ),
    "Contact.csv": (
        "Id", "AccountId", "FirstName", "LastName", "Title", "Email", "EmailBouncedDate", "HasOptedOutOfEmail", "Phone",
        "MailingCity", "MailingState", "MailingCountry", "MailingPostalCode", "IsDeleted",
    ),
    "Opportunity.csv": (
        "Id", "AccountId", "Name", "StageName", "Type", "Amount", "CurrencyIsoCode", "CloseDate", "IsClosed",
        "Product__c", "IsDeleted",
    ),
    "OpportunityContactRole.csv": ("Id", "OpportunityId", "ContactId", "Role", "IsPrimary", "IsDeleted"),
    "marketo-leads.csv": ("id", "firstName", "lastName", "email", "sfdcContactId"),
    "marketo-activities.csv": (
        "marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId", "primaryAttributeValueId",
        "primaryAttributeValue", "attributes",
    ),
    "AccountJourney.csv": ("Id", "AccountId", "Name", "Status", "EnteredDate"),
}  # fmt: skip

EXPORT_FILES = tuple(_COLUMNS)
"""The files that the import takes, in the order of import."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is made: companies, people in each, from and to, and how many times over they do what stories say."""

    companies: int
    people: tuple[int, int]
    busyness: float = 1.0


SIZES: Mapping[str, Size] = {"small": Size(40, (8, 14)), "large": Size(5_000, (14, 26), 3.0)}
"""small: tens of accounts, hundreds of people. large: a hundred thousand people, millions of activities."""

Progress = Callable[[str, int, int], None]
"""Told how far something is: what is done, how much of it, of how much in all."""


@dataclass(slots=True)
class Written:
    """The folder that was written, and how many rows each file has (without the header)."""

    folder: Path
    rows: dict[str, int] = field(default_factory=dict)


def write_exports(
    folder: Path,
    *,
    size: Size = SIZES["small"],
    seed: int = DEFAULT_SEED,
    now: datetime,
    progress: Progress | None = None,
) -> Written:
    """Write all files into a folder, which is made where it is missing. The same seed and time give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(EXAMPLE_FILE, folder / SETUP_FILE)
    shutil.copytree(EMAILS, folder / EMAILS_FOLDER, copy_function=shutil.copyfile, dirs_exist_ok=True)
    with ExitStack() as open_files:
        writer = _Writer(
            seed, now.astimezone(UTC), {name: open_files.enter_context(_table(folder / name)) for name in _COLUMNS}
        )
        for number in range(size.companies):
            writer.company(company_of(seed, number, size.people, size.busyness))
            if progress is not None:
                progress("writing the export files", number + 1, size.companies)
    moves = json.dumps(writer.moves, ensure_ascii=False, indent=0)
    (folder / MOVES_FILE).write_text(moves, encoding="utf-8")
    return Written(folder, {name: table.rows for name, table in writer.tables.items()})


class _Table:
    """A CSV file as Salesforce writes them: every value quoted, lines end as on Windows."""

    def __init__(self, file: TextIO, columns: Sequence[str]) -> None:
        self._writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        self._writer.writerow(columns)
        self.rows = 0

    def add(self, *values: object) -> None:
        self._writer.writerow(values)
        self.rows += 1


@contextmanager
def _table(path: Path) -> Iterator[_Table]:
    with path.open("w", encoding="utf-8", newline="") as file:
        yield _Table(file, _COLUMNS[path.name])


class _Writer:
    """Writes companies with all that belongs to them, each row into its table."""

    def __init__(self, seed: int, now: datetime, tables: Mapping[str, _Table]) -> None:
        self.seed, self.now, self.tables = seed, now, tables
        self.moves: list[list[object]] = []

    def company(self, company: Company) -> None:
        """A company, its people and what they did, its deals and journeys."""
        place = company.place
        self.tables["Account.csv"].add(
            company.id,
            company.name,
            company.parent_id,
            company.industry,
            company.website,
            place.country,
            company.employees,
            "false",
        )
        for deal in deals_of(company, self.seed, self.now):
            self._deal(company, deal)
        for entry in journeys_of(company, self.seed, self.now):
            self._journey(company, entry)
        for contact in company.contacts:
            self._contact(company, contact)
            chance = chance_of(self.seed, "behaviour", contact.number)
            actions = actions_of(contact, chance, self.now, place.hours_from_utc)
            self._activities(contact, actions)
        for offer, story in company.stories:
            if story.stages:
                self.moves.append([company.id, offer.name, list(story.stages)])

    def _contact(self, company: Company, contact: Contact) -> None:
        city, state, postal_code = contact.city
        self.tables["Contact.csv"].add(
            contact.id,
            company.id,
            contact.first_name,
            contact.last_name,
            contact.title,
            contact.email,
            self.now.date().replace(day=1).isoformat() if contact.bounced else "",
            _truth(contact.opted_out),
            contact.phone,
            city,
            state,
            company.place.country,
            postal_code,
            "false",
        )
        self.tables["marketo-leads.csv"].add(
            lead_of(contact), contact.first_name, contact.last_name, contact.email or "null", contact.id
        )

    def _deal(self, company: Company, deal: Deal) -> None:
        self.tables["Opportunity.csv"].add(
            deal.id,
            company.id,
            deal.name,
            deal.stage,
            deal.kind,
            deal.amount,
            company.place.currency,
            deal.close_date.isoformat(),
            _truth(deal.is_closed),
            deal.product,
            "false",
        )
        for role in deal.roles:
            self.tables["OpportunityContactRole.csv"].add(
                role.id, deal.id, role.contact_id, role.role, _truth(role.is_primary), "false"
            )

    def _journey(self, company: Company, entry: JourneyEntry) -> None:
        self.tables["AccountJourney.csv"].add(entry.id, company.id, entry.name, entry.status, _time(entry.entered))

    def _activities(self, contact: Contact, actions: Sequence[Action]) -> None:
        lead, table = lead_of(contact), self.tables["marketo-activities.csv"]
        for number, action in enumerate(actions):
            attributes = orjson.dumps(action.attributes).decode()
            guid = f"{lead:08x}-{number:06x}"
            table.add(guid, lead, _time(action.at), action.type_id, "null", "null", action.asset, attributes)


def lead_of(contact: Contact) -> int:
    """The number of a person's record in Marketo; by it people of one company stand together."""
    company, place = divmod(contact.number, PEOPLE_AT_MOST)
    return FIRST_LEAD + company * PEOPLE_AT_MOST + place


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds").removesuffix("+00:00") + "Z"
