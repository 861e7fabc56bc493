"""The sources `marketo.leads` and `marketo.activities`: bulk extracts by windows of time, taken up again wherever a run ended."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bg_email_marketo.api import Api
from bg_email_marketo.exports import KEPT_FOR, Exports, Stage, What, window
from bg_email_marketo.pace import Clock, system_clock
from bg_email_marketo.settings import MarketoSettings
from bg_graph.plugins.errors import Rejected, Unavailable
from bg_graph.plugins.hooks import Register, hookimpl
from bg_graph.plugins.importing import ImporterSpec, ImportKind, ImportPage, ImportRecord, ImportRequest

RECORDS = 5_000
"""Records of a page."""
OVERLAP = timedelta(hours=1)
"""What each run reads again of the one before: what Marketo writes down late. It is stored already, and changes nothing."""
MOST_FAILURES = 2
"""Extracts that fail in one run before it gives up."""
ACTIVITY_COLUMNS = ("marketoGUID", "leadId", "activityDate", "activityTypeId", "primaryAttributeValue", "attributes")


@dataclass(frozen=True, slots=True)
class Place:
    """How far a source was read: what the cursor holds."""

    since: str
    """Where the window begins that is read now, or next."""
    until: str = ""
    """Where it ends; empty before its extract is ordered."""
    last: bool = False
    """Whether the window reaches the present of the run that ordered it."""
    export: str = ""
    """Id of the extract; empty where none is ordered."""
    ordered: str = ""
    """When it was."""
    enqueued: bool = False
    size: int = 0
    """Bytes of its file; 0 before it is ready."""
    read: int = 0
    """Bytes of it that are read."""
    header: tuple[str, ...] = ()

    def text(self) -> str:
        """The cursor."""
        return json.dumps(asdict(self))


class Extracts:
    """Reads leads or activities for one subscription."""

    def __init__(self, settings: MarketoSettings, clock: Clock = system_clock) -> None:
        self._settings, self._clock = settings, clock
        self._api: Api | None = None
        self._failures = 0

    async def leads(self, request: ImportRequest) -> ImportPage:
        """A page of leads."""
        return await self._page(What.LEADS, request)

    async def activities(self, request: ImportRequest) -> ImportPage:
        """A page of activities."""
        return await self._page(What.ACTIVITIES, request)

    async def close(self) -> None:
        """Close the connections. May be called twice."""
        api, self._api = self._api, None
        if api is not None:
            await api.close()

    @property
    def _exports(self) -> Exports:
        # Connections belong to the loop of the first call, and the quota is counted over all pages.
        self._api = self._api or Api(self._settings, self._clock)
        return Exports(self._api)

    async def _page(self, what: What, request: ImportRequest) -> ImportPage:
        place = self._place(request.cursor)
        if place.export and self._clock() - datetime.fromisoformat(place.ordered) > KEPT_FOR:
            place = Place(since=place.since)
        if not place.export:
            return _on(await self._ordered(what, place))
        if not place.enqueued:
            await self._exports.enqueue(what, place.export)
            return _on(replace(place, enqueued=True), wait=self._settings.import_poll)
        if not place.size:
            return await self._waited(what, place)
        return await self._fetched(what, place)

    def _place(self, cursor: str | None) -> Place:
        """Where a cursor stands. Raises Rejected."""
        if cursor is None:
            begin = self._settings.import_since
            if begin is None:
                start = self._clock() - timedelta(days=self._settings.import_days)
            else:
                start = datetime(begin.year, begin.month, begin.day, tzinfo=UTC)
            return Place(since=_moment(start))
        try:
            given = json.loads(cursor)
            return Place(**given | {"header": tuple(given["header"])})
        except (ValueError, TypeError, KeyError):
            raise Rejected("BAD_CURSOR", "this cursor was not given by this plugin: import with --anew") from None

    async def _ordered(self, what: What, place: Place) -> Place:
        """Order the extract of the window that begins here."""
        now = self._clock()
        until, last = window(datetime.fromisoformat(place.since), now)
        span = {"startAt": place.since, "endAt": _moment(until)}
        export = await self._exports.create(what, self._body(what, span))
        return Place(since=place.since, until=_moment(until), last=last, export=export, ordered=_moment(now))

    def _body(self, what: What, span: Mapping[str, str]) -> Mapping[str, Any]:
        if what is What.ACTIVITIES:
            only = {"createdAt": span, "activityTypeIds": list(self._settings.import_activity_types)}
            return {"format": "CSV", "filter": only}
        fields = ["id", self._settings.import_contact_field]
        return {"format": "CSV", "fields": fields, "filter": {self._settings.import_leads_by: span}}

    async def _waited(self, what: What, place: Place) -> ImportPage:
        """Look how far the extract is."""
        status = await self._exports.status(what, place.export)
        if status.stage is Stage.WAITING:
            return _on(place, wait=self._settings.import_poll)
        if status.stage is Stage.FAILED:
            self._failures += 1
            if self._failures >= MOST_FAILURES:
                raise Unavailable(f"Marketo failed to make {self._failures} exports one after the other")
            return _on(Place(since=place.since), wait=self._settings.import_poll)
        return _on(replace(place, size=status.size)) if status.size else _done(place, ())

    async def _fetched(self, what: What, place: Place) -> ImportPage:
        """Fetch a piece of the file."""
        piece = await self._exports.piece(
            what, place.export, start=place.read, size=place.size, header=place.header, most=RECORDS
        )
        records = tuple(ImportRecord(values=self._values(what, each)) for each in piece.records)
        if piece.end >= place.size:
            return _done(place, records)
        return _on(replace(place, read=piece.end, header=tuple(piece.header)), records)

    def _values(self, what: What, record: Mapping[str, str]) -> Mapping[str, str]:
        if what is What.ACTIVITIES:
            return {name: record[name] for name in ACTIVITY_COLUMNS if name in record}
        return {"id": record.get("id", ""), "sfdcContactId": record.get(self._settings.import_contact_field, "")}


def _on(place: Place, records: tuple[ImportRecord, ...] = (), *, wait: float = 0.0) -> ImportPage:
    return ImportPage(records=records, next_cursor=place.text(), more=True, wait=wait)


def _done(place: Place, records: tuple[ImportRecord, ...]) -> ImportPage:
    """The end of a window: the next one begins there, that of the next run a little before."""
    end = datetime.fromisoformat(place.until)
    since = max(end - OVERLAP, datetime.fromisoformat(place.since)) if place.last else end
    return ImportPage(records=records, next_cursor=Place(since=_moment(since)).text(), more=not place.last)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Hooks:
    """What the plugin brings besides its provider."""

    @hookimpl
    def register_importers(self, register: Register[ImporterSpec]) -> None:
        """The sources of leads and of activities. They share connections, and count calls together."""
        extracts = Extracts(register.settings)
        for what, kind, read in (
            (What.LEADS, ImportKind.LEAD, extracts.leads),
            (What.ACTIVITIES, ImportKind.ACTIVITY, extracts.activities),
        ):
            title = f"Marketo's {what}, by bulk extract"
            spec = ImporterSpec(
                name=what.value, title=title, kind=kind, read=read, close=extracts.close, deadline=120.0
            )
            register.add(spec)
