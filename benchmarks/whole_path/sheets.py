"""Export files as the systems write them, and what an import must say of each of their rows. Standard library only."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CASES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

Row = Mapping[str, object]


@dataclass
class Sheet:
    """One file: its rows, and the codes and warnings that an import has to find in them."""

    name: str
    columns: tuple[str, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    quoting: int = csv.QUOTE_ALL
    rows: list[Row] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    last_accepted: Row = field(default_factory=dict)

    def accept(self, row: Row, *warnings: str) -> None:
        self.rows.append(row)
        self.last_accepted = row
        self.warnings.update(warnings)

    def reject(self, row: Row, code: str) -> None:
        self.rows.append(row)
        self.codes[code] += 1

    def write(self, folder: Path) -> None:
        with (folder / self.name).open("w", encoding=self.encoding, newline="") as text:
            writer = csv.writer(text, delimiter=self.delimiter, quoting=self.quoting, lineterminator="\r\n")
            writer.writerow(self.columns)
            for row in self.rows:
                values = [row.get(column, "") for column in self.columns]
                writer.writerow(values[:-1] if row.get("cut short") else values)

    def expected(self) -> dict[str, object]:
        rejected = self.codes.total()
        return {
            "read": len(self.rows),
            "accepted": len(self.rows) - rejected,
            "rejected": rejected,
            "codes": dict(sorted(self.codes.items())),
            "warnings": dict(sorted(self.warnings.items())),
        }


@dataclass
class Pages(Sheet):
    """Activities as pages of the REST API, at most 300 on each."""

    def write(self, folder: Path) -> None:
        lines = []
        for first in range(0, len(self.rows), 300):
            result = [rest_record(row) for row in self.rows[first : first + 300]]
            more = first + 300 < len(self.rows)
            lines.append(json.dumps({"requestId": f"r{first}", "success": True, "moreResult": more, "result": result}))
        (folder / self.name).write_text("\n".join(lines) + "\n", encoding=self.encoding)


def rest_record(row: Row) -> dict[str, object]:
    """An activity as the REST API writes it: numbers as numbers, attributes as a list of name and value."""
    text = str(row["attributes"])
    attributes: object = text
    if text.startswith("{"):
        attributes = [{"name": name, "value": value} for name, value in json.loads(text).items()]
    return {
        "id": len(str(row["marketoGUID"])),
        "marketoGUID": row["marketoGUID"],
        "leadId": int(str(row["leadId"])),
        "activityDate": row["activityDate"],
        "activityTypeId": int(str(row["activityTypeId"])),
        "primaryAttributeValue": row["primaryAttributeValue"],
        "attributes": attributes,
    }


def salesforce_id(prefix: str, number: int) -> str:
    """An id of 18 characters. Consecutive numbers give ids that differ in nothing but the case of a letter, as real ones do."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = DIGITS[digit] + digits
    short = f"{prefix}5g{digits.rjust(10, '0')}"
    capitals = ["".join("1" if letter.isupper() else "0" for letter in short[at : at + 5]) for at in (0, 5, 10)]
    return short + "".join(CASES[int(bits[::-1], 2)] for bits in capitals)
