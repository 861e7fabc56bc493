"""Reading and writing the signals of a batch, what its accounts' predictions rest on, and the record of the run."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, union_all, update

from bg_graph.accounts.fact_marks import FactSource, mark_facts
from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.intent.commands import SignalKey, forget_signals
from bg_graph.intent.predicting.concluding import Conclusions
from bg_graph.intent.predicting.planning import PAGE, Due, Window
from bg_graph.intent.predicting.sources import ACCOUNTS, GroupSource
from bg_graph.intent.tables import IntentAccountRow, IntentRunRow, IntentSignalRow, SignalEvidenceRow
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

account = table_of(AccountRow)
evidence = table_of(SignalEvidenceRow)
person = table_of(PersonRow)
run = table_of(IntentRunRow)
signal = table_of(IntentSignalRow)
state = table_of(IntentAccountRow)

_READ = (
    "id", "subject_kind", "subject_id", "kind", "category", "product", "name_key", "name", "probability", "level",
    "model_plugin", "model_name", "model_version", "computed_at", "window_end",
)  # fmt: skip
_WRITTEN = (
    "name", "probability", "confidence", "strength", "level", "level_rank", "model_plugin", "model_name",
    "model_version", "computed_at", "window_start", "window_end",
)  # fmt: skip
_KEY = ("subject_kind", "subject_id", "kind", "category", "product", "name_key")


async def stored_signals(
    db: TenantConnection, groups: GroupSource, accounts: Sequence[UUID]
) -> dict[SignalKey, Mapping[str, Any]]:
    """The signals of these accounts, their people and their groups in use."""
    statement = select(*(signal.c[name] for name in _READ)).where(of_tenant(signal), _of_accounts(groups))
    found: dict[SignalKey, Mapping[str, Any]] = {}
    async for page in db.pages(statement, {"accounts": list(accounts)}, size=PAGE):
        for row in page:
            key = (row.subject_kind, row.subject_id, row.kind, row.category, row.product, row.name_key)
            found[key] = dict(row._mapping)
    return found


async def present_subjects(db: TenantConnection, groups: GroupSource, accounts: Sequence[UUID]) -> frozenset[UUID]:
    """Those of the accounts, their people and groups that are still there: an import may have taken some away meanwhile."""
    given = {"accounts": list(accounts)}
    people = select(person.c.id).where(of_tenant(person), person.c.account_id.in_(ACCOUNTS))
    found: set[UUID] = set()
    async for page in db.pages(people, given, size=PAGE):
        found.update(row.id for row in page)
    found.update(row.group_id for row in await db.rows(groups.members, given))
    there = select(account.c.id).where(of_tenant(account), account.c.id.in_(ACCOUNTS))
    found.update(row.id for row in await db.rows(there, given))
    return frozenset(found)


async def store(
    db: TenantConnection, conclusions: Conclusions, due: Mapping[UUID, Due], window: Window, generation: str
) -> None:
    """Write what was concluded, and of each account what it rests on. Rows that are the same are not written."""
    await forget_signals(db, conclusions.gone)
    for rows in chunks(conclusions.changed):
        ids = [row["id"] for row in rows]
        await db.execute(delete(evidence).where(of_tenant(evidence), evidence.c.signal_id.in_(ids)))
        await db.upsert(IntentSignalRow, rows, key=("id",), update=_WRITTEN)
    for rows in chunks(conclusions.added):
        await db.insert(IntentSignalRow, rows)
    for rows in chunks(conclusions.evidence):
        await db.insert(SignalEvidenceRow, rows)
    for ids in chunks(conclusions.fresh):
        fresh = update(signal).where(of_tenant(signal), signal.c.id.in_(ids))
        times = {"computed_at": window.end, "window_start": window.start, "window_end": window.end}
        await db.execute(fresh.values(times))
    await _store_accounts(db, conclusions, due, window, generation)
    if conclusions.touched:
        await mark_facts(db, FactSource.INTENT)


async def begin_run(db: TenantConnection, window: Window, generation: str) -> UUID:
    """Put a run on record."""
    run_id = new_id()
    row = {"id": run_id, "as_of": window.end, "window_start": window.start, "generation": generation}
    await db.insert(IntentRunRow, [row])
    return run_id


async def note_run(db: TenantConnection, run_id: UUID, **values: Any) -> None:
    """Note in a run's record what is known by now."""
    await db.execute(update(run).where(of_tenant(run), run.c.id == run_id).values(**values))


def _of_accounts(groups: GroupSource) -> ColumnElement[bool]:
    """In one list, whatever they are: with an `or` of three the signals of all accounts would be looked through."""
    people = select(person.c.id).where(of_tenant(person), person.c.account_id.in_(ACCOUNTS))
    in_use = groups.members.subquery("in_use")
    accounts = select(account.c.id).where(of_tenant(account), account.c.id.in_(ACCOUNTS))
    return signal.c.subject_id.in_(union_all(people, select(in_use.c.group_id), accounts))


async def _store_accounts(
    db: TenantConnection, conclusions: Conclusions, due: Mapping[UUID, Due], window: Window, generation: str
) -> None:
    """Where nothing changed, the time of the last change stays."""

    def row(each: Due) -> dict[str, Any]:
        return {
            "id": new_id(),
            "account_id": each.account_id,
            "computed_at": window.end,
            "window_start": window.start,
            "activities": each.activities,
            "groups": each.groups,
            "generation": generation,
            "signals": conclusions.signals.get(each.account_id, 0),
            "changed_at": window.end,
        }

    rests_on = ("computed_at", "window_start", "activities", "groups", "generation", "signals")
    there = [each for each in due.values() if each.account_id in conclusions.present]
    touched = [each for each in there if each.account_id in conclusions.touched]
    same: Iterable[Due] = (each for each in there if each.account_id not in conclusions.touched)
    for some in chunks(touched):
        await db.upsert(IntentAccountRow, map(row, some), key=("account_id",), update=(*rests_on, "changed_at"))
    for some in chunks(same):
        await db.upsert(IntentAccountRow, map(row, some), key=("account_id",), update=rests_on)
