"""The language of e-mail templates: Jinja2 cut down to merge fields, a few filters and conditions.

There are no loops, calls, macros or sums, so that a template ends at once and what it gives is about as long as itself.
Whatever is not on the lists below is refused by name, before Jinja compiles anything; the sandbox is a second wall.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum
from itertools import islice
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, Template, TemplateError, TemplateSyntaxError, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bg_graph.email.rules.merge_fields import FIELDS, Known, Tree, unknown_field

MOST_DEPTH = 40
"""Levels of conditions and expressions in one another."""
MOST_OUTPUTS = 500
"""Places of one part in which something is filled in."""
MOST_NODES = 5_000
"""Names, values, conditions and pieces of plain text of one part: what is checked, compiled and run stays small."""
LONGEST_RENDERED = 2_000_000
"""Characters of a finished part."""

FILTERS: Mapping[str, str] = MappingProxyType(
    {
        "default": "What stands in place of an unknown field: `{{ person.first_name|default('there') }}`.",
        "upper": "In capitals.",
        "lower": "In small letters.",
        "capitalize": "First letter in capitals, the rest in small letters.",
        "title": "Each word with a capital.",
        "trim": "Without blanks at both ends.",
        "truncate": "At most so many characters: `{{ account.name|truncate(30) }}`.",
        "urlencode": "As part of an address: `?company={{ account.name|urlencode }}`.",
        "escape": "As HTML; done by itself in `body.html`.",
    }
)
"""Every filter that a template may use, and what it does."""
_SHORT = MappingProxyType({"d": "default", "e": "escape"})
_TESTS = frozenset({"defined", "undefined"})
_ASKING = frozenset({"eq", "ne", "in", "notin"})
_CONDITION = re.compile(r"\s*(?:el)?if\b")
_PLAIN_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.Compare,
    nodes.Operand,
    nodes.Concat,
)
_WHAT = MappingProxyType(
    {
        "For": "a loop",
        "Call": "a call",
        "CallBlock": "a call",
        "Macro": "a macro",
        "Assign": "`set`",
        "AssignBlock": "`set`",
        "Getitem": "brackets behind a name",
        "Include": "`include`",
        "Import": "`import`",
        "FromImport": "`import`",
        "Extends": "`extends`",
        "Block": "`block`",
        "With": "`with`",
        "FilterBlock": "a `filter` block",
        "Scope": "`autoescape`",
        "List": "a list",
        "Tuple": "a list",
        "Dict": "a list of pairs",
    }
)


class Kind(Enum):
    """What a template makes."""

    HTML = "html"
    """Values are escaped."""
    TEXT = "text"
    """Values stand as they are."""


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """Something wrong with a template: on which line, from 1, and what."""

    line: int
    message: str
    field: str | None = None
    """The merge field that is at fault, where one is."""


class RenderFault(Exception):
    """A template has no result for these values; the message says why."""


class _Unknown(Undefined):
    """A field that this person does not have: a plain no in a condition, equal to nothing, and nothing that could be shown."""

    __slots__ = ()
    __str__ = __iter__ = __len__ = Undefined._fail_with_undefined_error

    def __contains__(self, item: object) -> bool:
        return False


class _Language(ImmutableSandboxedEnvironment):
    """Jinja with nothing in it but the filters above; a name after a dot is a field and never an attribute of Python."""

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))

    def __init__(self, kind: Kind) -> None:
        super().__init__(
            undefined=_Unknown,
            autoescape=kind is Kind.HTML,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            cache_size=0,
        )
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in (*FILTERS, *_SHORT)}
        self.tests = {name: self.tests[name] for name in _TESTS}
        self.policies["truncate.leeway"] = 0

    def getattr(self, obj: Any, attribute: str) -> Any:
        if not isinstance(obj, Known):
            return self.undefined(name=attribute)
        found = obj.values.get(attribute)
        return self.undefined(hint=f"`{obj.of}.{attribute}` is not known of this person") if found is None else found

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise RenderFault("a template does no sums")


class Language:
    """Checks, compiles and renders templates. It keeps nothing between calls."""

    def __init__(self) -> None:
        self._languages = {kind: _Language(kind) for kind in Kind}

    def faults(self, source: str, kind: Kind) -> list[TemplateFault]:
        """Everything that is wrong with a template, in the order of its lines."""
        try:
            tree = self._languages[kind].parse(source)
        except TemplateSyntaxError as fault:
            broken = TemplateFault(fault.lineno, f"is no template: {fault.message}")
            return _in_order([broken, *self._faults_of_pieces(source, kind)])
        except (RecursionError, ValueError, OverflowError):
            return [TemplateFault(1, f"is nested more than {MOST_DEPTH} levels deep, or holds an endless number")]
        return _in_order(_Walk().faults(tree))

    def fields(self, source: str, kind: Kind) -> frozenset[str]:
        """The merge fields that a template without faults names."""
        tree = self._languages[kind].parse(source)
        named = {_dotted(node) for node in tree.find_all((nodes.Getattr, nodes.Name))}
        return frozenset(FIELDS.keys() & named)

    def compiled(self, source: str, kind: Kind) -> Template:
        """The template, ready to be rendered. Raises RenderFault where it has faults."""
        faults = self.faults(source, kind)
        if faults:
            raise RenderFault(f"line {faults[0].line}: {faults[0].message}")
        return self.unchecked(source, kind)

    def unchecked(self, source: str, kind: Kind) -> Template:
        """A template that may name fields that there are not, to see where they stand. Raises RenderFault."""
        try:
            return self._languages[kind].from_string(source)
        except (TemplateError, RecursionError, MemoryError, SyntaxError) as fault:
            raise RenderFault("it is too involved to be compiled") from fault

    def _faults_of_pieces(self, source: str, kind: Kind) -> Iterator[TemplateFault]:
        """What can be told of a template that has no form as a whole: each of its fields and conditions by itself."""
        language = self._languages[kind]
        for line, piece in islice(_pieces(language, source), MOST_OUTPUTS):
            try:
                found = list(_Walk().faults(language.parse(f"{{{{{piece}}}}}")))
            except TemplateSyntaxError as fault:
                found = [TemplateFault(fault.lineno, f"is no template: {fault.message}")]
            except (RecursionError, ValueError, OverflowError):
                continue
            # Whether a field is asked for before it is used depends on what is around it.
            yield from (replace(each, line=line + each.line - 1) for each in found if each.field not in FIELDS)


def rendered(template: Template, values: Tree) -> str:
    """What the template gives for these values. Raises RenderFault where it gives nothing, or too much."""
    parts, length = [], 0
    try:
        for part in template.generate(values):
            length += len(part)
            if length > LONGEST_RENDERED:
                raise RenderFault(f"it would have more than {LONGEST_RENDERED:,} characters")
            parts.append(part)
    except TemplateError as fault:
        raise RenderFault(fault.message or "it has a field that is not known of this person") from fault
    except (TypeError, ValueError, ArithmeticError, AssertionError, LookupError, AttributeError) as fault:
        raise RenderFault(f"a filter was given what it does not take: {fault}") from fault
    return "".join(parts)


def _in_order(faults: Iterable[TemplateFault]) -> list[TemplateFault]:
    return sorted(dict.fromkeys(faults), key=lambda fault: fault.line)


def _pieces(language: Environment, source: str) -> Iterator[tuple[int, str]]:
    """What stands within braces or is asked by a condition, each with its line, as far as the template can be read."""
    line, words = 0, ""
    try:
        for number, kind, text in language.lex(source):
            if kind in ("variable_begin", "block_begin"):
                line, words = number, ""
            elif kind == "variable_end":
                yield line, words
            elif kind == "block_end":
                asked = _CONDITION.match(words)
                if asked:
                    yield line, words[asked.end() :]
            else:
                words += text
    except TemplateSyntaxError:
        return


class _Walk:
    """One way through a template's tree."""

    def __init__(self) -> None:
        self._outputs = 0
        self._nodes = 0

    def faults(self, node: nodes.Node, known: frozenset[str] = frozenset(), depth: int = 0) -> Iterator[TemplateFault]:
        """The faults in a node; `known` are fields that a condition around it has asked for."""
        excess = self._excess(depth)
        if excess is not None:
            yield TemplateFault(1, excess)
            return
        match node:
            case nodes.Name() | nodes.Getattr():
                yield from self._field(node, known)
            case nodes.If():
                yield from self._if(node, known, depth)
            case nodes.CondExpr():
                yield from self._choice(node, known, depth)
            case nodes.And():
                yield from self.faults(node.left, known, depth + 1)
                yield from self.faults(node.right, known | _asked_for(node.left), depth + 1)
            case nodes.Or():
                yield from self._condition(node.left, known, depth)
                yield from self.faults(node.right, known, depth + 1)
            case nodes.Not():
                yield from self._condition(node.node, known, depth)
            case nodes.Filter():
                yield from self._filter(node, known, depth)
            case nodes.Test():
                yield from self._test(node, known, depth)
            case _:
                yield from self._other(node, known, depth)

    def _excess(self, depth: int) -> str | None:
        """Why the walk ends here: the template is too deep, or too long."""
        self._nodes += 1
        if depth > MOST_DEPTH:
            return f"is nested more than {MOST_DEPTH} levels deep"
        return f"has more than {MOST_NODES:,} names, values and conditions" if self._nodes > MOST_NODES else None

    def _other(self, node: nodes.Node, known: frozenset[str], depth: int) -> Iterator[TemplateFault]:
        name = type(node).__name__
        if not isinstance(node, _PLAIN_NODES):
            # Jinja gives some nodes that it adds by itself no line.
            yield TemplateFault(node.lineno or 1, f"{_WHAT.get(name, f'`{name}`')} can't be used in an e-mail")
            return
        if isinstance(node, nodes.Output):
            self._outputs += sum(not isinstance(each, nodes.TemplateData) for each in node.nodes)
            if self._outputs > MOST_OUTPUTS:
                yield TemplateFault(node.lineno, f"fills in more than {MOST_OUTPUTS} places")
                return
        for below in node.iter_child_nodes():
            yield from self.faults(below, known, depth + 1)

    def _field(self, node: nodes.Name | nodes.Getattr, known: frozenset[str]) -> Iterator[TemplateFault]:
        name = _dotted(node)
        if name is None:
            yield TemplateFault(node.lineno, "a dot may only stand in the name of a merge field")
            return
        if name not in FIELDS:
            yield TemplateFault(node.lineno, unknown_field(name), name)
        elif not FIELDS[name].always_known and name not in known:
            remedy = f"say what to show instead, `{{{{ {name}|default('...') }}}}`, or ask first, `{{% if {name} %}}`"
            yield TemplateFault(node.lineno, f"`{name}` is not known of everybody: {remedy}", name)

    def _if(self, node: nodes.If, known: frozenset[str], depth: int) -> Iterator[TemplateFault]:
        yield from self._condition(node.test, known, depth)
        for each in node.body:
            yield from self.faults(each, known | _asked_for(node.test), depth + 1)
        for number, each in enumerate(node.elif_, start=1):
            yield from self.faults(each, known, depth + number)  # Python compiles each as a level below the last
        for each in node.else_:
            yield from self.faults(each, known, depth + 1)

    def _choice(self, node: nodes.CondExpr, known: frozenset[str], depth: int) -> Iterator[TemplateFault]:
        yield from self._condition(node.test, known, depth)
        yield from self.faults(node.expr1, known | _asked_for(node.test), depth + 1)
        if node.expr2 is None:
            yield TemplateFault(node.lineno, "`if` within braces needs its `else`")
        else:
            yield from self.faults(node.expr2, known, depth + 1)

    def _condition(self, node: nodes.Node, known: frozenset[str], depth: int) -> Iterator[TemplateFault]:
        """The faults of what is only asked whether it holds: there, an unknown field is a plain no."""
        match node:
            case nodes.And(left=left, right=right) | nodes.Or(left=left, right=right) if depth <= MOST_DEPTH:
                asked = _asked_for(left) if isinstance(node, nodes.And) else frozenset[str]()
                yield from self._condition(left, known, depth + 1)
                yield from self._condition(right, known | asked, depth + 1)
            case nodes.Compare(expr=expr, ops=ops) if _ASKING.issuperset(each.op for each in ops):
                for each in (expr, *(each.expr for each in ops)):
                    yield from self._condition(each, known, depth + 1)
            case _ if _dotted(node) not in FIELDS:
                yield from self.faults(node, known, depth + 1)

    def _filter(self, node: nodes.Filter, known: frozenset[str], depth: int) -> Iterator[TemplateFault]:
        yield from _wrong_use(node)
        if node.node is None:
            return
        falls_back = _SHORT.get(node.name, node.name) == "default" and bool(node.args or node.kwargs)
        unwrapped = _dotted(node.node)
        inside = known | {unwrapped} if falls_back and unwrapped is not None else known
        yield from self.faults(node.node, inside, depth + 1)
        for argument in (*node.args, *(each.value for each in node.kwargs)):
            yield from self.faults(argument, known, depth + 1)

    def _test(self, node: nodes.Test, known: frozenset[str], depth: int) -> Iterator[TemplateFault]:
        name = _dotted(node.node)
        if node.name not in _TESTS:
            yield TemplateFault(node.lineno, f"there is no test `{node.name}`; there are: {', '.join(sorted(_TESTS))}")
        elif name is None:
            yield from self.faults(node.node, known, depth + 1)
        elif name not in FIELDS:
            yield TemplateFault(node.lineno, unknown_field(name), name)


def _wrong_use(node: nodes.Filter) -> Iterator[TemplateFault]:
    """What is wrong with a filter, its value and arguments aside."""
    if node.name not in FILTERS and node.name not in _SHORT:
        close = get_close_matches(node.name, FILTERS, n=1)
        meant = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(FILTERS)}"
        yield TemplateFault(node.lineno, f"there is no filter `{node.name}`; {meant}")
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        yield TemplateFault(node.lineno, f"`{node.name}` takes no arguments by star")
    if node.node is None:
        yield TemplateFault(node.lineno, "a `filter` block can't be used in an e-mail")


def _dotted(node: nodes.Node | None) -> str | None:
    """The name that a node writes out: `person.name`, or a name without a dot; None for anything else."""
    match node:
        case nodes.Name(name=name, ctx="load"):
            return str(name)
        case nodes.Getattr(node=nodes.Name(name=above, ctx="load"), attr=below):
            return f"{above}.{below}"
    return None


def _asked_for(test: nodes.Node) -> frozenset[str]:
    """The fields that are known wherever this condition holds."""
    match test:
        case nodes.And(left=left, right=right):
            return _asked_for(left) | _asked_for(right)
        case nodes.Test(name="defined", node=inner):
            name = _dotted(inner)
        case nodes.Compare(expr=inner, ops=[nodes.Operand(op="eq", expr=nodes.Const())]):
            name = _dotted(inner)
        case _:
            name = _dotted(test)
    return frozenset() if name is None else frozenset({name})
