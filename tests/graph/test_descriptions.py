"""What the schema promises as a whole: everything is described, lists are bounded, tenants stay inside."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from sqlalchemy import Column

from bg_graph.execution.declarations import Many, NodeId, One, Paged, Value
from bg_graph.execution.fields import DeclaredField
from bg_graph.schema import build_schema

SCHEMA: GraphQLSchema = build_schema()._schema
TYPES: list[GraphQLNamedType] = [kind for name, kind in SCHEMA.type_map.items() if not name.startswith("__")]
OBJECTS = [kind for kind in TYPES if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]


def described() -> Iterator[tuple[str, Any]]:
    for kind in TYPES:
        yield kind.name, kind
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{kind.name}.{name}", value) for name, value in kind.values.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field
                yield from (
                    (f"{kind.name}.{name}({argument})", each) for argument, each in getattr(field, "args", {}).items()
                )


def declared() -> Iterator[tuple[str, Any, DeclaredField]]:
    for kind in OBJECTS:
        for name, field in kind.fields.items():
            own = field.extensions.get("strawberry-definition")
            if isinstance(own, DeclaredField):
                yield f"{kind.name}.{name}", field, own


def test_every_type_field_argument_and_enum_value_is_described():
    assert [name for name, each in described() if not (each.description or "").strip()] == []
    assert len(list(described())) > 200


def test_descriptions_are_sentences():
    builtin = {"ID", "Int", "Float", "String", "Boolean"}
    wrong = [
        name
        for name, each in described()
        if name.split(".")[0] not in builtin and not each.description.strip().endswith((".", "`", ")"))
    ]
    assert [name for name in wrong if name not in ("Decimal", "JSON", "Date", "UUID")] == []


def test_no_field_or_argument_speaks_of_the_tenants_id():
    names = [name for name, _ in described()]
    assert [name for name in names if "tenantid" in name.lower().replace("_", "")] == []


def test_every_connection_takes_first_with_a_default_within_the_bound_and_after():
    checked = 0
    for kind in OBJECTS:
        for name, field in kind.fields.items():
            if get_named_type(field.type).name.endswith("Connection"):
                assert {"first", "after"} <= set(field.args), f"{kind.name}.{name}"
                assert 1 <= field.args["first"].default_value <= 50, f"{kind.name}.{name}"
                checked += 1
    assert checked >= 10


def test_every_list_of_a_limited_length_says_its_bound():
    for kind in OBJECTS:
        for name, field in kind.fields.items():
            for argument in ("first", "last"):
                if argument in field.args:
                    assert "500" in field.args[argument].description, f"{kind.name}.{name}"


def test_lists_hold_no_nulls_but_where_something_asked_for_by_id_is_missing():
    for kind in OBJECTS:
        for name, field in kind.fields.items():
            outer = field.type.of_type if is_non_null_type(field.type) else field.type
            if is_list_type(outer) and f"{kind.name}.{name}" != "Query.nodes":
                assert is_non_null_type(outer.of_type), f"{kind.name}.{name}"


def nullable_columns() -> Iterator[str]:
    """Fields that promise a value, of columns that may have none."""
    for name, field, own in declared():
        match own.declaration:
            case Value(expression=Column() as column) | NodeId(column=column):
                if is_non_null_type(field.type) and column.nullable and column.table is not None:
                    yield name
            case One(link=link):
                keys = [ours for ours, _ in link.on]
                if is_non_null_type(field.type) and any(getattr(key, "nullable", True) for key in keys):
                    yield name


def test_a_field_that_is_never_null_comes_from_a_column_that_is_never_null():
    assert list(nullable_columns()) == []


@pytest.mark.parametrize("kind", [Many, Paged])
def test_every_list_has_an_order_that_no_two_rows_share(kind: type):
    """The last key of an order must be an id or a position that is unique among the parent's rows."""
    unique = {"id", "person_id", "position"}
    checked = 0
    for name, _, own in declared():
        declaration = own.declaration
        if isinstance(declaration, kind):
            order = (
                declaration.order
                if isinstance(declaration, Many)
                else (*declaration.ordering.default, *declaration.ordering.tie)
            )
            assert order[-1].expression.name in unique, name
            checked += 1
    assert checked > 3


def test_the_connections_of_fields_that_others_added_are_described_too():
    account = SCHEMA.get_type("Account")
    assert isinstance(account, GraphQLObjectType)
    assert {"buyingGroups", "buyingGroupCount", "intent"} <= set(account.fields)
