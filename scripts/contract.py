"""The reference of the plugin contract, made from the docstrings of `bg_graph/plugins/`."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

CONTRACT = Path(__file__).resolve().parent.parent / "bg_graph" / "plugins"
MODULES: Mapping[str, str] = MappingProxyType(
    {
        "plugin": "The plugin",
        "context": "What a provider is lent",
        "health": "Health",
        "errors": "Errors",
        "summaries": "Summaries",
        "intent": "Intent",
        "email": "E-mail",
        "hooks": "Hooks",
        "importing": "Importing",
        "changes": "Changes",
    }
)
"""The modules of the contract, in the order in which an author meets them, with the title of each."""

_INTRODUCTION = """
<!-- Made from the docstrings in bg_graph/plugins/ by scripts/pages: edit these. -->
# Reference of the plugin contract

All that a plugin imports stands in `bg_graph.plugins`. Requests and answers are frozen dataclasses that are made by keyword;
a later minor version of the contract may add fields with a default. [write-a-plugin.md](write-a-plugin.md) is the way in,
[versions.md](versions.md) says what may change, [hooks.md](hooks.md) has an example of each hook.
"""


@dataclass(frozen=True, slots=True)
class Named:
    """Something that the contract declares: a field, a value, a constant."""

    name: str
    type: str
    default: str
    text: str


def contract_page() -> str:
    """The page of the docs."""
    contents = [f"- [{title}](#{_anchor(title)}): `bg_graph.plugins.{module}`" for module, title in MODULES.items()]
    lines = [_INTRODUCTION.strip(), "", *contents, ""]
    for module, title in MODULES.items():
        lines += _module(module, title)
    return "\n".join(lines).rstrip() + "\n"


def names_of(module: str) -> list[str]:
    """What a module of the contract declares for everybody: classes, hooks, constants."""
    return [name for statement in _tree(module).body if (name := _declared(statement)) and not name.startswith("_")]


def _tree(module: str) -> ast.Module:
    return ast.parse((CONTRACT / f"{module}.py").read_text(encoding="utf-8"))


def _declared(statement: ast.stmt) -> str | None:
    match statement:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None


def _module(module: str, title: str) -> Iterator[str]:
    tree = _tree(module)
    yield from (f"## {title}", "", f"`bg_graph.plugins.{module}`: {ast.get_docstring(tree)}", "")
    for constant in _fields(tree.body):
        if constant.text:
            yield from (f"**`{constant.name}`** = `{constant.default}`: {constant.text}", "")
    for statement in tree.body:
        match statement:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield from _class(statement)
            case ast.FunctionDef(name=name) if not name.startswith("_"):
                yield from (f"### {name}", "", *_function(statement), "")


def _class(declared: ast.ClassDef) -> Iterator[str]:
    bases = [ast.unparse(base) for base in declared.bases]
    yield from (f"### {declared.name}", "", _text(declared), "")
    fields = _fields(declared.body)
    if fields and "StrEnum" in bases:
        yield from ("| value | meaning |", "|---|---|")
        yield from (f"| `{field.name}` | {field.text} |" for field in fields)
        yield ""
    elif fields:
        yield from ("| field | type | default | meaning |", "|---|---|---|---|")
        yield from (f"| `{each.name}` | {_code(each.type)} | {_code(each.default)} | {each.text} |" for each in fields)
        yield ""
    for method in declared.body:
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and _is_shown(method):
            yield from (*_function(method), "")


def _is_shown(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return not method.name.startswith("_") or bool(method.name == "__init__" and len(method.args.args) > 1)


def _function(declared: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """The signature, without `self`, and what is said of it."""
    given = ast.unparse(declared.args).removeprefix("self").removeprefix(", ")
    returns = f" -> {ast.unparse(declared.returns)}" if declared.returns else ""
    awaited = "async " if isinstance(declared, ast.AsyncFunctionDef) else ""
    yield f"**`{awaited}{declared.name}({given}){returns}`**"
    if ast.get_docstring(declared):
        yield from ("", _text(declared))


def _fields(body: Sequence[ast.stmt]) -> list[Named]:
    """The fields of a class or constants of a module, each with the text that stands under it."""
    found = []
    for statement, following in zip(body, [*body[1:], ast.Pass()], strict=True):
        text = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            text = " ".join(str(following.value.value).split())
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=value):
                found.append(Named(name, ast.unparse(kind).strip("\"'"), _shown(value), text))
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.append(Named(name, "", _shown(value), text))
    return [each for each in found if not each.name.startswith("_")]


def _shown(value: ast.expr | None) -> str:
    return "" if value is None else ast.unparse(value)


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text else ""


def _text(declared: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return ast.get_docstring(declared) or ""


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")
