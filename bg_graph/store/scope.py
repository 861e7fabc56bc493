"""The proof that a statement stays inside one tenant: each table in each FROM is held to the tenant's parameter.

It is checked on the finished statement, sub-selects included, so that no way of building one can slip past.
"""

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Uuid, bindparam
from sqlalchemy.sql import operators
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ClauseElement, Grouping
from sqlalchemy.sql.selectable import (
    CTE,
    Alias,
    CompoundSelect,
    FromClause,
    Join,
    Lateral,
    Select,
    Subquery,
    TableClause,
)

TENANT_PARAMETER = "tenant"
TENANT: BindParameter[Any] = bindparam(TENANT_PARAMETER, type_=Uuid())


class UnscopedStatement(Exception):
    """A statement would read or change rows without naming the tenant."""


def of_tenant(table: FromClause) -> ColumnElement[bool]:
    """The predicate that holds a table to the tenant of the connection."""
    return table.c.tenant_id == TENANT


def check_scope(statement: ClauseElement) -> None:
    """Raise UnscopedStatement unless every table in the statement is held to the tenant.

    An INSERT of plain values passes: `TenantConnection` puts the tenant into each row.
    """
    match statement:
        case Insert():
            _check_insert(statement)
        case Update() | Delete():
            _require(statement.table, list(_conjuncts(statement.whereclause)), statement)
            for inner in _selects_below(statement):
                _check_select(inner, frozenset({statement.table}), {})
        case Select() | CompoundSelect():
            _check_select(statement, frozenset(), {})
        case _:
            raise UnscopedStatement(f"only SELECT, INSERT, UPDATE and DELETE run for a tenant, not {statement}")


class ScopeChecks:
    """Remembers which forms of statements were proved, so that each form is walked once in the life of a database."""

    def __init__(self, limit: int = 5_000) -> None:
        self._proved: set[Hashable] = set()
        self._limit = limit

    def check(self, statement: ClauseElement) -> None:
        """`check_scope`, for a form that is new. Values don't belong to a form; the names of parameters do."""
        form = statement._generate_cache_key()
        if form is None:
            check_scope(statement)
        elif form.key not in self._proved:
            check_scope(statement)
            if len(self._proved) >= self._limit:
                self._proved.clear()
            self._proved.add(form.key)


def _check_insert(statement: Insert) -> None:
    source = statement.select
    if source is None:
        return
    names = [str(name) for name in statement._select_names or []]
    if not isinstance(source, Select | CompoundSelect):
        raise UnscopedStatement(f"INSERT from something that is no SELECT: {statement}")
    _check_select(source, frozenset(), {})
    column = list(source.selected_columns)[names.index("tenant_id")] if "tenant_id" in names else None
    if not _is_tenant_value(column):
        raise UnscopedStatement(f"INSERT ... SELECT must write the tenant's parameter into tenant_id: {statement}")


def _is_tenant_value(column: object) -> bool:
    while hasattr(column, "element"):
        column = column.element
    return isinstance(column, BindParameter) and column.key == TENANT_PARAMETER


Proved = dict[tuple[int, frozenset[FromClause]], ClauseElement]
"""Parts proved in this check, by identity and by what surrounds them: a common table expression is walked once, however
often it is named. The parts are kept, so that no identity is used twice."""


def _check_select(statement: ClauseElement, outer: frozenset[FromClause], proved: Proved) -> None:
    if (id(statement), outer) in proved:
        return
    if isinstance(statement, CompoundSelect):
        for part in statement.selects:
            for inner in _selects_below_or_self(part):
                _check_select(inner, outer, proved)
    elif isinstance(statement, Select):
        _check_simple(statement, outer, proved)
    else:
        raise UnscopedStatement(f"not a SELECT: {statement}")
    proved[id(statement), outer] = statement


def _check_simple(statement: Select[Any], outer: frozenset[FromClause], proved: Proved) -> None:
    tables: list[FromClause] = []
    conjuncts = list(_conjuncts(statement.whereclause))
    derived: list[FromClause] = []
    for source in statement.get_final_froms():
        _flatten(source, tables, derived, conjuncts)
    for table in tables:
        if table not in outer:
            _require(table, conjuncts, statement)
    visible = outer | frozenset(tables)
    for source in derived:
        _check_derived(source, visible, proved)
    for inner in _selects_in_clauses(statement):
        _check_select(inner, visible, proved)


def _check_derived(source: FromClause, visible: frozenset[FromClause], proved: Proved) -> None:
    if isinstance(source, Subquery | CTE | Lateral):
        inner_visible = visible if isinstance(source, Lateral) else frozenset[FromClause]()
        for inner in _selects_below_or_self(source.element):
            _check_select(inner, inner_visible, proved)


def _flatten(
    source: FromClause, tables: list[FromClause], derived: list[FromClause], conjuncts: list[ColumnElement[Any]]
) -> None:
    match source:
        case Join():
            _flatten(source.left, tables, derived, conjuncts)
            _flatten(source.right, tables, derived, conjuncts)
            conjuncts.extend(_conjuncts(source.onclause))
        case Subquery() | CTE() | Lateral():
            derived.append(source)
        case TableClause():
            tables.append(source)
        case Alias() if isinstance(source.element, TableClause):
            tables.append(source)
        case _:
            derived.append(source)


def _require(table: FromClause, conjuncts: Iterable[ColumnElement[Any]], statement: ClauseElement) -> None:
    if "tenant_id" not in table.c:
        raise UnscopedStatement(f"table {table} has no tenant; only a SystemConnection may use it: {statement}")
    if not any(_holds(table, condition) for condition in conjuncts):
        raise UnscopedStatement(f"table {table} is not held to the tenant in: {statement}")


def _holds(table: FromClause, condition: ColumnElement[Any]) -> bool:
    if not isinstance(condition, BinaryExpression) or condition.operator is not operators.eq:
        return False
    sides = (condition.left, condition.right)
    return any(side is table.c.tenant_id for side in sides) and any(_is_tenant_value(side) for side in sides)


def _conjuncts(clause: Any) -> Iterator[ColumnElement[Any]]:
    if clause is None:
        return
    if isinstance(clause, Grouping):
        yield from _conjuncts(clause.element)
    elif isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
        for part in clause.clauses:
            yield from _conjuncts(part)
    else:
        yield clause


def _selects_in_clauses(statement: Select[Any]) -> Iterator[ClauseElement]:
    """Sub-selects in the columns, conditions and orders of a SELECT (not those it selects from)."""
    derived = {id(source) for source in statement.get_final_froms()}
    for child in statement.get_children():
        if id(child) in derived:
            if isinstance(child, Join):
                yield from _selects_in_join(child)
        else:
            yield from _selects_below_or_self(child)


def _selects_in_join(join: Join) -> Iterator[ClauseElement]:
    if join.onclause is not None:
        yield from _selects_below_or_self(join.onclause)
    for side in (join.left, join.right):
        if isinstance(side, Join):
            yield from _selects_in_join(side)


def _selects_below_or_self(element: Any) -> Iterator[ClauseElement]:
    if isinstance(element, Select | CompoundSelect):
        yield element
    elif not isinstance(element, FromClause) or isinstance(element, Subquery | CTE):
        yield from _selects_below(element)


def _selects_below(element: Any) -> Iterator[ClauseElement]:
    for child in element.get_children():
        yield from _selects_below_or_self(child)
