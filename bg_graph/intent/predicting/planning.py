"""Which accounts are computed anew, and in which batches: whole accounts, as many as a request may hold activities of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select

from bg_graph.accounts.tables import ActivityRow, PersonRow
from bg_graph.intent.predicting.sources import GroupSource
from bg_graph.intent.rules import IntentSettings
from bg_graph.intent.tables import IntentAccountRow
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

ACTIVITIES = 200_000
"""Activities of a request; an account that has more goes whole, by itself."""
ACCOUNTS_AT_ONCE = 2_000
"""Accounts of a request at most, however little they do."""
LONGEST_REST = timedelta(days=28)
"""After this long every account is computed anew, whatever is known of it."""
PAGE = 5_000  # rows that are looked at without giving way to others

activity = table_of(ActivityRow)
person = table_of(PersonRow)
state = table_of(IntentAccountRow)


@dataclass(frozen=True, slots=True)
class Window:
    """The activities that predictions rest on: after `start`, up to `end`."""

    start: datetime
    end: datetime

    @classmethod
    def before(cls, as_of: datetime, settings: IntentSettings) -> "Window":
        """The window of a tenant as of a time."""
        return cls(as_of - timedelta(days=settings.window_days), as_of)


@dataclass(frozen=True, slots=True)
class Due:
    """An account that is computed anew, its activities in the window, and the stamp of its groups."""

    account_id: UUID
    activities: int
    groups: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The accounts that are computed anew, and how many are left as they are."""

    due: tuple[Due, ...]
    rested: int

    def batches(self, activities: int = ACTIVITIES) -> Iterator[list[Due]]:
        """The accounts in lists of together no more activities than that, but for one account that has more alone."""
        batch: list[Due] = []
        held = 0
        for each in self.due:
            if batch and (held + each.activities > activities or len(batch) >= ACCOUNTS_AT_ONCE):
                yield batch
                batch, held = [], 0
            batch.append(each)
            held += each.activities
        if batch:
            yield batch


async def make_plan(
    db: TenantConnection, groups: GroupSource, window: Window, settings: IntentSettings, generation: str
) -> Plan:
    """Look at what each account did, and at what its latest predictions rest on.

    Computed anew are accounts with activities, groups or members that were not there then, or of another generation
    (taxonomy, settings, model); those with signals after `recompute_days`, for interests fade; all after four weeks.
    """
    stamps = {row.account_id: f"{row.groups}:{row.versions}" async for row in _rows(db, groups.stamps)}
    known = {row.account_id: row async for row in _rows(db, select(*_STATE).where(of_tenant(state)))}
    due: list[Due] = []
    seen: set[UUID] = set()
    async for row in _rows(db, _counted(window, LONGEST_REST)):
        seen.add(row.account_id)
        each = Due(row.account_id, row.recent, stamps.get(row.account_id, ""))
        if _is_due(each, row.since, known.get(row.account_id), window, settings, generation):
            due.append(each)
    silent = (account_id for account_id, before in known.items() if account_id not in seen and before.signals)
    due += [Due(account_id, 0, stamps.get(account_id, "")) for account_id in silent]
    due.sort(key=lambda each: each.account_id)
    return Plan(tuple(due), len(seen | known.keys()) - len(due))


_STATE = tuple(
    state.c[name]
    for name in ("account_id", "computed_at", "window_start", "activities", "groups", "generation", "signals")
)


def _is_due(each: Due, since: int, before: Any, window: Window, settings: IntentSettings, generation: str) -> bool:
    if before is None:
        return each.activities > 0
    if before.generation != generation or before.groups != each.groups or before.activities != since:
        return True
    rest = timedelta(days=settings.recompute_days) if before.signals else LONGEST_REST
    return bool(window.end - before.computed_at >= rest)


def _counted(window: Window, rest: timedelta) -> Any:
    """Each account's activities: `recent` in the window, `since` from the window of its latest predictions on."""
    after = func.coalesce(state.c.window_start, window.start)
    return (
        select(
            person.c.account_id,
            func.count().filter(activity.c.at > window.start).label("recent"),
            func.count().filter(activity.c.at > after).label("since"),
        )
        .select_from(activity)
        .join(person, and_(of_tenant(person), person.c.id == activity.c.person_id))
        .outerjoin(state, and_(of_tenant(state), state.c.account_id == person.c.account_id))
        .where(
            of_tenant(activity), activity.c.at > window.start - rest - timedelta(days=1), activity.c.at <= window.end
        )
        .group_by(person.c.account_id)
    )


async def _rows(db: TenantConnection, statement: Any) -> Any:
    async for page in db.pages(statement, size=PAGE):
        for row in page:
            yield row


def by_account(due: Iterable[Due]) -> Mapping[UUID, Due]:
    """The accounts by their ids."""
    return {each.account_id: each for each in due}
