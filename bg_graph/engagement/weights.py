"""Commands on weighting models: the default one that each tenant has, and models of its own; one is active."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update

from bg_graph.accounts.rules import text_key
from bg_graph.engagement.rules import DEFAULT_WEIGHTS, check_weights
from bg_graph.engagement.tables import ActivityWeightRow, WeightingModelRow
from bg_graph.store.changes import Item, LoggedChange, record_changes
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant

DEFAULT_MODEL = "Default"
"""Name of the model that each tenant has; its weights are those of domain.md and stay."""

WEIGHTS_SET = "WEIGHTS_SET"


@dataclass(frozen=True, slots=True)
class WeightingModel:
    """A weighting model as it is stored: weight by activity type, and whether the scoring job uses it."""

    id: UUID
    name: str
    active: bool
    weights: dict[str, int]


async def weighting_models(db: TenantConnection) -> list[WeightingModel]:
    """The tenant's weighting models, by name."""
    model, weight = table_of(WeightingModelRow), table_of(ActivityWeightRow)
    models = select(model.c.id, model.c.name, model.c.active).where(of_tenant(model)).order_by(model.c.name)
    weights = select(weight.c.model_id, weight.c.kind, weight.c.weight).where(of_tenant(weight)).order_by(weight.c.kind)
    listed = [(row.model_id, row.kind, row.weight) for row in await db.rows(weights)]
    return [
        WeightingModel(row.id, row.name, row.active, {kind: weight for of, kind, weight in listed if of == row.id})
        for row in await db.rows(models)
    ]


async def ensure_default_model(db: TenantConnection) -> None:
    """Give the tenant the default weighting model where it lacks it; it is active where no other one is."""
    models = await weighting_models(db)
    if any(model.name == DEFAULT_MODEL for model in models):
        return
    active = not any(model.active for model in models)
    model_id = new_id()
    await db.insert(WeightingModelRow, [{"id": model_id, "name": DEFAULT_MODEL, "active": active}])
    await _write_weights(db, model_id, DEFAULT_WEIGHTS)


async def set_weights(db: TenantConnection, name: str, weights: Mapping[str, int], *, by: str, now: datetime) -> UUID:
    """Give the named model these weights, make it if there is none, and make it the active one.

    Raises ValueError for a weight that is not above 0, and where the default model would get other weights.
    """
    check_weights(weights)
    name = name.strip()
    if text_key(name) == text_key(DEFAULT_MODEL) and dict(weights) != dict(DEFAULT_WEIGHTS):
        raise ValueError(f"the weights of the model {DEFAULT_MODEL} can't be changed; name a model of your own")
    before = next((model for model in await weighting_models(db) if text_key(model.name) == text_key(name)), None)
    model_id = new_id() if before is None else before.id
    await _activate(db, model_id, name, is_new=before is None)
    await _write_weights(db, model_id, weights)
    state = None if before is None else {"name": before.name, "active": before.active, "weights": before.weights}
    item = Item(before=state, after={"name": name, "active": True, "weights": dict(weights)})
    await record_changes(db, [LoggedChange(model_id, now, by, "MANUAL", WEIGHTS_SET, [item])])
    return model_id


async def _activate(db: TenantConnection, model_id: UUID, name: str, *, is_new: bool) -> None:
    table = table_of(WeightingModelRow)
    await db.execute(update(table).where(of_tenant(table), table.c.active).values(active=False))
    if is_new:
        await db.insert(WeightingModelRow, [{"id": model_id, "name": name, "active": True}])
        return
    statement = update(table).where(of_tenant(table), table.c.id == bindparam("model_id"))
    await db.execute(statement.values(active=True, name=name), {"model_id": model_id})


async def _write_weights(db: TenantConnection, model_id: UUID, weights: Mapping[str, int]) -> None:
    table = table_of(ActivityWeightRow)
    of_model = table.c.model_id == bindparam("of_model")
    await db.execute(delete(table).where(of_tenant(table), of_model), {"of_model": model_id})
    rows = [{"id": new_id(), "model_id": model_id, "kind": kind, "weight": weight} for kind, weight in weights.items()]
    await db.insert(ActivityWeightRow, rows)
