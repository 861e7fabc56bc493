"""The skeleton of a plugin passes its own tests at once, is found by its entry point, and is well written."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bg_graph.cli.scaffold import License, Made, write_skeleton
from scripts.house import ROOT
from tests.cli.shell import Shell


def written(capability: Made, folder: Path, license_: License = License.MIT) -> Path:
    return write_skeleton(f"acme-{capability}", capability, into=folder, license_=license_, author="Acme")


def ended(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([sys.executable, "-m", *command], cwd=folder, env=given, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("capability", list(Made))
def test_a_skeleton_passes_its_own_exam_at_once(capability: Made, tmp_path: Path) -> None:
    run = ended(written(capability, tmp_path), "pytest")
    assert run.returncode == 0, run.stdout
    [badge] = re.findall(r"^badge: (.*)$", run.stdout, re.MULTILINE)
    assert re.match(rf"acme-{capability} 0.1.0 conforms to bg-graph {capability} 1.0: (\d+) of \1 checks", badge)
    assert "skipped" not in badge, "an author should see nothing left to do"


@pytest.mark.slow
@pytest.mark.parametrize("capability", list(Made))
def test_a_skeleton_is_well_written(capability: Made, tmp_path: Path) -> None:
    folder = written(capability, tmp_path)
    assert ended(folder, "ruff", "check", "--select", "E,F,W,I,D1", "--line-length", "120", ".").returncode == 0
    assert ended(folder, "ruff", "format", "--check", "--line-length", "120", ".").returncode == 0
    typed = ended(folder, "mypy", "--strict", f"acme_{capability}", PYTHONPATH=str(folder))
    assert typed.returncode == 0, typed.stdout


@pytest.mark.slow
def test_an_installed_skeleton_is_found_by_its_entry_point(tmp_path: Path) -> None:
    folder, site = written(Made.SUMMARY, tmp_path), tmp_path / "site"
    built = ended(folder, "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist"))
    assert built.returncode == 0, built.stderr
    [wheel] = (tmp_path / "dist").glob("*.whl")
    ended(tmp_path, "zipfile", "-e", str(wheel), str(site))
    code = "from importlib.metadata import entry_points as e; print(e(group='bg_graph.plugins', name='acme-summary')['acme-summary'].load().title)"
    found = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(site)}, capture_output=True, text=True
    )
    assert found.stdout == "Acme summary\n", found.stderr


@pytest.mark.parametrize("license_", list(License))
def test_a_skeleton_has_the_license_that_was_chosen(license_: License, tmp_path: Path) -> None:
    folder = written(Made.EMAIL, tmp_path, license_)
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    file = folder / "LICENSE"
    if license_ is License.NONE:
        assert (project.get("license"), file.exists()) == (None, False)
    else:
        assert project["license"] == license_
        assert license_.partition("-")[0] in file.read_text()


@pytest.mark.parametrize("name", ["Acme", "acme_mail", "../acme", "-acme", "email", "json", "bg-graph", "fence", ""])
def test_a_name_that_can_not_be_one_is_told(shell: Shell, name: str) -> None:
    told = shell.fault("plugins", "new", "--capability", "email", "--", name, code=2)
    assert name in told
    assert not list(shell.folder.iterdir())


def test_nothing_that_is_there_is_written_over(shell: Shell) -> None:
    (shell.folder / "acme").mkdir()
    assert "exists already" in shell.fault("plugins", "new", "acme", "--capability", "email", code=2)
    assert not list((shell.folder / "acme").iterdir())


def test_what_to_do_next_is_told(shell: Shell) -> None:
    told = shell.out("plugins", "new", "acme", "--capability", "intent")
    assert "cd acme\n" in told
    assert (shell.folder / "acme" / "acme" / "provider.py").exists()
