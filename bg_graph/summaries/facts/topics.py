"""Activities and their topics in numbers. Spellings of a topic that differ in ASCII case alone are one, on every database.

Activities are joined from the left, so that SQLite, which has no statistics of its own accord, must begin with the persons:
it would begin with all activities of the tenant.
"""

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Subquery, Text, case, cast, collate, func, literal, select, true

from bg_graph.accounts.tables import ActivityRow
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.facts.selects import BEFORE, LATELY, NOW

ACTIVITY = table_of(ActivityRow)


def activity_counts(persons: Select[Any]) -> Subquery:
    """How often these persons lately did what. Columns: person_id, kind, activities."""
    return (
        select(ACTIVITY.c.person_id, ACTIVITY.c.kind, func.count().label("activities"))
        .where(of_tenant(ACTIVITY), ACTIVITY.c.person_id.in_(persons), ACTIVITY.c.at > LATELY, ACTIVITY.c.at <= NOW)
        .group_by(ACTIVITY.c.person_id, ACTIVITY.c.kind)
        .subquery("act")
    )


def readings(dialect: str, persons: Select[Any]) -> CTE:
    """How often these persons did something about which topic: lately, and in as long a time before.

    Columns: person_id, key, name, lately, before.
    """
    each = _topics(dialect, persons).subquery("about")
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


def _topics(dialect: str, persons: Select[Any]) -> Select[Any]:
    """One row for each activity and topic of it."""
    listed, value, is_topic = _unnested(dialect)
    name = func.trim(value)
    key = func.lower(name)
    reader = persons.distinct().subquery("reader")  # whoever is in it twice is one again by the grouping below
    window = (ACTIVITY.c.at > BEFORE) & (ACTIVITY.c.at <= NOW)
    is_theirs = of_tenant(ACTIVITY) & (ACTIVITY.c.person_id == reader.c.person_id) & window
    return (
        select(reader.c.person_id, ACTIVITY.c.id, ACTIVITY.c.at, key.label("key"), func.min(name).label("name"))
        .select_from(reader.outerjoin(ACTIVITY, is_theirs).join(listed, true()))
        .where(is_topic, name != "")
        .group_by(reader.c.person_id, ACTIVITY.c.id, ACTIVITY.c.at, key)
    )


def _unnested(dialect: str) -> tuple[Any, ColumnElement[Any], ColumnElement[bool]]:
    """The list of an activity's topics as a table, its value as text that compares by bytes, and what holds for a topic."""
    if dialect == "postgresql":
        # An activity without topics holds a JSON null, which can't be taken apart.
        is_list = func.jsonb_typeof(ACTIVITY.c.topics) == "array"
        topics = case((is_list, ACTIVITY.c.topics), else_=func.jsonb_build_array())
        listed = func.jsonb_array_elements_text(topics).table_valued("value", name="listed")
        return listed, collate(cast(listed.c.value, Text), "C"), true()
    listed = func.json_each(ACTIVITY.c.topics).table_valued("value", "type", name="listed")
    return listed, cast(listed.c.value, Text), listed.c.type == literal("text", Text)
