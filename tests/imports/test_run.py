"""A run as its caller sees it: counts, rejects beside the input, progress, and breaking off in the middle."""

import json
import shutil
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bg_graph.accounts.tables import AccountRow, ActivityRow, PersonRow
from bg_graph.imports.inputs import BATCH
from bg_graph.imports.recognition import UnusablePath
from bg_graph.imports.rejects import COLUMNS
from bg_graph.store.engine import open_database
from tests.conftest import add_tenant, run, statements
from tests.imports.conftest import Desk, codes, crm_id, full_id

A1, C1 = crm_id("account", 1), crm_id("contact", 1)


async def test_a_folder_is_imported_in_the_order_of_what_points_at_what(desk):
    desk.leads()
    desk.contacts()
    desk.accounts()
    desk.file("aaa.csv", f"Id,AccountId,Name,StageName\n{crm_id('opportunity', 1)},{A1},Deal,Open\n")
    report = await desk.run()
    assert [file.kind for file in report.files] == ["Account", "Contact", "Opportunity", "Marketo leads"]
    assert all(file.added == file.read == 1 for file in report.files)


async def test_rejects_stand_beside_the_input_and_go_when_there_are_none(desk):
    path = desk.table("Account.csv", "Id,Name", f'{A1},"', '"')
    report = await desk.only(path)
    beside = desk.folder / "Account.rejects.csv"
    assert report.rejects == str(beside)
    header, row = beside.read_text().splitlines()
    assert header == ",".join(COLUMNS)
    assert row.startswith("2,NAME_MISSING,Name,,")
    assert codes(path) == ["NAME_MISSING"]
    desk.accounts()
    assert (await desk.only(path)).rejects is None
    assert [file.name for file in desk.folder.iterdir()] == ["Account.csv"]


async def test_rejects_that_can_not_be_written_stop_the_import_with_the_remedy(desk):
    (desk.folder / "Account.rejects.csv.part").mkdir()
    path = desk.table("Account.csv", "Id,Name", f"{A1},")
    with pytest.raises(
        UnusablePath, match=r"Account\.rejects\.csv: rejected rows can't be listed here .* copy the files"
    ):
        await desk.run(path)


async def test_the_report_is_plain_json(desk):
    desk.accounts(2)
    desk.table("Contact.csv", "Id,AccountId,LastName", f"{C1},{A1},", "x")
    desk.file("Opportunity.csv", "Id\n")
    desk.file("other.csv", "Colour\n")
    plain = json.loads(json.dumps((await desk.run()).as_json()))
    by_kind = {file["kind"]: file for file in plain["files"]}
    assert by_kind["Contact"]["codes"] == {"NAME_MISSING": 1, "ROW_SHAPE": 1}
    assert by_kind["Opportunity"]["fault"]["code"] == "MISSING_COLUMN"
    assert plain["totals"] == {
        "read": 4,
        "accepted": 2,
        "rejected": 2,
        "added": 2,
        "changed": 0,
        "unchanged": 0,
        "deleted": 0,
    }
    assert [Path(each).name for each in plain["ignored"]] == ["other.csv"]


class Seen:
    """What was told about progress."""

    def __init__(self):
        self.files = []

    def started(self, file, total_bytes):
        self.files.append([file.name, total_bytes, 0, 0, False])

    def advanced(self, read_bytes, rows):
        assert read_bytes >= 0
        self.files[-1][2] += read_bytes
        self.files[-1][3] += rows

    def finished(self):
        self.files[-1][4] = True


async def test_progress_tells_every_byte_and_row(desk):
    path = desk.accounts(BATCH * 2 + 7)
    contacts = desk.contacts(3)
    seen = Seen()
    await desk.run(progress=seen)
    assert seen.files == [
        ["Account.csv", path.stat().st_size, path.stat().st_size, BATCH * 2 + 7, True],
        ["Contact.csv", contacts.stat().st_size, contacts.stat().st_size, 3, True],
    ]


class BrokenOff(Exception):
    """Stands for whatever ends a process."""


class BreaksOff(Seen):
    def advanced(self, read_bytes, rows):
        raise BrokenOff


async def test_what_broke_off_is_finished_by_the_next_run(desk, tmp_path):
    path = desk.table(
        "Account.csv", "Id,Name", "bad,", *(f"{crm_id('account', n)},Firm {n}" for n in range(BATCH + 10))
    )
    with pytest.raises(BrokenOff):
        await desk.run(progress=BreaksOff())
    assert [file.name for file in desk.folder.iterdir()] == ["Account.csv"]
    assert len(await desk.rows(AccountRow)) == BATCH - 1
    report = await desk.only(path)
    assert (report.unchanged, report.added, report.rejected) == (BATCH - 1, 11, 1)
    assert len(await desk.rows(AccountRow)) == BATCH + 10


async def test_look_ups_and_writes_do_not_grow_with_the_rows_of_a_batch(desk):
    desk.accounts()
    desk.contacts(400)
    desk.leads(400)
    await desk.run()
    rows = (f"g{n},{n % 400 + 1},2026-11-01T10:00:00Z,1,Home," for n in range(BATCH))
    desk.table(
        "activities.csv", "marketoGUID,leadId,activityDate,activityTypeId,primaryAttributeValue,attributes", *rows
    )
    with statements(desk.database) as seen:
        await desk.run(desk.folder / "activities.csv")
    assert len(await desk.rows(ActivityRow)) == BATCH
    assert len(seen) <= 14


CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "null", "true", "Ada", "a@b.c", "a@b", "2026-01-01", "12.5", "x,y", '"', "a\nb", "é", "[", "{}"]
    ),
    st.integers(1, 4).map(lambda n: crm_id("account", n)),
    st.integers(1, 4).map(lambda n: full_id("account", n)),
    st.integers(1, 4).map(lambda n: crm_id("contact", n)),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=7), max_size=12)
HEADERS = st.sampled_from(
    [
        ("Account.csv", ["Id", "Name", "ParentId", "IsDeleted", "MasterRecordId"]),
        ("Contact.csv", ["Id", "AccountId", "LastName", "Email", "IsDeleted", "MasterRecordId"]),
        ("Opportunity.csv", ["Id", "AccountId", "Name", "StageName", "Amount", "CloseDate"]),
        ("leads.csv", ["id", "sfdcContactId"]),
        ("activities.csv", ["marketoGUID", "leadId", "activityDate", "activityTypeId", "attributes"]),
        ("AccountJourney.csv", ["Id", "AccountId", "Name", "Status", "EnteredDate"]),
    ]
)


def quoted(cells: list[str], delimiter: str) -> str:
    return delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)


@pytest.fixture(scope="module")
def sqlite_folder(tmp_path_factory, sqlite_template):
    folder = tmp_path_factory.mktemp("random")
    shutil.copy(sqlite_template, folder / "bg.sqlite")
    return folder


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(HEADERS, ROWS, st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"])), min_size=1, max_size=4)
)
def test_every_row_read_is_accepted_or_rejected_and_a_second_run_adds_nothing(sqlite_folder, files):
    run(_import_twice(sqlite_folder, files))


async def _import_twice(folder, files) -> None:
    exports = folder / "exports"
    shutil.rmtree(exports, ignore_errors=True)
    exports.mkdir()
    rows_of = Counter()
    for (name, header), rows, delimiter, ends in files:
        lines = [delimiter.join(header), *(quoted(row, delimiter) for row in rows)]
        (exports / name).write_bytes((ends.join(lines) + ends).encode())
        rows_of[name] = sum(len(row) > 1 or bool(row[0].strip()) for row in rows)
    database = open_database(f"sqlite:///{folder / 'bg.sqlite'}")
    try:
        tenant: UUID = await add_tenant(database, f"random {UUID(int=hash(str(files)) % 2**64)} {_count(folder)}")
        desk = Desk(database, tenant, exports)
        first, second = await desk.run(), await desk.run()
        for report in (*first.files, *second.files):
            assert report.fault is None
            assert report.read == report.accepted + report.rejected == rows_of[Path(report.file).name]
            assert report.accepted == report.added + report.changed + report.unchanged
            assert report.rejected == sum(report.codes.values())
        assert sum(file.added for file in second.files) == 0
        assert len(await desk.rows(PersonRow)) <= sum(rows_of.values())
    finally:
        await database.close()


def _count(folder) -> int:
    counter = folder / "count"
    number = int(counter.read_text()) + 1 if counter.exists() else 1
    counter.write_text(str(number))
    return number
