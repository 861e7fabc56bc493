"""The page of the docs that lists every setting, made from the settings themselves."""

import sys
from pathlib import Path

from bg_graph.settings import DEFAULT_FILE, OTHER_VARIABLES, PREFIX, known_settings, sections

_INTRODUCTION = f"""
<!-- Made from bg_graph/settings.py by scripts/pages; edit that. -->
# Settings

Settings come from flags, then the environment, then a file, then the defaults below: the first that says something
counts. The file is `{DEFAULT_FILE}` in the present folder, or the one that `--config` or `BG_CONFIG` names. A setting
that does not exist, or has a wrong value, stops the start with a message that names it; so does a variable that
begins with `{PREFIX}` and is not listed here. Lists are TOML arrays in the file, and separated by commas in a variable.

```toml
[database]
url = "postgresql://bg_graph@127.0.0.1/bg_graph"

[server]
port = 8080
allowed_origins = ["https://app.example.com"]
```
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
            f"| `{info.name}`<br>`{info.variable}` | {info.default} | {info.allowed} | {info.description} |"
            for info in known
            if info.section == section
        ]
        lines.append("")
    lines += ["## Other variables", "", "| variable | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in OTHER_VARIABLES.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(settings_page(), encoding="utf-8")
