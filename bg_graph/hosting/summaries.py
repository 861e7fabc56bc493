"""Hosts the summary provider: asks it within a deadline, and lets through only what rests on the facts given."""

from collections.abc import Sequence

import structlog

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.hosting.calls import Calls
from bg_graph.hosting.installed import Installed
from bg_graph.plugins.grounding import faults_in
from bg_graph.plugins.plugin import Plugin
from bg_graph.plugins.summaries import Subject, Summary, SummaryProvider, SummaryRequest

CAPABILITY = "summary"
DEADLINE = 2.0
"""Seconds that a provider has for an answer."""

log = structlog.get_logger(__name__)


class SummaryHost:
    """Holds the chosen provider of summaries. Whatever the provider does, each subject has an answer in time."""

    def __init__(self, plugin: Plugin, *, deadline: float = DEADLINE) -> None:
        self.plugin = plugin
        self._provider: SummaryProvider = plugin.provides[CAPABILITY](plugin.settings(), None)
        self._deadline = deadline
        self._healthy = True
        self._calls = Calls()

    @property
    def installed(self) -> Installed:
        """What serves summaries; healthy unless its last call failed."""
        plugin, provider = self.plugin, type(self._provider).__name__
        return Installed(plugin.name, plugin.version, plugin.title, CAPABILITY, provider, self._healthy)

    async def summarize(
        self, tenant: str, subjects: Sequence[Subject], *, locale: str = "en"
    ) -> list[Summary | Coded | None]:
        """For each subject its summary, None where the provider declines, or the error that stands in its place.

        Errors: PLUGIN_ERROR where the provider failed, SUMMARY_REFUSED where its summary does not rest on the facts.
        """
        if not subjects:
            return []
        request = SummaryRequest(tenant=tenant, subjects=tuple(subjects), locale=locale, deadline=self._deadline)
        try:
            answers = self._checked_answers(await self._asked(request), len(subjects))
        except _ProviderFailed as failed:
            self._healthy = False
            log.warning("plugin failed", plugin=self.plugin.name, capability=CAPABILITY, reason=str(failed))
            message = f"The summary plugin {self.plugin.name} {failed.shown}. The rest of the answer is not affected."
            return [Coded(ErrorCode.PLUGIN_ERROR, message) for _ in subjects]
        self._healthy = True
        return [self._checked(subject, answer) for subject, answer in zip(subjects, answers, strict=True)]

    async def _asked(self, request: SummaryRequest) -> object:
        """The provider's answer, within the deadline."""
        task = await self._calls.ended(self._provider.summarize, request, seconds=self._deadline)
        if task is None:
            raise _ProviderFailed(f"gave no answer within {self._deadline:g} seconds")
        if task.cancelled():
            raise _ProviderFailed("cancelled its own call")
        fault = task.exception()
        if fault is not None:
            raise _ProviderFailed("failed", repr(fault))
        return task.result()

    def _checked_answers(self, answers: object, count: int) -> list[Summary | None]:
        if not isinstance(answers, Sequence) or len(answers) != count:
            raise _ProviderFailed("gave no answer for each subject", f"{count} subjects: {type(answers).__name__}")
        return list(answers)

    def _checked(self, subject: Subject, answer: object) -> Summary | Coded | None:
        if answer is None:
            return None
        if not isinstance(answer, Summary):
            return self._refused([f"The answer is a {type(answer).__name__}, not a Summary."])
        try:
            faults = faults_in(subject, answer)
        except (TypeError, AttributeError, ValueError) as wrong:
            faults = [f"The summary has a part of the wrong type: {wrong}."]
        return self._refused(faults) if faults else answer

    def _refused(self, faults: list[str]) -> Coded:
        log.warning("summary refused", plugin=self.plugin.name, faults=faults[:5])
        message = f"The summary was refused, since not all of it rests on known facts (plugin {self.plugin.name})."
        return Coded(ErrorCode.SUMMARY_REFUSED, message)


class _ProviderFailed(Exception):
    """A provider gave no usable answer: `shown` may be told to the asker, the reason is for the log."""

    def __init__(self, shown: str, reason: str = "") -> None:
        super().__init__(f"{shown}: {reason}" if reason else shown)
        self.shown = shown
