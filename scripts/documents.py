"""The pages of the docs that are made from the code: every setting, every error code."""

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bg_graph.settings import DEFAULT_FILE, OTHER_VARIABLES, PREFIX, SettingInfo, known_settings, sections
from scripts.contract import contract_page

ROOT = Path(__file__).resolve().parent.parent
ERRORS = ROOT / "bg_graph" / "graph" / "errors.py"

_INTRODUCTION = f"""
<!-- Made from bg_graph/settings/ by scripts/pages: edit the settings themselves. -->
# Settings

Settings come from flags, then the environment, then a file, then the defaults below: the first that says something
counts. The file is `{DEFAULT_FILE}` in the present folder, or the one that `--config` or `BG_CONFIG` names. A setting
that does not exist, or has a wrong value, stops the start with a message that names it; so does a variable that
begins with `{PREFIX}` and is not listed here. A secret may lie in a file of its own, which the variable that ends with `_FILE`
names; secrets are never shown. Lists are TOML arrays in the file, and separated by commas in a variable.

```toml
[database]
url = "postgresql://bg_graph@127.0.0.1/bg_graph"

[server]
port = 8080
allowed_origins = ["https://app.example.com"]
```
"""

_ERRORS_INTRODUCTION = """
<!-- Made from bg_graph/graph/errors.py by scripts/pages: edit the codes themselves. -->
# Error codes

Each error of an answer carries one of these words as `extensions.code`. Programs may rely on them: messages may change,
codes do not. What the user can mend is no error but data: `userErrors` of a mutation's payload.

| code | meaning |
|---|---|
"""


def settings_page() -> str:
    """The page of the docs that lists every setting."""
    lines = [_INTRODUCTION.strip(), ""]
    known = known_settings()
    for section, model in sections():
        lines += [
            f"## [{section}]",
            "",
            model.__doc__ or "",
            "",
            "| setting | default | allowed | meaning |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| `{info.name}`<br>{_variables(info)} | {info.default} | {info.allowed} | {info.description} |"
            for info in known
            if info.section == section
        ]
        lines.append("")
    lines += ["## Other variables", "", "| variable | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in OTHER_VARIABLES.items()]
    return "\n".join(lines) + "\n"


def _variables(info: SettingInfo) -> str:
    names = [info.variable, info.file_variable]
    return "<br>".join(f"`{name}`" for name in names if name)


def errors_page() -> str:
    """The page that lists every error code."""
    lines = [f"| `{code}` | {meaning} |" for code, meaning in error_codes()]
    return _ERRORS_INTRODUCTION.lstrip() + "\n".join(lines) + "\n"


def error_codes() -> Iterator[tuple[str, str]]:
    """Each code with the text that stands under it: a docstring of an enum's value is not kept at run time."""
    tree = ast.parse(ERRORS.read_text(encoding="utf-8"))
    codes = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "ErrorCode")
    for statement, following in zip(codes.body, codes.body[1:], strict=False):
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            yield str(statement.value.value), str(following.value.value) if is_text else ""


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/settings.md": settings_page,
    "docs/errors.md": errors_page,
    "docs/plugins/reference.md": contract_page,
}
