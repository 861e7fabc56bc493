"""Rows of a Marketo activity extract, or activities of pages of its REST API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Row

from bg_graph.accounts.commands import ACTIVITIES
from bg_graph.accounts.differences import compare, write
from bg_graph.accounts.tables import MARKETO, LeadRow
from bg_graph.imports.intakes.intake import Run, count, referenced
from bg_graph.imports.judging import Check, accepted, shape
from bg_graph.imports.pages import json_text
from bg_graph.imports.reading import SourceRow
from bg_graph.imports.report import Tally
from bg_graph.imports.rules import STATUS_ATTRIBUTE, ActivityMapping, point_in_time, positive_number
from bg_graph.store.connection import TenantConnection

INTERESTING_MOMENT = "INTERESTING_MOMENT"

_NAME_ATTRIBUTES = ("webpage id", "link", "link id", "program", "campaign", "form")
_URL_ATTRIBUTES = ("page url", "webpage url", "link", "url")
_TOPIC_ATTRIBUTES = ("topics", "keywords")
_MOMENT_ATTRIBUTES = ("description",)


@dataclass(frozen=True, slots=True)
class Leads:
    """What is known while activities are judged."""

    seen: set[str | None]
    leads: Mapping[str, Row[Any]]
    mapping: ActivityMapping


def guid_missing(row: SourceRow, _known: object) -> str | None:
    """An activity without its key."""
    return None if row.key is not None else "without its marketoGUID an activity can't be told from another"


def guid_seen(row: SourceRow, known: Leads) -> str | None:
    """An activity that an earlier row of this run, in whichever file, holds already."""
    return "an earlier row of this import has the same marketoGUID; that one counts" if row.key in known.seen else None


def lead_unknown(row: SourceRow, known: Leads) -> str | None:
    """An activity of a lead that is not stored."""
    if row.text("leadId") in known.leads:
        return None
    return "no lead with this id is stored; import its row of the lead extract first, or see why that was rejected"


def no_time(row: SourceRow, _known: object) -> str | None:
    """An activity without a readable time."""
    if point_in_time(row.text("activityDate")) is not None:
        return None
    return "a time is written like 2026-10-01T12:00:00Z"


def not_mapped(row: SourceRow, known: Leads) -> str | None:
    """A type, or a status of a change of status, that means nothing to us."""
    if _kind(row, known.mapping) is not None:
        return None
    type_id = positive_number(row.text("activityTypeId"))
    if type_id is not None and type_id in known.mapping.statuses:
        return f"the new status of a change of status must be one of {', '.join(known.mapping.statuses[type_id])}"
    return "this type of activity is not mapped to one of ours"


def attributes_invalid(row: SourceRow, _known: object) -> str | None:
    """Attributes that can't be read."""
    if attributes_of(row) is not None:
        return None
    if row.record is not None:
        return "attributes are a list of objects with name and value"
    return "attributes are a JSON object in a quoted field"


CHECKS: tuple[Check[Leads], ...] = (
    Check("ROW_SHAPE", "", shape),
    Check("GUID_MISSING", "marketoGUID", guid_missing),
    Check("DUPLICATE_GUID", "marketoGUID", guid_seen),
    Check("LEAD_UNKNOWN", "leadId", lead_unknown),
    Check("DATE_INVALID", "activityDate", no_time),
    Check("TYPE_NOT_MAPPED", "activityTypeId", not_mapped),
    Check("ATTRIBUTES_INVALID", "attributes", attributes_invalid),
)
WARNINGS: tuple[str, ...] = ()


@dataclass(slots=True)
class ActivityIntake:
    """Stores activities of the people whose leads are known."""

    run: Run
    seen: set[str | None] = field(default_factory=set)

    async def take(self, db: TenantConnection, rows: Sequence[SourceRow], tally: Tally) -> None:
        """Judge a batch and store what is accepted."""
        for row in rows:
            row.key = row.text("marketoGUID") or None
        leads = await referenced(
            db, LeadRow, rows, "leadId", columns=("person_id",), source=MARKETO, key=positive_number
        )
        known = Leads(self.seen, leads, self.run.mapping)
        records: dict[str, dict[str, Any]] = {}
        for row in accepted(rows, CHECKS, known, tally):
            self.seen.add(row.key)
            records[str(row.key)] = _record(row, known)
        differing = await compare(db, ACTIVITIES, MARKETO, records)
        await write(db, ACTIVITIES, differing, now=self.run.now)
        count(tally, differing)

    async def settle(self, db: TenantConnection) -> None:
        """Nothing waits for the end: activities are never marked as deleted."""


def attributes_of(row: SourceRow) -> dict[str, Any] | None:
    """An activity's attributes by name in lower case; none at all is fine. None where they can't be read."""
    if row.record is not None:
        return _listed(row.record.get("attributes"))
    text = row.text("attributes")
    if not text:
        return {}
    try:
        found = orjson.loads(text)
    except ValueError:
        return None
    return {name.lower(): value for name, value in found.items()} if isinstance(found, dict) else None


def _listed(attributes: object) -> dict[str, Any] | None:
    if attributes is None:
        return {}
    if not isinstance(attributes, list):
        return None
    found: dict[str, Any] = {}
    for entry in attributes:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
            return None
        found[entry["name"].lower()] = entry.get("value")
    return found


def _kind(row: SourceRow, mapping: ActivityMapping) -> str | None:
    type_id = positive_number(row.text("activityTypeId"))
    if type_id not in mapping.statuses:
        return mapping.kind_of(type_id, None)
    attributes = attributes_of(row) or {}
    return mapping.kind_of(type_id, json_text(attributes.get(STATUS_ATTRIBUTE)))


def _record(row: SourceRow, known: Leads) -> dict[str, Any]:
    attributes = attributes_of(row) or {}
    primary = row.text("primaryAttributeValue")
    kind = _kind(row, known.mapping)
    url = _first(attributes, _URL_ATTRIBUTES) or (
        primary if primary.lower().startswith(("http://", "https://")) else ""
    )
    moment = _first(attributes, _MOMENT_ATTRIBUTES) or primary if kind == INTERESTING_MOMENT else ""
    return {
        "person_id": known.leads[row.text("leadId")].person_id,
        "kind": kind,
        "at": point_in_time(row.text("activityDate")),
        "asset_name": primary or _first(attributes, _NAME_ATTRIBUTES) or None,
        "asset_url": url or None,
        "topics": _topics(attributes),
        "moment": moment or None,
    }


def _first(attributes: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((text for name in names if (text := json_text(attributes.get(name)))), "")


def _topics(attributes: Mapping[str, Any]) -> list[str]:
    """Topics and keywords, each once: lists, or texts with `;` or `,` between."""
    found: dict[str, None] = {}
    for name in _TOPIC_ATTRIBUTES:
        value = attributes.get(name)
        parts = value if isinstance(value, list) else json_text(value).replace(";", ",").split(",")
        found.update((text, None) for part in parts if (text := json_text(part)))
    return list(found)
