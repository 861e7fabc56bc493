"""`bg-graph import --from`: what an operator sees of sources that plugins bring."""

import json

import pytest

from tests.cli.shell import Shell
from tests.hosting.installed_plugins import Installation

CODE = """
import json
from pathlib import Path
from types import SimpleNamespace
from bg_graph.plugins.errors import Unavailable
from bg_graph.plugins.hooks import hookimpl
from bg_graph.plugins.importing import ImporterSpec, ImportKind, ImportPage, ImportRecord


class Settings(BaseModel):
    first: int = Field(1, description="Number of the first firm.")
    away: bool = Field(False, description="Whether the system is away after the first page.")


def firm(number):
    return ImportRecord(values={"Id": f"001{number:012}", "Name": f"Firm {number}" if number % 10 else ""})


@hookimpl
def register_importers(register):
    settings = register.settings

    async def lines(request):
        numbers = Path(request.path).read_text().split()
        return ImportPage(records=tuple(firm(int(number)) for number in numbers))

    async def firms(request):
        at = int(request.cursor or settings.first)
        if settings.away and at > settings.first:
            raise Unavailable("the system is away")
        return ImportPage(records=(firm(at), firm(at * 10)), next_cursor=str(at + 1), more=at < settings.first + 1)

    for name, read, suffixes in (("firms", firms, ()), ("lists", lines, (".firms",))):
        spec = ImporterSpec(name=name, title=f"Our {name}", kind=ImportKind.ACCOUNT, read=read, suffixes=suffixes)
        register.add(spec)


PLUGIN = Plugin(
    name="acme", version="1.0", title="ACME", settings=Settings,
    hooks=SimpleNamespace(register_importers=register_importers),
)
"""


@pytest.fixture
def acme(ready: Shell, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Shell:
    installation = Installation(tmp_path_factory.mktemp("site"), monkeypatch)
    installation.install("acme-firms", "acme_firms", CODE, acme="acme_firms:PLUGIN")
    configured(ready, "[plugins.acme]")
    return ready


def configured(shell: Shell, *lines: str) -> None:
    (shell.folder / "bg-graph.toml").write_text("\n".join(lines))


def counts(shell: Shell, *arguments: str, code: int = 0) -> dict[str, int]:
    shell.run("import", *arguments, "--report", "out.json", code=code)
    totals: dict[str, int] = json.loads((shell.folder / "out.json").read_text())["totals"]
    return {name: count for name, count in totals.items() if count}


def test_a_remote_source_is_imported_with_its_rejects_in_the_folder_named(acme: Shell) -> None:
    (acme.folder / "rejects").mkdir()
    out = acme.out("import", "--from", "acme.firms", "--rejects", "rejects")
    assert "acme.firms" in out
    [rejects] = (acme.folder / "rejects").iterdir()
    assert f"rejects/{rejects.name}: 2 rejected: NAME_MISSING 2" in out
    assert counts(acme, "--from", "acme") == {"read": 2, "accepted": 1, "rejected": 1, "added": 1}
    assert counts(acme, "--from", "acme", "--anew") == {"read": 4, "accepted": 2, "rejected": 2, "unchanged": 2}


def test_files_of_a_source_are_imported_beside_others_that_are_ignored(acme: Shell) -> None:
    (acme.folder / "files").mkdir()
    (acme.folder / "files" / "a.firms").write_text("1 2 10")
    (acme.folder / "files" / "b.csv").write_text("Id,Name\n001000000000009,Nine\n")
    assert counts(acme, "--from", "acme", "files") == {"read": 3, "accepted": 2, "rejected": 1, "added": 2}
    assert (acme.folder / "files" / "a.firms.rejects.csv").read_text().count("NAME_MISSING") == 1


def test_a_source_that_fails_ends_with_its_code_and_what_came_stays(acme: Shell) -> None:
    configured(acme, "[plugins.acme]", "away = true")
    ended = acme.run("import", "--from", "acme.firms", code=1)
    assert "acme.firms: BROKE OFF, SOURCE_UNAVAILABLE: the system is away; run the import again later" in ended.stdout
    configured(acme, "[plugins.acme]")
    assert counts(acme, "--from", "acme.firms")["unchanged"] == 1


def test_a_tenant_is_read_with_the_settings_of_its_own(acme: Shell) -> None:
    acme.run("tenant", "create", "other")
    configured(acme, "[plugins.acme]", "[tenants.other.plugins.acme]", "first = 5")
    for tenant in ("acme", "other"):
        acme.run("import", "--from", "acme.firms", "--tenant", tenant)
    acme.run("import", "--from", "acme.firms", "--tenant", "other", "--anew", "--report", "out.json")
    assert counts(acme, "--from", "acme.firms", "--tenant", "other", "--anew")["unchanged"] == 2
    assert "001000000000005" not in acme.out("plugins", "show", "acme")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--from", "amce"],
            "no source 'amce'; there are: acme.firms (Our firms; remote); acme.lists (Our lists; reads .firms)",
        ),
        (["--from", "acme.firm"], "there are: acme.firms"),
        (["--from", "acme.lists"], "reads files: name them, or their folder"),
        (["--from", "acme.firms", "bg-graph.toml"], "reads no files: leave the paths out"),
        (["--from", "acme", "missing.firms"], "missing.firms: there is no such file or folder"),
        (["--from", "acme", "--rejects", "nowhere"], "nowhere"),
        ([], "there is nothing to import"),
    ],
)
def test_what_can_not_be_meant_is_told(acme: Shell, arguments: list[str], told: str) -> None:
    assert told in " ".join(acme.fault("import", *arguments, code=2).replace("│", " ").split())


def test_where_no_plugin_has_a_source_that_is_told(ready: Shell) -> None:
    assert "no plugin that is enabled has one" in ready.fault("import", "--from", "acme", code=2)


def test_show_and_doctor_tell_the_sources(acme: Shell) -> None:
    assert "register_importers" in acme.out("plugins", "show", "acme")
    doctor = " ".join(acme.out("plugins", "doctor", "acme").split())
    assert "source acme.firms: Our firms (Account; remote)" in doctor
    assert "source acme.lists: Our lists (Account; .firms)" in doctor
