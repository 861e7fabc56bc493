"""`bg-graph doctor`: what is set, reachable and migrated; each problem with its remedy."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from bg_graph.cli.faults import FAILED, Failure
from bg_graph.cli.installation import reached, settings_of, shown_url
from bg_graph.email.dispatch.measures import Waiting, waiting
from bg_graph.email.rules.deliveries import DeliveryStatus
from bg_graph.hosting.choosing import Plugins
from bg_graph.hosting.discovery import Discovered
from bg_graph.hosting.hooks.backlog import backlogs
from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.own_settings import is_secret
from bg_graph.hosting.storage import PassingStorage
from bg_graph.jobs.reads import JobRun, latest_runs
from bg_graph.settings import Settings, known_settings, settings_file
from bg_graph.store.clock import system_clock
from bg_graph.store.engine import Database
from bg_graph.store.schema import newest_revision
from bg_graph.tenancy.reads import Tenant, Token, list_tenants, list_tokens

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; a remedy where it is not as it should be."""

    what: str
    is_well: bool = True
    remedy: str | None = None

    def __str__(self) -> str:
        mark = "ok      " if self.is_well else "PROBLEM "
        return f"{mark}{self.what}" + (f"\n        -> {self.remedy}" if self.remedy else "")


@app.command()
def doctor(context: typer.Context) -> None:
    """Tell what is set, reachable and migrated; each problem with its remedy. Exit code 1 where there is a problem."""
    settings = settings_of(context, with_plugins=True)
    problems = asyncio.run(_examine(settings, context.find_root().obj))
    if problems:
        raise typer.Exit(FAILED)


async def _examine(settings: Settings, config: Path | None) -> int:
    """Print each finding as it is made; gives the number of problems."""
    problems = 0
    async for finding in _findings(settings, config):
        typer.echo(str(finding))
        problems += not finding.is_well
    typer.echo(f"\n{problems} problem(s)" if problems else "\nAll is well.")
    return problems


async def _findings(settings: Settings, config: Path | None) -> AsyncIterator[Finding]:
    plugins = Plugins(settings, lambda _: PassingStorage())
    for finding in (*_settings_found(settings, config), *_own_settings_found(settings, plugins), _port(settings)):
        yield finding
    async for finding in _plugins(plugins):
        yield finding
    try:
        async with reached(settings) as (database, present):
            yield Finding(f"database {shown_url(settings)} answers")
            if present != newest_revision():
                state = f"is at revision {present or 'none'}; this version needs {newest_revision()}"
                yield Finding(f"the database {state}", False, "bg-graph db upgrade")
                return
            yield Finding(f"the database is at revision {present}, as this version needs")
            async for finding in _tenants(database):
                yield finding
            for finding in queue_findings(await waiting(database), plugins.email_plugins):
                yield finding
            async for finding in backlog_findings(database):
                yield finding
    except Failure as failure:
        yield Finding(str(failure.args[0]), False, failure.remedy)


def queue_findings(waiting: Sequence[Waiting], plugins: Sequence[str]) -> Iterator[Finding]:
    """What is to be said of the deliveries of all tenants that somebody has to do something about."""
    for each in waiting:
        since = f"the oldest since {each.oldest:%F %T} UTC"
        if each.status is DeliveryStatus.UNKNOWN:
            what = f"{each.count} deliveries by {each.provider} may have left or not, {since}"
            yield Finding(
                what,
                False,
                "list them by the query emailDeliveries(statuses: [UNKNOWN]), look into the mail server's log, then settle each by "
                "resolveDelivery: docs/email.md",
            )
        elif each.provider not in plugins:
            what = f"{each.count} deliveries are {each.status} for {each.provider}, which does not send now, {since}"
            enable = f"enable the plugin, by [plugins.{each.provider}] in the settings, until they have left"
            yield Finding(what, False, f"{enable}, or cancel their sends")
        else:
            yield Finding(f"{each.count} deliveries are {each.status}, {since}")


async def backlog_findings(database: Database) -> AsyncIterator[Finding]:
    """What plugins that listen to changes were not told yet, of each tenant."""
    for tenant in await list_tenants(database):
        async with database.reading(tenant.id) as db:
            found = await backlogs(db)
        for plugin, each in sorted(found.items()):
            if each.waiting:
                yield Finding(f"{each.waiting} changes of {tenant.name} are still to be told to {plugin}")
            if each.set_aside:
                aside = f"{each.set_aside} changes of {tenant.name} were set aside ({', '.join(each.codes)})"
                what = f"{aside}, since {plugin} failed at them: {each.error}"
                again = f"bg-graph plugins retell {plugin} --tenant {tenant.name}"
                yield Finding(what, False, f"when the cause is mended: {again}")


def _settings_found(settings: Settings, config: Path | None) -> Iterator[Finding]:
    file = settings_file(config, os.environ)
    yield Finding(f"settings file: {file}" if file else "no settings file; defaults and BG_... variables hold")
    for info in known_settings():
        value = getattr(getattr(settings, info.section), info.name)
        if value != getattr(getattr(Settings(), info.section), info.name):
            yield Finding(f"setting {info.key} = {'(set)' if info.secret else value}")


def _own_settings_found(settings: Settings, plugins: Plugins) -> Iterator[Finding]:
    """What was given for plugins; secrets, and what nobody knows to be none, are not shown."""
    for table in settings.own.plugins.values():
        model = plugins.settings_of(table.name)
        shown = (
            {}
            if model is None
            else {name: not is_secret(each.annotation) for name, each in type(model).model_fields.items()}
        )
        for given in table.given:
            value = given.value if shown.get(given.path[0]) else "(set)"
            yield Finding(f"setting plugins.{table.name}.{'.'.join(given.path)} = {value}")


def _port(settings: Settings) -> Finding:
    server = settings.server
    address = f"{server.host}:{server.port}"
    try:
        with socket.create_server((server.host, server.port)):
            return Finding(f"{address} is free to serve on")
    except OSError as fault:
        what = f"{address} can't be served on: {fault.strerror} (well, if that is bg-graph itself)"
        return Finding(what, True, "otherwise set server.port (BG_SERVER_PORT) to a free one")


async def _plugins(plugins: Plugins) -> AsyncIterator[Finding]:
    """What is installed, and whether what serves works."""
    for discovered in plugins.discovered:
        yield _plugin_found(discovered)
    try:
        for hosted in plugins.hosted:
            yield await _checked(hosted)
    finally:
        await plugins.close()


def _plugin_found(found: Discovered) -> Finding:
    what = f"plugin {found.name} of {found.distribution} {found.version}"
    if found.is_loaded:
        return Finding(f"{what} is loaded", found.why is None, found.why)
    if found.why is None:
        return Finding(f"{what} is installed, not enabled")
    return Finding(f"{what} can't be used", False, found.why)


async def _checked(hosted: Hosted) -> Finding:
    health = await hosted.check()
    name = "e-mail" if hosted.capability == "email" else hosted.capability
    remedy = None if health.healthy else f"see [plugins.{hosted.name}] in docs/settings.md"
    return Finding(f"{name} by {hosted.name}: {health.message}", health.healthy, remedy)


async def _tenants(database: Database) -> AsyncIterator[Finding]:
    tenants = await list_tenants(database)
    if not tenants:
        yield Finding("there is no tenant", False, "bg-graph tenant create NAME")
    for tenant in tenants:
        async with database.reading(tenant.id) as db:
            tokens, runs = await list_tokens(db), await latest_runs(db, 1)
        yield _tokens_found(tenant, [token for token in tokens if token.validity.holds(system_clock())])
        yield _last_run(tenant, runs[0] if runs else None)


def _tokens_found(tenant: Tenant, good: Sequence[Token]) -> Finding:
    if good:
        return Finding(f"tenant {tenant.name} has {len(good)} good token(s)")
    remedy = f"bg-graph token create NAME --tenant {tenant.name}"
    return Finding(f"tenant {tenant.name} has no good token: nobody can ask for its data", False, remedy)


def _last_run(tenant: Tenant, run: JobRun | None) -> Finding:
    if run is None:
        return Finding(
            f"no job has run for tenant {tenant.name} yet, so that its scores are unknown", True, "bg-graph jobs run"
        )
    told = f"job {run.job} of tenant {tenant.name}, begun {run.started_at:%F %T} UTC: {run.status}"
    if run.status != "FAILED":
        return Finding(told)
    return Finding(f"{told}, {run.error}", False, f"bg-graph jobs run {run.job} --tenant {tenant.name}")
