"""Dirt in files: how they are written, and what refuses one whole."""

import json

import pytest

from bg_graph.accounts.tables import AccountRow, ActivityRow, PersonRow
from bg_graph.imports.reading import FIELD_LIMIT, FileRefused, check_rows, read_layout, source_rows
from bg_graph.imports.recognition import ImportFile, RefusedFile, UnusablePath, recognise
from tests.imports.conftest import codes, crm_id, rejects

HEADER = "Id,Name"
A1, A2, A3 = (crm_id("account", n) for n in (1, 2, 3))


def read(path, *columns, null_is_empty=False):
    layout = read_layout(path)
    check_rows(layout)
    with source_rows(layout, columns or ("Id", "Name"), null_is_empty=null_is_empty) as (rows, _):
        return [(row.line, *(row.values.values() if row.shape_fault is None else ("!",))) for row in rows]


def written(tmp_path, content, name="Account.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        "Id,Name\n1,Müller\n".encode(),
        b"\xef\xbb\xbfId,Name\n1,M\xc3\xbcller\n",
        b"Id,Name\n1,M\xfcller\n",
        "Id,Name\n1,Müller\n".encode("utf-16"),
        b"\xfe\xff" + "Id,Name\n1,Müller\n".encode("utf-16-be"),
        "Id;Name\r\n1;Müller\r\n".encode(),
        "Id\tName\n1\tMüller".encode(),
        '"ID"," name "\n"1","Müller"\n'.encode(),
        "Owner,NAME, id \nMe,  Müller ,1\n".encode(),
    ],
)
def test_the_same_rows_however_they_are_written(tmp_path, content):
    assert read(written(tmp_path, content)) == [(2, "1", "Müller")]


def test_a_byte_order_mark_decides_over_what_the_bytes_would_be(tmp_path):
    assert read(written(tmp_path, b"\xef\xbb\xbfId,Name\n1,M\xfcller\n")) == [(2, "1", "M�ller")]


def test_a_late_byte_that_is_no_utf8_makes_the_whole_file_cp1252(tmp_path):
    rows = b"Id,Name\n" + b"1,plain\n" * 200_000 + b"2,\x80\n"
    assert read(written(tmp_path, rows))[-1] == (200_002, "2", "€")


def test_quoted_fields_hold_line_breaks_quotes_and_delimiters(tmp_path):
    content = 'Id,Name\r\n1,"A ""B""\r\nC, D"\r\n\r\n2,E\r\n'
    assert read(written(tmp_path, content)) == [(2, "1", 'A "B"\r\nC, D'), (5, "2", "E")]


def test_empty_lines_are_not_counted_and_lines_keep_their_numbers(tmp_path):
    content = "\n\nId,Name\n\n1,A\n   \n\n2,B\n,\n\n"
    assert read(written(tmp_path, content)) == [(5, "1", "A"), (8, "2", "B"), (9, "", "")]


def test_a_row_with_more_or_fewer_fields_has_the_wrong_shape(tmp_path):
    assert read(written(tmp_path, "Id,Name\n1\n1,2,3\n1,2\n3,cut of")) == [
        (2, "!"),
        (3, "!"),
        (4, "1", "2"),
        (5, "3", "cut of"),
    ]


def test_null_is_empty_only_where_the_kind_says_so(tmp_path):
    path = written(tmp_path, "Id,Name\n1, null \n2,Null\n")
    assert read(path, null_is_empty=True) == [(2, "1", ""), (3, "2", "Null")]
    assert read(path) == [(2, "1", "null"), (3, "2", "Null")]


def test_of_two_columns_of_one_name_the_first_counts(tmp_path):
    assert read(written(tmp_path, "Id,Name,NAME\n1,A,B\n")) == [(2, "1", "A")]


REFUSED = [
    ("Account.csv", b"", "NO_HEADER", None),
    ("Account.csv", b"\n \n\n", "NO_HEADER", None),
    ("Account.csv", b"Id,Industry\n1,x\n", "MISSING_COLUMN", 1),
    ("Contact.csv", b"\nId,Name\n1,x\n", "MISSING_COLUMN", 2),
    ("Account.csv", b"Id,Name\n1,a\n2,b\0c\n", "NUL", 3),
    ("Account.csv", b'Id,Name\n1,a\n2,"b\n3,c\n4,d\n', "UNCLOSED_QUOTE", 3),
    ("Account.csv", b'"Id,Name\n1,a\n', "UNCLOSED_QUOTE", 1),
    ("Account.csv", b'Id,Name\n1,"' + b"x" * (FIELD_LIMIT + 1) + b'"\n', "FIELD_TOO_LARGE", 2),
    ("things.csv", b"Colour,Size\nred,3\n", "UNKNOWN_KIND", 1),
    ("things.json", b'{"colour": "red"}', "UNKNOWN_KIND", None),
    ("things.json", b"not json", "UNKNOWN_KIND", None),
    ("page.json", b'{"success": true, "result": []} {"success": tr', "NOT_JSON", 1),
    ("page.json", b'{"success": true, "result": []}\n7', "NOT_A_PAGE", 2),
    ("page.json", b'{"success": true, "result": {"a": 1}}', "NOT_A_PAGE", 1),
    ("page.json", b'{"success": true, "result": []}\n\xff', "NOT_JSON", 2),
    (
        "page.json",
        b'{"requestId": "r", "success": false, "errors": [{"code": "606", "message": "Max rate"}]}',
        "PAGE_FAILED",
        1,
    ),
]


@pytest.mark.parametrize(("name", "content", "code", "line"), REFUSED)
def test_a_file_that_is_refused_whole_says_why_and_where(tmp_path, name, content, code, line):
    [refused] = recognise([written(tmp_path, content, name)]).refused
    assert (refused.fault.code, refused.fault.line) == (code, line)
    assert refused.fault.message


def test_a_field_of_exactly_the_limit_is_read(tmp_path):
    content = 'Id,Name\n1,"' + "x" * FIELD_LIMIT + '"\n'
    assert len(read(written(tmp_path, content))[0][2]) == FIELD_LIMIT


def test_a_refused_file_is_an_error_that_names_file_and_line(tmp_path):
    path = written(tmp_path, 'Id,Name\n1,"b\n')
    with pytest.raises(FileRefused, match=r"Account\.csv, line 2: a quote is opened"):
        check_rows(read_layout(path))


async def test_nothing_of_a_refused_file_is_imported_and_the_others_are(desk):
    desk.accounts(2)
    desk.file("Contact.csv", f'Id,AccountId,LastName\n{crm_id("contact", 1)},{A1},Ada\n2,"x\n')
    report = await desk.run()
    assert not report.is_complete
    faults = {file.file.rsplit("/", 1)[-1]: file.fault and file.fault.code for file in report.files}
    assert faults == {"Account.csv": None, "Contact.csv": "UNCLOSED_QUOTE"}
    assert len(await desk.rows(AccountRow)) == 2
    assert not await desk.rows(PersonRow)


KINDS = [
    ("export.csv", "Id,Name,Industry", "Account"),
    ("export.csv", "Name,IsDeleted,ID", "Account"),
    ("export.csv", "Id,Name,LastName,AccountId", "Contact"),
    ("export.csv", "Id,Name,AccountId,StageName", "Opportunity"),
    ("export.csv", "Id,OpportunityId,ContactId", "OpportunityContactRole"),
    ("export.csv", "id,email,sfdcContactId", "Marketo leads"),
    ("my leads.csv", "id,email", "Marketo leads"),
    ("export.csv", "marketoGUID,leadId,activityDate,activityTypeId", "Marketo activities"),
    ("export.csv", "Id,AccountId,Name,Status,EnteredDate", "AccountJourney"),
    ("export.csv", "SubjectType,SubjectId,Kind,Category,Name,Probability,ComputedAt", "IntentSignal"),
    ("Account contacts.csv", "Id,AccountId,LastName", "Contact"),
]


@pytest.mark.parametrize(("name", "header", "kind"), KINDS)
def test_a_kind_is_recognised_by_its_columns_and_its_name(tmp_path, name, header, kind):
    [file] = recognise([written(tmp_path, header + "\n", name)]).files
    assert file.kind.name == kind


@pytest.mark.parametrize(
    ("name", "header"),
    [("Contact.csv", "Id,Name"), ("Contact.csv", "Id,AccountId,Name"), ("Account.csv", "Id,AccountId")],
)
def test_a_file_is_not_taken_for_another_kind_than_it_is_named_for(tmp_path, name, header):
    [refused] = recognise([written(tmp_path, header + "\n", name)]).refused
    assert (refused.kind.name, refused.fault.code) == (name.removesuffix(".csv"), "MISSING_COLUMN")


def test_a_folder_gives_what_is_an_export_and_leaves_out_the_rest(tmp_path):
    for name in ("b.csv", "Account.rejects.csv", ".hidden.csv", "notes.md"):
        written(tmp_path, "Id,Name\n", name)
    written(tmp_path, "Colour\nred\n", "colours.csv")
    written(tmp_path, "{}", "settings.json")
    (tmp_path / "sub").mkdir()
    found = recognise([tmp_path, tmp_path / "b.csv"])
    assert [file.path.name for file in found.files] == ["b.csv"]
    assert sorted(path.name for path in found.ignored) == ["colours.csv", "settings.json"]
    assert found.refused == ()


def test_files_are_ordered_by_what_points_at_what(tmp_path):
    headers = dict(reversed([(f"{n}.csv", header) for n, (_, header, _) in enumerate(KINDS[1:])]))
    paths = [written(tmp_path, header + "\n", name) for name, header in headers.items() if name != "5.csv"]
    order = [file.kind.name for file in recognise(paths).files]
    assert order == [
        "Account",
        "Contact",
        "Contact",
        "Opportunity",
        "OpportunityContactRole",
        "Marketo leads",
        "Marketo activities",
        "AccountJourney",
        "IntentSignal",
    ]


def test_a_path_that_does_not_exist_stops_before_anything_is_read(tmp_path):
    with pytest.raises(UnusablePath, match="no such file or folder"):
        recognise([written(tmp_path, HEADER), tmp_path / "Acount.csv"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnusablePath, match="no file here is an export"):
        recognise([tmp_path / "empty"])


def test_an_export_that_is_named_itself_is_refused_where_a_folder_would_pass_over_it(tmp_path):
    path = written(tmp_path, "Colour\nred\n", "colours.csv")
    written(tmp_path, HEADER)
    assert [type(each) for each in recognise([tmp_path]).files] == [ImportFile]
    assert [type(each) for each in recognise([path]).refused] == [RefusedFile]


PAGE = {"requestId": "r", "success": True, "result": [], "moreResult": False}


@pytest.mark.parametrize("form", ["page", "indented", "list", "lines"])
async def test_pages_come_as_one_as_a_list_or_as_lines(stocked, form):
    def activity(guid):
        return {"marketoGUID": guid, "leadId": 1, "activityDate": "2026-11-01", "activityTypeId": 1, "attributes": []}

    first = {**PAGE, "result": [activity("g1"), activity("g2")]}
    second = {key: value for key, value in PAGE.items() if key != "result"}
    third = {**PAGE, "result": [activity("g3"), activity(None)]}
    text = {
        "page": json.dumps({**PAGE, "result": first["result"] + third["result"]}),
        "indented": json.dumps({**PAGE, "result": first["result"] + third["result"]}, indent=2),
        "list": json.dumps([first, second, third]),
        "lines": "".join(json.dumps(page) + "\n" for page in (first, second, third)),
    }[form]
    path = stocked.file("pages.json", text)
    report = await stocked.only(path)
    assert (report.read, report.accepted, codes(path)) == (4, 3, ["GUID_MISSING"])
    assert len(await stocked.rows(ActivityRow)) == 3
    line = {"page": 1, "indented": 26, "list": 1, "lines": 3}[form]
    assert rejects(path)[0][0] == line


async def test_a_page_larger_than_what_is_read_at_once(stocked):
    filler = "x" * 300_000
    activities = [
        {"marketoGUID": f"g{n}", "leadId": 1, "activityDate": "2026-11-01", "activityTypeId": 1, "note": filler}
        for n in range(5)
    ]
    path = stocked.file("pages.json", "".join(json.dumps({**PAGE, "result": [each]}) + "\n" for each in activities))
    assert (await stocked.only(path)).accepted == 5


async def test_what_no_database_takes_is_left_out_of_texts(stocked):
    activity = {
        "marketoGUID": "g\0one",
        "leadId": 1,
        "activityDate": "2026-11-01",
        "activityTypeId": 46,
        "primaryAttributeValue": "Web",
        "attributes": [
            {"name": "Description", "value": "half \ud83d and \0 nothing"},
            {"name": "Topics", "value": ["a\0", 7]},
        ],
    }
    await stocked.run(stocked.file("page.json", json.dumps({**PAGE, "result": [activity]})))
    stored = await stocked.one(ActivityRow)
    assert (stored.external_id, stored.moment, stored.topics) == ("gone", "half  and  nothing", ["a", "7"])
