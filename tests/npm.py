"""Packages from npm for tests: installed once for each lock file beside the environment; without a network the test is skipped."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


def installed(source: Path, name: str) -> Path:
    """A folder with the files of `source` (among them package.json and its lock) and the packages that they name."""
    digest = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:12]
    target = Path(sys.prefix) / "cache" / f"{name}-{digest}"
    if not target.exists():
        _install(source, target)
    for file in source.iterdir():
        shutil.copy(file, target)
    return target


def _install(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as made:
        folder = Path(made) / source.name
        shutil.copytree(source, folder)
        command = [BIN / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            unavailable(source, f"npm could not install the packages: {done.stderr[-500:]}")
        if not target.exists():
            folder.rename(target)


def unavailable(source: Path, why: str) -> None:
    """Skip the test, or fail it where BG_TEST_REQUIRE wants what runs on Node."""
    message = f"{why}\nRun 'npm ci' in {source.name}/ with a network once, or set BG_TEST_REQUIRE without 'node'."
    if "node" in os.environ.get("BG_TEST_REQUIRE", ""):
        pytest.fail(message)
    pytest.skip(message)
