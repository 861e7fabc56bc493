"""Activities of leads: three months of visits, mails and events, heavy for a few and light for most. Standard library only."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from sheets import Pages, Row, Sheet

DAYS = 90
QUIET = (*range(26, 32), *range(55, 61))
"""Days before the end without any activity: the windows of the scores (30 days, and 30 up to 28 days ago) begin there."""

TOPICS = ("lakehouse", "sql federation", "data governance", "zero trust", "ransomware", "route planning", "backup")
PAGES = ("/", "/pricing", "/product", "/docs/start", "/customers", "/blog/lakehouse", "/security", "/webinars")
KINDS = (  # type id, weight
    ("1", 50), ("10", 22), ("11", 8), ("3", 8), ("2", 4), ("46", 2), ("104", 3), ("12", 1), ("13", 2),
)  # fmt: skip
NOT_MAPPED = {"12", "13"}
COLUMNS = ("marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId", "primaryAttributeValueId",
           "primaryAttributeValue", "attributes")  # fmt: skip


def write_activities(leads: Sequence[int], wanted: int, until: date, dice: random.Random) -> list[Sheet]:
    """`wanted` activities that are accepted, and those that are not, in two extracts and a file of REST pages."""
    sheets = [
        Sheet("activities-1.csv", COLUMNS, quoting=csv.QUOTE_MINIMAL),
        Sheet("activities-2.csv", COLUMNS, quoting=csv.QUOTE_MINIMAL),
        Pages("activities-3.jsonl", COLUMNS),
    ]
    shares = (wanted * 45 // 100, wanted * 45 // 100, wanted - 2 * (wanted * 45 // 100))
    maker = Activities(leads, until, dice)
    for sheet, share in zip(sheets, shares, strict=True):
        maker.fill(sheet, share)
    for earlier, later in pairwise(sheets):
        later.reject(earlier.last_accepted, "DUPLICATE_GUID")
    return sheets


class Activities:
    """Makes activities, no two of one lead at the same second."""

    def __init__(self, leads: Sequence[int], until: date, dice: random.Random) -> None:
        self._leads = leads
        self._weights = [dice.paretovariate(1.1) for _ in leads]
        self._end = datetime.combine(until, time(), UTC)
        self._days = [day for day in range(1, DAYS) if day not in QUIET]
        self._dice = dice
        self._taken: set[tuple[int, datetime]] = set()
        self._made = 0

    def fill(self, sheet: Sheet, wanted: int) -> None:
        accepted = 0
        chosen = iter(self._dice.choices(self._leads, self._weights, k=wanted * 2 + 1000))
        while accepted < wanted:
            code, row = self._spoilt(self._activity(next(chosen)), pages=isinstance(sheet, Pages))
            if code is None:
                accepted += 1
                sheet.accept(row)
            else:
                sheet.reject(row, code)

    def _activity(self, lead: int) -> dict[str, object]:
        kinds, weights = zip(*KINDS, strict=True)
        [kind] = self._dice.choices(kinds, weights)
        primary, attributes = self._content(kind)
        self._made += 1
        at = self._time(lead)
        return {
            "marketoGUID": str(10**9 + self._made),
            "leadId": lead,
            "activityDate": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "activityTypeId": kind,
            "campaignId": "null",
            "primaryAttributeValueId": self._made % 97,
            "primaryAttributeValue": primary,
            "attributes": json.dumps(attributes, ensure_ascii=False),
        }

    def _time(self, lead: int) -> datetime:
        while True:
            day = timedelta(days=self._dice.choice(self._days))
            at = self._end - day + timedelta(seconds=self._dice.randrange(6 * 3600, 20 * 3600))
            if (lead, at) not in self._taken:
                self._taken.add((lead, at))
                return at

    def _content(self, kind: str) -> tuple[str, dict[str, str]]:
        page = self._dice.choice(PAGES)
        match kind:
            case "1":
                topics = ";".join(self._dice.sample(TOPICS, self._dice.randrange(3)))
                return page, {"Webpage URL": page, "Query Parameters": "", "Topics": topics}
            case "2":
                return "Contact us", {"Form Fields": 'Comment: "we want\na trial"', "Webpage ID": "12"}
            case "3":
                return f"https://www.example.com{page}", {"Link": page}
            case "46":
                topic = self._dice.choice(TOPICS)
                return "Web", {"Description": f'Read three pages about "{topic}", été compris', "Source": "rule"}
            case "104":
                status = self._dice.choice(("Registered", "Attended", "attended", "Registered"))
                return "Autumn webinar", {"New Status": status, "Old Status": "Invited", "Reason": "null"}
            case _:
                return "Newsletter 11", {"Choice Number": "0", "Device": "phone"}

    def _spoilt(self, row: dict[str, object], *, pages: bool) -> tuple[str | None, Row]:
        """Some activities have something wrong with them: the code that tells, and the row."""
        if row["activityTypeId"] in NOT_MAPPED:
            return "TYPE_NOT_MAPPED", row
        match self._made % 1000:
            case 1:
                return "GUID_MISSING", {**row, "marketoGUID": "" if pages else "null"}
            case 2 | 3 | 4 | 5:
                return "LEAD_UNKNOWN", {**row, "leadId": 800_000 + self._made}
            case 6:
                return "DATE_INVALID", {**row, "activityDate": "23/11/2026 10:00"}
            case 7:
                return "TYPE_NOT_MAPPED", {**row, "activityTypeId": "104", "attributes": '{"New Status": "Invited"}'}
            case 8:
                return "ATTRIBUTES_INVALID", {**row, "activityTypeId": "1", "attributes": '["Webpage URL"'}
            case _:
                return None, row
