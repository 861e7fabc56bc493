"""The page on many members at once says what works, and what its codes are."""

import ast
import re
import shlex

from bg_graph.buying_groups.rules.membership import CallCode, ItemCode
from scripts.house import ROOT
from tests.cli.shell import Shell

PAGE = (ROOT / "docs" / "members.md").read_text(encoding="utf-8")
UP_TO_THE_CALLER = {CallCode.BATCH_SIZE, CallCode.VERSION_CONFLICT, CallCode.FORBIDDEN, CallCode.INVALID_INPUT}
"""Faults that no row of a file can have: the calls are of 50, without a version, by whoever runs the command."""

SETUP = """
[[roles_templates]]
name = "Standard"
roles = [{ role = "Decision Maker" }, { role = "Champion" }]

[[solution_interests]]
name = "Cloud Backup"
roles_template = "Standard"
accounts = { attribute = "industry", is = "Software" }
"""


def block(language: str) -> str:
    [found] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return found


def test_the_commands_work_as_written(ready: Shell) -> None:
    files = {
        "tenant.toml": SETUP,
        "Account.csv": "Id,Name,Industry\n001000000000001,Acme,Software\n",
        "Contact.csv": "Id,AccountId,LastName,Email\n"
        "003000000000001,001000000000001,Ann,ann@acme.example\n"
        "003000000000002,001000000000001,Bob,bob@acme.example\n",
        "members.csv": block("csv"),
    }
    for name, text in files.items():
        (ready.folder / name).write_text(text)
    ready.run("apply", "tenant.toml")
    ready.run("import", "Account.csv", "Contact.csv")
    ended = [ready.out(*shlex.split(line, comments=True)[1:]).splitlines()[0] for line in block("sh").splitlines()]
    done = "members.csv: 2 read = 2 applied + 0 unchanged + 0 rejected"
    so_already = "members.csv: 2 read = 0 applied + 2 unchanged + 0 rejected"
    assert ended == [done, done, so_already, done]


def test_every_code_that_a_row_can_have_stands_on_the_page_once() -> None:
    told = re.findall(r"^\| ([A-Z_]+) \|", PAGE, re.MULTILINE)
    source = ast.parse((ROOT / "bg_graph" / "imports" / "references.py").read_text(encoding="utf-8"))
    named = {
        node.args[0].value
        for node in ast.walk(source)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "_rejection"
        and isinstance(node.args[0], ast.Constant)
    }
    assert len(told) == len(set(told))
    assert set(told) == {"ROW_SHAPE", *named, *ItemCode, *CallCode} - UP_TO_THE_CALLER
