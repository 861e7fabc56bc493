"""What an operation could cost: the objects it could ask for, as a number or as a term that waits for variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_list_type,
)
from graphql.pyutils import Undefined
from graphql.type import is_non_null_type

SIZE_ARGUMENTS = ("first", "last")
_LIST_ARGUMENT = "ids"
_WRAPPERS = ("Connection", "Edge", "PageInfo")
_LARGEST = 10**12
"""Counted for numbers too long to matter: whatever it multiplies is over any limit."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A list's length that a variable tells."""

    variable: str
    fallback: int
    """Length when the variable is not given or null."""

    def length(self, variables: Mapping[str, object]) -> int:
        """The length with these variables; a wrong value counts as one, for coercion refuses it anyway."""
        match variables.get(self.variable):
            case None:
                return self.fallback
            case bool() | float() | str():
                return 1
            case int() as number:
                return max(number, 1)
            case list() as items:
                return max(len(items), 1)
            case _:
                return 1


@dataclass(frozen=True, slots=True)
class Term:
    """`size` times (`own` + the sum of the terms numbered in `parts`)."""

    size: int | Asked
    own: int
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """Objects asked for: a fixed number, and the numbers of terms that depend on variables."""

    fixed: int = 0
    terms: tuple[int, ...] = ()


class Terms:
    """The terms of one document, each after its parts, so that one pass without recursion finds their values."""

    def __init__(self) -> None:
        self._terms: list[Term] = []

    def multiplied(self, size: int | Asked, own: int, inner: Cost) -> Cost:
        """The cost of `size` objects of `own` cost with `inner` below each."""
        if isinstance(size, int) and not inner.terms:
            return Cost(size * (own + inner.fixed))
        return self._kept(Term(size, own + inner.fixed, inner.terms))

    def shared(self, cost: Cost) -> Cost:
        """A cost for use in many places: one term, however many it is made of."""
        return self._kept(Term(1, cost.fixed, cost.terms)) if cost.terms else cost

    def value(self, cost: Cost, variables: Mapping[str, object]) -> int:
        """Objects with these variables."""
        if not cost.terms:
            return cost.fixed
        values: list[int] = []
        for term in self._terms:
            size = term.size if isinstance(term.size, int) else term.size.length(variables)
            values.append(size * (term.own + sum([values[part] for part in term.parts])))
        return cost.fixed + sum([values[part] for part in cost.terms])

    def _kept(self, term: Term) -> Cost:
        self._terms.append(term)
        return Cost(0, (len(self._terms) - 1,))


def total(costs: list[Cost]) -> Cost:
    """The sum of costs."""
    return Cost(sum(cost.fixed for cost in costs), tuple(part for cost in costs for part in cost.terms))


class SchemaSizes:
    """What a schema tells about the length of lists and the cost of types; made once for each schema."""

    def __init__(self, schema: GraphQLSchema, assumed_list: int) -> None:
        self._schema = schema
        self._assumed = assumed_list
        self._introspected = _introspection_lengths(schema)

    def field(self, parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
        """A field of a type, the schema's own included; None where validation will say that there is none."""
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return None
        return parent.fields.get(name) or self._schema.get_field(parent, name)

    def narrowed(self, parent: GraphQLNamedType | None, condition: NamedTypeNode | None) -> GraphQLNamedType | None:
        """The type that an inline fragment's selections are on."""
        return parent if condition is None else self._schema.get_type(condition.name.value)

    def own(self, field: GraphQLField | None, name: str) -> int:
        """Cost of one object that the field gives: none for a value and for the wrappers of a connection."""
        if field is None or name == "ofType":  # the chain of wrapped types is short, and bounded by depth
            return 0
        named = get_named_type(field.type)
        return int(is_composite_type(named) and not named.name.endswith(_WRAPPERS))

    def size(
        self,
        parent: GraphQLNamedType | None,
        node: FieldNode,
        field: GraphQLField | None,
        bounded: bool,
    ) -> int | Asked:
        """Length of the list that a field gives, 1 for a single object.

        `bounded` says that a connection's `first` was already counted for it.
        """
        if field is None:
            return 1
        asked = self._asked(node, field)
        if asked is not None:
            return asked
        if not is_list(field) or bounded:
            return 1
        known = self._introspected.get((parent.name if parent else "", node.name.value))
        return self._assumed if known is None else known

    def bounds_children(self, field: GraphQLField | None) -> bool:
        """Whether the field is a connection, whose `first` is the length of the list inside it."""
        return field is not None and not is_list(field) and any(name in field.args for name in SIZE_ARGUMENTS)

    def _asked(self, node: FieldNode, field: GraphQLField) -> int | Asked | None:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        for name in SIZE_ARGUMENTS:
            if name in given:
                return _length(given[name], self._default(field, name))
        if _LIST_ARGUMENT in given and is_list(field):
            return _length(given[_LIST_ARGUMENT], 1)
        named = next((name for name in SIZE_ARGUMENTS if name in field.args), None)
        return None if named is None else self._default(field, named)

    def _default(self, field: GraphQLField, name: str) -> int:
        argument = field.args.get(name)
        value = Undefined if argument is None else argument.default_value
        return value if isinstance(value, int) and not isinstance(value, bool) else self._assumed


def is_list(field: GraphQLField) -> bool:
    """Whether a field gives a list, null or not."""
    outer = field.type
    return is_list_type(outer.of_type if is_non_null_type(outer) else outer)


def variable_defaults(operation: OperationDefinitionNode) -> dict[str, int]:
    """Lengths that the operation's variables stand for when they are not given."""
    return {
        definition.variable.name.value: _literal(definition.default_value)
        for definition in operation.variable_definitions or ()
        if isinstance(definition.default_value, IntValueNode | ListValueNode)
    }


def _length(value: ValueNode, fallback: int) -> int | Asked:
    if isinstance(value, VariableNode):
        return Asked(value.name.value, fallback)
    if isinstance(value, IntValueNode | ListValueNode):
        return _literal(value)
    return fallback


def _literal(value: ValueNode) -> int:
    if isinstance(value, ListValueNode):
        return max(len(value.values), 1)
    if isinstance(value, IntValueNode):
        return max(int(value.value), 1) if len(value.value) <= 12 else _LARGEST
    return 1


def _introspection_lengths(schema: GraphQLSchema) -> dict[tuple[str, str], int]:
    """Mean lengths of the lists in this very schema, rounded up, so that asking for it costs what it is."""
    types = list(schema.type_map.values())
    holders = [kind for kind in types if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
    fields = [field for kind in holders for field in kind.fields.values()]
    return {
        ("__Schema", "types"): len(types),
        ("__Schema", "directives"): len(schema.directives),
        ("__Type", "fields"): ceil(len(fields) / max(len(types), 1)),
        ("__Type", "inputFields"): 1,
        ("__Type", "enumValues"): 2,
        ("__Type", "interfaces"): 1,
        ("__Type", "possibleTypes"): 1,
        ("__Field", "args"): ceil(sum(len(field.args) for field in fields) / max(len(fields), 1)),
        ("__Directive", "args"): 2,
    }
