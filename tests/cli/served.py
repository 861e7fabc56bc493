"""The product as a process of its own, asked over HTTP."""

import json
import os
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.shell import PROGRAM


@dataclass(frozen=True)
class Served:
    """A server under way: what it printed, and how to ask it."""

    greeting: str
    url: str
    token: str

    def ask(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        with urllib.request.urlopen(
            urllib.request.Request(f"{self.url}/graphql", body, headers), timeout=30
        ) as response:
            return json.load(response)


def run(*arguments: str, folder: Path, **environment: str) -> str:
    """What a command prints; it must end well."""
    given = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    ended = subprocess.run([PROGRAM, *arguments], cwd=folder, env=given, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended
    return ended.stdout


@contextmanager
def printed_until(last: str, folder: Path, *arguments: str, **environment: str) -> Iterator[str]:
    """What a command prints up to a line with these words; it is stopped by Ctrl+C afterwards."""
    given = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    with subprocess.Popen([PROGRAM, *arguments], cwd=folder, env=given, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout
            lines: list[str] = []
            for line in running.stdout:
                lines.append(line)
                if last in line:
                    break
            yield "".join(lines)
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(30)


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[Served]:
    """The demo, as its command serves it."""
    with printed_until("Ctrl+C", folder, "demo", "--port", "0", *arguments) as greeting:
        found = re.search(r"(http://\S+)/#token=(bg_\S+)", greeting)
        assert found, greeting
        yield Served(greeting, found.group(1), found.group(2))
