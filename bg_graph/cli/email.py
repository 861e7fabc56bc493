"""`bg-graph email`: e-mails that are kept here: taken in from a folder, approved, looked at, tried."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from bg_graph.app import plugins_of
from bg_graph.cli.faults import Failure, misuse
from bg_graph.cli.installation import migrated, settings_of, tenant_named
from bg_graph.cli.tables import show_table
from bg_graph.email.commands.approval import Approval, approve_email, withdraw_email
from bg_graph.email.commands.contents import Effect, Imported, import_emails
from bg_graph.email.commands.trials import Trial, TrialWish, address_fault, send_test, trial_of
from bg_graph.email.composing import Faulty, Renderer
from bg_graph.email.folder import HTML, PLAIN, WrongFolder, read_folder
from bg_graph.email.kept import KeptEmail, kept_emails
from bg_graph.email.rules.sending import Fault
from bg_graph.email.rules.templates import Language
from bg_graph.email.service import carrier_of
from bg_graph.execution.node_ids import key_in, node_id
from bg_graph.plugins.email import Message
from bg_graph.settings import Settings
from bg_graph.store.clock import system_clock
from bg_graph.store.engine import Database

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="E-mails that are kept here: take in, approve, look at, try."
)

OPERATOR = "operator"
"""Who stands in the change log where nobody is named."""
SUBJECT_FILE = "subject.txt"

TenantOption = Annotated[str | None, typer.Option("--tenant", help="Tenant; not needed where there is only one.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does it, for the change log.")]
PathArgument = Annotated[str, typer.Argument(metavar="EMAIL", help="Its path, as `list` shows it, or its id.")]
MemberOption = Annotated[
    str | None, typer.Option("--member", help="Id of the member to fill merge fields in for; without: sample values.")
]
DraftOption = Annotated[bool, typer.Option("--draft", help="The content that awaits approval, not the approved one.")]


@app.command("import")
def import_folder(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder with <workspace>/[<program>/]<name>/ for each e-mail.")],
    tenant: TenantOption = None,
    by: ByOption = OPERATOR,
) -> None:
    """Take e-mails in from a folder. What is new in them awaits approval; what is approved stays in use until then.

    An e-mail is a folder with email.toml (subject, sender, reply_to), body.txt and maybe body.html. With a fault in any
    of them nothing is taken in, and all faults are told. The same folder again changes nothing.
    """
    done = asyncio.run(_import(settings_of(context), tenant, folder, by))
    for each in done:
        if each.effect is not Effect.UNCHANGED:
            typer.echo(f"{each.effect.value}: {each.path}" + (" (awaits approval)" if each.awaits_approval else ""))
    counts = ", ".join(f"{sum(each.effect is effect for each in done)} {effect.value}" for effect in Effect)
    waiting = sum(each.awaits_approval for each in done)
    typer.echo(f"{len(done)} e-mails: {counts}")
    if waiting:
        typer.echo(
            f"{waiting} await approval. Look: bg-graph email preview --draft EMAIL. Then: bg-graph email approve"
        )


@app.command("list")
def show(
    context: typer.Context,
    tenant: TenantOption = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that await approval.")] = False,
) -> None:
    """List the e-mails that are kept here, and whether they are approved."""
    found = asyncio.run(_list(settings_of(context), tenant))
    columns = ("email", "subject", "approved", "by", "awaits approval")
    show_table(columns, (_row(each) for each in found if each.awaits_approval or not waiting))


@app.command("approve")
def approve(
    context: typer.Context,
    emails: Annotated[list[str] | None, typer.Argument(metavar="EMAIL...", help="Paths, as `list` shows them.")] = None,
    all_waiting: Annotated[bool, typer.Option("--all", help="All that await approval.")] = False,
    tenant: TenantOption = None,
    by: ByOption = OPERATOR,
) -> None:
    """Approve e-mails: they are listed, and can be sent. With a fault in any of them none is approved."""
    if bool(emails) == all_waiting:
        raise misuse("say which e-mails to approve", "Name them by their paths, or give --all for all that await it")
    done = asyncio.run(_approve(settings_of(context), tenant, None if all_waiting else emails, by))
    for path in done:
        typer.echo(f"approved: {path}")
    if not done:
        typer.echo("Nothing awaits approval.")


@app.command("withdraw")
def withdraw(context: typer.Context, email: PathArgument, tenant: TenantOption = None, by: ByOption = OPERATOR) -> None:
    """Take an approval back: the e-mail is not listed any more. What was asked for before is still sent."""
    asyncio.run(_withdraw(settings_of(context), tenant, email, by))
    typer.echo(f"withdrawn: {email}")


@app.command("preview")
def preview(
    context: typer.Context,
    email: PathArgument,
    member: MemberOption = None,
    draft: DraftOption = False,
    into: Annotated[
        Path | None, typer.Option(help=f"Write {SUBJECT_FILE}, {PLAIN} and {HTML} into this folder.")
    ] = None,
    tenant: TenantOption = None,
) -> None:
    """Show an e-mail as it would arrive: subject and text, or all parts as files."""
    message = _message(asyncio.run(_preview(settings_of(context), tenant, email, member, draft)))
    if into is None:
        typer.echo(f"Subject: {message.subject}\n\n{message.plain}", nl=False)
        if message.html is not None:
            typer.echo("\n(It has an HTML part too: write it to a file with --into FOLDER.)")
        return
    for file in _write(into, message):
        typer.echo(str(file))


@app.command("test")
def send_as_test(
    context: typer.Context,
    email: PathArgument,
    to: Annotated[str, typer.Option(help="Address that the test goes to.")],
    member: MemberOption = None,
    draft: DraftOption = False,
    tenant: TenantOption = None,
) -> None:
    """Send an e-mail to an address as a test. It is marked as one in its subject, and is no delivery."""
    asyncio.run(_test(settings_of(context, with_plugins=True), tenant, (email, member, draft), to))
    typer.echo(f"sent to {to}")


async def _import(settings: Settings, tenant: str | None, folder: Path, by: str) -> list[Imported]:
    try:
        found = read_folder(folder, Language())
    except WrongFolder as wrong:
        count = "one fault" if len(wrong.faults) == 1 else f"{len(wrong.faults)} faults"
        listed = "\n".join([f"nothing was taken in; the folder has {count}", *(f"  {each}" for each in wrong.faults)])
        raise misuse(listed) from None
    async with migrated(settings) as database:
        owner = await tenant_named(database, tenant)
        async with database.writing(owner.id) as db:
            return await import_emails(db, found, by=by, now=system_clock())


async def _list(settings: Settings, tenant: str | None) -> Sequence[KeptEmail]:
    async with migrated(settings) as database:
        owner = await tenant_named(database, tenant)
        async with database.reading(owner.id) as db:
            return await kept_emails(db)


async def _approve(settings: Settings, tenant: str | None, named: Sequence[str] | None, by: str) -> list[str]:
    language = Language()
    async with migrated(settings) as database:
        owner = await tenant_named(database, tenant)
        async with database.writing(owner.id) as db:
            kept = await kept_emails(db)
            chosen = [each for each in kept if each.awaits_approval] if named is None else _named(kept, named)
            faults: list[str] = []
            for each in chosen:
                found = await approve_email(db, Approval(each.id, by, system_clock()), language)
                faults += [f"{each.path}: {fault.message}" for fault in found]
            if faults:
                raise Failure("\n".join(["nothing was approved", *(f"  {fault}" for fault in faults)]))
    return [each.path for each in chosen]


async def _withdraw(settings: Settings, tenant: str | None, email: str, by: str) -> None:
    async with migrated(settings) as database:
        owner = await tenant_named(database, tenant)
        async with database.writing(owner.id) as db:
            (chosen,) = _named(await kept_emails(db), [email])
            _raise(await withdraw_email(db, Approval(chosen.id, by, system_clock())))


async def _preview(settings: Settings, tenant: str | None, email: str, member: str | None, draft: bool) -> Trial:
    async with migrated(settings) as database:
        owner = await tenant_named(database, tenant)
        return await _trial(database, owner.id, email, member, draft)


async def _test(settings: Settings, tenant: str | None, wanted: tuple[str, str | None, bool], to: str) -> None:
    fault = address_fault(to)
    if fault is not None:
        raise misuse(fault.message)
    async with migrated(settings) as database:
        owner = await tenant_named(database, tenant)
        trial = await _trial(database, owner.id, *wanted)
        _message(trial)
        plugins, hosts = plugins_of(settings, database)
        try:
            sending = await send_test(await carrier_of(hosts, owner.name), trial, to)
        finally:
            await plugins.close()
    _raise([] if sending is None else [sending])


async def _trial(database: Database, tenant_id: UUID, email: str, member: str | None, draft: bool) -> Trial:
    member_id = None if member is None else key_in(member, "mem")
    if member is not None and member_id is None:
        raise misuse(f"{member[:60]!r} is no member's id", "Members' ids are those of the API: mem_...")
    async with database.reading(tenant_id) as db:
        (chosen,) = _named(await kept_emails(db), [email])
        wish = TrialWish(chosen.id, member_id, with_sample_values=member is None, draft=draft)
        found = await trial_of(db, wish, Renderer())
    if isinstance(found, Fault):
        raise Failure(found.message, "See: bg-graph email list")
    return found


def _named(kept: Sequence[KeptEmail], named: Sequence[str]) -> list[KeptEmail]:
    by_name = {each.path: each for each in kept} | {node_id("eml", each.id): each for each in kept}
    unknown = [name for name in named if name not in by_name]
    if unknown:
        raise misuse(f"there is no e-mail {', '.join(map(repr, unknown))} here", "See: bg-graph email list")
    return list(dict.fromkeys(by_name[name] for name in named))


def _raise(faults: Iterable[Fault]) -> None:
    for fault in faults:
        raise Failure(fault.message)


def _message(trial: Trial) -> Message:
    if isinstance(trial.message, Faulty):
        raise Failure(f"the e-mail can't be made: {trial.message.reason}")
    assert trial.message is not None, "its content is kept here"
    return trial.message


def _write(folder: Path, message: Message) -> list[Path]:
    parts = {SUBJECT_FILE: f"{message.subject}\n", PLAIN: message.plain, HTML: message.html}
    written = [folder / name for name, text in parts.items() if text is not None]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in written:
            file.write_text(parts[file.name] or "", encoding="utf-8")
    except OSError as fault:
        raise Failure(f"{folder} can't be written: {fault.strerror}") from None
    return written


def _row(email: KeptEmail) -> tuple[str, ...]:
    approved = "" if email.approved_at is None else f"{email.approved_at:%F %R}"
    return email.path, email.subject, approved, email.approved_by or "", "yes" if email.awaits_approval else ""
