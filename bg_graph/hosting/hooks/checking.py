"""What is wrong with what a plugin registered. Whatever it gives, nothing here raises."""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from bg_graph.plugins.hooks import CheckSpec, FieldOwner, FieldReturns, FieldSpec, RouteSpec
from bg_graph.plugins.importing import ImporterSpec, ImportKind

_CHECK = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PART = re.compile(r"[A-Za-z0-9._~-]+|\{[a-z_]+\}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_SUFFIX = re.compile(r"\.[a-z0-9.]+")
LONGEST_DEADLINE = 30.0
"""Seconds that a plugin may take for the answer to an inbound call."""
LARGEST_BODY = 25_000_000
"""Bytes of the body of an inbound call of a plugin."""
LONGEST_NAME = 60
"""Characters of the name of a source of imports."""
LONGEST_PAGE = 300.0
"""Seconds that a plugin may take for a page of records of an import."""
OWN_ROUTES = frozenset({"events"})
"""Below every plugin's name we answer these ourselves."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a hook registers, and how it is judged."""

    spec: type[Any]
    functions: tuple[str, ...]
    """Its fields that are async functions."""
    faults: Callable[[Any, str], Iterator[str]]
    """What is wrong with one, given the plugin's name."""
    optional: frozenset[str] = frozenset()
    """Those of the functions that need not be there."""
    alone: bool = False
    """Whether no two of a plugin may have the same name."""


def faults_of(form: Form, added: Sequence[object], plugin: str) -> Iterator[str]:
    """What is wrong with all that a hook registered."""
    for each in added:
        if not isinstance(each, form.spec):
            yield f"registers a {type(each).__name__}, not a {form.spec.__name__}"
            continue
        wrong = [
            f"{name} is no async function"
            for name in form.functions
            if not (getattr(each, name) is None and name in form.optional)
            and not inspect.iscoroutinefunction(_called(getattr(each, name)))
        ]
        wrong += _untyped(each) or _judged(form, each, plugin)
        yield from (f"{form.spec.__name__} {_named(each)}: {fault}" for fault in wrong)
    if form.alone:
        names = [_named(each) for each in added if isinstance(each, form.spec)]
        yield from (f"two have the name {name}" for name in dict.fromkeys(names) if names.count(name) > 1)


def _judged(form: Form, spec: object, plugin: str) -> list[str]:
    try:
        return list(form.faults(spec, plugin))
    except (TypeError, AttributeError, ValueError) as fault:
        return [f"has a value of a wrong type ({fault})"]


def prefix_of(plugin: str) -> str:
    """How the names of a plugin's fields begin: `acmeMail` for `acme-mail`."""
    first, *others = plugin.split("-")
    return first + "".join(part.capitalize() for part in others)


def _called(function: object) -> object:
    """What is called, where an object or a bound method is given."""
    is_plain = inspect.isfunction(function) or inspect.ismethod(function)
    return function if is_plain else getattr(function, "__call__", function)  # noqa: B004


def _untyped(spec: Any) -> list[str]:
    """Texts that are no texts: everything else is told by what is done with it."""
    return [
        f"{each.name} is no text"
        for each in fields(spec)
        if each.name in ("name", "title", "description", "path") and not isinstance(getattr(spec, each.name), str)
    ]


def _named(spec: Any) -> str:
    return repr(getattr(spec, "name", getattr(spec, "path", "")))[:80]


def _of_field(spec: FieldSpec, plugin: str) -> Iterator[str]:
    prefix = prefix_of(plugin)
    if not _NAME.fullmatch(spec.name) or not spec.name.startswith(prefix) or spec.name == prefix:
        yield f"the name has to be in camel case and begin with {prefix}, such as {prefix}Health"
    if spec.type not in tuple(FieldOwner):
        yield f"type has to be one of {', '.join(FieldOwner)}"
    if spec.returns not in tuple(FieldReturns):
        yield f"returns has to be one of {', '.join(FieldReturns)}"
    if not spec.description.strip():
        yield "the description is empty"


def _of_importer(spec: ImporterSpec, _plugin: str) -> Iterator[str]:
    if not _CHECK.fullmatch(spec.name) or len(spec.name) > LONGEST_NAME:
        yield f"the name has to be of small letters, digits and hyphens, {LONGEST_NAME} at most, such as web-visits"
    if not spec.title.strip():
        yield "the title is empty"
    if spec.kind not in tuple(ImportKind):
        yield f"kind has to be one of {', '.join(ImportKind)}"
    if not isinstance(spec.suffixes, tuple) or not all(_SUFFIX.fullmatch(each) for each in spec.suffixes):
        yield "suffixes has to be a tuple of texts such as '.acme', in small letters"
    if not 0 < spec.deadline <= LONGEST_PAGE:
        yield f"the deadline has to be above 0 and at most {LONGEST_PAGE:g} seconds"


def _of_check(spec: CheckSpec, _plugin: str) -> Iterator[str]:
    if not _CHECK.fullmatch(spec.name):
        yield "the name has to be of small letters, digits and hyphens, such as queue-is-short"


def _of_route(spec: RouteSpec, _plugin: str) -> Iterator[str]:
    parts = spec.path.split("/") if spec.path else []
    if not all(_PART.fullmatch(part) for part in parts) or {".", ".."} & set(parts):
        yield "the path has to be of parts such as messages/{key}, without a slash in front"
    if spec.path in OWN_ROUTES:
        yield f"{spec.path} is answered by bg-graph itself"
    if not 0 < spec.deadline <= LONGEST_DEADLINE:
        yield f"the deadline has to be above 0 and at most {LONGEST_DEADLINE:g} seconds"
    if not 0 <= spec.max_body <= LARGEST_BODY:
        yield f"max_body has to be from 0 to {LARGEST_BODY}"


FIELDS = Form(FieldSpec, ("compute",), _of_field)
IMPORTERS = Form(
    ImporterSpec, ("read", "recognise", "close"), _of_importer, frozenset({"recognise", "close"}), alone=True
)
CHECKS = Form(CheckSpec, ("check",), _of_check)
ROUTES = Form(RouteSpec, ("handle",), _of_route)
