"""Measures the code against the figures of house style. Standard library only; the tests hold the limits."""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "bg_graph"
BLOCK = 6  # lines from which on a repetition counts as a duplicate

Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_BLOCKS = (ast.If, *_LOOPS, ast.With, ast.AsyncWith, ast.Try, ast.Match)
_SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore|mypy:|ruff:|pragma)")


@dataclass(frozen=True)
class Measured:
    """A number, and the place that it belongs to."""

    value: float
    place: str


@dataclass(frozen=True)
class Module:
    """One file of the package, read."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def place(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def name(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        parts = parts[2:] if parts[0] == "plugins" else parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, _FUNCTIONS))

    def at(self, node: ast.AST) -> str:
        return f"{self.place}:{getattr(node, 'lineno', 1)} {getattr(node, 'name', '')}".rstrip()


@cache
def modules() -> list[Module]:
    """The modules of the packages that ship; migrations are left out, since they are a record and not to be mended."""
    packages = [PACKAGE, *plugin_packages()]
    paths = sorted(path for each in packages for path in each.rglob("*.py") if "versions" not in path.parts)
    texts = ((path, path.read_text(encoding="utf-8")) for path in paths if "node_modules" not in path.parts)
    return [Module(path, text, ast.parse(text)) for path, text in texts]


def plugin_packages() -> list[Path]:
    """The packages of our own plugins."""
    return sorted(path.parent for path in ROOT.glob("plugins/*/*/__init__.py"))


def test_files() -> list[Path]:
    """The tests' modules: the product's and the plugins' own."""
    return sorted(path for folder in (ROOT / "tests", *ROOT.glob("plugins/*/tests")) for path in folder.rglob("*.py"))


def file_lines(code: list[Module]) -> list[Measured]:
    return [Measured(module.text.count("\n"), module.place) for module in code]


def of_functions(code: list[Module], measure: Callable[[Function], float]) -> list[Measured]:
    return [Measured(measure(function), module.at(function)) for module in code for function in module.functions()]


def function_lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def complexity(function: Function) -> int:
    """Cyclomatic complexity: 1, and 1 for each if, elif, loop, except, further case, and, or, and conditional expression.

    Comprehensions are read as the expressions that they are; inner functions have a complexity of their own.
    """
    return 1 + sum(map(_ways, _own_nodes(function)))


def nesting(function: Function) -> int:
    """How deep blocks stand in blocks; an elif is no deeper than its if."""
    return max((_depth(statement) for statement in function.body), default=0)


def undocumented(code: list[Module]) -> list[str]:
    """Public modules, classes, functions and methods without a docstring."""
    return [module.at(node) for module in code for node in _public(module) if not ast.get_docstring(node)]


def public_count(code: list[Module]) -> int:
    return sum(1 for module in code for _ in _public(module))


def unhinted(code: list[Module]) -> list[str]:
    """Functions of which an argument or the result has no type hint."""
    return [module.at(function) for module in code for function in module.functions() if not _hinted(function)]


def inner_imports(code: list[Module]) -> list[str]:
    return [
        module.at(node)
        for module in code
        for function in module.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def suppressions(code: list[Module]) -> list[str]:
    return [
        f"{module.place}:{token.start[0]}"
        for module in code
        for token in tokenize.generate_tokens(io.StringIO(module.text).readline)
        if token.type == tokenize.COMMENT and _SUPPRESSION.search(token.string)
    ]


def import_cycle(code: list[Module]) -> list[str]:
    """The modules of one import cycle; empty where there is none."""
    names = {module.name for module in code}
    graph = {module.name: {name for name in _imported(module) if name in names} - {module.name} for module in code}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as fault:
        return list(fault.args[1])
    return []


def duplicated_lines(code: list[Module]) -> list[Measured]:
    """By module: lines that stand in a block of BLOCK or more which is found elsewhere too. Imports do not count."""
    lines = {module.place: _significant(module) for module in code}
    blocks = Counter(block for texts in lines.values() for block in _blocks(texts))
    found = []
    for place, texts in lines.items():
        inside = {
            line
            for first, block in enumerate(_blocks(texts))
            if blocks[block] > 1
            for line in range(first, first + BLOCK)
        }
        found.append(Measured(len(inside), place))
    return found


def percentile(values: list[Measured], share: float) -> float:
    """The value that this share of all does not exceed (nearest rank)."""
    ordered = sorted(measured.value for measured in values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def largest(values: list[Measured]) -> Measured:
    return max(values, key=lambda measured: measured.value)


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, (*_FUNCTIONS, ast.Lambda)):
            yield node
            waiting += ast.iter_child_nodes(node)


def _ways(node: ast.AST) -> int:
    match node:
        case ast.If() | ast.IfExp() | ast.For() | ast.AsyncFor() | ast.While() | ast.ExceptHandler():
            return 1
        case ast.BoolOp():
            return len(node.values) - 1
        case ast.Match():
            return len(node.cases) - 1
        case _:
            return 0


def _depth(node: ast.AST) -> int:
    if isinstance(node, _FUNCTIONS):
        return 0
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        return max(1 + max(map(_depth, node.body), default=0), _depth(node.orelse[0]))
    inner = max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)
    return inner + isinstance(node, _BLOCKS)


def _public(module: Module) -> Iterator[ast.Module | ast.ClassDef | Function]:
    if module.path.name != "__init__.py" or module.tree.body:
        yield module.tree
    waiting: list[ast.Module | ast.ClassDef] = [module.tree]
    while waiting:
        for node in waiting.pop().body:
            if isinstance(node, (ast.ClassDef, *_FUNCTIONS)) and not node.name.startswith("_"):
                yield node
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                waiting.append(node)


def _hinted(function: Function) -> bool:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args]
    if named and named[0].arg in ("self", "cls"):
        named = named[1:]
    every = [*named, *arguments.kwonlyargs, *filter(None, (arguments.vararg, arguments.kwarg))]
    return function.returns is not None and all(argument.annotation is not None for argument in every)


def _imported(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _significant(module: Module) -> list[str]:
    imports = {
        line
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    numbered = enumerate(module.text.splitlines(), 1)
    return [line.strip() for number, line in numbered if line.strip() and number not in imports]


def _blocks(texts: list[str]) -> list[tuple[str, ...]]:
    return [tuple(texts[first : first + BLOCK]) for first in range(len(texts) - BLOCK + 1)]
