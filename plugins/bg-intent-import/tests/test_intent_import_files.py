"""What the plugin makes of files: layouts, topics, scores and dates, and each way in which a row or a file is refused."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from pydantic import ValidationError

from bg_graph.plugins.errors import Rejected
from bg_graph.plugins.importing import FileHead, ImportPage, ImportRecord, ImportReject, ImportRequest
from bg_graph.plugins.intent import Term, TermKind
from bg_intent_import.plugin import AT_A_TIME, TopicFiles
from bg_intent_import.scores import day_of, probability_of
from bg_intent_import.settings import ImportSettings

TERMS = (
    Term(kind=TermKind.CATEGORY, name="Security"),
    Term(kind=TermKind.PRODUCT, name="Firewall", parent=0),
    Term(kind=TermKind.KEYWORD, name="zero trust", parent=1),
    Term(kind=TermKind.KEYWORD, name="vpn", parent=1),
    Term(kind=TermKind.PRODUCT, name="Gateway", parent=0),
    Term(kind=TermKind.KEYWORD, name="vpn", parent=4),
)
LONG = "Company Name,Domain,Topic Name,Composite Score,Date Stamp"


async def pages_of(path: Path, **settings: Any) -> list[ImportPage]:
    files = TopicFiles(ImportSettings(**settings))
    pages: list[ImportPage] = []
    while not pages or pages[-1].more:
        cursor = pages[-1].next_cursor if pages else None
        pages.append(await files.read(ImportRequest(tenant="acme", path=str(path), cursor=cursor, terms=TERMS)))
    await files.close()
    return pages


class Read:
    """What came of a file."""

    def __init__(self, pages: Sequence[ImportPage]) -> None:
        records = [record for page in pages for record in page.records]
        self.signals = [each for each in records if isinstance(each, ImportRecord)]
        self.rejects = [(each.line, each.code, each.column) for each in records if isinstance(each, ImportReject)]
        self.skipped = {code: count for page in pages for code, count in page.skipped.items()}

    @property
    def said(self) -> dict[tuple[str, str, str], str]:
        """Probability by company, kind and name."""
        return {
            (_company(each.values), each.values["Kind"], each.values["Name"]): each.values["Probability"][:4]
            for each in self.signals
        }


def _company(values: Mapping[str, str]) -> str:
    return values["AccountDomain"] or values["AccountName"]


async def read(path: Path, **settings: Any) -> Read:
    return Read(await pages_of(path, **settings))


@pytest.fixture
def surge(tmp_path: Path) -> Path:
    return tmp_path / "surge.csv"


def written(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(lines), encoding=encoding)
    return path


async def test_a_company_and_a_topic_in_each_row(surge: Path) -> None:
    found = await read(written(surge, LONG, "Acme,acme.com,Zero Trust,72,2026-11-16", "Bolt,,firewall,40,2026-11-16"))
    assert found.said == {
        ("acme.com", "SOLUTION", "Security"): "0.72",
        ("acme.com", "PRODUCT", "Firewall"): "0.72",
        ("acme.com", "KEYWORD", "zero trust"): "0.72",
        ("Bolt", "SOLUTION", "Security"): "0.40",
        ("Bolt", "PRODUCT", "Firewall"): "0.40",
    }
    assert {each.line for each in found.signals if each.values["AccountName"] == "Acme"} == {2}
    keyword = next(each.values for each in found.signals if each.values["Kind"] == "KEYWORD")
    assert dict(keyword) == {
        "SubjectType": "ACCOUNT",
        "AccountDomain": "acme.com",
        "AccountName": "Acme",
        "Kind": "KEYWORD",
        "Category": "Security",
        "Product": "Firewall",
        "Name": "zero trust",
        "Probability": "0.720000",
        "ComputedAt": "2026-11-16",
        "Model": "third-party topics",
        "ModelVersion": "1.0.0",
    }


async def test_a_company_in_each_row_and_a_column_for_each_topic(surge: Path) -> None:
    header = "6sense_Company_Name;6sense_Domain;6sense Country;Zero Trust;Gateway"
    found = await read(written(surge, header, "Acme;www.acme.com;NL;High;", "Bolt;bolt.example;BE;x;30"))
    assert found.said[("www.acme.com", "KEYWORD", "zero trust")] == "0.85"
    assert found.said[("bolt.example", "PRODUCT", "Gateway")] == "0.30"
    assert found.rejects == [(3, "SCORE_INVALID", "Zero Trust")]
    assert found.skipped == {}, "a country is no topic"


async def test_topics_of_the_settings_go_before_names_and_may_stand_for_several_terms(surge: Path) -> None:
    topics = {"Remote  access": ["Security > Firewall > VPN", "security > gateway"], "zero trust": "Security"}
    found = await read(written(surge, LONG, "A,a.com,remote access,50,", "A,a.com,Zero Trust,90,"), topics=topics)
    assert found.said == {
        ("a.com", "SOLUTION", "Security"): "0.90",
        ("a.com", "PRODUCT", "Firewall"): "0.50",
        ("a.com", "KEYWORD", "vpn"): "0.50",
        ("a.com", "PRODUCT", "Gateway"): "0.50",
    }


async def test_each_way_in_which_a_row_is_refused(surge: Path) -> None:
    rows = (
        ",,zero trust,50,2026-11-16",
        "A,a.com,zero trust,50,soon",
        "A,a.com,,50,2026-11-16",
        "A,a.com,golf,50,2026-11-16",
        "A,a.com,vpn,50,2026-11-16",
        "A,a.com,listed,50,2026-11-16",
        "A,a.com,zero trust,101,2026-11-16",
        "A,a.com,zero trust,nan,2026-11-16",
        "",
        "A,a.com",
    )
    found = await read(written(surge, LONG, *rows), topics={"listed": "Security > Nothing"})
    assert found.rejects == [
        (2, "COMPANY_MISSING", "Domain"),
        (3, "DATE_INVALID", "Date Stamp"),
        (4, "TOPIC_MISSING", "Topic Name"),
        (5, "TOPIC_NOT_MAPPED", "Topic Name"),
        (6, "TOPIC_AMBIGUOUS", "Topic Name"),
        (7, "TERM_UNKNOWN", "Topic Name"),
        (8, "SCORE_INVALID", "Composite Score"),
        (9, "SCORE_INVALID", "Composite Score"),
        (11, "TOPIC_MISSING", "Topic Name"),
    ]
    assert found.signals == []


async def test_topics_that_nobody_asked_for_may_be_left_out_and_are_counted(surge: Path) -> None:
    found = await read(written(surge, LONG, *["A,a.com,golf,50,"] * 3, "A,a.com,vpn,9,"), skip_unmapped=True)
    assert (found.skipped, found.rejects) == ({"TOPIC_NOT_MAPPED": 3}, [(5, "TOPIC_AMBIGUOUS", "Topic Name")])


async def test_names_of_the_taxonomy_count_only_where_they_are_to(surge: Path) -> None:
    found = await read(written(surge, LONG, "A,a.com,zero trust,50,"), same_name=False)
    assert found.rejects == [(2, "TOPIC_NOT_MAPPED", "Topic Name")]


async def test_of_several_scores_the_latest_counts_and_of_one_day_the_highest(surge: Path) -> None:
    found = await read(
        written(
            surge,
            LONG,
            "A,https://www.a.com/x,zero trust,90,2026-11-02",
            "A,a.com,zero trust,40,2026-11-09",
            "A,A.com,zero trust,60,2026-11-09",
            "A,a.com,zero trust,50,2026-11-09",
        )
    )
    [keyword] = [each for each in found.signals if each.values["Kind"] == "KEYWORD"]
    assert (keyword.values["Probability"], keyword.line, found.skipped) == ("0.600000", 4, {"SUPERSEDED": 3})


async def test_several_topics_in_a_cell(surge: Path) -> None:
    found = await read(written(surge, LONG, "A,a.com,zero trust; Gateway,50,"), separator=";")
    assert {name for _, _, name in found.said} == {"zero trust", "Firewall", "Gateway", "Security"}


async def test_columns_of_another_vendor_are_named_in_the_settings(surge: Path) -> None:
    columns = {"name": "Firma", "topic": "Thema", "score": "Wert", "date": "Woche"}
    found = await read(
        written(surge, "Firma;Thema;Wert;Woche", "Müller;Gateway;50;20.11.2026", encoding="cp1252"), columns=columns
    )
    assert found.said[("Müller", "PRODUCT", "Gateway")] == "0.50"
    assert found.signals[0].values["ComputedAt"] == "2026-11-20"


async def test_a_file_without_dates_is_of_the_day_set_or_of_when_it_was_written(surge: Path) -> None:
    path = written(surge, "domain,topic,score", "a.com,Gateway,50")
    [made] = {each.values["ComputedAt"] for each in (await read(path)).signals}
    assert made == datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    [given] = {each.values["ComputedAt"] for each in (await read(path, period="2026-11-01")).signals}
    assert given == "2026-11-01"


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


async def test_a_workbook_is_read_from_the_first_sheet_with_a_header(tmp_path: Path) -> None:
    rows = [
        ["Company Surge, week 47"],
        [],
        ["Company Name", "Domain", "Topic Name", "Composite Score", "Date Stamp"],
        ["Acme", "acme.com", "Zero Trust", 72.0, datetime(2026, 11, 16)],  # noqa: DTZ001 - a sheet's dates have no zone
        ["Acme", "acme.com", None, 72, None],
    ]
    path = workbook(tmp_path / "surge.xlsx", Summary=[["Nothing"]], Comprehensive=rows)
    found = await read(path)
    assert found.said[("acme.com", "KEYWORD", "zero trust")] == "0.72"
    assert {each.values["ComputedAt"] for each in found.signals} == {"2026-11-16"}
    assert found.rejects == [(5, "TOPIC_MISSING", "Topic Name")]
    with pytest.raises(Rejected, match="no sheet 'Weekly'; it has Summary, Comprehensive") as refused:
        await read(path, sheet="Weekly")
    assert refused.value.code == "SHEET_MISSING"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"Id,Name\n1,2\n", "HEADER_UNKNOWN"),
        ("a.csv", b"Domain,Country\na.com,NL\n", "HEADER_UNKNOWN"),
        ("a.csv", b"", "HEADER_UNKNOWN"),
        ("a.xlsx", b"PK\x03\x04 and then nothing", "FILE_BROKEN"),
        ("a.csv", LONG.encode() + b'\nA,a.com,"' + b"x" * 1_100_000, "FILE_BROKEN"),
    ],
)
async def test_a_file_that_can_not_be_read_is_refused_whole(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Rejected) as refused:
        await read(path)
    assert refused.value.code == code


async def test_a_file_goes_on_only_where_it_was(surge: Path) -> None:
    written(surge, LONG, "A,a.com,Gateway,50,")
    with pytest.raises(Rejected, match="import it again"):
        await TopicFiles(ImportSettings()).read(ImportRequest(tenant="acme", path=str(surge), cursor="give:1"))


async def test_long_files_come_in_pages_that_the_host_takes(surge: Path) -> None:
    count = 2 * AT_A_TIME + 5
    rows = [f"F,f{number}.com,{'Gateway' if number % 2 else 'golf'},50," for number in range(count)]
    pages = await pages_of(written(surge, LONG, *rows))
    assert max(len(page.records) for page in pages) <= 10_000
    assert len(Read(pages).signals) == 2 * (count // 2)
    assert len(Read(pages).rejects) == count - count // 2


@pytest.mark.parametrize(
    ("start", "known"),
    [
        (LONG.encode(), True),
        (b"PK\x03\x04...", True),
        ("﻿Domain;Keyword;Score\n".encode(), True),
        (b"6sense_Company_Name,Cloud\n", True),
        (b"Id,Name,Website\n", False),
        (b"Id,AccountId\n", False),
        (b"", False),
    ],
)
async def test_a_file_is_known_by_its_header(start: bytes, known: bool) -> None:
    assert await TopicFiles(ImportSettings()).recognise(FileHead(name="a.csv", start=start)) is known


@pytest.mark.parametrize(
    ("text", "probability"),
    [("0", 0), ("60", 0.5), ("80", 0.75), ("100%", 1), ("high", 0.85), ("-1", None), ("", None)],
)
def test_a_score_says_a_probability(text: str, probability: float | None) -> None:
    found = probability_of(text, ImportSettings(scale=[(0, 0), (60, 0.5), (100, 1)]))
    assert found == pytest.approx(probability) if probability is not None else found is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-03", date(2026, 11, 3)),
        ("2026-11-03T10:00:00Z", date(2026, 11, 3)),
        ("11/3/2026", date(2026, 11, 3)),
        ("Nov 03, 2026", date(2026, 11, 3)),
        ("2026-10-28 - 2026-11-03", date(2026, 11, 3)),
        ("week 45", None),
    ],
)
def test_a_date_is_read(text: str, day: date | None) -> None:
    assert day_of(text, ImportSettings()) == day
    assert day_of("3/11/2026", ImportSettings(day_first=True)) == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"topics": {"a": "A > B > C > D"}}, "write a term as Category"),
        ({"topics": {"a": " > B"}}, "write a term as Category"),
        ({"scale": [(0, 0)]}, "two points at least"),
        ({"scale": [(0, 0), (0, 1)]}, "rising scores"),
        ({"scale": [(0, 0.5), (9, 0.1)]}, "do not fall"),
        ({"words": {"high": 2}}, "between 0 and 1"),
        ({"topic": {}}, "Extra inputs"),
    ],
)
def test_wrong_settings_are_told(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        ImportSettings(**settings)


async def test_reading_leaves_the_loop_free(surge: Path) -> None:
    written(surge, LONG, *[f"F,f{number}.com,Gateway,50," for number in range(AT_A_TIME)])
    longest, last = 0.0, asyncio.get_running_loop().time()
    task = asyncio.create_task(read(surge))
    while not task.done():
        await asyncio.sleep(0.001)
        now = asyncio.get_running_loop().time()
        longest, last = max(longest, now - last), now
    assert longest < 0.5
