"""Real server processes on one database, and what the tests of several processes do with them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(sys.executable).parent / "bg-graph"


@dataclass
class Process:
    """A process of `bg-graph serve`."""

    url: str
    running: subprocess.Popen[str]

    def end(self) -> None:
        self.running.terminate()
        self.running.wait(30)


def environment(database_url: str, **more: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("BG_")}
    return {**own, "BG_DATABASE_URL": database_url, "BG_JOBS_ENABLED": "false", "BG_LOGGING_LEVEL": "error", **more}


@contextmanager
def server_process(database_url: str, folder: Path, port: int = 0, **settings: str) -> Iterator[Process]:
    """A process that serves the database, at a free port unless told which."""
    command = [PROGRAM, "serve", "--port", str(port)]
    with subprocess.Popen(
        command, env=environment(database_url, **settings), cwd=folder, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            line = running.stdout.readline()
            assert line.startswith("Serving "), line
            yield Process(line.split()[1], running)
        finally:
            running.kill()


def command(database_url: str, folder: Path, *arguments: str) -> str:
    """A command in a process of its own."""
    done = subprocess.run(
        [PROGRAM, *arguments], env=environment(database_url), cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
