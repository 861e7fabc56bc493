"""The page on running the product says what works."""

import re
import shlex
from datetime import UTC, datetime

from bg_graph.demo.exports import SETUP_FILE, Size, write_exports
from bg_graph.settings import load_settings
from scripts.house import ROOT
from tests.cli.shell import Shell

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_commands_from_nothing_to_a_served_tenant_work_as_written(shell: Shell) -> None:
    exports = shell.folder / "exports"
    write_exports(exports, size=Size(3, (3, 4)), now=datetime.now(UTC))
    (exports / SETUP_FILE).unlink()
    [block] = blocks("sh")
    commands = [line.partition("#")[0].strip() for line in block.splitlines()]
    assert commands[-1] == "bg-graph serve", "the one that does not end"
    for command in commands[:-1]:
        words, _, file = command.partition(">")
        output = shell.out(*shlex.split(words)[1:])
        if file:
            (shell.folder / file.strip()).write_text(output)
    assert '"totalCount": 0' not in shell.out("query", "{ buyingGroups { totalCount } }")
    assert "All is well." in shell.out("doctor")


def test_the_settings_shown_are_settings(shell: Shell) -> None:
    for block in blocks("toml"):
        (shell.folder / "bg-graph.toml").write_text(block)
        load_settings(environment={})
