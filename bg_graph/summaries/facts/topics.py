"""Topics of activities as rows. Spellings that differ in ASCII case alone are one topic, the same on every database."""

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Text, case, cast, collate, func, literal, select, true

from bg_graph.accounts.tables import ActivityRow
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.facts.selects import BEFORE, LATELY, NOW

ACTIVITY = table_of(ActivityRow)


def readings(dialect: str, people: CTE) -> CTE:
    """Who (`people.person_id`) did something about which topic: how often lately, and how often in as long a time before.

    Columns: person_id, key, name, lately, before.
    """
    each = _topics(dialect, people).subquery("about")
    recent = func.sum(case((each.c.at > LATELY, 1), else_=0))
    return (
        select(
            each.c.person_id,
            each.c.key,
            func.min(each.c.name).label("name"),
            recent.label("lately"),
            (func.count() - recent).label("before"),
        )
        .group_by(each.c.person_id, each.c.key)
        .cte("reading")
    )


def _topics(dialect: str, people: CTE) -> Select[Any]:
    """One row for each activity and topic of it."""
    listed, value, is_topic = _unnested(dialect)
    name = func.trim(value)
    key = func.lower(name)
    source = people.join(ACTIVITY, (ACTIVITY.c.person_id == people.c.person_id) & of_tenant(ACTIVITY)).join(
        listed, true()
    )
    return (
        select(
            people.c.person_id,
            ACTIVITY.c.id,
            ACTIVITY.c.at,
            key.label("key"),
            func.min(name).label("name"),
        )
        .select_from(source)
        .where(ACTIVITY.c.at > BEFORE, ACTIVITY.c.at <= NOW, is_topic, name != "")
        .group_by(people.c.person_id, ACTIVITY.c.id, ACTIVITY.c.at, key)
    )


def _unnested(dialect: str) -> tuple[Any, ColumnElement[Any], ColumnElement[bool]]:
    """The list of an activity's topics as a table, its value as text that compares by bytes, and what holds for a topic."""
    if dialect == "postgresql":
        # An activity without topics holds a JSON null, which can't be taken apart.
        topics = case(
            (func.jsonb_typeof(ACTIVITY.c.topics) == "array", ACTIVITY.c.topics), else_=func.jsonb_build_array()
        )
        listed = func.jsonb_array_elements_text(topics).table_valued("value", name="listed")
        return listed, collate(cast(listed.c.value, Text), "C"), true()
    listed = func.json_each(ACTIVITY.c.topics).table_valued("value", "type", name="listed")
    return listed, cast(listed.c.value, Text), listed.c.type == literal("text", Text)
