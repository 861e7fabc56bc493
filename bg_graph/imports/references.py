"""Whom and what a row about members names: its buying group, its person, its role; looked up for many rows at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Select, or_, select

from bg_graph.accounts.rules import text_key
from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow, RoleRow, SolutionInterestRow
from bg_graph.execution.node_ids import key_in
from bg_graph.imports.reading import SourceRow
from bg_graph.imports.rejects import Rejection
from bg_graph.imports.rules import salesforce_id
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

GROUP_COLUMNS = ("group_id", "account", "solution_interest")
PERSON_COLUMNS = ("person_id", "crm_id", "email")
ROLE_COLUMN = "role"
COLUMNS = (*GROUP_COLUMNS, *PERSON_COLUMNS, ROLE_COLUMN)

account, person = table_of(AccountRow), table_of(PersonRow)
group, interest, role = table_of(BuyingGroupRow), table_of(SolutionInterestRow), table_of(RoleRow)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a row is about, and the columns that said so, of which a fault is told."""

    group_id: UUID
    person_id: UUID
    role_id: UUID | None
    group_column: str
    person_column: str


@dataclass(frozen=True, slots=True)
class _Found:
    """An id that a row names, and the column that names it."""

    id: UUID
    column: str


@dataclass(slots=True)
class Register:
    """What there is of all that the rows name, by the key by which they name it."""

    groups: dict[UUID, UUID] = field(default_factory=dict)
    accounts: dict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    interests: dict[str, UUID] = field(default_factory=dict)
    groups_of: dict[tuple[UUID, UUID], UUID] = field(default_factory=dict)
    people: set[UUID] = field(default_factory=set)
    crm_ids: dict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    addresses: dict[tuple[UUID, str], set[UUID]] = field(default_factory=lambda: defaultdict(set))
    roles: dict[str, UUID] = field(default_factory=dict)

    def subject_of(self, row: SourceRow, *, with_role: bool) -> Subject | Rejection:
        """What a row is about, or the first reason why that can't be told."""
        in_group = self._group(row)
        if isinstance(in_group, Rejection):
            return in_group
        who = self._person(row, self.groups[in_group.id])
        if isinstance(who, Rejection):
            return who
        role_id = self._role(row) if with_role else None
        if isinstance(role_id, Rejection):
            return role_id
        return Subject(in_group.id, who.id, role_id, in_group.column, who.column)

    def _group(self, row: SourceRow) -> _Found | Rejection:
        if row.text("group_id"):
            key = key_in(row.text("group_id"), "grp")
            if key in self.groups:
                return _Found(key, "group_id")
            return _rejection(
                "GROUP_UNKNOWN", row, "group_id", "there is no buying group with this id (an id begins with grp_)"
            )
        for column in ("account", "solution_interest"):
            if not row.text(column):
                reason = "the row names no buying group; fill in group_id, or account and solution_interest"
                return _rejection("GROUP_MISSING", row, column, reason)
        return self._group_of_account(row)

    def _group_of_account(self, row: SourceRow) -> _Found | Rejection:
        keys = {text_key(row.text("account")), *_crm_keys(row.text("account"))}
        accounts = {account_id for key in keys for account_id in self.accounts[key]}
        interest_id = self.interests.get(text_key(row.text("solution_interest")))
        if not accounts:
            return _rejection("GROUP_UNKNOWN", row, "account", "there is no account with this name or CRM id")
        if interest_id is None:
            return _rejection("GROUP_UNKNOWN", row, "solution_interest", "there is no solution interest with this name")
        found = [self.groups_of[each, interest_id] for each in accounts if (each, interest_id) in self.groups_of]
        if not found:
            reason = "the account has no buying group for this solution interest; the maintenance job makes groups"
            return _rejection("GROUP_UNKNOWN", row, "account", reason)
        if len(found) > 1:
            reason = f"{len(found)} accounts of this name have such a group; give the account's CRM id, or the group_id"
            return _rejection("GROUP_AMBIGUOUS", row, "account", reason)
        return _Found(found[0], "account")

    def _person(self, row: SourceRow, account_id: UUID) -> _Found | Rejection:
        column = next((column for column in PERSON_COLUMNS if row.text(column)), None)
        if column is None:
            reason = f"the row names no person; fill in one of {', '.join(PERSON_COLUMNS)}"
            return _rejection("PERSON_MISSING", row, PERSON_COLUMNS[0], reason)
        found = self._people(row.text(column), column, account_id)
        if not found:
            return _rejection("PERSON_UNKNOWN", row, column, _UNKNOWN_PERSON[column])
        if len(found) > 1:
            reason = f"{len(found)} people of the account have this; give the person_id"
            return _rejection("PERSON_AMBIGUOUS", row, column, reason)
        return _Found(next(iter(found)), column)

    def _people(self, value: str, column: str, account_id: UUID) -> set[UUID]:
        if column == "email":
            return self.addresses[account_id, text_key(value)]
        if column == "crm_id":
            return {person_id for key in _crm_keys(value) for person_id in self.crm_ids[key]}
        key = key_in(value, "per")
        return {key} if key is not None and key in self.people else set()

    def _role(self, row: SourceRow) -> UUID | Rejection:
        name = row.text(ROLE_COLUMN)
        if not name:
            return _rejection("ROLE_MISSING", row, ROLE_COLUMN, "the row names no role; fill it in")
        found = self.roles.get(text_key(name))
        return found or _rejection("ROLE_UNKNOWN", row, ROLE_COLUMN, f"there is no such role; {self._offered()}")

    def _offered(self) -> str:
        return f"roles are {', '.join(sorted(self.roles))}" if self.roles else "the tenant is not set up yet"


_UNKNOWN_PERSON: Mapping[str, str] = {
    "person_id": "there is no person with this id (an id begins with per_)",
    "crm_id": "no person with this id of the CRM was imported",
    "email": "nobody of the group's account has this e-mail address",
}


async def register_of(db: TenantConnection, rows: Sequence[SourceRow]) -> Register:
    """Look up all that these rows name. The number of statements depends on the number of rows by chunks only."""
    register = Register()
    await _find_groups(db, rows, register)
    await _find_groups_of_accounts(db, rows, register)
    await _find_people(db, rows, register)
    for row in await db.rows(select(role.c.id, role.c.name_key).where(of_tenant(role))):
        register.roles[row.name_key] = row.id
    return register


async def _find_groups(db: TenantConnection, rows: Iterable[SourceRow], register: Register) -> None:
    for ids in chunks(_keys(rows, "group_id", "grp")):
        statement = select(group.c.id, group.c.account_id).where(of_tenant(group), group.c.id.in_(ids))
        register.groups |= {row.id: row.account_id for row in await db.rows(statement)}


async def _find_groups_of_accounts(db: TenantConnection, rows: Sequence[SourceRow], register: Register) -> None:
    for row in await db.rows(select(interest.c.id, interest.c.name_key).where(of_tenant(interest))):
        register.interests[row.name_key] = row.id
    columns = (account.c.id, account.c.name_key, account.c.external_id)
    for texts in chunks(_texts(rows, "account")):
        named = or_(
            account.c.name_key.in_([text_key(text) for text in texts]),
            account.c.external_id.in_({key for text in texts for key in _crm_keys(text)}),
        )
        for found in await db.rows(select(*columns).where(of_tenant(account), named)):
            register.accounts[found.name_key].add(found.id)
            register.accounts[found.external_id].add(found.id)
    account_ids = {account_id for ids in register.accounts.values() for account_id in ids}
    for ids in chunks(account_ids):
        statement = select(group.c.id, group.c.account_id, group.c.solution_interest_id)
        for found in await db.rows(statement.where(of_tenant(group), group.c.account_id.in_(ids))):
            register.groups[found.id] = found.account_id
            register.groups_of[found.account_id, found.solution_interest_id] = found.id


async def _find_people(db: TenantConnection, rows: Sequence[SourceRow], register: Register) -> None:
    for ids in chunks(_keys(rows, "person_id", "per")):
        statement = _people().where(person.c.id.in_(ids))
        register.people |= {row.id for row in await db.rows(statement)}
    for crm_ids in chunks({key for text in _texts(rows, "crm_id") for key in _crm_keys(text)}):
        for row in await db.rows(_people().where(person.c.external_id.in_(crm_ids))):
            register.crm_ids[row.external_id].add(row.id)
    for keys in chunks(dict.fromkeys(map(text_key, _texts(rows, "email")))):
        for row in await db.rows(_people().where(person.c.email_key.in_(keys))):
            register.addresses[row.account_id, row.email_key].add(row.id)


def _people() -> Select[tuple[UUID, UUID, str, str | None]]:
    columns = (person.c.id, person.c.account_id, person.c.external_id, person.c.email_key)
    return select(*columns).where(of_tenant(person))


def _texts(rows: Iterable[SourceRow], column: str) -> list[str]:
    return list(dict.fromkeys(text for row in rows if (text := row.text(column))))


def _keys(rows: Iterable[SourceRow], column: str, prefix: str) -> set[UUID]:
    return {key for text in _texts(rows, column) if (key := key_in(text, prefix)) is not None}


def _crm_keys(text: str) -> set[str]:
    """The forms in which an id of a CRM may be stored: as it is written, and as a Salesforce id of 18 characters."""
    return {text, salesforce_id(text) or text}


def _rejection(code: str, row: SourceRow, column: str, reason: str) -> Rejection:
    return Rejection(code, column, row.text(column), reason)
