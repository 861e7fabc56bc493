"""The page on e-mail says of their contents what is so: its files make an e-mail, its commands and queries work."""

import re
import shlex
from pathlib import Path

import pytest

from bg_graph.email.commands.catalog import FRESH_FOR
from bg_graph.email.commands.trials import MOST_TESTS, WITHIN
from bg_graph.email.folder import HTML, PLAIN, WrongFolder, read_folder, relative
from bg_graph.email.rules.contents import LONGEST_SUBJECT, LONGEST_TEMPLATES, Content, compile_content
from bg_graph.email.rules.merge_fields import FIELDS, LONGEST_VALUE
from bg_graph.email.rules.templates import FILTERS, Language
from bg_graph.execution.node_ids import node_id
from bg_graph.tenancy.rules import Right
from scripts.house import ROOT
from tests.cli.conftest import shell
from tests.cli.shell import Shell
from tests.email.emails_world import Emails

__all__ = ["shell"]

PAGE = (ROOT / "docs" / "email.md").read_text(encoding="utf-8")
(WRITING,) = [part for part in PAGE.split("\n## ") if part.startswith("Writing e-mails")]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", WRITING, re.DOTALL)


def written(folder: Path) -> Path:
    """The files that the page shows, where it says that they stand."""
    (head,), (plain, _), (html,) = blocks("toml"), blocks("text"), blocks("html")
    named = re.findall(r"^`(emails/\S+)`", WRITING, re.MULTILINE)
    for name, content in zip(named, (head, plain, html), strict=True):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return folder / "emails"


def test_the_files_shown_make_an_e_mail(tmp_path: Path) -> None:
    (email,) = read_folder(written(tmp_path), Language())
    assert email.path == "Campaigns/Autumn/Invitation"
    made = compile_content(email.content, Language()).render(
        {
            "person.first_name": None,
            "account.name": "Initech",
            "solution_interest.name": "CRM",
            "unsubscribe_url": "https://x.example/",
        }
    )
    assert made.plain.startswith("Hello there,\n\nwe would like to invite Initech to a workshop.\n\nMaria Rossi\n")


def test_the_commands_work_as_written(shell: Shell) -> None:
    shell.run("db", "upgrade")
    shell.run("tenant", "create", "acme")
    written(shell.folder)
    (block,) = blocks("sh")
    said = [shell.out(*shlex.split(line, comments=True)[1:]) for line in block.splitlines()]
    assert "1 added" in said[0]
    assert "Campaigns/Autumn/Invitation" in said[1]
    assert said[2].startswith("Subject: Example Ltd: a workshop on CRM")
    assert said[3] == "approved: Campaigns/Autumn/Invitation\n"
    assert said[4] == "sent to me@northpeak.example\n"
    shell.run("email", "withdraw", "Campaigns/Autumn/Invitation")


def test_the_fault_shown_is_the_one_that_is_told(tmp_path: Path) -> None:
    file = written(tmp_path) / "Campaigns" / "Autumn" / "Invitation" / PLAIN
    file.write_text(file.read_text().replace("first_name", "frist_name"))
    (_, shown) = blocks("text")
    with pytest.raises(WrongFolder) as wrong:
        read_folder(tmp_path / "emails", Language())
    assert relative(wrong.value.faults, tmp_path) == [shown.strip()]


def test_every_field_and_filter_has_its_row() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| (.*?) \|(?: (yes|no) \|)?$", WRITING, re.MULTILINE)
    fields = [(field.name, field.meaning, "yes" if field.always_known else "no") for field in FIELDS.values()]
    filters = [(name, meaning.replace("|", "\\|"), "") for name, meaning in FILTERS.items()]
    assert rows == fields + filters


def test_what_is_said_to_make_up_for_an_unknown_field_does() -> None:
    (paragraph,) = re.findall(r"^Nobody gets .*?\n\n", WRITING, re.MULTILINE | re.DOTALL)
    shown = re.findall(r"`(\{[^`]*)`", paragraph)
    assert len(shown) == 3
    for source in shown:
        assert compile_content(Content(subject="S", plain=f"{source}x"), Language()).render({}).plain


async def test_the_queries_shown_are_answered(emails: Emails) -> None:
    approve, dialog = blocks("graphql")
    email = node_id("eml", await emails.approved("Sales/Welcome"))
    answer = await emails.ask(approve, Right.APPROVE, email=email)
    assert [error["code"] for error in answer["approveEmail"]["userErrors"]] == ["EMAIL_NOT_APPROVED"]
    workspace = node_id("ews", (await emails.row()).workspace_id)
    shown = await emails.ask(dialog, workspace=workspace)
    assert [each["name"] for each in shown["approvedEmails"]["nodes"]] == ["Welcome"]


def test_the_figures_are_those_that_hold() -> None:
    figures = [f"{LONGEST_TEMPLATES[part]:,}" for part in ("subject", "plain", "html")]
    assert f"Subject at most {figures[0]} characters, text {figures[1]}, HTML {figures[2]}." in WRITING
    assert f"at most {LONGEST_VALUE} characters" in WRITING
    assert f"at most {LONGEST_SUBJECT} characters" in WRITING
    assert (MOST_TESTS, WITHIN.total_seconds(), FRESH_FOR.total_seconds()) == (20, 60, 60)
    assert "20 times a minute" in WRITING
    assert "older than a minute" in WRITING
    assert f"`emails/Campaigns/Autumn/Invitation/{HTML}`" in WRITING
