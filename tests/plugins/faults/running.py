"""A fault, and what an exam says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from bg_graph.plugins.plugin import Plugin
from bg_graph.plugins.testing.checks import Outcome, Result
from bg_graph.plugins.testing.exam import ProviderExam


@dataclass(frozen=True)
class Fault:
    """A faulty provider, and the check that has to catch it."""

    provider: Any
    caught_by: str
    """Name of the check, without `test_`."""
    says: str
    """Part of the reason."""
    exam: type[ProviderExam]
    plugin: Mapping[str, Any] = field(default_factory=dict)
    """What else is different of the plugin."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What else is different of the exam."""

    @property
    def name(self) -> str:
        """What is wrong, in words."""
        return self.provider.__name__

    def examined(self, *checks: str) -> list[Result]:
        """What the exam says, all of it or some checks."""
        exam = exam_of(self.exam, self.provider, self.plugin, self.given)
        return [exam().made(each, exam.fence) for each in exam.checks() if not checks or each.name in checks]


def exam_of(exam: type[ProviderExam], provider: Any, plugin: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """The exam of another provider."""
    changed: Plugin = replace(exam.plugin, provides=MappingProxyType({exam.capability: provider}), **plugin)
    return type("Exam", (exam,), {"plugin": changed, **given})


def failed(results: list[Result]) -> list[Result]:
    """The checks that failed."""
    return [each for each in results if each.outcome is Outcome.FAILED]
