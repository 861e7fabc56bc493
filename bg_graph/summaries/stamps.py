"""What a stored summary rests on, in short: while these stamps are the same, no fact of it can have changed.

All facts of a subject are rows of one account. They change by calls on its groups, each of which raises the group's
version, or by imports, reports of e-mails and jobs, each of whose transactions leaves a mark. So versions and marks are
enough; the day is among them, since activities leave their window by the day.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, cast, func, literal, select

from bg_graph.accounts.tables import AccountRow, FactMarkRow, PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow
from bg_graph.plugins.summaries import SubjectKind
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant

GROUP, MEMBER, ACCOUNT = table_of(BuyingGroupRow), table_of(MemberRow), table_of(AccountRow)
PERSON, MARK = table_of(PersonRow), table_of(FactMarkRow)

SUBJECTS: Mapping[SubjectKind, Table] = MappingProxyType(
    {
        SubjectKind.GROUP: GROUP,
        SubjectKind.ACCOUNT: ACCOUNT,
        SubjectKind.MEMBER: MEMBER,
        SubjectKind.PERSON: PERSON,
    }
)
"""The table in which the subjects of a kind stand."""

Stamps = dict[str, Any]
"""Stamps by name, as they are stored."""


def marks() -> ColumnElement[str | None]:
    """The tenant's marks of what came in from outside and what jobs computed, as one text."""
    return select(_of_all(MARK.c.source, MARK.c.mark)).where(of_tenant(MARK)).scalar_subquery()


def versions(kind: SubjectKind) -> ColumnElement[str | None]:
    """An expression over a subject's row: the versions of the groups it rests on, as one text."""
    return _VERSIONS[kind]()


def stamps(versions: str | None, marks: str | None, day: int, chain: str) -> Stamps:
    """The stamps of a subject: what the statement told of it, the day (since 1970), and who would be asked."""
    return {"groups": _short(versions), "marks": _short(marks), "day": day, "chain": chain}


def _short(told: str | None) -> str:
    """The parts of a text, in whatever order the database told them."""
    parts = sorted((told or "").split(","))
    return blake2b(",".join(parts).encode(), digest_size=12).hexdigest()


def _group_version() -> ColumnElement[Any]:
    return cast(GROUP.c.version, Text)


def _told(*values: ColumnElement[Any]) -> ColumnElement[Any]:
    """Values of each row as one text."""
    text: ColumnElement[Any] = cast(values[0], Text)
    for value in values[1:]:
        text = text + literal(":", Text) + cast(value, Text)
    return text


def _of_all(*values: ColumnElement[Any]) -> ColumnElement[Any]:
    """Values of many rows as one text."""
    return func.aggregate_strings(_told(*values), ",")


def _of_account() -> ColumnElement[Any]:
    """Archived groups too: to be archived is a change."""
    group = GROUP.alias("its_groups")
    rows = select(_of_all(group.c.id, group.c.version)).where(of_tenant(group), group.c.account_id == ACCOUNT.c.id)
    return rows.correlate(ACCOUNT).scalar_subquery()


def _of_member() -> ColumnElement[Any]:
    group = GROUP.alias("its_group")
    rows = select(cast(group.c.version, Text)).where(of_tenant(group), group.c.id == MEMBER.c.group_id)
    return rows.correlate(MEMBER).scalar_subquery()


def _of_person() -> ColumnElement[Any]:
    group, member = GROUP.alias("its_groups"), MEMBER.alias("its_memberships")
    source = member.join(group, (group.c.id == member.c.group_id) & of_tenant(group))
    # No index but that of the person's groups holds when she came in: SQLite takes that one.
    theirs = (of_tenant(member), member.c.person_id == PERSON.c.id, member.c.assigned_at.is_not(None))
    rows = select(_of_all(member.c.id, group.c.version)).select_from(source).where(*theirs)
    return rows.correlate(PERSON).scalar_subquery()


_VERSIONS: Mapping[SubjectKind, Callable[[], ColumnElement[Any]]] = MappingProxyType(
    {
        SubjectKind.GROUP: _group_version,
        SubjectKind.ACCOUNT: _of_account,
        SubjectKind.MEMBER: _of_member,
        SubjectKind.PERSON: _of_person,
    }
)
