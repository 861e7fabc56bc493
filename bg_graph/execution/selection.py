"""What a query asks of a type, found once in the document: columns, the rows pointed at, aggregates.

Only what is asked for is selected; fragments, aliases and the directives @skip and @include are followed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from bg_graph.execution.declarations import (
    Aggregate,
    Asked,
    Batch,
    Many,
    NodeId,
    One,
    Paged,
    Part,
    Shape,
    Value,
    label_of,
)


@dataclass(frozen=True, slots=True)
class Inner:
    """A row (or a part of ours) that is selected along with ours, in the same statement."""

    name: str
    declaration: One | Part
    selection: "Selection"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked of the rows of one type. Two selections with the same `signature` read the same."""

    shape: Shape
    columns: tuple[Asked, ...]
    aggregates: tuple[tuple[str, Aggregate], ...]
    inner: tuple[Inner, ...]
    signature: tuple[Any, ...] = field(repr=False)


def fields_of(
    selection_sets: Iterable[SelectionSetNode | None], on: GraphQLObjectType, info: GraphQLResolveInfo[Any]
) -> Iterator[FieldNode]:
    """The fields that a selection asks of an object type, fragments followed, skipped ones left out."""
    for selection_set in selection_sets:
        if selection_set is not None:
            for node in selection_set.selections:
                yield from _fields_in(node, on, info)


def _fields_in(node: SelectionNode, on: GraphQLObjectType, info: GraphQLResolveInfo[Any]) -> Iterator[FieldNode]:
    if not _is_included(node, info):
        return
    match node:
        case FieldNode():
            yield node
        case InlineFragmentNode():
            if node.type_condition is None or _applies(node.type_condition.name.value, on, info):
                yield from fields_of([node.selection_set], on, info)
        case FragmentSpreadNode():
            fragment = info.fragments[node.name.value]
            if _applies(fragment.type_condition.name.value, on, info):
                yield from fields_of([fragment.selection_set], on, info)


def _is_included(node: SelectionNode, info: GraphQLResolveInfo[Any]) -> bool:
    if not node.directives:
        return True
    # Strawberry hands resolvers the plain values, graphql-core its own record of them.
    variables: Mapping[str, Any] = getattr(info.variable_values, "coerced", cast(Any, info.variable_values))
    wanted = {"skip": False, "include": True}
    return all(
        _condition(directive, variables) is wanted[directive.name.value]
        for directive in node.directives
        if directive.name.value in wanted
    )


def _condition(directive: DirectiveNode, variables: Mapping[str, Any]) -> bool:
    """What `if` says; the document was validated, so that it is there and a Boolean."""
    (argument,) = directive.arguments or ()
    value = argument.value
    if isinstance(value, VariableNode):
        return bool(variables[value.name.value])
    return isinstance(value, BooleanValueNode) and value.value


def _applies(condition: str, on: GraphQLObjectType, info: GraphQLResolveInfo[Any]) -> bool:
    if condition == on.name:
        return True
    found = info.schema.get_type(condition)
    return isinstance(found, GraphQLAbstractType) and info.schema.is_sub_type(found, on)


def below(
    selection_sets: Sequence[SelectionSetNode | None], name: str, on: GraphQLObjectType, info: GraphQLResolveInfo[Any]
) -> tuple[list[SelectionSetNode], GraphQLObjectType]:
    """The selections under the field `name`, and the object type that they are made on."""
    found = [node for node in fields_of(selection_sets, on, info) if node.name.value == name]
    target = get_named_type(on.fields[name].type)
    assert isinstance(target, GraphQLObjectType)
    return [node.selection_set for node in found if node.selection_set is not None], target


@dataclass(slots=True)
class _Collected:
    columns: dict[str, Asked] = field(default_factory=dict)
    aggregates: dict[str, Aggregate] = field(default_factory=dict)
    inner: dict[str, tuple[One | Part, list[SelectionSetNode]]] = field(default_factory=dict)

    def add(self, *expressions: Any) -> None:
        for expression in expressions:
            label = label_of(expression)
            self.columns[label] = Asked(label, expression)


def select_fields(
    shape: Shape,
    selection_sets: Iterable[SelectionSetNode | None],
    on: GraphQLObjectType,
    info: GraphQLResolveInfo[Any],
) -> Selection:
    """What the selections ask of the rows of `shape`, which the schema knows as the type `on`."""
    collected = _Collected()
    if shape.table is not None:
        collected.add(shape.table.c.id)
    for node in fields_of(selection_sets, on, info):
        definition = on.fields.get(node.name.value)
        declared = definition.extensions.get("strawberry-definition") if definition else None
        if declared is not None and hasattr(declared, "declaration"):
            _collect(collected, declared.python_name, declared.declaration, node)
    inner = tuple(_select_inner(name, *found, on, info) for name, found in sorted(collected.inner.items()))
    columns = tuple(collected.columns[label] for label in sorted(collected.columns))
    aggregates = tuple(sorted(collected.aggregates.items(), key=lambda item: item[0]))
    signature = (
        shape.type.__name__,
        tuple(asked.label for asked in columns),
        tuple(name for name, _ in aggregates),
        tuple((each.name, each.selection.signature) for each in inner),
    )
    return Selection(shape, columns, aggregates, inner, signature)


def _collect(collected: _Collected, name: str, declaration: Any, node: FieldNode) -> None:
    match declaration:
        case Value():
            collected.columns[declaration.label] = Asked(declaration.label, declaration.expression)
        case NodeId():
            collected.add(declaration.column)
        case Aggregate():
            collected.aggregates[name] = declaration
        case Many() | Paged():
            collected.add(*declaration.rows.by)
        case Batch():
            collected.add(*declaration.needs)
        case One() | Part():
            _, found = collected.inner.setdefault(name, (declaration, []))
            if node.selection_set is not None:
                found.append(node.selection_set)


def _select_inner(
    name: str,
    declaration: One | Part,
    selection_sets: list[SelectionSetNode],
    on: GraphQLObjectType,
    info: GraphQLResolveInfo[Any],
) -> Inner:
    definition = next(each for each in on.fields.values() if _python_name(each) == name)
    target = get_named_type(definition.type)
    assert isinstance(target, GraphQLObjectType)
    return Inner(name, declaration, select_fields(shape_of(target), selection_sets, target, info))


def _python_name(definition: Any) -> str | None:
    declared = definition.extensions.get("strawberry-definition")
    return None if declared is None else declared.python_name


def shape_of(target: GraphQLObjectType) -> Shape:
    """The shape that a type of the schema was declared with."""
    shape = target.extensions["strawberry-definition"].origin.__shape__
    assert isinstance(shape, Shape)
    return shape
