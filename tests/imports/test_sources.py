"""Records that plugins' sources give are taken like rows of files, and each run goes on where the last one ended."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bg_graph.accounts.tables import AccountRow, ActivityRow
from bg_graph.hosting.hooks.pages import fault_of_page
from bg_graph.hosting.hooks.registering import Loaded, register_all
from bg_graph.hosting.storage import PluginStorage
from bg_graph.imports.recognition import UnusablePath
from bg_graph.imports.report import FileReport
from bg_graph.imports.source_inputs import CURSOR, Source
from bg_graph.imports.sources import Asked, NoSuchSource, Sources, import_from
from bg_graph.imports.tables import ImportRunRow
from bg_graph.plugins.errors import Misconfigured, Rejected, Unavailable
from bg_graph.plugins.hooks import hookimpl
from bg_graph.plugins.importing import (
    FileHead,
    ImporterSpec,
    ImportKind,
    ImportPage,
    ImportRecord,
    ImportReject,
    ImportRequest,
)
from bg_graph.plugins.plugin import NoSettings, Plugin
from bg_graph.store.engine import open_database
from bg_graph.tenancy.names import TenantNames
from tests.conftest import add_tenant
from tests.imports.conftest import Desk, crm_id

Read = Callable[[ImportRequest], Awaitable[ImportPage]]


def visit(key: str, lead: int = 1, **more: str) -> ImportRecord:
    values = {"marketoGUID": key, "leadId": str(lead), "activityDate": "2026-11-01T09:00:00Z", "activityTypeId": "1"}
    return ImportRecord(values=values | more)


def account(number: int, **more: str) -> ImportRecord:
    return ImportRecord(values={"Id": crm_id("account", number), "Name": f"Firm {number}"} | more)


def blocked() -> None:
    time.sleep(1.5)


class System:
    """Another system: pages of what it has, each of which may be an error; the cursor is the number of the next page."""

    def __init__(self, *pages: list[Any] | Exception | object) -> None:
        self.pages = list(pages)
        self.asked: list[ImportRequest] = []

    async def read(self, request: ImportRequest) -> ImportPage:
        self.asked.append(request)
        at = int(request.cursor or 0)
        if at >= len(self.pages):
            return ImportPage(records=(), next_cursor=str(at))
        page = self.pages[at]
        if isinstance(page, BaseException):
            raise page
        if not isinstance(page, list):
            return page  # type: ignore[return-value]
        return ImportPage(records=tuple(page), next_cursor=str(at + 1), more=at + 1 < len(self.pages))

    @property
    def cursors(self) -> list[str | None]:
        return [request.cursor for request in self.asked]


@asynccontextmanager
async def brought(desk: Desk, *specs: ImporterSpec) -> AsyncIterator[Sources]:
    """The sources of a plugin that registers these."""

    def register_importers(register: Any) -> None:
        for spec in specs:
            register.add(spec)

    plugin = Plugin(
        name="acme",
        version="1.0",
        title="ACME",
        hooks=SimpleNamespace(register_importers=hookimpl(register_importers)),
    )
    storage = PluginStorage(desk.database, "acme", TenantNames(desk.database).id_of)
    hooks = register_all([Loaded(plugin, NoSettings(), storage)])
    assert hooks.faults == {}
    [found] = hooks.registered
    try:
        yield Sources(tuple(Source(spec, found.running, storage) for spec in found.importers))
    finally:
        await hooks.close()


def source(read: Read, kind: ImportKind = ImportKind.ACTIVITY, name: str = "visits", **more: Any) -> ImporterSpec:
    return ImporterSpec(name=name, title="Visits", kind=kind, read=read, **more)


async def pulled(
    desk: Desk, *specs: ImporterSpec, paths: tuple[Path, ...] = (), anew: bool = False
) -> list[FileReport]:
    """Import from these; what became of each."""
    async with brought(desk, *specs) as sources:
        asked = Asked(sources.named("acme", of_files=bool(paths)), paths, desk.folder, anew)
        report = await import_from(desk.database, desk.tenant, "acme", asked, clock=lambda: desk.now)
    return list(report.files)


async def cursor_of(desk: Desk, name: str = "visits") -> str | None:
    return await PluginStorage(desk.database, "acme", TenantNames(desk.database).id_of).get("acme", CURSOR + name)


def listed(desk: Desk) -> list[tuple[str, ...]]:
    """Line, code and column of what stands in the lists of rejects."""
    lines = [line for file in sorted(desk.folder.glob("*.rejects.csv")) for line in file.read_text().splitlines()[1:]]
    return [tuple(line.split(",")[:3]) for line in lines]


async def test_pages_are_stored_and_the_next_run_asks_for_what_is_new(stocked: Desk) -> None:
    system = System([visit("a"), visit("b", 2)], [visit("c")])
    [report] = await pulled(stocked, source(system.read))
    assert (report.file, report.kind, report.read, report.added, report.fault) == (
        "acme.visits",
        "Marketo activities",
        3,
        3,
        None,
    )
    assert system.cursors == [None, "1"]
    system.pages.append([visit("d")])
    [report] = await pulled(stocked, source(system.read))
    assert (report.read, report.added) == (1, 1)
    assert system.cursors == [None, "1", "2"]
    assert len(await stocked.rows(ActivityRow)) == 4


async def test_a_record_that_is_stored_counts_as_unchanged(stocked: Desk) -> None:
    system = System([visit("a"), visit("b")])
    await pulled(stocked, source(system.read))
    [report] = await pulled(stocked, source(system.read), anew=True)
    assert (report.read, report.added, report.unchanged) == (2, 0, 2)
    assert system.cursors == [None, None]


async def test_the_host_and_the_source_reject_into_one_list(stocked: Desk) -> None:
    own = ImportReject(code="TIME_INVALID", column="at", value="yesterday", reason="Write a time.")
    system = System(
        [visit("a"), own, visit("b", 99)], [visit("a"), replace(own, line=70), visit("", activityTypeId="x")]
    )
    [report] = await pulled(stocked, source(system.read))
    assert (report.read, report.accepted, report.rejected) == (6, 1, 5)
    assert dict(report.codes) == {"TIME_INVALID": 2, "LEAD_UNKNOWN": 1, "DUPLICATE_GUID": 1, "GUID_MISSING": 1}
    assert sorted(listed(stocked)) == [
        ("2", "TIME_INVALID", "at"),
        ("3", "LEAD_UNKNOWN", "leadId"),
        ("4", "DUPLICATE_GUID", "marketoGUID"),
        ("6", "GUID_MISSING", "marketoGUID"),
        ("70", "TIME_INVALID", "at"),
    ]
    assert Path(report.rejects or "").name == f"acme.visits.{stocked.now:%Y%m%d-%H%M%S}.rejects.csv"


async def test_what_a_source_leaves_out_is_told_as_a_warning(stocked: Desk) -> None:
    page = ImportPage(records=(visit("a"),), next_cursor="1", skipped={"TEST_RECORD": 3, "OLD": 0})
    [report] = await pulled(stocked, source(System(page).read))
    assert (report.read, dict(report.warnings)) == (1, {"TEST_RECORD": 3})


@pytest.mark.parametrize(
    ("fault", "code", "told"),
    [
        (Unavailable("the system is away"), "SOURCE_UNAVAILABLE", "the system is away; run the import again later"),
        (Misconfigured("the key is refused"), "SOURCE_MISCONFIGURED", "the key is refused; see [plugins.acme]"),
        (Rejected("1003", "no such field"), "SOURCE_REJECTED", "1003: no such field"),
        (ValueError("s3cret"), "PLUGIN_ERROR", "the source acme.visits failed"),
        ("no page", "PLUGIN_ERROR", "answered with a str, not an ImportPage"),
    ],
)
async def test_where_a_source_fails_what_came_stays_and_the_next_run_goes_on(
    stocked: Desk, fault: Any, code: str, told: str
) -> None:
    system = System([visit("a")], [visit("b"), visit("x", 99)], fault)
    [report] = await pulled(stocked, source(system.read))
    assert report.fault is not None
    assert report.fault.code == code
    assert told in report.fault.message
    assert "s3cret" not in report.fault.message
    assert (report.added, report.rejected) == (2, 1)
    assert listed(stocked) == [("3", "LEAD_UNKNOWN", "leadId")]
    system.pages[2] = [visit("c")]
    [report] = await pulled(stocked, source(system.read))
    assert (report.fault, report.read, system.cursors[-1]) == (None, 1, "2")


async def test_the_run_on_record_tells_the_plugin_and_the_fault(stocked: Desk) -> None:
    await pulled(stocked, source(System([visit("a")], Unavailable()).read))
    run = (await stocked.rows(ImportRunRow))[-1]
    assert run.source == "acme"
    assert run.report["files"][0]["fault"]["code"] == "SOURCE_UNAVAILABLE"


async def test_a_source_that_blocks_is_given_up_at_its_deadline(stocked: Desk) -> None:
    async def blocking(request: ImportRequest) -> ImportPage:
        blocked()
        return ImportPage(records=())

    began = time.monotonic()
    [report] = await pulled(stocked, source(blocking, deadline=0.2))
    assert report.fault is not None
    assert (report.fault.code, "within 0.2 seconds" in report.fault.message) == ("PLUGIN_ERROR", True)
    assert time.monotonic() - began < 5


async def test_one_source_that_fails_leaves_the_others_as_they_are(stocked: Desk) -> None:
    good = System([visit("a")])
    failing = source(System(Unavailable()).read, ImportKind.LEAD, "leads")
    leads, visits = await pulled(stocked, source(good.read), failing)
    assert leads.fault is not None
    assert (visits.fault, visits.added) == (None, 1)


async def test_sources_of_a_plugin_are_read_in_the_order_of_what_points_at_what(desk: Desk) -> None:
    desk.accounts()
    desk.contacts()
    await desk.run()
    lead = ImportRecord(values={"id": "7", "sfdcContactId": crm_id("contact", 1)})
    visits = source(System([visit("a", 7)]).read)
    reports = await pulled(desk, visits, source(System([lead]).read, ImportKind.LEAD, "leads"))
    assert [(report.file, report.added) for report in reports] == [("acme.leads", 1), ("acme.visits", 1)]


async def test_of_accounts_the_cursor_is_kept_once_all_that_follows_is_stored(desk: Desk) -> None:
    system = System([account(1, ParentId=crm_id("account", 2))], Unavailable(), [account(2)])
    [report] = await pulled(desk, source(system.read, ImportKind.ACCOUNT))
    assert (report.added, await cursor_of(desk)) == (1, None), "a parent may stand on a later page"
    system.pages[1] = []
    [report] = await pulled(desk, source(system.read, ImportKind.ACCOUNT))
    assert (report.added, report.fault, dict(report.warnings)) == (1, None, {})
    assert await cursor_of(desk) == "3"
    child, parent = sorted(await desk.rows(AccountRow), key=lambda row: row.name)
    assert child.parent_id == parent.id


async def test_a_run_that_is_killed_amid_a_page_reads_that_page_again(stocked: Desk) -> None:
    system = System([visit("a")], [visit("b")])
    begun = asyncio.Event()

    async def hanging(request: ImportRequest) -> ImportPage:
        if request.cursor == "1":
            asked.set_result(None)
            await asyncio.sleep(60)
        return await system.read(request)

    loop = asyncio.get_running_loop()
    asked = SimpleNamespace(set_result=lambda _: loop.call_soon_threadsafe(begun.set))
    run = asyncio.create_task(pulled(stocked, source(hanging)))
    await begun.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert await cursor_of(stocked) == "1"
    [report] = await pulled(stocked, source(system.read))
    assert (report.read, report.added, system.cursors) == (1, 1, [None, "1"])


async def test_a_source_may_ask_for_patience(stocked: Desk) -> None:
    waiting = ImportPage(records=(), next_cursor="1", more=True, wait=0.05)
    system = System(waiting, [visit("a")])
    began = time.monotonic()
    [report] = await pulled(stocked, source(system.read))
    assert (report.added, time.monotonic() - began >= 0.05) == (1, True)


async def test_cursors_are_those_of_a_tenant(stocked: Desk) -> None:
    system = System([visit("a")])
    await pulled(stocked, source(system.read))
    other = replace(stocked, tenant=await add_tenant(stocked.database, "other"))
    async with brought(other, source(system.read)) as sources:
        asked = Asked(sources.named("acme.visits", of_files=False), folder=stocked.folder)
        report = await import_from(other.database, other.tenant, "other", asked)
    assert [request.tenant for request in system.asked] == ["acme", "other"]
    assert (system.cursors, report.files[0].codes) == ([None, None], {"LEAD_UNKNOWN": 1})


async def test_files_are_read_by_the_source_that_knows_them(stocked: Desk) -> None:
    async def read(request: ImportRequest) -> ImportPage:
        assert request.path is not None
        lines = Path(request.path).read_text().splitlines()[1:]
        start = int(request.cursor or 0)
        records = tuple(replace(visit(key), line=start + 2) for key in lines[start : start + 1])
        return ImportPage(records=records, next_cursor=str(start + 1), more=start + 1 < len(lines))

    async def knows(head: FileHead) -> bool:
        return head.start.startswith(b"acme")

    spec = source(read, suffixes=(".txt",), recognise=knows)
    mine = stocked.file("a.txt", "acme\nk1\nk2\n\n")
    stocked.file("b.txt", "other\n")
    stocked.accounts()
    reports = await pulled(stocked, spec, paths=(stocked.folder,))
    assert [(report.file, report.added, report.rejected) for report in reports] == [(str(mine), 2, 1)]
    assert listed(stocked) == [("4", "GUID_MISSING", "marketoGUID")]
    assert await cursor_of(stocked) is None, "a file is read whole each time"
    [report] = await pulled(stocked, spec, paths=(stocked.folder / "b.txt",))
    assert report.fault is not None
    assert report.fault.code == "UNKNOWN_KIND"
    empty = stocked.folder / "empty"
    empty.mkdir()
    with pytest.raises(UnusablePath, match=r"no file here is one that acme\.visits reads \(\.txt\)"):
        await pulled(stocked, spec, paths=(empty,))


async def test_a_source_is_named_and_those_that_there_are_are_listed(desk: Desk) -> None:
    remote, files = source(System().read), source(System().read, name="files", suffixes=(".x",))
    async with brought(desk, remote, files) as sources:
        assert [each.name for each in sources.named("acme", of_files=False)] == ["acme.visits"]
        assert [each.name for each in sources.named("acme.files", of_files=True)] == ["acme.files"]
        with pytest.raises(
            NoSuchSource, match=r"no source 'acme\.vists'; there are: acme\.visits \(Visits; remote\); "
        ):
            sources.named("acme.vists", of_files=False)
        with pytest.raises(NoSuchSource, match="reads no files: leave the paths out"):
            sources.named("acme.visits", of_files=True)
        with pytest.raises(NoSuchSource, match="reads files: name them"):
            sources.named("acme.files", of_files=False)


PAGE = ImportPage(records=(visit("a"),), next_cursor="1")
REJECT = ImportReject(code="X", column="", value="", reason="")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"records": [visit("a")]}, "no tuple of 10,000"),
        ({"records": (visit("a"),) * 10_001}, "no tuple of 10,000"),
        ({"records": ("a",)}, "record 0 is a str"),
        ({"records": (visit("a"), ImportRecord(values={"Id": 7}))}, "record 1 has values that are no texts"),  # type: ignore[dict-item]
        ({"records": (replace(visit("a"), line=-1),)}, "a line that is no number"),
        ({"records": (replace(REJECT, code="not good"),)}, "capital letters"),
        ({"records": (replace(REJECT, value=7),)}, "reason that is no text"),  # type: ignore[arg-type]
        ({"next_cursor": 7}, "cursor that is no text"),
        ({"next_cursor": "x" * 100_001}, "cursor that is no text"),
        ({"more": "yes"}, "neither true nor false"),
        ({"more": True, "next_cursor": "0"}, "read for ever"),
        ({"wait": float("nan")}, "from 0 to 60"),
        ({"wait": 61}, "from 0 to 60"),
        ({"skipped": {"lower": 1}}, "no number by code"),
    ],
)
def test_a_page_that_does_not_keep_the_contract_is_told(change: dict[str, Any], told: str) -> None:
    request = ImportRequest(tenant="acme", cursor="0")
    assert fault_of_page(PAGE, request) is None
    assert told in (fault_of_page(replace(PAGE, **change), request) or "")


async def test_an_imported_run_is_open_to_whoever_opens_the_database_next(stocked: Desk, database_url: str) -> None:
    await pulled(stocked, source(System([visit("a")]).read))
    again = replace(stocked, database=open_database(database_url))
    [report] = await pulled(again, source(System([visit("a")], [visit("b")]).read))
    assert report.added == 1
    await again.database.close()
