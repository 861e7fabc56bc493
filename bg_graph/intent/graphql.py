"""Intent as it is shown: an overview by category, product and keyword, and the single signals with their evidence."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import Uuid, case, func, literal
from sqlalchemy import bindparam as parameter
from sqlalchemy import column as placeholder

from bg_graph.accounts.graphql import Account, Activity, Person
from bg_graph.accounts.tables import ActivityRow
from bg_graph.execution.declarations import VALUE, Filter, Key, Ordering
from bg_graph.graph.connections import Connection
from bg_graph.graph.types import Node, aggregate, column, field_of, many, paged, part, part_type, related, type_of
from bg_graph.intent.rules import IntentKind, IntentLevel
from bg_graph.intent.tables import IntentSignalRow, SignalEvidenceRow
from bg_graph.store.connection import table_of
from bg_graph.store.types import UtcDateTime

SIGNAL, EVIDENCE, ACTIVITY = table_of(IntentSignalRow), table_of(SignalEvidenceRow), table_of(ActivityRow)
SUBJECT: Any = placeholder("subject_id", Uuid())
STALE_BEFORE = "stale_before"
RANKS = {IntentLevel.LOW: 1, IntentLevel.MEDIUM: 2, IntentLevel.HIGH: 3}


@strawberry.enum(name="IntentKind", description="What an intent signal is about.")
class Kind(Enum):
    """What a signal is about."""

    KEYWORD = strawberry.enum_value(IntentKind.KEYWORD.value, description="A keyword of a product.")
    PRODUCT = strawberry.enum_value(IntentKind.PRODUCT.value, description="A product of a category.")
    SOLUTION = strawberry.enum_value(IntentKind.SOLUTION.value, description="A category: a whole solution.")


@strawberry.enum(name="IntentLevel", description="How strong an interest is.")
class Level(Enum):
    """How strong an interest is."""

    HIGH = strawberry.enum_value(
        IntentLevel.HIGH.value, description="Probability of 0.75 and more, unless set otherwise."
    )
    MEDIUM = strawberry.enum_value(IntentLevel.MEDIUM.value, description="Probability of 0.5 and more.")
    LOW = strawberry.enum_value(IntentLevel.LOW.value, description="Probability of 0.25 and more.")


STRONGEST = (Key(SIGNAL.c.probability, descending=True), Key(SIGNAL.c.name_key), Key(SIGNAL.c.id))


def _named(kind: IntentKind, *extra: Any, by: Any) -> Any:
    key = (SIGNAL.c.subject_id, *extra)
    return related(IntentSignalRow, key, by, where=SIGNAL.c.kind == kind.value)


@part_type(description="The model that made a prediction or a text.")
class ModelInfo:
    """Where a prediction or text comes from."""

    plugin: str = column(placeholder("plugin"), "Plugin, or import, that gave it.")
    name: str = column(placeholder("name"), "Name of the model.")
    version: str = column(placeholder("version"), "Version of the model.")


@type_of(IntentSignalRow, prefix="kwd", description="Interest in a keyword.")
class KeywordIntent:
    """Interest in a keyword."""

    name: strawberry.auto
    level: Level
    strength: strawberry.auto


@type_of(IntentSignalRow, prefix="prd", description="Interest in a product, with its top keywords.")
class ProductIntent:
    """Interest in a product."""

    name: strawberry.auto
    level: Level
    strength: strawberry.auto
    keywords: list[KeywordIntent] = many(
        _named(
            IntentKind.KEYWORD,
            SIGNAL.c.category,
            SIGNAL.c.product,
            by=(SIGNAL.c.subject_id, SIGNAL.c.category, SIGNAL.c.name),
        ),
        STRONGEST,
        "Keywords of the product, strongest first.",
        first=5,
    )


@type_of(IntentSignalRow, prefix="cat", description="Interest in a category (solution), with its products.")
class CategoryIntent:
    """Interest in a category."""

    name: strawberry.auto
    level: Level
    strength: strawberry.auto
    products: list[ProductIntent] = many(
        _named(IntentKind.PRODUCT, SIGNAL.c.category, by=(SIGNAL.c.subject_id, SIGNAL.c.category)),
        STRONGEST,
        "Products of the category, strongest first.",
        first=10,
    )


_OF_SUBJECT = related(IntentSignalRow, SIGNAL.c.subject_id, SUBJECT)
_CATEGORIES = _named(IntentKind.SOLUTION, by=(SUBJECT,))
_HIGHEST: Any = func.max(SIGNAL.c.level_rank)
_LATEST = func.max(SIGNAL.c.computed_at, type_=UtcDateTime())


@part_type(description="What a person, group or account is interested in.")
class IntentOverview:
    """Intent by category, product and keyword."""

    level: Level | None = aggregate(
        _CATEGORIES,
        case(*((rank == _HIGHEST, level.value) for level, rank in RANKS.items())),
        "The highest level of any category; null without signals.",
    )
    categories: list[CategoryIntent] = many(_CATEGORIES, STRONGEST, "Categories, strongest first.")
    computed_at: datetime | None = aggregate(_OF_SUBJECT, _LATEST, "When the latest signal was computed.")
    stale: bool = aggregate(
        _OF_SUBJECT,
        func.coalesce(parameter(STALE_BEFORE, type_=UtcDateTime()) > _LATEST, literal(False)),
        "The latest signal is older than a week.",
    )


@type_of(
    IntentSignalRow,
    prefix="sig",
    description="A prediction that a person, group or account is interested in something.",
)
class IntentSignal(Node):
    """A prediction of interest."""

    kind: Kind
    name: strawberry.auto
    category: str | None
    product: str | None = column(
        func.nullif(SIGNAL.c.product, ""), "Product that it belongs to; null for a category.", label="signal_product"
    )
    level: Level
    strength: strawberry.auto
    confidence: strawberry.auto
    model: ModelInfo = part(
        "The model that predicted it.",
        plugin=SIGNAL.c.model_plugin,
        name=SIGNAL.c.model_name,
        version=SIGNAL.c.model_version,
    )
    computed_at: strawberry.auto
    window_start: datetime | None = column(
        SIGNAL.c.window_start, "The activities used are later than this; null for a signal that was imported."
    )
    window_end: datetime | None = column(
        SIGNAL.c.window_end, "The activities used are no later than this; null for a signal that was imported."
    )
    evidence: list[Activity] = many(
        related(
            ActivityRow,
            EVIDENCE.c.signal_id,
            SIGNAL.c.id,
            join=EVIDENCE.join(ACTIVITY, ACTIVITY.c.id == EVIDENCE.c.activity_id),
        ),
        (Key(EVIDENCE.c.weight, descending=True), Key(EVIDENCE.c.id)),
        "Activities that spoke for it, strongest first.",
        first=5,
    )


SIGNAL_FILTERS = {
    "kinds": Filter(
        SIGNAL.c.kind.in_(parameter("value", expanding=True)),
        lambda kinds: ({"value": [kind.value for kind in kinds]},),
    ),
    "min_level": Filter(SIGNAL.c.level_rank >= VALUE, lambda level: ({"value": RANKS[IntentLevel(level.value)]},)),
}


def intent_of(table: Any) -> Any:
    """The field `intent` of a type whose rows have signals."""
    return part("What is known of interests.", subject_id=table.c.id)


def signals_of(table: Any) -> Any:
    """The field `intentSignals` of a type whose rows have signals."""
    return paged(
        related(IntentSignalRow, SIGNAL.c.subject_id, table.c.id),
        Ordering(STRONGEST, ()),
        "Signals, strongest first.",
        filters=SIGNAL_FILTERS,
        arguments={"kinds": (list[Kind], "Only these kinds."), "min_level": (Level, "Only this level and above.")},
    )


for _type, _row in ((Account, "account"), (Person, "person")):
    _table = SIGNAL.metadata.tables[_row]
    field_of(_type, "intent", IntentOverview, intent_of(_table))
    field_of(_type, "intent_signals", Connection[IntentSignal], signals_of(_table))
