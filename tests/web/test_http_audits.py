"""The audits of the GraphQL-over-HTTP specification by the npm package graphql-http: all that it asks must hold."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from tests.web.toy_server import TOKEN, served

AUDITS = Path(__file__).parent / "audits"
BIN = Path(sys.executable).parent
EXPECTED = {"MUST": 13, "SHOULD": 23, "MAY": 25}
"""How many audits the pinned version has; fewer would mean that some did not run."""


@pytest.fixture(scope="module")
def audits() -> Path:
    """The script with its packages, installed once for each lock file beside the environment."""
    digest = hashlib.sha256((AUDITS / "package-lock.json").read_bytes()).hexdigest()[:12]
    installed = Path(sys.prefix) / "cache" / f"http-audits-{digest}"
    if not installed.exists():
        install(installed)
    shutil.copy(AUDITS / "audits.mjs", installed)
    return installed


def install(target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as made:
        folder = Path(made) / "audits"
        shutil.copytree(AUDITS, folder)
        command = [BIN / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            unavailable(f"npm could not install the audits' packages: {done.stderr[-500:]}")
        if not target.exists():
            folder.rename(target)


def unavailable(why: str) -> None:
    message = f"{why}\nRun 'npm ci' in {AUDITS.name}/ with a network once, or set BG_TEST_REQUIRE without 'node'."
    if "node" in os.environ.get("BG_TEST_REQUIRE", ""):
        pytest.fail(message)
    pytest.skip(message)


@pytest.mark.node
def test_every_audit_passes(audits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served() as world:
        command = [BIN / "node", "audits.mjs", f"{world.url}/graphql", TOKEN]
        done = subprocess.run(command, cwd=audits, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    level = {result["id"]: result["name"].split()[0] for result in results}
    passed = Counter(level[result["id"]] for result in results if result["status"] == "ok")
    total = Counter(level.values())
    with capsys.disabled():
        counts = ", ".join(f"{name} {passed[name]} of {total[name]}" for name in EXPECTED)
        print(f"\nGraphQL over HTTP audits passed: {counts}")
    assert [result for result in results if result["status"] != "ok"] == []
    assert dict(total) == EXPECTED
