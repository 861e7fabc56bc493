"""The door to pytest (entry point `pytest11`): two options, and the table at the end of a run. It imports nothing of ours
that is more than names, and does nothing where no exam was run.
"""

from collections.abc import Iterator
from typing import Any

import pytest

PROPERTY = "bg_graph.exam"
"""Under which a report carries what became of a check."""
FENCES = ("inline", "thread", "process")
"""Where a provider can run while it is examined."""
_TITLES = ("passed", "failed", "skipped", "not applicable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the exams."""
    group = parser.getgroup("bg-graph", "exams of bg-graph's providers")
    group.addoption(
        "--plugin-fence",
        default="inline",
        metavar="FENCES",
        help="behind which fences exams run providers: inline, thread, process, several with commas (default: inline)",
    )
    group.addoption(
        "--plugin-strict",
        action="store_true",
        help="an exam fails where a check was skipped, and where the contract warns of what will be removed",
    )


def fences_of(config: pytest.Config) -> tuple[str, ...]:
    """The fences that were asked for."""
    asked = tuple(each.strip() for each in str(config.getoption("--plugin-fence", "inline")).split(",") if each.strip())
    strange = [each for each in asked if each not in FENCES]
    if strange or not asked:
        raise pytest.UsageError(f"--plugin-fence takes {', '.join(FENCES)}, not {', '.join(strange) or 'nothing'}")
    return asked


def is_strict(config: pytest.Config) -> bool:
    """Whether skips and warnings count as failures."""
    return bool(config.getoption("--plugin-strict", False))


def property_of(plugin: Any, capability: str, result: Any, fence: str) -> dict[str, str]:
    """What a report carries of a check: texts alone, so that it crosses processes."""
    return {
        "plugin": f"{plugin.name} {plugin.version}",
        "api": ".".join(str(part) for part in plugin.api),
        "capability": str(capability),
        "check": result.check.removeprefix("test_").replace("_", " "),
        "outcome": str(result.outcome),
        "reason": result.reason,
        "fence": fence,
    }


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table of each provider that was examined, and its badge line."""
    exams: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for told in _told(terminalreporter):
        exams.setdefault((told["plugin"], told["capability"], told["api"]), []).append(told)
    for (plugin, capability, api), checks in exams.items():
        terminalreporter.section(f"conformance of {plugin}: {capability}, contract {api}")
        for line in table(checks):
            terminalreporter.write_line(line)
        terminalreporter.write_line(badge(plugin, capability, api, checks))


def _told(terminalreporter: Any) -> Iterator[dict[str, str]]:
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                yield from (value for name, value in report.user_properties if name == PROPERTY)


def table(checks: list[dict[str, str]]) -> list[str]:
    """The lines of the table: how many came out how, and the reason of each that did not pass."""
    lines = []
    for title in _TITLES:
        some = [told for told in checks if told["outcome"] == title]
        lines.append(f"  {title:<15}{len(some)}")
        if title != "passed":
            lines += _reasons(some)
    return lines


def _reasons(some: list[dict[str, str]]) -> Iterator[str]:
    """The checks with why they did not pass, those with one reason together."""
    by_reason: dict[str, list[str]] = {}
    for told in some:
        by_reason.setdefault(told["reason"].partition("\n")[0], []).append(f"{told['check']} [{told['fence']}]")
    for reason, names in by_reason.items():
        yield f"    {reason}"
        yield from (f"      {name}" for name in names)


def badge(plugin: str, capability: str, api: str, checks: list[dict[str, str]]) -> str:
    """One line for a README: what was examined, and how it came out."""
    count = {title: sum(told["outcome"] == title for told in checks) for title in _TITLES}
    fences = ", ".join(fence for fence in FENCES if any(told["fence"] == fence for told in checks))
    verdict = "conforms" if not count["failed"] else "does not conform"
    made = count["passed"] + count["failed"]
    rest = f", {count['skipped']} skipped" if count["skipped"] else ""
    return (
        f"badge: {plugin} {verdict} to bg-graph {capability} {api}: {count['passed']} of {made} checks{rest} ({fences})"
    )
