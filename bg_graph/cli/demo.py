"""`bg-graph demo`: a made-up tenant, made once as export files and loaded like a user's own, then served."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bg_graph.app import jobs_of, plugins_of
from bg_graph.cli.faults import Failure, misuse
from bg_graph.cli.installation import reached, settings_of, tenant_named
from bg_graph.cli.progress import Bar
from bg_graph.cli.serving import address_of, serve, take_address
from bg_graph.demo.exports import DEFAULT_SEED, SIZES, write_exports
from bg_graph.demo.exports import Progress as WritingProgress
from bg_graph.demo.loading import DemoNotLoaded, load_demo
from bg_graph.settings import Settings
from bg_graph.store.clock import system_clock
from bg_graph.store.engine import Database
from bg_graph.store.schema import upgrade
from bg_graph.tenancy.commands import create_tenant, create_token
from bg_graph.tenancy.reads import list_tenants
from bg_graph.tenancy.rules import Right
from bg_graph.web.logs import configure_logs

app = typer.Typer(add_completion=False)

TENANT = "demo"
DATABASE = "bg-graph.sqlite"
OUTBOX = "outbox"
OUTBOX_PAGE = "/plugins/outbox/"
"""Folder below the demo's, in which the e-mails lie that it would have sent."""
RECORD = "demo.json"
"""Tells that a folder is a demo's, what was asked for, and whether it is complete."""
TOKEN_DAYS = 30
QUERY = "{ buyingGroups(first: 3) { nodes { name memberCount completenessScore engagementScore } } }"


@app.command()
def demo(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes any free one.")] = None,
    size: Annotated[
        str, typer.Option(help=f"How much: {' or '.join(SIZES)}; large has millions of activities.")
    ] = "small",
    seed: Annotated[int, typer.Option(help="The same seed makes the same tenant.")] = DEFAULT_SEED,
    folder: Annotated[Path, typer.Option(help="Where its files and its database stand.")] = Path("demo-data"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Make the data anew, even if it is there.")] = False,
) -> None:
    """Serve a made-up tenant: accounts, people, buying groups in each stage, three months of activities.

    The first start makes the data, as export files, and loads it by the same apply, import and jobs as your own; a
    second start serves what is there.
    """
    if size not in SIZES:
        raise misuse(f"there is no size {size!r}", f"There are: {', '.join(SIZES)}")
    url = f"sqlite:///{(folder / DATABASE).resolve()}"
    settings = settings_of(
        context,
        server_host=host,
        server_port=port,
        database_url=url,
        with_plugins=True,
        providers__email="outbox",  # made-up people have addresses that may be somebody's
        plugins__outbox__folder=folder / OUTBOX,
        **{f"tenants__{TENANT}__providers__email": "outbox"},
    )
    wanted = Wanted(folder, size, seed)
    complete = wanted.is_there(fresh=fresh)
    taken = take_address(settings)
    configure_logs(settings.logging.format, "warning")
    token = asyncio.run(_prepare(settings, wanted, complete))
    typer.echo(_greeting(address_of(settings, taken), token, folder))
    serve(settings, taken)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The demo that was asked for."""

    folder: Path
    size: str
    seed: int

    def is_there(self, *, fresh: bool) -> bool:
        """Whether the folder holds just this demo, complete, and may keep it. Raises Failure where it holds something else."""
        if not self.folder.exists() or (self.folder.is_dir() and not any(self.folder.iterdir())):
            return False
        record = self._record()
        if record is None:
            raise Failure(f"{self.folder} holds other things than a demo", "Choose another folder: --folder")
        if fresh or not record.get("complete"):
            return False
        if (record.get("size"), record.get("seed")) != (self.size, self.seed):
            there = f"--size {record.get('size')} --seed {record.get('seed')}"
            raise misuse(
                f"{self.folder} holds a demo of {there}", "Make it anew with --fresh, or choose another --folder"
            )
        return True

    def write_record(self, *, complete: bool) -> None:
        """Note what the folder holds."""
        record = {"size": self.size, "seed": self.seed, "complete": complete}
        (self.folder / RECORD).write_text(json.dumps(record) + "\n", encoding="utf-8")

    def _record(self) -> dict[str, Any] | None:
        try:
            record = json.loads((self.folder / RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) else None


async def _prepare(settings: Settings, wanted: Wanted, complete: bool) -> str:
    """Make and load what is not there yet; gives a fresh token."""
    if not complete:
        typer.echo(f"Making a demo of size {wanted.size} in {wanted.folder}/ (once) ...")
        _write(wanted)
    async with reached(settings) as (database, _):
        await upgrade(database)
        if not complete:
            await _load(settings, database, wanted)
            wanted.write_record(complete=True)
        tenant = await tenant_named(database, TENANT)
        now = system_clock()
        async with database.writing(tenant.id) as db:
            expiry = now + timedelta(days=TOKEN_DAYS)
            return (await create_token(db, "demo", [Right.ADMIN], now=now, expires_at=expiry)).secret


def _write(wanted: Wanted) -> None:
    try:
        wanted.folder.mkdir(parents=True, exist_ok=True)
        for suffix in ("", "-wal", "-shm"):
            (wanted.folder / f"{DATABASE}{suffix}").unlink(missing_ok=True)
        if (wanted.folder / OUTBOX).exists():
            shutil.rmtree(wanted.folder / OUTBOX)
        wanted.write_record(complete=False)
        with _counting() as progress:
            write_exports(
                wanted.folder, size=SIZES[wanted.size], seed=wanted.seed, now=system_clock(), progress=progress
            )
    except OSError as fault:
        raise Failure(f"{wanted.folder} can't be written: {fault.strerror}", "Choose another: --folder") from None


async def _load(settings: Settings, database: Database, wanted: Wanted) -> None:
    if not await list_tenants(database):
        await create_tenant(database, TENANT, system_clock())
    tenant = await tenant_named(database, TENANT)
    plugins, _ = plugins_of(settings, database)
    intent = jobs_of(plugins, database)["intent"]
    with Bar() as bar:
        try:
            await load_demo(database, tenant.id, wanted.folder, intent=intent, clock=system_clock, progress=bar)
        except DemoNotLoaded as fault:
            raise Failure(str(fault), "Make it anew with --fresh") from None
        finally:
            await plugins.close()


@contextmanager
def _counting() -> Iterator[WritingProgress]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("left:"))
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task("", total=None)
        yield lambda what, done, total: bars.update(task, description=what, completed=done, total=total)


def _greeting(address: str, token: str, folder: Path) -> str:
    body = json.dumps({"query": QUERY})
    return f"""
A made-up company that sells to others is served; its data stands in {folder}/ (--fresh makes it anew).

  Address   {address}/#token={token}
  Outbox    {address}{OUTBOX_PAGE}#token={token}
  Token     {token}   (good for {TOKEN_DAYS} days, with all rights)

What `sendEmail` sends comes to the outbox: nothing leaves this machine.

Three things to try first:

  1. Open the address: its tabs hold ready queries for the Overview tab, the Members tab and the list of groups.

  2. Ask from anywhere:
     curl -s {address}/graphql -H 'Authorization: Bearer {token}' \\
       -H 'Content-Type: application/json' -d '{body}'

  3. Look at {folder}/: the export files that all this came from, and tenant.toml, the set-up. Your own go the same way:
     bg-graph db upgrade, tenant create, apply, import, jobs run, serve.

Ctrl+C stops it.
"""
