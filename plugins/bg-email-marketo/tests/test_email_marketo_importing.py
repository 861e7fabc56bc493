"""Leads and activities as sources of imports: bulk extracts in windows, fetched in pieces, taken up wherever a run ended."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bg_email_marketo import exports, importing
from bg_email_marketo.importing import Extracts, Place
from bg_email_marketo.settings import MarketoSettings
from bg_graph.plugins.errors import Misconfigured, Rejected, Unavailable
from bg_graph.plugins.importing import ImportPage, ImportRequest
from tests.email.marketo_server import Fault, Marketo, settings_for

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(days: float) -> datetime:
    """So many days ago."""
    return NOW - timedelta(days=days)


class Reader:
    """Reads one source to its end, page by page, as the host does."""

    def __init__(self, marketo: Marketo, what: str, now: datetime, **settings: Any) -> None:
        self.now = now
        quick = {"import_poll": 0.01, **settings}
        self.extracts = Extracts(MarketoSettings(**settings_for(marketo, **quick)), clock=lambda: self.now)
        self.read = getattr(self.extracts, what)
        self.cursor: str | None = None

    async def page(self) -> ImportPage:
        page: ImportPage = await self.read(ImportRequest(tenant="acme", cursor=self.cursor))
        self.cursor = page.next_cursor
        return page

    async def run(self) -> list[dict[str, str]]:
        """The records of a run."""
        found: list[dict[str, str]] = []
        while True:
            page = await self.page()
            found += [dict(each.values) for each in page.records]  # type: ignore[union-attr]
            if not page.more:
                return found


@asynccontextmanager
async def reading(
    marketo: Marketo, what: str = "activities", now: datetime = NOW, **more: Any
) -> AsyncIterator[Reader]:
    reader = Reader(marketo, what, now, **more)
    try:
        yield reader
    finally:
        await reader.extracts.close()


def guids(records: list[dict[str, str]]) -> list[str]:
    return [each["marketoGUID"] for each in records]


def visits(marketo: Marketo, *days: float, **more: Any) -> None:
    for each in days:
        marketo.activity(1, 1, at=at(each), marketoGUID=f"v{each}", **more)


async def test_activities_come_with_the_columns_of_their_kind(marketo: Marketo) -> None:
    visits(marketo, 2, primaryAttributeValue='a "quoted"\nname', attributes={"Page URL": "/x,y"})
    marketo.activity(1, 6, at=at(2))
    async with reading(marketo) as reader:
        assert await reader.run() == [
            {
                "marketoGUID": "v2",
                "leadId": "1",
                "activityDate": "2026-11-21T12:00:00Z",
                "activityTypeId": "1",
                "primaryAttributeValue": 'a "quoted"\nname',
                "attributes": '{"Page URL": "/x,y"}',
            }
        ]


async def test_leads_come_with_their_contact(marketo: Marketo) -> None:
    lead = marketo.lead("ann@example.com", updatedAt="2026-11-20T00:00:00Z", sfdcContactId="003000000000001")
    alone = marketo.lead("bob@example.com", updatedAt="2026-11-20T00:00:00Z")
    async with reading(marketo, "leads") as reader:
        assert await reader.run() == [
            {"id": str(lead), "sfdcContactId": "003000000000001"},
            {"id": str(alone), "sfdcContactId": "null"},
        ]
    assert marketo.exports[next(iter(marketo.exports))]["wanted"]["fields"] == ["id", "sfdcContactId"], "no addresses"


async def test_leads_may_be_told_by_creation_and_by_another_field(marketo: Marketo) -> None:
    marketo.lead("ann@example.com", createdAt="2026-11-20T00:00:00Z", crm="003000000000001")
    settings = {"import_leads_by": "createdAt", "import_contact_field": "crm"}
    async with reading(marketo, "leads", **settings) as reader:
        [lead] = await reader.run()
    assert lead["sfdcContactId"] == "003000000000001"


async def test_windows_are_of_31_days_and_leave_nothing_out(marketo: Marketo) -> None:
    days = (89.9, 60, 59, 58.9, 28, 27.9, 0.1)
    visits(marketo, *days)
    async with reading(marketo) as reader:
        assert guids(await reader.run()) == [f"v{each}" for each in days]
    spans = [export["wanted"]["filter"]["createdAt"] for export in marketo.exports.values()]
    assert [span["startAt"] for span in spans[1:]] == [span["endAt"] for span in spans[:-1]]
    assert (spans[0]["startAt"], spans[-1]["endAt"], len(spans)) == ("2026-08-25T12:00:00Z", "2026-11-23T12:00:00Z", 3)


async def test_the_first_import_begins_where_the_settings_say(marketo: Marketo) -> None:
    visits(marketo, 40, 10)
    async with reading(marketo, import_since=date(2026, 11, 1)) as reader:
        assert guids(await reader.run()) == ["v10"]
    async with reading(marketo, import_days=45) as reader:
        assert guids(await reader.run()) == ["v40", "v10"]


async def test_the_next_run_reads_what_is_new_and_an_hour_of_what_may_have_come_late(marketo: Marketo) -> None:
    visits(marketo, 3, 0.5 / 24)
    async with reading(marketo) as reader:
        assert len(await reader.run()) == 2
        reader.now = NOW + timedelta(days=1)
        visits(marketo, -0.5)
        assert guids(await reader.run()) == ["v0.020833333333333332", "v-0.5"]


async def test_the_host_waits_while_an_export_is_made(marketo: Marketo) -> None:
    async with reading(marketo, import_days=10) as reader:
        waits = [(page.wait, len(page.records), page.more) for page in [await reader.page() for _ in range(4)]]
        assert waits == [(0, 0, True), (0.01, 0, True), (0.01, 0, True), (0, 0, True)]


async def test_a_file_is_fetched_in_pieces_that_end_between_records(
    marketo: Marketo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PIECE", 200)
    monkeypatch.setattr(importing, "RECORDS", 3)
    for number in range(40):
        visits(
            marketo, 9 - number / 10, primaryAttributeValue=f'"é\n{number}"' * (number % 7), attributes={"n": number}
        )
    async with reading(marketo, import_days=10) as reader:
        found = await reader.run()
    assert guids(found) == [f"v{9 - number / 10}" for number in range(40)]
    assert [json.loads(each["attributes"])["n"] for each in found] == list(range(40))
    assert found[6]["primaryAttributeValue"] == '"é\n6"' * 6
    assert marketo.count("file.json") > 13


async def test_a_run_that_was_killed_takes_up_the_same_export_where_it_was(
    marketo: Marketo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "RECORDS", 5)
    visits(marketo, *(9 - number / 10 for number in range(20)))
    found: list[str] = []
    cursor: str | None = None
    for _ in range(50):
        async with reading(marketo, import_days=10) as reader:  # each page by another process
            reader.cursor = cursor
            page = await reader.page()
        found += [each.values["marketoGUID"] for each in page.records]  # type: ignore[union-attr]
        cursor = page.next_cursor
        if not page.more:
            break
    assert found == [f"v{9 - number / 10}" for number in range(20)]
    assert len(marketo.exports) == 1


async def test_an_export_whose_file_is_gone_is_made_anew(marketo: Marketo) -> None:
    visits(marketo, 5)
    async with reading(marketo, import_days=10) as reader:
        for _ in range(3):
            await reader.page()
        reader.now = NOW + timedelta(days=7)
        assert guids(await reader.run()) == ["v5"]
    assert len(marketo.exports) == 2


async def test_an_export_that_fails_is_made_anew_once(marketo: Marketo) -> None:
    visits(marketo, 5)
    marketo.export_ends.extend(["Failed"])
    async with reading(marketo, import_days=10) as reader:
        assert guids(await reader.run()) == ["v5"]
    marketo.export_ends.extend(["Failed", "Cancelled"])
    async with reading(marketo, import_days=10) as reader:
        with pytest.raises(Unavailable, match="failed to make 2 exports"):
            await reader.run()


@pytest.mark.parametrize("step", ["create", "enqueue", "status", "file"])
@pytest.mark.parametrize(
    ("code", "kind"), [("607", Unavailable), ("1029", Unavailable), ("603", Misconfigured), ("1003", Rejected)]
)
async def test_what_marketo_refuses_is_told_and_the_next_run_goes_on(
    marketo: Marketo, step: str, code: str, kind: type[Exception]
) -> None:
    visits(marketo, 5)
    marketo.fails(step, Fault(code))
    async with reading(marketo, import_days=10) as reader:
        with pytest.raises(kind) as told:
            await reader.run()
        assert "SAID-BY-MARKETO" not in str(told.value)
        cursor = reader.cursor
    async with reading(marketo, import_days=10) as reader:
        reader.cursor = cursor
        assert guids(await reader.run()) == ["v5"]


@pytest.mark.parametrize("step", ["create", "enqueue", "status", "file"])
async def test_what_passes_by_itself_is_outlived(marketo: Marketo, step: str) -> None:
    visits(marketo, 5)
    marketo.fails(step, Fault("606"), Fault("604"))
    async with reading(marketo, import_days=10) as reader:
        assert guids(await reader.run()) == ["v5"]


async def test_the_day_of_the_quota_ends_an_import_with_when_to_go_on(marketo: Marketo) -> None:
    marketo.fails("create", Fault("607"))
    async with reading(marketo) as reader:
        with pytest.raises(Unavailable, match="midnight CST") as told:
            await reader.run()
    assert told.value.retry_after == 18 * 3600


async def test_a_piece_of_another_length_is_not_taken(marketo: Marketo) -> None:
    visits(marketo, 5)
    marketo.fails("file", Fault(body=b"marketoGUID\nv1\n"), Fault(body=b"x"))
    async with reading(marketo, import_days=10) as reader:
        with pytest.raises(Unavailable, match="another piece"):
            await reader.run()


@pytest.mark.parametrize("cursor", ["7", "{}", '{"since": 1, "header": [], "else": 1}', "["])
async def test_a_cursor_of_somebody_else_is_refused_with_what_to_do(marketo: Marketo, cursor: str) -> None:
    async with reading(marketo) as reader:
        reader.cursor = cursor
        with pytest.raises(Rejected, match="--anew"):
            await reader.page()


def test_a_cursor_holds_no_secret_and_no_record() -> None:
    place = Place(since="2026-11-01T00:00:00Z", export="e", header=("id",))
    assert set(json.loads(place.text())) == set(Place.__slots__)
