"""Marketo's leads and activities, from its API to the database, by one command."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.email.marketo_server import CLIENT, SECRET, Fault, Marketo, marketo_server

CONTACT = "003000000000001"


@pytest.fixture
def marketo() -> Iterator[Marketo]:
    with marketo_server() as running:
        yield running


@pytest.fixture
def connected(shell: Shell, database_url: str, marketo: Marketo, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A tenant with one contact, and a Marketo with two leads, of which one is that contact, and what they did."""
    shell.use(database_url)
    lines = ("[plugins.marketo]", f'endpoint = "{marketo.url}"', "import_poll = 0.01")
    (shell.folder / "bg-graph.toml").write_text("\n".join((*lines, "import_days = 20", "pause = 0.01")))
    for name, text in {"CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET}.items():
        (shell.folder / name).write_text(text)
        monkeypatch.setenv(f"BG_PLUGINS__MARKETO__{name}_FILE", str(shell.folder / name))
    (shell.folder / "Account.csv").write_text("Id,Name\n001000000000001,Acme\n")
    (shell.folder / "Contact.csv").write_text(f"Id,AccountId,LastName\n{CONTACT},001000000000001,Smith\n")
    shell.run("tenant", "create", "acme")
    shell.run("import", "Account.csv", "Contact.csv")
    day = (datetime.now(UTC) - timedelta(days=5)).replace(microsecond=0)
    known = marketo.lead("ann@example.com", sfdcContactId=CONTACT, updatedAt=day.isoformat())
    other = marketo.lead("bob@example.com", updatedAt=day.isoformat())
    for lead, kind in ((known, 1), (known, 10), (other, 1), (known, 6)):
        marketo.activity(lead, kind, at=day, attributes={"Webpage ID": "pricing"})
    return shell


def imported(shell: Shell, *arguments: str, code: int = 0) -> dict[str, tuple[int, int, int, dict[str, int]]]:
    """Read, added, unchanged and codes of each source."""
    shell.run("import", "--from", *arguments, "--report", "out.json", code=code)
    files = json.loads((shell.folder / "out.json").read_text())["files"]
    return {each["file"]: (each["read"], each["added"], each["unchanged"], each["codes"]) for each in files}


def test_leads_come_before_activities_and_what_is_nobodys_is_rejected(connected: Shell, marketo: Marketo) -> None:
    assert imported(connected, "marketo") == {
        "marketo.leads": (2, 1, 0, {"CONTACT_UNKNOWN": 1}),
        "marketo.activities": (3, 2, 0, {"LEAD_UNKNOWN": 1}),
    }
    rejects = sorted(path.name.split(".")[1] for path in connected.folder.glob("marketo.*.rejects.csv"))
    assert rejects == ["activities", "leads"]
    assert imported(connected, "marketo.activities") == {"marketo.activities": (0, 0, 0, {})}
    assert imported(connected, "marketo.activities", "--anew")["marketo.activities"][:3] == (3, 0, 2)


def test_an_import_that_broke_off_goes_on_with_the_same_export(connected: Shell, marketo: Marketo) -> None:
    imported(connected, "marketo.leads")
    marketo.fails("file", Fault("607"))
    assert imported(connected, "marketo.activities", code=1) == {"marketo.activities": (0, 0, 0, {})}
    orders = marketo.count("create.json")
    assert imported(connected, "marketo.activities")["marketo.activities"][:2] == (3, 2)
    assert marketo.count("create.json") == orders


def test_neither_secret_nor_address_is_in_what_is_printed_or_kept(connected: Shell, marketo: Marketo) -> None:
    marketo.fails("create", Fault("603"))
    ended = connected.run("import", "--from", "marketo", code=1)
    assert "SOURCE_MISCONFIGURED: the API user's role lacks a permission" in " ".join(ended.stdout.split())
    kept = "".join(path.read_text() for path in Path(connected.folder).glob("*.rejects.csv"))
    for hidden in (SECRET, "ann@example.com", "SAID-BY-MARKETO"):
        assert hidden not in ended.stdout + ended.stderr + kept
