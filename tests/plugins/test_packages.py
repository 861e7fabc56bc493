"""What is handed out: the product's distribution with the plugins that it carries, and each plugin as a package of its own."""

import subprocess
import sys
import tomllib
import zipfile
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest

from scripts.house import ROOT, plugin_packages

CARRIED = {
    "activities": "bg_intent_activities",
    "facts": "bg_summary_facts",
    "outbox": "bg_email_outbox",
    "smtp": "bg_email_smtp",
}
"""Plugins that come with the product, and their packages."""
FOLDERS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def plugin_points(folder: Path) -> dict[str, str]:
    found: dict[str, str] = project(folder)["project"]["entry-points"]["bg_graph.plugins"]
    return found


def test_the_product_carries_what_serves_the_demo() -> None:
    assert plugin_points(ROOT) == {name: f"{module}.plugin:PLUGIN" for name, module in CARRIED.items()}


def test_what_is_carried_is_named_the_same_in_its_own_package() -> None:
    for name, module in CARRIED.items():
        (folder,) = (path.parent for path in plugin_packages() if path.name == module)
        assert plugin_points(folder) == {name: f"{module}.plugin:PLUGIN"}


def test_every_other_plugin_is_an_extra_of_the_product() -> None:
    own = {folder.name for folder in FOLDERS if not set(plugin_points(folder)) & set(CARRIED)}
    extras = project(ROOT)["project"]["optional-dependencies"]
    for name in own:
        plugin, *_ = plugin_points(ROOT / "plugins" / name)
        assert [wanted.split(">")[0] for wanted in extras[plugin]] == [name]


def test_every_plugin_is_held_to_the_public_door() -> None:
    importlinter = project(ROOT)["tool"]["importlinter"]
    packages = {path.name for path in plugin_packages()}
    assert set(importlinter["root_packages"]) == {"bg_graph", *packages}
    contracts = {each["id"]: each for each in importlinter["contracts"]}
    assert set(contracts["own_plugins"]["source_modules"]) == packages
    assert set(contracts["own_plugins_apart"]["modules"]) == packages
    rooms = {
        path.stem for path in (ROOT / "bg_graph").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    forbidden = {name.removeprefix("bg_graph.") for name in contracts["own_plugins"]["forbidden_modules"]}
    assert rooms - {"__init__", "plugins"} <= forbidden


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in ROOT.glob("plugins/*/tests/**/test_*.py")]
    assert len(names) == len(set(names))


def built(folder: Path, into: Path, *kinds: str) -> list[Path]:
    uv = Path(sys.executable).parent / "uv"
    subprocess.run(
        [
            uv,
            "build",
            "--quiet",
            "--offline",
            "--no-build-isolation",
            "--python",
            sys.executable,
            "--out-dir",
            into,
            *kinds,
            folder,
        ],
        check=True,
    )
    return sorted(into.iterdir())


def content(wheel: Path) -> tuple[set[str], dict[str, str]]:
    """The names of the files in a wheel, and its plugins' entry points."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (points,) = (name for name in names if name.endswith("entry_points.txt"))
        parser = ConfigParser()
        parser.optionxform = str  # type: ignore[assignment]
        parser.read_string(archive.read(points).decode())
    return names, dict(parser["bg_graph.plugins"])


@pytest.mark.slow
def test_the_products_wheel_holds_the_product_and_the_plugins_and_nothing_else(tmp_path: Path) -> None:
    """The wheel is built from the source distribution: what that leaves out is missing here."""
    built(ROOT, tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    names, points = content(wheel)
    assert points == plugin_points(ROOT)
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"bg_graph", *CARRIED.values()}
    shipped = {
        path.relative_to(folder.parent).as_posix()
        for folder in (ROOT / "bg_graph", *(path for path in plugin_packages() if path.name in CARRIED.values()))
        for path in folder.rglob("*.py")
        if "graphiql" not in path.parts
    }
    assert shipped <= names
    assert {"bg_graph/py.typed", "bg_graph/setup/example.toml", "bg_graph/screens/overview.graphql"} <= names
    assert any(name.startswith("bg_graph/web/static/graphiql/assets/") for name in names)
    assert not [name for name in names if name.startswith("bg_graph/web/graphiql/") or "node_modules" in name]


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_plugins_wheel_holds_its_package_and_its_entry_point(folder: Path, tmp_path: Path) -> None:
    built(folder, tmp_path, "--wheel")
    (wheel,) = tmp_path.glob("*.whl")
    names, points = content(wheel)
    assert points == plugin_points(folder)
    (module,) = {value.partition(".")[0].partition(":")[0] for value in points.values()}
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {module}
    assert f"{module}/py.typed" in names
