"""What those who look at the tabs notice of a plugin that hangs, blocks, raises, lies, leaks or ends its process.

    python benchmarks/chaos/run.py [--seconds 20] [--callers 3] [--rounds 1] [--only hang,block]

Serves the demo's data from a real process, once with the built-in summaries and once with a plugin of `unruly/` for each
fault, in turn, and asks the Overview tab (its summaries included) and the Members tab of all groups one after the other.
Prints Markdown: p50 and p99 of each run and their ratio to the undisturbed run before it, what stood in the place of the
summaries, and what `plugins` tells at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter, sleep
from typing import Any

import httpx

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from bg_graph.screens.documents import MEMBERS, OVERVIEW, document  # noqa: E402 - the path comes first

FAULTS = (
    ("hang", "thread"),
    ("block", "thread"),
    ("spin", "thread"),
    ("raise", "thread"),
    ("garbage", "thread"),
    ("lie", "thread"),
    ("exit", "thread"),
    ("block", "process"),
    ("spin", "process"),
    ("exit", "process"),
    ("crash", "process"),
    ("leak", "process"),
)
GROUPS = "{ buyingGroups(first: 200) { nodes { id account { id } } } }"
PLUGINS = "{ plugins { name state lastError restarts } }"


@dataclass
class Run:
    """What one served installation answered."""

    name: str
    seconds: list[float] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    told: str = ""

    @property
    def p50(self) -> float:
        """Median, in milliseconds."""
        return 1000 * sorted(self.seconds)[len(self.seconds) // 2]

    @property
    def p99(self) -> float:
        """99th percentile, in milliseconds."""
        return 1000 * quantiles(self.seconds, n=100)[98]


def made(folder: Path) -> str:
    """The demo's data, made once; gives a token."""
    port = free_port()
    with served(folder, port, "demo", "--folder", str(folder / "demo"), log="demo.log") as process:
        found = re.search(r"\bbg_[A-Za-z0-9_-]{20,}", (folder / "demo.log").read_text())
        assert found is not None
        process.send_signal(signal.SIGINT)
    return found[0]


class served:  # noqa: N801 - read as a phrase
    """A process of the product that answers at a port, for as long as the `with` lasts."""

    def __init__(self, folder: Path, port: int, *command: str, log: str) -> None:
        self._log = folder / log
        program = Path(sys.executable).with_name("bg-graph")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BG_")}
        environment["PYTHONPATH"] = os.pathsep.join([str(HERE / "unruly"), str(ROOT)])
        self._arguments = ([str(program), *command, "--port", str(port)], environment, folder)
        self._port = port

    def __enter__(self) -> subprocess.Popen[bytes]:
        arguments, environment, folder = self._arguments
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(arguments, env=environment, cwd=folder, stdout=log, stderr=log)
        until = monotonic() + 180
        while monotonic() < until and self._process.poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{self._port}/readyz", timeout=5).status_code == 200:
                    return self._process
            except httpx.HTTPError:
                sleep(0.2)
        raise SystemExit(f"the server did not start:\n{self._log.read_text()[-3000:]}")

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


def free_port() -> int:
    """A port that nobody holds."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def settings(mode: str | None, isolation: str) -> str:
    """The settings file of a run."""
    lines = ["[jobs]", "enabled = false", "[email]", "dispatch = false", "[summaries]", "rest = 2.0"]
    if mode is not None:
        lines += ["[providers]", 'summary = ["unruly"]', "[plugins.unruly]", f'mode = "{mode}"']
        lines += ["[plugins.unruly.fence]", f'isolation = "{isolation}"', "deadline = 1.0", "memory = 512"]
    return "\n".join(lines) + "\n"


async def measured(run: Run, port: int, token: str, seconds: float, callers: int) -> None:
    """Ask both tabs of all groups in turn."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
        found = (await client.post("/graphql", json={"query": GROUPS})).json()["data"]["buyingGroups"]["nodes"]
        groups = cycle([each["id"] for each in found])
        for tab in (OVERVIEW, MEMBERS):  # the first of each document is compiled
            await asked(Run(""), client, tab, next(groups))
        until = monotonic() + seconds

        async def caller() -> None:
            while monotonic() < until:
                group = next(groups)
                for tab in (OVERVIEW, MEMBERS):
                    await asked(run, client, tab, group)

        await asyncio.gather(*(caller() for _ in range(callers)))
        plugins = (await client.post("/graphql", json={"query": PLUGINS})).json()
        run.told = told(plugins, run.name)


async def asked(run: Run, client: httpx.AsyncClient, tab: str, group: str) -> None:
    """One query of a tab; what it holds is checked, apart from the summaries."""
    began = perf_counter()
    answer = (await client.post("/graphql", json={"query": document(tab), "variables": {"group": group}})).json()
    run.seconds.append(perf_counter() - began)
    data, errors = answer.get("data") or {}, answer.get("errors", [])
    run.broken += not data.get("buyingGroup") or any("aiSummary" not in each.get("path", []) for each in errors)
    run.shown.update(each["extensions"]["code"] for each in errors)
    run.shown.update(status for status in statuses(data))


def statuses(data: Any) -> list[str]:
    """How current each summary in an answer is."""
    if isinstance(data, dict):
        own = [data["aiSummary"]["status"]] if data.get("aiSummary") and "status" in data["aiSummary"] else []
        return own + [status for value in data.values() for status in statuses(value)]
    return [status for each in data for status in statuses(each)] if isinstance(data, list) else []


def told(plugins: Any, name: str) -> str:
    """What the query `plugins` says of the one that is tried."""
    rows = plugins.get("data", {}).get("plugins", [])
    row = next((each for each in rows if each["name"] == ("facts" if name == "undisturbed" else "unruly")), None)
    return json.dumps(row) if row else json.dumps(plugins)[:300]


def one(folder: Path, token: str, fault: tuple[str, str] | None, given: argparse.Namespace) -> Run:
    """Serve a fresh copy of the data with one fault, and measure."""
    run = Run("undisturbed" if fault is None else "/".join(fault))
    shutil.rmtree(folder / "run", ignore_errors=True)
    (folder / "run").mkdir()
    for each in (folder / "demo").glob("bg-graph.sqlite*"):
        shutil.copy(each, folder / "run" / each.name)
    mode, isolation = fault or (None, "thread")
    (folder / "run" / "bg-graph.toml").write_text(settings(mode, isolation))
    port = free_port()
    with served(folder / "run", port, "serve", log="serve.log"):
        asyncio.run(measured(run, port, token, given.seconds, given.callers))
    return run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--callers", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    chosen = [each for each in FAULTS if not given.only or each[0] in given.only.split(",")]
    print(
        "| fault / fence | asked | p50 ms | p99 ms | p99 of undisturbed | in place of summaries | wrong elsewhere | `plugins` |"
    )
    print("|---|---|---|---|---|---|---|---|")
    worst = broken = 0.0
    with TemporaryDirectory() as name:
        token = made(Path(name))
        for _ in range(given.rounds):
            for fault in chosen:
                usual = one(Path(name), token, None, given)
                run = one(Path(name), token, fault, given)
                ratio = run.p99 / usual.p99
                worst, broken = max(worst, ratio), broken + run.broken + usual.broken
                shown = ", ".join(f"{code} {count}" for code, count in run.shown.most_common())
                cells = (run.name, len(run.seconds), f"{run.p50:.0f} ({usual.p50:.0f})", f"{run.p99:.0f} ({usual.p99:.0f})", f"{ratio:.2f}", shown, run.broken, run.told)  # fmt: skip
                print(f"| {' | '.join(map(str, cells))} |", flush=True)
    print(f"\nworst p99: {worst:.2f} of the undisturbed run; {broken:.0f} answers with anything else missing")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
