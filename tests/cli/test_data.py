"""From export files to scores by the command line alone."""

import json
import re
import sqlite3

import pytest

from tests.cli.shell import Shell

ACCOUNTS = "Id,Name,Industry\n001000000000001,Acme,Software\n001000000000002,,Software\n"
CONTACTS = (
    "Id,AccountId,FirstName,LastName,Email\n"
    "003000000000001,001000000000001,Ann,Weber,ann@acme.example\n"
    "003000000000002,001000000000001,Bob,Weber,\n"
    "003000000000003,001000000000009,Cid,Weber,\n"
)


@pytest.fixture
def exported(ready: Shell) -> Shell:
    """A terminal beside a tenant that is set up, and a folder of exports."""
    (ready.folder / "tenant.toml").write_text(ready.out("apply", "--example"))
    ready.run("apply", "tenant.toml")
    (ready.folder / "exports").mkdir()
    (ready.folder / "exports" / "Account.csv").write_text(ACCOUNTS)
    (ready.folder / "exports" / "Contact.csv").write_text(CONTACTS)
    return ready


def test_an_import_tells_what_became_of_every_row(exported: Shell) -> None:
    text = exported.out("import", "exports")
    assert re.search(r"Account.csv +2 +1 +1 +1 +0 +0 ", text)
    assert re.search(r"Contact.csv +3 +2 +1 +2 +0 +0 ", text)
    assert "exports/Account.rejects.csv: 1 rejected: NAME_MISSING 1" in text
    assert "exports/Contact.rejects.csv: 1 rejected: ACCOUNT_UNKNOWN 1" in text
    assert "exports/Contact.csv: accepted with warnings: EMAIL_MISSING 1" in text
    assert "5 rows in" in text


def test_a_second_import_changes_nothing(exported: Shell) -> None:
    exported.run("import", "exports")
    assert re.search(r"Contact.csv +3 +2 +1 +0 +0 +2 ", exported.out("import", "exports"))


def test_the_report_holds_the_counts_by_file_and_code(exported: Shell) -> None:
    exported.run("import", "exports", "--report", "out.json")
    report = json.loads((exported.folder / "out.json").read_text())
    [contacts] = [file for file in report["files"] if file["kind"] == "Contact"]
    assert contacts["codes"] == {"ACCOUNT_UNKNOWN": 1}
    assert contacts["warnings"] == {"EMAIL_MISSING": 1}
    assert contacts["read"] == contacts["accepted"] + contacts["rejected"]


def test_a_file_refused_whole_is_told_and_fails_the_command(exported: Shell) -> None:
    (exported.folder / "exports" / "Contact.csv").write_text("Id,AccountId\n1,2\n")
    text = exported.run("import", "exports", code=1).stdout
    assert re.search(r"exports/Contact.csv\S*: REFUSED, \w+: .*LastName", text)
    assert re.search(r"Account.csv +2 +1 ", text)


def test_a_path_that_does_not_exist_is_refused(exported: Shell) -> None:
    assert "none.csv" in exported.fault("import", "none.csv", code=2)


def test_a_report_that_can_not_be_written_is_told_after_the_import(exported: Shell) -> None:
    message = exported.fault("import", "exports", "--report", "none/out.json", code=2)
    assert "the import is done, but its report can't be written" in message


def test_jobs_run_in_their_order_and_are_listed(exported: Shell) -> None:
    exported.run("import", "exports")
    lines = exported.out("jobs", "run").splitlines()
    assert [line.split(";")[0] for line in lines] == ["acme: score done", "acme: intent done", "acme: maintain done"]
    listed = exported.out("jobs", "list")
    assert re.search(r"acme +maintain +DONE ", listed)
    assert re.search(r"acme +score +DONE ", listed)


def test_one_job_of_one_tenant_is_run(exported: Shell) -> None:
    exported.run("tenant", "create", "globex")
    assert exported.out("jobs", "run", "score", "--tenant", "globex").startswith("globex: score done")
    assert "maintain" not in exported.out("jobs", "list")
    assert "acme" not in exported.out("jobs", "list")


def test_a_job_that_there_is_not_is_refused(ready: Shell) -> None:
    assert "there is no job 'scroe'" in ready.fault("jobs", "run", "scroe", code=2)


def test_the_doctor_tells_whether_the_last_job_failed(exported: Shell) -> None:
    exported.run("token", "create", "Ann")
    assert "no job has run for tenant acme yet" in exported.out("doctor")
    exported.run("jobs", "run")
    assert re.search(r"job maintain of tenant acme, begun \S+ \S+ UTC: DONE", exported.out("doctor"))
    with sqlite3.connect(exported.folder / "bg-graph.sqlite") as database:
        database.execute("UPDATE job_run SET status = 'FAILED', error = 'disk full'")
    text = exported.run("doctor", code=1).stdout
    assert "FAILED, disk full" in text
    assert "-> bg-graph jobs run maintain --tenant acme" in text
    assert "disk full" in exported.out("jobs", "list")
