"""The audits of the GraphQL-over-HTTP specification by the npm package graphql-http: all that it asks must hold."""

import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.npm import BIN, installed
from tests.web.toy_server import TOKEN, served

AUDITS = Path(__file__).parent / "audits"
EXPECTED = {"MUST": 13, "SHOULD": 23, "MAY": 25}
"""How many audits the pinned version has; fewer would mean that some did not run."""


@pytest.fixture(scope="module")
def audits() -> Path:
    return installed(AUDITS, "http-audits")


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
