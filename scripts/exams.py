"""The page of the exams, made from the exams: what an author can give them, and all their checks."""

import ast
import inspect
from collections.abc import Iterator

from bg_graph.plugins.testing.behaving import Behaviour
from bg_graph.plugins.testing.email import EmailProviderExam
from bg_graph.plugins.testing.exam import ProviderExam
from bg_graph.plugins.testing.intent import IntentModelExam
from bg_graph.plugins.testing.stating import Statements
from bg_graph.plugins.testing.summary import SummaryProviderExam

EXAMS: dict[str, type[ProviderExam]] = {
    "E-mail": EmailProviderExam,
    "Summary": SummaryProviderExam,
    "Intent": IntentModelExam,
}
OF_ALL: tuple[type[ProviderExam], ...] = (ProviderExam, Statements, Behaviour)
HEAD = """# The exams of providers

<!-- Made from the exams in bg_graph/plugins/testing/ by scripts/pages: edit these, or scripts/exams.py. -->

An exam is a class of tests that a test of yours inherits: `EmailProviderExam` (from `bg_graph.plugins.testing.email`),
`SummaryProviderExam` (`...testing.summary`) or `IntentModelExam` (`...testing.intent`). It comes with bg-graph as a plugin of
pytest, needs no database, and ends with a table and a line for your README. [Write a plugin](write-a-plugin.md) shows one in use.

| option of pytest | effect |
|---|---|
| `--plugin-fence=inline,thread,process` | the checks that are marked below are made behind each of these [fences](fences.md); `inline` alone is usual |
| `--plugin-strict` | a check that was skipped fails, and so does the use of what the contract will drop |

A check *passes* or *fails*; it is *skipped* where the exam was not given what it needs; it is *not applicable* where the
provider does not declare the ability, or `not_needed` says that there is no such thing (`not_needed = ("down_settings",)` for a
provider without a far system). A false system that runs in the test's own process belongs into `surroundings`, in a
thread of its own, and forgets what it was sent in `forget`.

Each check was seen to fail: for every one there is a provider with a fault that it catches, for the reason that it then says.
"""


def exams_page() -> str:
    """The page of the exams: what can be given to each, and every check with what it proves."""
    lines = [HEAD, "## Every provider", "", *_given(OF_ALL), "", *_checks(Behaviour, set())]
    common = {each.name for each in Behaviour.checks()}
    for title, exam in EXAMS.items():
        own = [each for each in reversed(exam.__mro__) if each not in (*OF_ALL, object)]
        lines += ["", f"## {title}: {len(exam.checks())} checks with those of every provider", "", *_given(own)]
        lines += ["", *_checks(exam, common)]
    return "\n".join(lines) + "\n"


def _given(classes: object) -> Iterator[str]:
    """What an author can give, as a table: fields with a docstring, and methods that are there to be overridden."""
    yield "| to give | what it is |"
    yield "|---|---|"
    for owner in classes:  # type: ignore[attr-defined]
        body = ast.parse(inspect.getsource(owner)).body[0].body  # type: ignore[attr-defined]
        for node, after in zip(body, [*body[1:], None], strict=True):
            said = _said(node, after)
            if said:
                yield f"| `{said[0]}` | {' '.join(said[1].split())} |"


def _said(node: ast.stmt, after: ast.stmt | None) -> tuple[str, str] | None:
    if isinstance(node, ast.FunctionDef) and (ast.get_docstring(node) or "").startswith("Override"):
        return f"{node.name}()", ast.get_docstring(node) or ""
    named = isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    if (
        named
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and "Set by" not in after.value.value
    ):
        name = node.target.id
        return None if name in ("directory", "storage", "fence", "strict") else (name, after.value.value)
    return None


def _checks(exam: type[ProviderExam], without: set[str]) -> Iterator[str]:
    yield "| check | what it proves | behind each fence |"
    yield "|---|---|---|"
    for each in exam.checks():
        if each.name not in without:
            name = each.name.removeprefix("test_").replace("_", " ")
            yield f"| {name} | {' '.join((each.body.__doc__ or '').split())} | {'yes' if each.fenced else ''} |"
