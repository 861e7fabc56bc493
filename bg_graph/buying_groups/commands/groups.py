"""Making buying groups, and taking away those of accounts that are deleted."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, Uuid, and_, bindparam, delete, select

from bg_graph.accounts.rules import text_key
from bg_graph.accounts.tables import AccountRow
from bg_graph.buying_groups.commands.acts import ChangeKind, record_group_changes
from bg_graph.buying_groups.commands.names import GROUP, forget_names, index_names
from bg_graph.buying_groups.commands.stored import StoredGroup, groups_of
from bg_graph.buying_groups.commands.writing import completeness_of, membership_data
from bg_graph.buying_groups.rules.completeness import RoleNeed
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.rules.naming import group_name
from bg_graph.buying_groups.rules.record_conditions import (
    RecordCondition,
    RecordKind,
    account_record,
    matches,
    record_condition,
)
from bg_graph.buying_groups.tables import (
    BuyingGroupRow,
    GroupRoleRow,
    MemberRow,
    SolutionInterestRow,
    TemplateRoleRow,
)
from bg_graph.intent.tables import IntentSignalRow
from bg_graph.store.changes import Item, LoggedChange
from bg_graph.store.chunks import chunks
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

account = table_of(AccountRow)
group = table_of(BuyingGroupRow)
interest = table_of(SolutionInterestRow)
member = table_of(MemberRow)
signal = table_of(IntentSignalRow)
template_role = table_of(TemplateRoleRow)

_PAGE = 2000  # accounts read at a time

Pair = tuple[UUID, UUID]
"""An account and a solution interest: there is one group for each."""


class UnknownSubject(LookupError):
    """Something that a command was told to work on does not exist in the tenant."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What a new group takes from its solution interest: name, template with its roles in order, stage model."""

    id: UUID
    name: str
    template_id: UUID
    stage_model_id: UUID | None
    roles: Sequence[Row[Any]]


async def create_groups(
    db: TenantConnection,
    wanted: Iterable[Pair],
    *,
    by: str,
    source: MembershipSource,
    now: datetime,
) -> list[UUID]:
    """Make the buying groups wanted, as (account id, solution interest id); ids of the new ones, in the order wanted.

    Groups that stand already, archived ones included, are left as they are. Each new one gets its made name, its
    template's roles and its completeness. Raises UnknownSubject where an account or interest does not exist.
    """
    pairs = list(dict.fromkeys(wanted))
    interests = await _interests(db, {interest_id for _, interest_id in pairs})
    made: list[UUID] = []
    for piece in chunks(pairs):
        names = await _locked_account_names(db, {account_id for account_id, _ in piece})
        present = await group_ids_of(db, names)
        rows = [
            _new_group(interests[of], account_id, names[account_id], now)
            for account_id, of in piece
            if (account_id, of) not in present
        ]
        await _insert_groups(db, rows, interests)
        await record_group_changes(db, [_creation(row, by, source) for row in rows])
        made += [row["id"] for row in rows]
    return made


async def create_groups_for_accounts(db: TenantConnection, *, by: str, now: datetime) -> list[UUID]:
    """Make the groups that the interests' account conditions ask for, where they are missing; ids of the new ones."""
    statement = select(interest.c.id, interest.c.account_conditions).where(of_tenant(interest))
    made: list[UUID] = []
    for row in await db.rows(statement.order_by(interest.c.position, interest.c.id)):
        if row.account_conditions is not None:
            condition = record_condition(row.account_conditions, RecordKind.ACCOUNT)
            async for account_ids in _accounts_without_group(db, row.id, condition):
                wanted = [(account_id, row.id) for account_id in account_ids]
                made += await create_groups(db, wanted, by=by, source=MembershipSource.SYSTEM, now=now)
    return made


async def accounts_deleted(db: TenantConnection, account_ids: Iterable[UUID], *, by: str, now: datetime) -> int:
    """Take the groups of accounts that are about to be deleted, and the accounts' search words; how many groups.

    Call it before the account rows go, since groups point at them. Members go with their group; the log keeps them.
    """
    count = 0
    for ids in chunks(dict.fromkeys(account_ids)):
        of_accounts = select(group.c.id, group.c.name).where(of_tenant(group), group.c.account_id.in_(ids))
        names = {row.id: row.name for row in await db.rows(of_accounts)}
        for group_ids in chunks(names):
            groups = await groups_of(db, group_ids, lock=True)
            await record_group_changes(db, [_deletion(each, names[each.id], by, now) for each in groups.values()])
            await _delete_groups(db, list(groups))
        await forget_names(db, ids)
        count += len(names)
    return count


async def group_ids_of(db: TenantConnection, account_ids: Iterable[UUID]) -> dict[Pair, UUID]:
    """The groups of these accounts, archived ones included, by account and solution interest."""
    found: dict[Pair, UUID] = {}
    for ids in chunks(dict.fromkeys(account_ids)):
        columns = (group.c.account_id, group.c.solution_interest_id, group.c.id)
        rows = await db.rows(select(*columns).where(of_tenant(group), group.c.account_id.in_(ids)))
        found.update({(row.account_id, row.solution_interest_id): row.id for row in rows})
    return found


async def _interests(db: TenantConnection, ids: set[UUID]) -> dict[UUID, Interest]:
    columns = (interest.c.id, interest.c.name, interest.c.template_id, interest.c.stage_model_id)
    heads = await db.rows(select(*columns).where(of_tenant(interest), interest.c.id.in_(ids)))
    if unknown := ids - {head.id for head in heads}:
        raise UnknownSubject(f"there is no solution interest {min(unknown)}")
    roles = select(template_role).where(
        of_tenant(template_role), template_role.c.template_id.in_({head.template_id for head in heads})
    )
    definitions = await db.rows(roles.order_by(template_role.c.position))
    return {
        head.id: Interest(
            id=head.id,
            name=head.name,
            template_id=head.template_id,
            stage_model_id=head.stage_model_id,
            roles=[row for row in definitions if row.template_id == head.template_id],
        )
        for head in heads
    }


async def _locked_account_names(db: TenantConnection, ids: set[UUID]) -> dict[UUID, str]:
    """Names of accounts, held until the transaction ends: nobody else makes groups of these accounts meanwhile."""
    statement = select(account.c.id, account.c.name).where(of_tenant(account), account.c.id.in_(ids))
    rows = await db.rows(statement.order_by(account.c.id).with_for_update(key_share=True))
    names = {row.id: row.name for row in rows}
    if unknown := ids - names.keys():
        raise UnknownSubject(f"there is no account {min(unknown)}")
    return names


def _new_group(of: Interest, account_id: UUID, account_name: str, now: datetime) -> dict[str, Any]:
    name = group_name(of.name, account_name)
    needs = [RoleNeed(role.role_id, 0, role.members_required, role.required) for role in of.roles]
    return {
        "id": new_id(),
        "account_id": account_id,
        "solution_interest_id": of.id,
        "template_id": of.template_id,
        "stage_model_id": of.stage_model_id,
        "name": name,
        "name_key": text_key(name),
        "member_count": 0,
        "completeness_score": completeness_of(needs),
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }


async def _insert_groups(
    db: TenantConnection, rows: Sequence[Mapping[str, Any]], interests: Mapping[UUID, Interest]
) -> None:
    await db.insert(BuyingGroupRow, rows)
    await db.insert(
        GroupRoleRow,
        [
            {
                "id": new_id(),
                "group_id": row["id"],
                "role_id": role.role_id,
                "position": role.position,
                "required": role.required,
                "members_required": role.members_required,
                "member_count": 0,
                "score": 0,
                "missing": role.required,
            }
            for row in rows
            for role in interests[row["solution_interest_id"]].roles
        ],
    )
    await index_names(db, GROUP, {row["id"]: row["name"] for row in rows})


def _creation(row: Mapping[str, Any], by: str, source: MembershipSource) -> LoggedChange:
    return LoggedChange(
        subject_id=row["id"],
        at=row["created_at"],
        by=by,
        source=source,
        kind=ChangeKind.GROUP_CREATED,
        items=(Item(None, {"name": row["name"]}),),
        version=row["version"],
    )


async def _accounts_without_group(
    db: TenantConnection, interest_id: UUID, condition: RecordCondition
) -> AsyncIterator[list[UUID]]:
    """Accounts that meet the condition and have no group for the interest, page by page."""
    standing = and_(of_tenant(group), group.c.account_id == account.c.id, group.c.solution_interest_id == interest_id)
    columns = ("name", "industry", "website", "country", "employee_count")
    last: BindParameter[UUID] = bindparam("last", type_=Uuid())
    statement = (
        select(account.c.id, *(account.c[name] for name in columns))
        .outerjoin(group, standing)
        .where(of_tenant(account), group.c.id.is_(None), account.c.id > last)
        .order_by(account.c.id)
        .limit(_PAGE)
    )
    page: Sequence[Row[Any]] = await db.rows(statement, {"last": UUID(int=0)})
    while page:
        yield [
            row.id
            for row in page
            if matches(condition, account_record(**{name: getattr(row, name) for name in columns}))
        ]
        page = await db.rows(statement, {"last": page[-1].id})


def _deletion(stored: StoredGroup, name: str, by: str, now: datetime) -> LoggedChange:
    members = [
        Item(membership_data(membership, None), None, person_id) for person_id, membership in stored.members.items()
    ]
    return LoggedChange(
        subject_id=stored.id,
        at=now,
        by=by,
        source=MembershipSource.SYSTEM,
        kind=ChangeKind.GROUP_DELETED,
        items=[Item({"name": name}, None), *members],
        version=stored.version + 1,
    )


async def _delete_groups(db: TenantConnection, ids: Sequence[UUID]) -> None:
    """The groups and what can't be without them; roles, marks and daily scores go by the database's own keys."""
    await db.execute(delete(member).where(of_tenant(member), member.c.group_id.in_(ids)))
    await db.execute(
        delete(signal).where(of_tenant(signal), signal.c.subject_kind == GROUP, signal.c.subject_id.in_(ids))
    )
    await forget_names(db, ids)
    await db.execute(delete(group).where(of_tenant(group), group.c.id.in_(ids)))
