"""Any number of members by a CSV: what is applied, what was so already, what is rejected and why; nothing lost, nothing twice."""

import asyncio
import csv
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.buying_groups.rules.default_roles import CHAMPION, DECISION_MAKER, INFLUENCER
from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, RemovalMarkRow
from bg_graph.execution.node_ids import node_id
from bg_graph.store.changes import ChangeRow
from bg_graph.store.engine import open_database
from tests.buying_groups.invariants import breaches, read_group
from tests.cli.shell import PROGRAM, Ended, Shell
from tests.conftest import NOW, add_tenant
from tests.world import World

MANUAL, JOURNEY, SYSTEM = MembershipSource.MANUAL, MembershipSource.JOURNEY, MembershipSource.SYSTEM
HEADER = "group_id,person_id,role"


@dataclass
class Office:
    """A terminal beside a database with a tenant that has two accounts, and the world that fills it."""

    shell: Shell
    url: str
    world: World
    loop: asyncio.AbstractEventLoop

    def do(self, coroutine: Any) -> Any:
        return self.loop.run_until_complete(coroutine)

    def group(self, account: UUID | None = None, interest: UUID | None = None) -> UUID:
        return self.do(self.world.group(account, interest))

    def people(self, group: UUID, how_many: int, **columns: Any) -> list[UUID]:
        account = self.do(self.world.account_of(group))
        return self.do(self.world.people(account, how_many, **columns))

    def people_in(self, group: UUID) -> dict[UUID, tuple[UUID, str]]:
        return self.do(self.world.people_in(group))

    def changes(self, group: UUID) -> list[Any]:
        """The calls on a group's members, in their order."""
        rows = self.do(self.world.rows(ChangeRow, subject_id=group))
        return sorted((row for row in rows if row.kind != "GROUP_CREATED"), key=lambda row: row.version)

    def file(self, *rows: str, header: str = HEADER, name: str = "members.csv") -> Path:
        path = self.shell.folder / name
        path.write_text("\n".join((header, *rows, "")), encoding="utf-8")
        return path

    def run(self, verb: str, *options: str, file: str = "members.csv", code: int = 0) -> Ended:
        return self.shell.run("members", verb, "--csv", file, *options, code=code)

    def rejects(self, name: str = "members.rejects.csv") -> list[dict[str, str]]:
        with (self.shell.folder / name).open(encoding="utf-8", newline="") as text:
            return list(csv.DictReader(text))

    def codes(self) -> list[tuple[str, str, str]]:
        return [(row["line"], row["code"], row["column"]) for row in self.rejects()]

    def check(self, *groups: UUID) -> None:
        for group in groups:
            assert breaches(self.do(read_group(self.world.database, self.world.tenant, group))) == []


@pytest.fixture
def office(shell: Shell, database_url: str) -> Iterator[Office]:
    """Both databases. The commands run loops of their own, so that the world has one of its own too."""
    shell.use(database_url)
    loop = asyncio.new_event_loop()
    database = open_database(database_url)
    tenant = loop.run_until_complete(add_tenant(database, "acme"))
    yield Office(shell, database_url, World(database, tenant, NOW), loop)
    loop.run_until_complete(database.close())
    loop.close()


def grp(group: UUID) -> str:
    return node_id("grp", group)


def per(person: UUID) -> str:
    return node_id("per", person)


def counts(text: str) -> tuple[int, ...]:
    """read, applied, unchanged, rejected."""
    found = re.search(r"([\d,]+) read = ([\d,]+) applied \+ ([\d,]+) unchanged \+ ([\d,]+) rejected", text)
    assert found, text
    return tuple(int(each.replace(",", "")) for each in found.groups())


def test_people_are_assigned_with_the_role_of_their_row_in_one_call(office: Office) -> None:
    group = office.group()
    first, second = office.people(group, 2)
    office.file(f"{grp(group)},{per(first)},decision MAKER", f"{grp(group)},{per(second)},Influencer")
    text = office.run("assign", "--by", "Ann", "--note", "fair").stdout
    assert counts(text) == (2, 2, 0, 0)
    assert office.people_in(group) == {first: (DECISION_MAKER.id, "MANUAL"), second: (INFLUENCER.id, "MANUAL")}
    [change] = office.changes(group)
    assert (change.by, change.note, change.source, change.kind) == ("Ann", "fair", "MANUAL", "MEMBERS_ASSIGNED")
    assert not (office.shell.folder / "members.rejects.csv").exists()
    office.check(group)


def test_a_second_run_finds_everything_so_already(office: Office) -> None:
    group = office.group()
    people = office.people(group, 3)
    office.file(*(f"{grp(group)},{per(person)},Champion" for person in people))
    office.run("assign")
    assert counts(office.run("assign").stdout) == (3, 0, 3, 0)
    assert counts(office.run("roles").stdout) == (3, 0, 3, 0)
    assert counts(office.run("remove").stdout) == (3, 3, 0, 0)
    assert counts(office.run("remove").stdout) == (3, 0, 3, 0)
    assert [change.kind for change in office.changes(group)] == ["MEMBERS_ASSIGNED", "MEMBERS_REMOVED"]
    office.check(group)


def test_a_faulty_row_does_not_stop_its_neighbours(office: Office) -> None:
    group, other = office.group(), office.group()
    good, held, twice, spare = office.people(group, 4)
    stranger = office.people(other, 1)[0]
    office.do(office.world.member(group, held, INFLUENCER.id))
    office.do(office.world.archive(office.group(interest=office.do(office.world.interest()))))
    office.file(
        f"{grp(group)},{per(good)},Champion",
        f"{grp(group)},{per(stranger)},Champion",
        f"{grp(group)},{per(held)},Champion",
        f"{grp(group)},{per(twice)},Champion",
        f"{grp(group)},{per(twice)},Influencer",
        f"{grp(group)},{per(spare)},Other",
        f"{grp(group)},{per(spare)},King",
        f"{grp(group)},{per(spare)},",
        f"{grp(group)},per_{'0' * 32},Champion",
        f"{grp(group)},,Champion",
        f"grp_{'0' * 32},{per(spare)},Champion",
        f",{per(spare)},Champion",
        f"{grp(group)},{per(spare)}",
    )
    text = office.run("assign").stdout
    assert counts(text) == (13, 2, 0, 11)
    assert office.codes() == [
        ("3", "WRONG_ACCOUNT", "person_id"),
        ("4", "ALREADY_MEMBER", "person_id"),
        ("6", "DUPLICATE_IN_INPUT", "person_id"),
        ("7", "ROLE_NOT_IN_TEMPLATE", "role"),
        ("8", "ROLE_UNKNOWN", "role"),
        ("9", "ROLE_MISSING", "role"),
        ("10", "PERSON_UNKNOWN", "person_id"),
        ("11", "PERSON_MISSING", "person_id"),
        ("12", "GROUP_UNKNOWN", "group_id"),
        ("13", "GROUP_MISSING", "account"),
        ("14", "ROW_SHAPE", ""),
    ]
    assert all(row["reason"] for row in office.rejects())
    assert office.rejects()[0]["value"] == per(stranger)
    assert office.people_in(group) == {
        good: (CHAMPION.id, "MANUAL"),
        held: (INFLUENCER.id, "MANUAL"),
        twice: (CHAMPION.id, "MANUAL"),
    }
    assert "members.rejects.csv: ALREADY_MEMBER 1, " in text
    office.check(group)


def test_the_rejects_are_mended_and_given_again(office: Office) -> None:
    group = office.group()
    people = office.people(group, 2)
    office.file(
        f"{grp(group)},{per(people[0])},Champion,VIP",
        f"{grp(group)},{per(people[1])},Chmapion,tall",
        header=f"{HEADER},remark",
    )
    assert counts(office.run("assign").stdout) == (2, 1, 0, 1)
    rejects = office.shell.folder / "members.rejects.csv"
    [row] = office.rejects()
    assert (row["role"], row["remark"], row["person_id"]) == ("Chmapion", "tall", per(people[1]))
    assert counts(office.run("assign", file=rejects.name).stdout) == (1, 0, 0, 1)
    again = (office.shell.folder / "members.rejects.rejects.csv").read_text(encoding="utf-8")
    assert again.splitlines()[0] == "line,code,column,value,reason,group_id,person_id,role,remark"
    rejects.write_text(rejects.read_text(encoding="utf-8").replace("Chmapion", "Champion"), encoding="utf-8")
    assert counts(office.run("assign", file=rejects.name).stdout) == (1, 1, 0, 0)
    assert set(office.people_in(group)) == set(people)


def test_a_row_with_too_many_or_too_few_fields_is_kept_as_it_stood(office: Office) -> None:
    group = office.group()
    [person] = office.people(group, 1)
    rows = [["Champion", grp(group), per(person), "", "tall, dark"], ["Champion", grp(group)]]
    office.file(
        f'Champion,{grp(group)},{per(person)},,"tall, dark"', ",".join(rows[1]), header="role,group_id,person_id,"
    )
    for name in ("members.csv", "members.rejects.csv"):
        assert counts(office.run("assign", file=name).stdout) == (2, 0, 0, 2)
        with (office.shell.folder / name.replace(".csv", ".rejects.csv")).open(encoding="utf-8", newline="") as text:
            header, *rejects = csv.reader(text)
        assert header == ["line", "code", "column", "value", "reason", "role", "group_id", "person_id", ""]
        assert [row[1] for row in rejects] == ["ROW_SHAPE"] * 2
        assert [row[5:] for row in rejects] == rows
    path = office.shell.folder / "members.rejects.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(',"tall, dark"', ""), encoding="utf-8")
    assert counts(office.run("assign", file=path.name).stdout) == (2, 1, 0, 1)
    assert set(office.people_in(group)) == {person}


def test_groups_and_people_are_found_by_what_people_call_them(office: Office) -> None:
    interest = office.do(office.world.interest("Cloud Backup"))
    account = office.do(office.world.account("Öresund AB"))
    group = office.group(account, interest)
    [by_email] = office.people(group, 1, email="Ann@oresund.example")
    [by_crm_id] = office.people(group, 1)
    office.do(office.world.person(office.do(office.world.account()), email="ann@oresund.example"))
    crm_id = next(row.external_id for row in office.do(office.world.rows(PersonRow)) if row.id == by_crm_id)
    account_crm_id = next(row.external_id for row in office.do(office.world.rows(AccountRow)) if row.id == account)
    office.file(
        "ÖRESUND ab;cloud backup;;ANN@oresund.example;Champion",
        f"{account_crm_id};Cloud Backup;{crm_id};;Influencer",
        "Nobody;Cloud Backup;;x@y.example;Champion",
        "Öresund AB;Cloud;;x@y.example;Champion",
        "Öresund AB;Cloud Backup;;x@y.example;Champion",
        header="\ufeffAccount;Solution_Interest;CRM_ID;E-Mail;Role".replace("E-Mail", "email"),
    )
    assert counts(office.run("assign").stdout) == (5, 2, 0, 3)
    assert office.people_in(group) == {by_email: (CHAMPION.id, "MANUAL"), by_crm_id: (INFLUENCER.id, "MANUAL")}
    assert office.codes() == [
        ("4", "GROUP_UNKNOWN", "account"),
        ("5", "GROUP_UNKNOWN", "solution_interest"),
        ("6", "PERSON_UNKNOWN", "email"),
    ]


def test_a_name_that_two_have_is_not_guessed(office: Office) -> None:
    interest = office.do(office.world.interest("Cloud"))
    groups = [office.group(office.do(office.world.account("Twin")), interest) for _ in range(2)]
    office.people(groups[0], 2, email="info@twin.example")
    office.file(
        "Twin,Cloud,,info@twin.example,Champion",
        f",,{grp(groups[0])},info@twin.example,Champion",
        header="account,solution_interest,group_id,email,role",
    )
    assert counts(office.run("assign").stdout) == (2, 0, 0, 2)
    assert office.codes() == [("2", "GROUP_AMBIGUOUS", "account"), ("3", "PERSON_AMBIGUOUS", "email")]


def test_an_automation_acts_as_journey_and_keeps_to_precedence(office: Office) -> None:
    group = office.group()
    removed, system, manual, fresh = office.people(group, 4)
    office.do(office.world.member(group, removed))
    office.do(office.world.remove(group, removed))
    office.do(office.world.member(group, system, CHAMPION.id, SYSTEM))
    office.do(office.world.member(group, manual, CHAMPION.id))
    office.file(*(f"{grp(group)},{per(person)},Champion" for person in (removed, system, manual, fresh)))
    assert counts(office.run("assign", "--automation").stdout) == (4, 2, 1, 1)
    assert office.codes() == [("2", "REMOVED_BY_HIGHER", "person_id")]
    assert {person: source for person, (_, source) in office.people_in(group).items()} == {
        system: "JOURNEY",
        manual: "MANUAL",
        fresh: "JOURNEY",
    }
    assert counts(office.run("roles", "--automation").stdout) == (4, 0, 2, 2)
    assert [code for _, code, _ in office.codes()] == ["NOT_A_MEMBER", "ADDED_BY_HIGHER"]
    assert counts(office.run("remove", "--automation").stdout) == (4, 2, 1, 1)
    assert [code for _, code, _ in office.codes()] == ["ADDED_BY_HIGHER"]
    office.check(group)


def test_roles_are_edited_and_confirmed(office: Office) -> None:
    group = office.group()
    moved, kept = office.people(group, 2)
    office.do(office.world.members(group, {moved: CHAMPION.id}, MANUAL))
    office.do(office.world.members(group, {kept: INFLUENCER.id}, SYSTEM))
    office.file(*(f"{grp(group)},{per(person)},Influencer" for person in (moved, kept)))
    assert counts(office.run("roles").stdout) == (2, 2, 0, 0)
    assert office.people_in(group) == dict.fromkeys((moved, kept), (INFLUENCER.id, "MANUAL"))


def test_a_removal_needs_no_role_and_knows_a_stranger_from_who_is_out_already(office: Office) -> None:
    group, other = office.group(), office.group()
    member, outside = office.people(group, 2)
    office.do(office.world.member(group, member))
    office.file(
        *(f"{grp(group)},{per(person)}" for person in (member, outside, office.people(other, 1)[0])),
        header="group_id,person_id",
    )
    assert counts(office.run("remove").stdout) == (3, 1, 1, 1)
    assert office.codes() == [("4", "NOT_A_MEMBER", "person_id")]
    [mark] = office.do(office.world.rows(RemovalMarkRow))
    assert (mark.person_id, mark.source) == (member, "MANUAL")


def test_a_dry_run_tells_the_same_and_changes_nothing(office: Office) -> None:
    group = office.group()
    people = office.people(group, 60)
    archived = office.group()
    office.do(office.world.archive(archived))
    office.file(
        *(f"{grp(group)},{per(person)},Champion" for person in people),
        f"{grp(archived)},{per(office.people(archived, 1)[0])},Champion",
    )
    text = office.run("assign", "--dry-run").stdout
    assert counts(text) == (61, 60, 0, 1)
    assert "nothing was changed" in text
    assert office.codes() == [("62", "GROUP_ARCHIVED", "group_id")]
    assert office.people_in(group) == {}
    assert counts(office.run("assign").stdout) == (61, 60, 0, 1)
    assert [change.version for change in office.changes(group)] == [2, 3]


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("person_id,role", "group_id (or account and solution_interest)"),
        ("account,person_id,role", "group_id"),
        ("group_id,role", "person_id or crm_id or email"),
        ("group_id,email", "role"),
    ],
)
def test_a_file_without_a_needed_column_is_refused_whole(office: Office, header: str, named: str) -> None:
    office.file("a,b,c", header=header)
    ended = office.run("assign", code=1)
    assert named in ended.stderr
    assert counts(ended.stdout) == (0, 0, 0, 0)


def test_what_is_called_wrongly_is_told(office: Office) -> None:
    assert "can't be read" in office.run("assign", file="none.csv", code=2).stderr
    office.file()
    assert "--by is empty" in office.run("assign", "--by", " ", code=2).stderr
    assert "at most 2000" in office.run("assign", "--note", "x" * 2001, code=2).stderr
    (office.shell.folder / "members.csv").write_text(f'{HEADER}\n"a,b,c\n')
    assert "quote" in office.run("assign", code=1).stderr


def test_another_tenants_ids_are_unknown(office: Office) -> None:
    group = office.group()
    [person] = office.people(group, 1)
    other = World(office.world.database, office.do(add_tenant(office.world.database, "globex")), NOW)
    theirs = office.do(other.group())
    office.file(
        f"{grp(theirs)},{per(person)},Champion",
        f"{grp(group)},{per(office.do(other.person(office.do(other.account()))))},Champion",
    )
    assert "more than one tenant" in office.run("assign", code=2).stderr
    assert counts(office.run("assign", "--tenant", "acme").stdout) == (2, 0, 0, 2)
    assert [code for _, code, _ in office.codes()] == ["GROUP_UNKNOWN", "PERSON_UNKNOWN"]


def broken_off(office: Office, how: signal.Signals) -> tuple[int, str]:
    """A run that a signal ends in the middle: how many members it has left, and what it printed."""
    environment = {**os.environ, "BG_DATABASE_URL": office.url}
    command = [str(PROGRAM), "members", "assign", "--csv", "members.csv"]
    process = subprocess.Popen(command, cwd=office.shell.folder, env=environment, stdout=subprocess.PIPE, text=True)
    while not office.do(office.world.rows(MemberRow)):
        assert process.poll() is None, "it ended before it could be broken off"
        time.sleep(0.005)
    process.send_signal(how)
    printed, _ = process.communicate()
    return len(office.do(office.world.rows(MemberRow))), printed


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_thousand_rows_broken_off_in_the_middle_are_finished_by_running_again(
    office: Office, how: signal.Signals
) -> None:
    account = office.do(office.world.account())
    groups = [office.group(account, office.do(office.world.interest())) for _ in range(50)]
    people = office.people(groups[0], 20)
    office.file(*(f"{grp(group)},{per(person)},Champion" for person in people for group in groups))
    done, printed = broken_off(office, how)
    assert 0 < done < 1000
    if how is signal.SIGINT:
        read, applied, unchanged, rejected = counts(printed)
        assert (read, unchanged, rejected) == (applied, 0, 0)
        assert done - 50 <= applied <= done, "what was committed and not yet counted is one call"
    assert counts(office.run("assign").stdout) == (1000, 1000 - done, done, 0)
    for group in groups:
        assert set(office.people_in(group)) == set(people)
        assert office.do(office.world.one(BuyingGroupRow, id=group)).version == 2
    office.check(*groups)
