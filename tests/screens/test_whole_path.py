"""From a CRM's export files to both tabs, by the command line alone, with the same answers on both databases."""

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.whole_path.answers import comparable, difference, evenly
from bg_graph.screens.documents import GROUPS, MEMBERS, OVERVIEW, document
from scripts.house import ROOT
from tests.cli.shell import Shell

SAMPLE = ROOT / "tests" / "data" / "whole_path"
SAMPLE_DAY = date(2026, 11, 23)
EXPECTED = json.loads((SAMPLE / "expected.json").read_text())
SETUP = ROOT / "benchmarks" / "whole_path" / "tenant.toml"

pytestmark = pytest.mark.slow

Report = dict[str, Any]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A terminal beside the sample, its times moved as if it had been exported last night: scores look back 30 days."""
    shutil.copytree(SAMPLE / "export", tmp_path / "export")
    late = datetime.now(UTC).date() - SAMPLE_DAY
    for file in (tmp_path / "export").iterdir():
        moved = re.sub(
            rb"(\d{4}-\d{2}-\d{2})T",
            lambda found: f"{date.fromisoformat(found[1].decode()) + late}T".encode(),
            file.read_bytes(),
        )
        file.write_bytes(moved)
    return Shell(tmp_path, monkeypatch, capsys)


def set_up(shell: Shell, database_url: str) -> None:
    shell.use(database_url)
    shell.run("db", "upgrade")
    shell.run("tenant", "create", "northwind")
    shell.run("apply", str(SETUP))


def imported(shell: Shell) -> Report:
    shell.run("import", "export", "--report", "report.json")
    report: Report = json.loads((shell.folder / "report.json").read_text())
    return report


def test_each_row_is_accepted_or_rejected_for_what_is_wrong_with_it_and_a_second_import_changes_nothing(
    shell: Shell, database_url: str
) -> None:
    set_up(shell, database_url)
    first, second = imported(shell), imported(shell)
    for file in first["files"]:
        counts = {name: file[name] for name in ("read", "accepted", "rejected", "codes", "warnings")}
        assert counts == EXPECTED[Path(file["file"]).name], file["file"]
        assert file["read"] == file["accepted"] + file["rejected"]
    accepted = first["totals"]["accepted"]
    assert first["totals"] | {"added": accepted, "changed": 0, "unchanged": 0, "deleted": 0} == first["totals"]
    assert second["totals"] == {**first["totals"], "added": 0, "unchanged": accepted}
    assert second["consequences"]["groups_created"] == 0
    assert "assigned" not in second["consequences"]["contact_roles"]


def walk(shell: Shell, database_url: str) -> dict[str, Any]:
    """Everything that the tabs show in the end."""
    set_up(shell, database_url)
    imported(shell)
    for job in ("score", "maintain", "score"):
        assert shell.run("jobs", "run", job).stderr == ""
    token = shell.out("token", "create", "Reader").strip()

    def ask(screen: str, **variables: Any) -> Any:
        told = shell.out("query", document(screen), "-v", json.dumps(variables), BG_TOKEN=token)
        return json.loads(told)["data"]

    return shown(ask)


def shown(ask: Callable[..., Any]) -> dict[str, Any]:
    by_name = ask(GROUPS, first=500, orderBy=[{"field": "NAME"}])
    answers = {"groups": by_name}
    for number, group in enumerate(evenly(by_name["buyingGroups"]["nodes"], 2)):
        order = [{"field": ("NAME", "JOB_TITLE")[number]}]
        answers[f"Overview of {group['name']}"] = ask(OVERVIEW, group=group["id"])
        answers[f"Members of {group['name']}"] = ask(MEMBERS, group=group["id"], orderBy=order)
    return answers


def test_both_tabs_show_the_same_on_both_databases(shell: Shell, sqlite_database: str, postgres_database: str) -> None:
    on_sqlite, on_postgresql = walk(shell, sqlite_database), walk(shell, postgres_database)
    assert difference(comparable(on_sqlite), comparable(on_postgresql)) is None
    groups = on_sqlite["groups"]["buyingGroups"]["nodes"]
    assert max(group["engagementScore"] for group in groups) == 100
    assert any(group["completenessScore"] == 100 for group in groups)
    assert sum(group["memberCount"] for group in groups) > 2 * len(groups)
