"""A terminal for the tests of the command line."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bg_graph.cli.main import main

PROGRAM = Path(sys.executable).parent / "bg-graph"


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    stdout: str
    stderr: str


class Shell:
    """A terminal in an empty folder. Commands run in this process: each would take seconds to begin."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capture = capture
        monkeypatch.chdir(folder)
        monkeypatch.setenv("COLUMNS", "150")
        monkeypatch.setenv("NO_COLOR", "1")

    def use(self, database_url: str) -> None:
        self._monkeypatch.setenv("BG_DATABASE_URL", database_url)

    def run(self, *arguments: str, code: int = 0, **environment: str) -> Ended:
        self._capture.readouterr()
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["bg-graph", *arguments])
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as left:
                main()
        printed = self._capture.readouterr()
        ended = Ended(int(left.value.code or 0), printed.out, printed.err)
        assert ended.code == code, ended
        return ended

    def out(self, *arguments: str, **environment: str) -> str:
        return self.run(*arguments, **environment).stdout

    def fault(self, *arguments: str, code: int, **environment: str) -> str:
        return self.run(*arguments, code=code, **environment).stderr
