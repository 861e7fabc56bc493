"""How deep, how aliased and how costly a document is, found in linear time: each fragment is measured once.

The document need not be valid: what the schema does not know counts as a plain field, and validation refuses it later.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from itertools import repeat

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
)

from bg_graph.graph.errors import ErrorCode
from bg_graph.web.cost import Cost, SchemaSizes, Terms, total, variable_defaults
from bg_graph.web.faults import refused
from bg_graph.web.options import Limits

_COUNT_CAP = 10**9
"""Counts stop growing here: in nested fragments they double at each level."""


@dataclass(frozen=True, slots=True)
class Measure:
    """The size of a selection: levels of fields, renamed fields, objects."""

    depth: int = 0
    aliases: int = 0
    cost: Cost = field(default_factory=Cost)


@dataclass(frozen=True, slots=True)
class OperationCost:
    """What one operation of a document costs, to be told when its variables are known."""

    terms: Terms
    cost: Cost
    defaults: Mapping[str, int]
    """Lengths that variables stand for when they are not given."""

    def value(self, variables: Mapping[str, object] | None) -> int:
        """Objects that the operation could ask for with these variables."""
        return self.terms.value(self.cost, {**self.defaults, **(variables or {})})


class Measures:
    """Measures documents against one schema and its limits."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._sizes = SchemaSizes(schema, limits.assumed_list)

    def costs(self, document: DocumentNode) -> dict[str | None, OperationCost] | None:
        """The cost of each operation by name, or None where fragments spread each other in a circle.

        Raises Refused when a limit that needs no variables, depth or aliases, is passed.
        """
        operations, fragments = _definitions(document)
        order = _spread_order(fragments)
        if order is None:
            return None
        walk = _Walk(self._sizes)
        for name in order:
            node = fragments[name]
            walk.remember(name, node.selection_set, self._sizes.narrowed(None, node.type_condition))
        return {
            operation.name.value if operation.name else None: self._operation(operation, walk)
            for operation in operations
        }

    def check_cost(self, cost: OperationCost, variables: Mapping[str, object] | None) -> int:
        """The cost with these variables; raises Refused when it passes the limit."""
        value = cost.value(variables)
        if value > self._limits.max_cost:
            raise refused(
                ErrorCode.QUERY_TOO_COSTLY,
                f"The operation could ask for {_told(value)} objects; {self._limits.max_cost} are allowed. "
                "Ask for fewer with 'first', or for less below each.",
            )
        return value

    def _operation(self, operation: OperationDefinitionNode, walk: "_Walk") -> OperationCost:
        root = self._schema.get_root_type(operation.operation)
        measure = walk.selections(operation.selection_set, root, False)
        self._check(measure)
        return OperationCost(walk.terms, measure.cost, variable_defaults(operation))

    def _check(self, measure: Measure) -> None:
        limits = self._limits
        if measure.depth > limits.max_depth:
            raise refused(
                ErrorCode.QUERY_TOO_DEEP,
                f"Fields are nested {measure.depth} levels deep; {limits.max_depth} are allowed.",
            )
        if measure.aliases > limits.max_aliases:
            raise refused(
                ErrorCode.TOO_MANY_ALIASES,
                f"{_told(measure.aliases)} fields are renamed, counted through fragments; "
                f"{limits.max_aliases} are allowed.",
            )


class _Walk:
    """One pass over a document: fragments first, in the order in which they need each other."""

    def __init__(self, sizes: SchemaSizes) -> None:
        self.terms = Terms()
        self._sizes = sizes
        self._fragments: dict[tuple[str, bool], Measure] = {}

    def remember(self, name: str, selections: SelectionSetNode, parent: GraphQLNamedType | None) -> None:
        """Measure a fragment whose own spreads are known: as it counts inside a connection, and elsewhere."""
        for bounded in (False, True):
            measure = self.selections(selections, parent, bounded)
            self._fragments[name, bounded] = replace(measure, cost=self.terms.shared(measure.cost))

    def fragment(self, name: str, bounded: bool) -> Measure:
        """The measure of a fragment; one that is not defined counts as nothing."""
        return self._fragments.get((name, bounded), Measure())

    def selections(self, selections: SelectionSetNode, parent: GraphQLNamedType | None, bounded: bool) -> Measure:
        """The measure of a selection set on a type."""
        # `map`, not a comprehension: one frame less for each level of nesting, of which a parsed document has up to 200
        return _sum(list(map(self._selection, selections.selections, repeat(parent), repeat(bounded))))

    def _selection(self, node: SelectionNode, parent: GraphQLNamedType | None, bounded: bool) -> Measure:
        if isinstance(node, FieldNode):
            return self._field(node, parent, bounded)
        if isinstance(node, FragmentSpreadNode):
            return self.fragment(node.name.value, bounded)
        assert isinstance(node, InlineFragmentNode)
        return self.selections(node.selection_set, self._sizes.narrowed(parent, node.type_condition), bounded)

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, bounded: bool) -> Measure:
        aliases = int(node.alias is not None)
        if node.selection_set is None:
            return Measure(1, aliases)
        field = self._sizes.field(parent, node.name.value)
        kind = get_named_type(field.type) if field else None
        inner = self.selections(node.selection_set, kind, self._sizes.bounds_children(field))
        size = self._sizes.size(parent, node, field, bounded)
        cost = self.terms.multiplied(size, self._sizes.own(field, node.name.value), inner.cost)
        return Measure(inner.depth + 1, min(inner.aliases + aliases, _COUNT_CAP), cost)


def _sum(measures: list[Measure]) -> Measure:
    if not measures:
        return Measure()
    return Measure(
        max(measure.depth for measure in measures),
        min(sum(measure.aliases for measure in measures), _COUNT_CAP),
        total([measure.cost for measure in measures]),
    )


def _definitions(
    document: DocumentNode,
) -> tuple[list[OperationDefinitionNode], dict[str, FragmentDefinitionNode]]:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    return operations, fragments


def _spread_order(fragments: dict[str, FragmentDefinitionNode]) -> list[str] | None:
    """Names of fragments, each after those that it spreads; None where that goes round in a circle."""
    spreads = {name: _spreads(node.selection_set) & fragments.keys() for name, node in fragments.items()}
    try:
        return list(TopologicalSorter(spreads).static_order())
    except CycleError:
        return None


def _spreads(selections: SelectionSetNode) -> set[str]:
    found: set[str] = set()
    waiting = [selections]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                found.add(node.name.value)
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
                waiting.append(node.selection_set)
    return found


def _told(count: int) -> str:
    return f"{count}" if count < _COUNT_CAP else f"more than {_COUNT_CAP}"
