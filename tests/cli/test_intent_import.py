"""From a third party's file to what the account's intent shows, by the commands that an operator types."""

import json
from typing import Any

import pytest

from tests.cli.shell import Shell

SETUP = """
[[intent_categories]]
name = "Network Security"
[[intent_categories.products]]
name = "Zero Trust Access"
keywords = ["zero trust", "single sign-on"]
[[intent_categories.products]]
name = "Threat Detection"
keywords = ["siem"]
"""
CONFIGURATION = """
[plugins.intent-import]
vendor = "Bombora-like"
skip_unmapped = true

[plugins.intent-import.topics]
"Zero Trust Security" = "Network Security > Zero Trust Access > zero trust"
"""
ACCOUNTS = """Id,Name,Website
001000000000001,Halvorsen Bank,https://www.halvorsenbank.example
001000000000002,Orsini Stores,
"""
SURGE = """Company Name,Domain,Topic Name,Composite Score,Date Stamp
Halvorsen Bank,halvorsenbank.example,Zero Trust Security,83,2026-11-16
Halvorsen Bank,halvorsenbank.example,SIEM,61,2026-11-16
Halvorsen Bank,halvorsenbank.example,Golf,99,2026-11-16
Nobody Inc,nobody.example,SIEM,70,2026-11-16
"""
QUERY = """{ accounts(first: 5) { nodes { name
  intent { categories { name level strength products { name strength keywords { name strength } } } }
  intentSignals(first: 1, kinds: [KEYWORD]) { nodes { name computedAt model { plugin name version } } } } } }"""


@pytest.fixture
def installed(shell: Shell, database_url: str) -> Shell:
    """A tenant with a taxonomy and two accounts, and the plugin with its settings."""
    shell.use(database_url)
    for name, text in {"bg-graph.toml": CONFIGURATION, "tenant.toml": SETUP, "Account.csv": ACCOUNTS}.items():
        (shell.folder / name).write_text(text)
    (shell.folder / "surge.csv").write_text(SURGE)
    shell.run("tenant", "create", "acme")
    shell.run("apply", "tenant.toml")
    shell.run("import", "Account.csv")
    return shell


def intent_of(shell: Shell, account: str) -> dict[str, Any]:
    nodes = json.loads(shell.out("query", QUERY))["data"]["accounts"]["nodes"]
    found: dict[str, Any] = next(node for node in nodes if node["name"] == account)
    return found


def test_a_vendors_scores_are_shown_as_the_accounts_intent_with_where_they_come_from(installed: Shell) -> None:
    told = installed.out("import", "--from", "intent-import", "surge.csv")
    assert "TOPIC_NOT_MAPPED 1" in told
    assert "surge.rejects.csv: 3 rejected: ACCOUNT_UNKNOWN 3" in told
    shown = intent_of(installed, "Halvorsen Bank")
    assert shown["intent"]["categories"] == [
        {
            "name": "Network Security",
            "level": "HIGH",
            "strength": 83,
            "products": [
                {"name": "Zero Trust Access", "strength": 83, "keywords": [{"name": "zero trust", "strength": 83}]},
                {"name": "Threat Detection", "strength": 61, "keywords": [{"name": "siem", "strength": 61}]},
            ],
        }
    ]
    assert shown["intentSignals"]["nodes"] == [
        {
            "name": "zero trust",
            "computedAt": "2026-11-16T00:00:00+00:00",
            "model": {"plugin": "intent-import", "name": "Bombora-like", "version": "1.0.0"},
        }
    ]
    assert intent_of(installed, "Orsini Stores")["intent"]["categories"] == []


def test_the_same_file_again_changes_nothing_and_a_later_one_updates(installed: Shell) -> None:
    def counts(*arguments: str) -> dict[str, int]:
        installed.run("import", "--from", "intent-import.topics", *arguments, "--report", "out.json")
        totals: dict[str, int] = json.loads((installed.folder / "out.json").read_text())["totals"]
        return {name: totals[name] for name in ("added", "changed", "unchanged")}

    assert counts("surge.csv") == {"added": 5, "changed": 0, "unchanged": 0}
    assert counts("surge.csv") == {"added": 0, "changed": 0, "unchanged": 5}
    (installed.folder / "later.csv").write_text(SURGE.replace(",83,2026-11-16", ",40,2026-11-23"))
    assert counts("later.csv") == {"added": 0, "changed": 3, "unchanged": 2}
    assert intent_of(installed, "Halvorsen Bank")["intent"]["categories"][0]["strength"] == 61
