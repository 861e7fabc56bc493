"""The README says what is so: its settings load, its table is that of the model, its figures are those of the code."""

import re
import tomllib
from pathlib import Path
from typing import Any

from hostile_texts import HOSTILE

from bg_summary_openai.draft import LONGEST_ANSWER
from bg_summary_openai.settings import OpenAISettings
from bg_summary_openai.wall import LONGEST
from bg_summary_openai.writing import MOST_SENTENCES

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BOUNDS = {"minimum": "from {}", "exclusiveMinimum": "above {}", "maximum": "to {}"}


def row(name: str, schema: dict[str, Any], definitions: dict[str, Any], required: list[str]) -> str:
    """The line of a setting."""
    parts = schema.get("anyOf", [schema])
    resolved = [definitions[part["$ref"].rsplit("/")[-1]] if "$ref" in part else part for part in parts]
    takes = ", ".join(told for told in map(takes_of, resolved) if told)
    default = "must be set" if name in required else f"`{str(schema['default']).lower()}`"
    return f"| `{name}` | {takes} | {default.replace('`none`', 'none')} | {schema['description']} |"


def takes_of(part: dict[str, Any]) -> str:
    """The values that a part of a setting takes, in words."""
    if part.get("format") == "password":
        return "a secret"
    if values := part.get("enum", [part["const"]] if "const" in part else []):
        return ", ".join(f"`{value}`" for value in values)
    word = {"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "`true`, `false`"}
    told = [word.get(part["type"], ""), *(each.format(part[key]) for key, each in BOUNDS.items() if key in part)]
    return " ".join(filter(None, told))


def table() -> list[str]:
    """The table of all settings."""
    schema = OpenAISettings.model_json_schema()
    definitions, required = schema.get("$defs", {}), schema["required"]
    rows = [row(name, each, definitions, required) for name, each in schema["properties"].items()]
    return ["| setting | takes | default | meaning |", "|---|---|---|---|", *rows]


def test_the_table_of_settings_is_that_of_the_model() -> None:
    told = README.split("<!-- settings -->")[1].split("<!-- /settings -->")[0].strip().splitlines()
    assert told == table(), "\n" + "\n".join(table())


def test_the_settings_of_the_readme_load() -> None:
    [block] = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    given = tomllib.loads(block)["plugins"]["openai"]
    assert given.pop("fence")["deadline"] >= OpenAISettings.model_validate(given).timeout


def test_the_settings_of_the_endpoints_are_taken() -> None:
    rows = README.split("## Endpoints")[1].split("## Settings")[0]
    given = re.findall(r"`(\w+) = (\"?[^`\"]+\"?)`", rows)
    assert len(given) >= 7
    for name, text in given:
        value = tomllib.loads(f"it = {text}")["it"]
        address = "https://api.example/v1" if "<" in text else value
        settings = {"base_url": "http://127.0.0.1/v1", "model": "m", name: address}
        assert getattr(OpenAISettings.model_validate(settings), name) == address
    assert {name for name, _ in given} >= {"base_url", "max_tokens_name", "temperature", "max_tokens", "concurrency"}


def test_the_figures_of_the_readme_are_those_of_the_code() -> None:
    assert f"{len(HOSTILE)} hostile texts" in README
    assert sum(name.startswith("order in ") for name in HOSTILE) == 7
    assert f"at most {LONGEST_ANSWER:,} characters, a sentence {LONGEST}, a text six sentences" in README
    assert MOST_SENTENCES == 6
