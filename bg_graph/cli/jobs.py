"""`bg-graph jobs`: compute scores, predict intent, maintain groups, and see the runs."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from bg_graph.app import JOBS, jobs_of, plugins_of
from bg_graph.cli.faults import FAILED, misuse
from bg_graph.cli.installation import migrated, settings_of, tenant_named
from bg_graph.cli.tables import show_table
from bg_graph.jobs.reads import JobRun, latest_runs
from bg_graph.jobs.runs import RunOutcome, RunState, run_job
from bg_graph.settings import Settings
from bg_graph.store.clock import system_clock
from bg_graph.store.engine import Database
from bg_graph.tenancy.reads import Tenant, list_tenants
from bg_graph.web.logs import configure_logs

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Compute scores, predict intent, maintain groups; list the runs."
)

_WORDS = {
    RunState.DONE: "done",
    RunState.FAILED: "FAILED",
    RunState.BUSY: "runs elsewhere just now",
    RunState.DONE_BEFORE: "was done before",
    RunState.GIVEN_UP: "was given up after too many attempts",
}


@app.command("run")
def run(
    context: typer.Context,
    jobs: Annotated[
        list[str] | None, typer.Argument(help=f"Which of {', '.join(JOBS)}; without one all, in their daily order.")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Tenant; without one all tenants.")] = None,
) -> None:
    """Run jobs now. Safe to repeat, and at the same time as the daily run."""
    unknown = [name for name in jobs or () if name not in JOBS]
    if unknown:
        raise misuse(f"there is no job {', '.join(map(repr, unknown))}", f"There are: {', '.join(JOBS)}")
    settings = settings_of(context, with_plugins=True)
    configure_logs(settings.logging.format, settings.logging.level)
    asked = [name for name in JOBS if not jobs or name in jobs]
    if not asyncio.run(_run(settings, asked, tenant)):
        raise typer.Exit(FAILED)


@app.command("list")
def show(
    context: typer.Context,
    tenant: Annotated[str | None, typer.Option(help="Tenant; without one all tenants.")] = None,
    last: Annotated[int, typer.Option(help="How many of each tenant.", min=1, max=1000)] = 20,
) -> None:
    """List the runs, the last begun first."""
    rows = asyncio.run(_runs(settings_of(context), tenant, last))
    show_table(("tenant", "job", "state", "begun", "seconds", "what it did"), rows)


async def _run(settings: Settings, names: list[str], tenant: str | None) -> bool:
    """Run the jobs, telling of each; gives whether none failed."""
    outcomes: list[RunOutcome] = []
    async with migrated(settings) as database:
        plugins, _ = plugins_of(settings, database)
        jobs = jobs_of(plugins, database)
        try:
            for each in await _tenants(database, tenant):
                for name in names:
                    outcome = await run_job(database, each.id, name, jobs[name], system_clock)
                    outcomes.append(outcome)
                    typer.echo(f"{each.name}: {name} {_told(outcome)}")
        finally:
            await plugins.close()
    return all(outcome.state not in (RunState.FAILED, RunState.GIVEN_UP) for outcome in outcomes)


def _told(outcome: RunOutcome) -> str:
    return "; ".join(filter(None, (_WORDS[outcome.state], _counted(outcome.counts), outcome.error)))


async def _runs(settings: Settings, tenant: str | None, last: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    async with migrated(settings) as database:
        for each in await _tenants(database, tenant):
            async with database.reading(each.id) as db:
                rows += [(each.name, *_shown(run)) for run in await latest_runs(db, last)]
    return rows


async def _tenants(database: Database, name: str | None) -> Sequence[Tenant]:
    return [await tenant_named(database, name)] if name else await list_tenants(database)


def _shown(run: JobRun) -> tuple[str, ...]:
    seconds = f"{(run.finished_at - run.started_at).total_seconds():.1f}" if run.finished_at else ""
    return run.job, run.status, f"{run.started_at:%F %T}", seconds, run.error or _counted(run.outcome)


def _counted(counts: Mapping[str, int] | None) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in (counts or {}).items())
