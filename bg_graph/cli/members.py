"""`bg-graph members`: any number of members assigned, removed or given other roles, as a CSV says."""

import asyncio
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from bg_graph.buying_groups.commands.bulk import Verb
from bg_graph.buying_groups.rules.membership import MembershipSource, note_fault
from bg_graph.cli.faults import Failure, misuse
from bg_graph.cli.installation import migrated, settings_of, tenant_named
from bg_graph.cli.progress import Bar
from bg_graph.imports.members import MembersReport, Order, change_members_by_file
from bg_graph.imports.reading import FileRefused, UnusablePath
from bg_graph.settings import Settings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Assign, remove and give roles to any number of members, from a CSV, in calls of 50.",
)

CsvOption = Annotated[
    Path,
    typer.Option(
        "--csv", help="The rows: group_id, or account and solution_interest; person_id, crm_id or email; role."
    ),
]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="Tenant; not needed where there is only one.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does it, for the history of the groups.")]
AutomationOption = Annotated[
    bool, typer.Option("--automation", help="Act as source JOURNEY, as an automation does, not as a user.")
]
NoteOption = Annotated[str | None, typer.Option("--note", help="The reason, for the history of the groups.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Tell what would become of each row, and change nothing.")
]
BY = "bg-graph members"


@app.command("assign")
def assign(
    context: typer.Context,
    csv: CsvOption,
    tenant: TenantOption = None,
    by: ByOption = BY,
    automation: AutomationOption = False,
    note: NoteOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Make people members, each with the role of its row.

    Rejected rows are told in a CSV beside the file; it can be mended and given again. Who is a member with that role
    already counts as unchanged: a run that broke off is finished by running it again.
    """
    _run(settings_of(context), tenant, csv, Order(Verb.ASSIGN, by, _source(automation), note, dry_run))


@app.command("remove")
def remove(
    context: typer.Context,
    csv: CsvOption,
    tenant: TenantOption = None,
    by: ByOption = BY,
    automation: AutomationOption = False,
    note: NoteOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Take members out of their groups. Who is no member (any more) counts as unchanged."""
    _run(settings_of(context), tenant, csv, Order(Verb.REMOVE, by, _source(automation), note, dry_run))


@app.command("roles")
def roles(
    context: typer.Context,
    csv: CsvOption,
    tenant: TenantOption = None,
    by: ByOption = BY,
    automation: AutomationOption = False,
    note: NoteOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Give members the role of their row. Who has it already, from the same source, counts as unchanged."""
    _run(settings_of(context), tenant, csv, Order(Verb.ROLES, by, _source(automation), note, dry_run))


def _source(automation: bool) -> MembershipSource:
    return MembershipSource.JOURNEY if automation else MembershipSource.MANUAL


def _run(settings: Settings, tenant: str | None, file: Path, order: Order) -> None:
    """Do what the file asks. What was done is told at the end in any case, also where it broke off."""
    if not order.by.strip():
        raise misuse("--by is empty", "Say who does it: the history of the groups shows it.")
    if fault := note_fault(order.note):
        raise misuse(fault)
    report, began = MembersReport(), perf_counter()
    try:
        asyncio.run(_change(settings, tenant, file, order, report))
    except FileRefused as fault:
        raise Failure(f"{fault}", "Nothing was changed.") from None
    except UnusablePath as fault:
        raise misuse(str(fault)) from None
    finally:
        _tell(file, order, report, perf_counter() - began)


async def _change(settings: Settings, tenant: str | None, file: Path, order: Order, report: MembersReport) -> None:
    async with migrated(settings) as database:
        found = await tenant_named(database, tenant)
        with Bar() as bar:
            await change_members_by_file(database, found.id, file, order, report=report, progress=bar)


def _tell(file: Path, order: Order, report: MembersReport, seconds: float) -> None:
    counts = f"{report.applied:,} applied + {report.unchanged:,} unchanged + {report.rejected:,} rejected"
    typer.echo(f"{file}: {report.read:,} read = {counts}")
    if report.codes:
        codes = ", ".join(f"{code} {count:,}" for code, count in sorted(report.codes.items()))
        typer.echo(f"{report.rejects or 'rejected'}: {codes}")
    if order.dry_run:
        typer.echo("This was a dry run: nothing was changed.")
    else:
        typer.echo(f"{report.calls:,} calls in {seconds:.1f} s")
