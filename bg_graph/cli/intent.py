"""`bg-graph intent`: where a tenant's predictions come from, and what its models learned."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from bg_graph.cli.installation import migrated, settings_of, tenant_named
from bg_graph.cli.tables import show_table
from bg_graph.intent.reads import LatestRun, Lesson, latest_run, lessons
from bg_graph.settings import Settings
from bg_graph.tenancy.reads import list_tenants

app = typer.Typer(add_completion=False, no_args_is_help=True, help="See where predictions of interest come from.")


@app.callback()
def intent() -> None:
    """See where predictions of interest come from."""


@app.command("status")
def status(
    context: typer.Context,
    tenant: Annotated[str | None, typer.Option(help="Tenant; without one all tenants.")] = None,
) -> None:
    """Tell the latest run that predicted something, and what each model learned from won and lost deals."""
    runs, learned = asyncio.run(_read(settings_of(context), tenant))
    show_table(("tenant", "predicted as of", "by", "model", "signals changed", "state"), runs)
    show_table(("tenant", "learned", "by", "from outcomes", "in use", "what and how well"), learned)


async def _read(settings: Settings, name: str | None) -> tuple[list[Sequence[str]], list[Sequence[str]]]:
    runs: list[Sequence[str]] = []
    learned: list[Sequence[str]] = []
    async with migrated(settings) as database:
        for each in [await tenant_named(database, name)] if name else await list_tenants(database):
            async with database.reading(each.id) as db:
                run = await latest_run(db)
                runs += [(each.name, *_run(run))] if run else [(each.name, "never", "-", "-", "-", "-")]
                learned += [(each.name, *_lesson(lesson)) for lesson in await lessons(db)]
    return runs, learned


def _run(run: LatestRun) -> Iterator[str]:
    yield f"{run.as_of:%F %T}"
    yield f"{run.plugin} {run.plugin_version}" if run.plugin else "-"
    yield f"{run.model_name} {run.model_version}" if run.model_name else "-"
    yield str(run.signals_changed)
    yield "done" if run.finished_at else "not finished"


def _lesson(lesson: Lesson) -> Sequence[str]:
    by = f"{lesson.plugin} {lesson.plugin_version}"
    in_use = "yes" if lesson.in_use else "no"
    return f"{lesson.trained_at:%F %T}", by, str(lesson.outcomes), in_use, lesson.description
