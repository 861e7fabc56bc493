"""What is known of somebody's engagement, member or person: what they did, what they read more than before, growth."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, Select, Subquery, Table, func, select

from bg_graph.engagement.rules import GROWTH_DAYS
from bg_graph.engagement.tables import PersonScoreRow
from bg_graph.plugins.summaries import FactKind
from bg_graph.store.connection import table_of
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.facts.selects import IDS, LATELY_DAYS, SHOWN, FactSelect, Told, number_in, told
from bg_graph.summaries.facts.topics import activity_counts

SCORE = table_of(PersonScoreRow)


@dataclass(frozen=True, slots=True)
class Asked:
    """The subjects of a statement, each of them one person: rows of a table, and the column that names the person."""

    table: Table
    person: str

    def only(self, rows: FromClause) -> tuple[ColumnElement[bool], ...]:
        """Holds for those asked for, in the table or an alias of it.

        That the source is some text always holds: no index that holds the tenant first and the id last has it too, so
        that SQLite, which knows no statistics, looks them up by their id rather than reading all of such an index.
        """
        return of_tenant(rows), rows.c.id.in_(IDS), rows.c.source != ""

    def column(self, name: str) -> Select[Any]:
        """A column of those asked for."""
        asked = self.table.alias("asked")
        return select(asked.c[name]).where(*self.only(asked))

    def persons(self) -> Select[Any]:
        """Who they are. Column: person_id."""
        asked = self.table.alias("asked")
        return select(asked.c[self.person].label("person_id")).where(*self.only(asked))

    def joined_to(self, rows: FromClause, *columns: str) -> tuple[FromClause, Subquery]:
        """Rows with a person_id, joined to those asked for who they are; and these: id, person_id, and more columns."""
        own = self.table.c
        more = (own[name] for name in columns)
        chosen = select(own.id, own[self.person].label("person_id"), *more).where(*self.only(self.table))
        asked = chosen.subquery("asked_for")
        return rows.outerjoin(asked, asked.c.person_id == rows.c.person_id), asked


def engagement_facts(asked: Asked, reading: CTE) -> tuple[FactSelect, ...]:
    """The SELECTs of activities, trends and growth; the reading may be of more persons than those asked for."""
    return (_activities(asked), _trends(asked, reading), _growth(asked))


def _activities(asked: Asked) -> FactSelect:
    act = activity_counts(asked.persons())
    source, who = asked.joined_to(act)
    columns = Told(
        subject=who.c.id,
        name=act.c.kind,
        place=func.rank().over(partition_by=who.c.id, order_by=act.c.activities.desc()),
        numbers={"activities": act.c.activities},
        constants={"days": LATELY_DAYS},
    )
    return told("activity", FactKind.ACTIVITY, columns, source)


def _trends(asked: Asked, reading: CTE) -> FactSelect:
    rise = reading.c.lately - reading.c.before
    order = (rise.desc(), reading.c.lately.desc(), reading.c.key)
    source, who = asked.joined_to(reading)
    each = (
        select(
            who.c.id,
            reading.c.name,
            reading.c.lately,
            reading.c.before,
            number_in(who.c.id, *order).label("place"),
        )
        .select_from(source)
        .where(rise > 0)
        .subquery("rising")
    )
    columns = Told(
        subject=each.c.id,
        name=each.c.name,
        place=each.c.place,
        numbers={"activities": each.c.lately, "activities_before": each.c.before},
        constants={"days": LATELY_DAYS},
    )
    # The persons of a reading may be all of a group: those nobody asked for are left out here.
    return told("trend", FactKind.TREND, columns, each, each.c.place <= SHOWN, each.c.id.is_not(None))


def _growth(asked: Asked) -> FactSelect:
    """The newest daily score and the one of four weeks earlier. Source: domain.md, "Engagement score"."""
    newest = _newest_day(asked)
    columns = Told(
        subject=asked.table.c.id,
        numbers={"score": _daily_score(asked, newest), "score_before": _daily_score(asked, newest - GROWTH_DAYS)},
        constants={"weeks": GROWTH_DAYS // 7},
    )
    return told("growth", FactKind.GROWTH, columns, asked.table, *asked.only(asked.table))


def _newest_day(asked: Asked) -> ColumnElement[Any]:
    score = SCORE.alias("newest")
    is_theirs = score.c.person_id == asked.table.c[asked.person]
    return select(func.max(score.c.day)).where(of_tenant(score), is_theirs).correlate(asked.table).scalar_subquery()


def _daily_score(asked: Asked, day: ColumnElement[Any]) -> ColumnElement[Any]:
    conditions = (of_tenant(SCORE), SCORE.c.person_id == asked.table.c[asked.person], SCORE.c.day == day)
    return select(SCORE.c.score_raw).where(*conditions).correlate(asked.table).scalar_subquery()
