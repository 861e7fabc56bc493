"""Commands on the intent taxonomy: categories in versions, drafted and approved; the approved ones are in use."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, update

from bg_graph.accounts.rules import text_key
from bg_graph.intent.rules import TaxonomyCategory, TaxonomyFault, TaxonomyProduct, category_faults, tidy
from bg_graph.intent.tables import CategoryInterestRow, IntentCategoryRow, IntentKeywordRow, IntentProductRow
from bg_graph.store.changes import Item, LoggedChange, record_changes
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

CATEGORY_DRAFTED = "CATEGORY_DRAFTED"
CATEGORY_APPROVED = "CATEGORY_APPROVED"

category = table_of(IntentCategoryRow)
product = table_of(IntentProductRow)
keyword = table_of(IntentKeywordRow)
interest = table_of(CategoryInterestRow)


class CategoryStatus(StrEnum):
    """How far a version of a category is."""

    DRAFT = "DRAFT"
    APPROVED = "APPROVED"
    REPLACED = "REPLACED"


@dataclass(frozen=True, slots=True)
class StoredCategory:
    """A version of a category."""

    id: UUID
    version: int
    status: CategoryStatus
    category: TaxonomyCategory


async def categories_in(db: TenantConnection, status: CategoryStatus) -> list[StoredCategory]:
    """The categories in this status with all their terms, by name."""
    return await _categories(db, category.c.status == status.value)


async def draft_category(
    db: TenantConnection, wanted: TaxonomyCategory, *, by: str, now: datetime
) -> UUID | tuple[TaxonomyFault, ...]:
    """A new version of a category as a draft, in place of a draft that there was; its id, or what is wrong with it."""
    wanted = tidy(wanted)
    if faults := category_faults(wanted):
        return faults
    name_key = text_key(wanted.name)
    of_name = (of_tenant(category), category.c.name_key == name_key)
    await db.execute(delete(category).where(*of_name, category.c.status == CategoryStatus.DRAFT.value))
    latest = await db.value(select(func.max(category.c.version)).where(*of_name))
    category_id, version = new_id(), (latest or 0) + 1
    row = {"id": category_id, "name": wanted.name, "name_key": name_key, "version": version, "made_at": now}
    await db.insert(IntentCategoryRow, [{**row, "made_by": by, "status": CategoryStatus.DRAFT.value}])
    await _write_products(db, category_id, wanted)
    made = Item(before=None, after={"version": version, **asdict(wanted)})
    await record_changes(db, [LoggedChange(category_id, now, by, "MANUAL", CATEGORY_DRAFTED, [made])])
    return category_id


async def approve_category(
    db: TenantConnection, category_id: UUID, *, by: str, now: datetime
) -> tuple[TaxonomyFault, ...]:
    """Take a draft into use in place of the version that was; the next run of the intent job predicts by it."""
    found = await db.row(
        select(category.c.name_key, category.c.name, category.c.version, category.c.status).where(
            of_tenant(category), category.c.id == category_id
        )
    )
    if found is None:
        return (TaxonomyFault("NOT_FOUND", "there is no such category"),)
    if found.status != CategoryStatus.DRAFT.value:
        return (TaxonomyFault("NOT_A_DRAFT", f"version {found.version} of {found.name} is {found.status}, not DRAFT"),)
    approved = category.c.status == CategoryStatus.APPROVED.value
    replaced = update(category).where(of_tenant(category), category.c.name_key == found.name_key, approved)
    await db.execute(replaced.values(status=CategoryStatus.REPLACED.value))
    values = {"status": CategoryStatus.APPROVED.value, "approved_at": now, "approved_by": by}
    await db.execute(update(category).where(of_tenant(category), category.c.id == category_id).values(values))
    item = Item(before={"status": "DRAFT"}, after={"status": "APPROVED", "name": found.name, "version": found.version})
    await record_changes(db, [LoggedChange(category_id, now, by, "MANUAL", CATEGORY_APPROVED, [item])])
    return ()


async def category_interests(db: TenantConnection) -> dict[str, frozenset[UUID]]:
    """The solution interests that each category belongs to, by the category's key."""
    found: dict[str, set[UUID]] = defaultdict(set)
    statement = select(interest.c.category_key, interest.c.solution_interest_id).where(of_tenant(interest))
    for row in await db.rows(statement):
        found[row.category_key].add(row.solution_interest_id)
    return {name_key: frozenset(ids) for name_key, ids in found.items()}


async def set_category_interests(db: TenantConnection, name: str, interest_ids: Iterable[UUID]) -> None:
    """Say which solution interests a category belongs to: these, and no others."""
    of_name = interest.c.category_key == bindparam("of_category")
    await db.execute(delete(interest).where(of_tenant(interest), of_name), {"of_category": text_key(name)})
    rows = [
        {"id": new_id(), "category_key": text_key(name), "solution_interest_id": interest_id}
        for interest_id in sorted(set(interest_ids))
    ]
    await db.insert(CategoryInterestRow, rows)


async def _categories(db: TenantConnection, *conditions: Any) -> list[StoredCategory]:
    wanted = (of_tenant(category), *conditions)
    rows = await db.rows(
        select(category.c.id, category.c.name, category.c.version, category.c.status)
        .where(*wanted)
        .order_by(category.c.name_key, category.c.version)
    )
    products = await db.rows(
        select(product.c.id, product.c.category_id, product.c.name)
        .join(category, category.c.id == product.c.category_id)
        .where(of_tenant(product), *wanted)
        .order_by(product.c.position)
    )
    keywords = await _keywords(db, wanted)
    listed: dict[UUID, list[TaxonomyProduct]] = defaultdict(list)
    for row in products:
        listed[row.category_id].append(TaxonomyProduct(row.name, tuple(keywords[row.id])))
    return [
        StoredCategory(
            row.id, row.version, CategoryStatus(row.status), TaxonomyCategory(row.name, tuple(listed[row.id]))
        )
        for row in rows
    ]


async def _keywords(db: TenantConnection, wanted: tuple[Any, ...]) -> Mapping[UUID, list[str]]:
    statement = (
        select(keyword.c.product_id, keyword.c.name)
        .join(product, product.c.id == keyword.c.product_id)
        .join(category, category.c.id == product.c.category_id)
        .where(of_tenant(keyword), of_tenant(product), *wanted)
        .order_by(keyword.c.position)
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in await db.rows(statement):
        found[row.product_id].append(row.name)
    return found


async def _write_products(db: TenantConnection, category_id: UUID, wanted: TaxonomyCategory) -> None:
    ids = [new_id() for _ in wanted.products]
    await db.insert(
        IntentProductRow,
        [
            {"id": product_id, "category_id": category_id, "position": place, **_named(each.name)}
            for place, (product_id, each) in enumerate(zip(ids, wanted.products, strict=True))
        ],
    )
    await db.insert(
        IntentKeywordRow,
        [
            {"id": new_id(), "product_id": product_id, "position": place, **_named(name)}
            for product_id, each in zip(ids, wanted.products, strict=True)
            for place, name in enumerate(each.keywords)
        ],
    )


def _named(name: str) -> dict[str, str]:
    return {"name": name, "name_key": text_key(name)}
