"""The pages of the docs that are made from the code: every setting, those of plugins that come with us included; every error code."""

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bg_email_outbox.settings import OutboxSettings
from bg_email_smtp.settings import SmtpSettings
from bg_graph.hosting.own_settings import is_secret
from bg_graph.settings import (
    DEFAULT_FILE,
    OTHER_VARIABLES,
    PREFIX,
    FenceSettings,
    SettingInfo,
    fence_settings,
    known_settings,
    sections,
)
from bg_intent_activities.plugin import PLUGIN as ACTIVITIES
from scripts.contract import contract_page
from scripts.exams import exams_page

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

_PLUGINS_INTRODUCTION = f"""
## Plugins and tenants

`[plugins.<name>]` holds a plugin's own settings, judged by the plugin itself; naming a plugin there, or in `[providers]`,
enables it. `[tenants.<name>.providers]` chooses other providers for one tenant, `[tenants.<name>.plugins.<plugin>]` holds
settings that differ for it. In variables, names and settings stand in capitals, hyphens as underscores, two underscores
between the parts: `{PREFIX}PLUGINS__ACME_MAIL__API_KEY`, `{PREFIX}TENANTS__CONTOSO__PROVIDERS__EMAIL`.

A secret of a plugin does not stand in the file: it comes from its variable, or lies in a file that `<setting>_file` (in the
settings file) or the variable that ends with `_FILE` names.

```toml
[providers]
summary = ["facts"]
email = "smtp"

[plugins.smtp]
host = "smtp.example.com"
sender = "Example News <news@example.com>"
user = "bg-graph"
password_file = "/run/secrets/smtp"

[plugins.smtp.fence]
isolation = "process"

[tenants.contoso.providers]
email = "outbox"
```

What is installed is listed by `bg-graph plugins list`. A plugin that is named and not installed stops the start, with what
to install; one that is installed and can't be loaded does not, unless its fence says `required = true`.
"""

CARRIED: Mapping[str, type[BaseModel]] = {
    "activities": ACTIVITIES.settings,
    "outbox": OutboxSettings,
    "smtp": SmtpSettings,
}
"""The plugins that come with the product and have settings."""

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
    lines += [_PLUGINS_INTRODUCTION.strip(), "", "## [plugins.<name>.fence]", "", FenceSettings.__doc__ or "", ""]
    lines += ["| setting | default | allowed | meaning |", "|---|---|---|---|"]
    lines += [f"| `{each.name}` | {each.default} | {each.allowed} | {each.description} |" for each in fence_settings()]
    for name, model in CARRIED.items():
        lines += ["", f"## [plugins.{name}]", "", model.__doc__ or "", ""]
        lines += ["| setting | default | meaning |", "|---|---|---|", *_own(name, model)]
    lines += ["", "## Other variables", "", "| variable | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in OTHER_VARIABLES.items()]
    return "\n".join(lines) + "\n"


def _own(plugin: str, model: type[BaseModel]) -> Iterator[str]:
    """The settings of a plugin, as its model declares them."""
    for name, field in model.model_fields.items():
        variable = f"{PREFIX}PLUGINS__{plugin}__{name}".replace("-", "_").upper()
        names = [variable, f"{variable}_FILE"] if is_secret(field.annotation) else [variable]
        given = field.default if field.default_factory is None else field.get_default(call_default_factory=True)
        default = "must be set" if given is PydanticUndefined else "none" if given is None else f"`{given}`"
        shown = "<br>".join(f"`{each}`" for each in names)
        yield f"| `{name}`<br>{shown} | {default} | {field.description} |"


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
    "docs/plugins/conformance.md": exams_page,
}
