"""Terminals: in an empty folder, and beside a database with a tenant."""

from pathlib import Path

import pytest

from tests.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture
def ready(shell: Shell) -> Shell:
    """A terminal beside a database with a tenant."""
    shell.run("db", "upgrade")
    shell.run("tenant", "create", "acme")
    return shell
