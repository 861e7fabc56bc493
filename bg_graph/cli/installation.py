"""What nearly every command begins with: the settings in force, the open and migrated database, the tenant meant."""

import logging
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
import typer
from asyncpg import InterfaceError, PostgresError
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import InterfaceError as ConnectionFault

from bg_graph.cli.faults import Failure, misuse
from bg_graph.hosting.choosing import plugin_faults
from bg_graph.settings import Judge, Settings, WrongSettings, load_settings
from bg_graph.store.conflicts import is_conflict
from bg_graph.store.engine import Database, open_database
from bg_graph.store.schema import newest_revision, present_revision
from bg_graph.tenancy.reads import Tenant, list_tenants

UNREACHABLE = (SQLAlchemyError, PostgresError, InterfaceError, OSError, sqlite3.Error)
"""What opening a database raises where it can't be reached."""


def settings_of(context: typer.Context, *, with_plugins: bool = False, **flags: object) -> Settings:
    """The settings in force; flags are named section_name, None where not given. What was given for plugins is judged by
    them where they are needed.

    From here on what is logged goes to standard error, plugins that can't be loaded included: what a command prints is
    read by other programs.
    """
    structlog.reset_defaults()  # what a command before in this process has set up does not fit this factory
    structlog.configure(
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=False,  # the command may set logs up by the settings
    )
    named = {_key(name): value for name, value in flags.items()}
    judge: Judge = plugin_faults if with_plugins else lambda *_: ()
    try:
        return load_settings(environment=os.environ, config=context.find_root().obj, flags=named, judge=judge)
    except WrongSettings as fault:
        raise misuse(str(fault), "Every setting is listed in docs/settings.md.") from None


def _key(flag: str) -> str:
    """The key of a flag: server_port is server.port, plugins__outbox__folder is plugins.outbox.folder."""
    return flag.replace("__", ".") if "__" in flag else flag.replace("_", ".", 1)


@asynccontextmanager
async def reached(settings: Settings) -> AsyncIterator[tuple[Database, str | None]]:
    """The open database and its revision. Raises Failure where it can't be reached, or is lost or locked meanwhile."""
    database = open_database(settings.database.url, pool_size=settings.database.pool_size)
    try:
        try:
            _try_to_open(settings)
            present = await present_revision(database)
        except UNREACHABLE as fault:
            raise Failure(
                f"the database {shown_url(settings)} can't be reached: {first_line(fault)}", _remedy(settings)
            ) from None
        try:
            yield database, present
        except DBAPIError as fault:
            if not isinstance(fault, OperationalError | ConnectionFault) and not is_conflict(fault):
                raise
            raise Failure(
                f"the database {shown_url(settings)} failed: {first_line(fault)}", _what_to_do(fault)
            ) from None
    finally:
        await database.close()


@asynccontextmanager
async def migrated(settings: Settings) -> AsyncIterator[Database]:
    """The open database, which has the tables of this version. Raises Failure."""
    async with reached(settings) as (database, present):
        if present != newest_revision():
            state = "has no tables yet" if present is None else f"is at revision {present}, not {newest_revision()}"
            raise Failure(f"the database {shown_url(settings)} {state}", "Run: bg-graph db upgrade")
        yield database


async def tenant_named(database: Database, name: str | None) -> Tenant:
    """The tenant of that name; without one, the only tenant that there is. Raises Failure."""
    tenants = await list_tenants(database)
    if not tenants:
        raise Failure("there is no tenant yet", "Make one: bg-graph tenant create NAME")
    names = ", ".join(tenant.name for tenant in tenants)
    if name is None:
        if len(tenants) > 1:
            raise misuse("there is more than one tenant", f"Say which: --tenant, one of {names}")
        return tenants[0]
    for tenant in tenants:
        if tenant.name == name:
            return tenant
    raise misuse(f"there is no tenant {name!r}", f"There are: {names}. Make one: bg-graph tenant create {name}")


def _try_to_open(settings: Settings) -> None:
    # The driver's thread outlives a connection that failed, and prints a trace when it finds its loop closed.
    url = make_url(settings.database.url)
    if url.get_backend_name() == "sqlite" and url.database:
        sqlite3.connect(url.database).close()


def shown_url(settings: Settings) -> str:
    """The database's URL without its password."""
    return make_url(settings.database.url).render_as_string(hide_password=True)


def first_line(fault: BaseException) -> str:
    """What an exception of a driver says, without the statement that a library adds to it."""
    cause = getattr(fault, "orig", None) or fault
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]


def _what_to_do(fault: BaseException) -> str:
    if "locked" in first_line(fault):
        return "Another process has been writing for long: a job, or an import. Try again when it has ended."
    return (
        "Nothing of the step under way was stored. See that the database runs and has room, then run the command again."
    )


def _remedy(settings: Settings) -> str:
    if settings.database.url.startswith("sqlite"):
        return "Its folder must exist and be writable. The setting is database.url (BG_DATABASE_URL)."
    return "Is the server running, and are host, name, user and password right? The setting is database.url (BG_DATABASE_URL)."
