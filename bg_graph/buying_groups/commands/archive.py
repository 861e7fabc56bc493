"""Archiving a buying group, which makes it read-only, leaves it out of lists and has jobs skip it; and taking it back."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, update

from bg_graph.buying_groups.commands.acts import Act, ChangeKind, record_group_changes
from bg_graph.buying_groups.commands.calls import held_group
from bg_graph.buying_groups.commands.stored import StoredGroup, group
from bg_graph.buying_groups.rules.membership import CallFault, Terms, cleaned_note, group_faults
from bg_graph.store.changes import Item, LoggedChange
from bg_graph.store.connection import TenantConnection
from bg_graph.store.scope import of_tenant

_of_group: BindParameter[UUID] = bindparam("of_group")
_archive = (
    update(group)
    .where(of_tenant(group), group.c.id == _of_group)
    .values(archived_at=bindparam("archived"), version=group.c.version + 1, updated_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class ArchiveOutcome:
    """What came of it. `group_id` is None where there is no such group; `change_id` where nothing changed."""

    group_id: UUID | None
    change_id: UUID | None = None
    faults: tuple[CallFault, ...] = ()


async def archive_group(db: TenantConnection, group_id: UUID | None, act: Act, terms: Terms) -> ArchiveOutcome:
    """Archive a group; one that is archived stays as it is. Source: domain.md, "Rules of membership" (archived)."""
    return await _set_archived(db, group_id, act, terms, archived=True)


async def unarchive_group(db: TenantConnection, group_id: UUID | None, act: Act, terms: Terms) -> ArchiveOutcome:
    """Take a group back into use; one that is in use stays as it is."""
    return await _set_archived(db, group_id, act, terms, archived=False)


async def _set_archived(
    db: TenantConnection, group_id: UUID | None, act: Act, terms: Terms, *, archived: bool
) -> ArchiveOutcome:
    held = await held_group(db, group_id, terms)
    faults = group_faults(terms, held, archived_too=True)
    if held is None or faults:
        return ArchiveOutcome(held.id if held else None, faults=faults)
    if held.archived == archived:
        return ArchiveOutcome(held.id)
    await db.execute(_archive, {"of_group": held.id, "archived": act.now if archived else None, "at": act.now})
    logged = _logged(held, replace(act, note=cleaned_note(terms.note)), archived)
    await record_group_changes(db, [logged])
    return ArchiveOutcome(held.id, logged.id)


def _logged(held: StoredGroup, act: Act, archived: bool) -> LoggedChange:
    return LoggedChange(
        subject_id=held.id,
        at=act.now,
        by=act.by,
        source=act.source,
        kind=ChangeKind.GROUP_ARCHIVED if archived else ChangeKind.GROUP_UNARCHIVED,
        items=[Item({"archived": held.archived}, {"archived": archived})],
        note=act.note,
        version=held.version + 1,
    )
