"""Asks the summary providers of a tenant, one after the other, and lets through only what rests on the facts given."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import structlog

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.installed import Installed
from bg_graph.plugins.errors import ProviderError, Unavailable
from bg_graph.plugins.grounding import faults_in
from bg_graph.plugins.summaries import Subject, Summary, SummaryRequest

SHARE = 0.7
"""Share of the time that is left which a provider may take where others stand behind it."""
Chain = Callable[[str], Sequence[Hosted]]
"""The providers of a tenant (by its name), in the order in which they are asked."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answered:
    """A summary that may be shown, and where it comes from."""

    summary: Summary
    plugin: str
    version: str
    """Version of the plugin."""
    settings: str
    """Stands for the settings that it was built with."""
    tried: tuple[str, ...] = ()
    """Plugins that were asked before and gave none, or none that may be shown."""


Outcome = Answered | Coded | None
"""A summary; the error that stands in its place; None where every provider declines."""


class SummaryHost:
    """Asks for summaries: the first provider of the tenant's chain that answers serves. Facts never leave it unbounded in time."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    @property
    def installed(self) -> Installed:
        """The first provider of those who say nothing else."""
        hosted = self._chain("")[0]
        plugin, healthy = hosted.plugin, hosted.status.state == "HEALTHY"
        return Installed(plugin.name, plugin.version, plugin.title, hosted.capability, plugin.name, healthy)

    async def summarize(
        self, tenant: str, subjects: Sequence[Subject], *, locale: str = "en", deadline: float | None = None
    ) -> list[Outcome]:
        """For each subject its summary, None where the providers decline, or the error that stands in its place.

        Each provider is asked once, for all subjects that have no summary yet. Errors: PLUGIN_ERROR where the provider
        failed, PROVIDER_UNAVAILABLE where it could not be asked or reached, SUMMARY_REFUSED where its summary does not
        rest on the facts; of several, the first. `deadline`: seconds for all of it.
        """
        outcomes: list[Outcome] = [None] * len(subjects)
        tried: list[tuple[str, ...]] = [()] * len(subjects)
        chain = self._chain(tenant) if subjects else ()
        until = None if deadline is None else asyncio.get_running_loop().time() + deadline
        for hosted, behind in zip(chain, count(len(chain) - 1, -1)):
            open_ones = [number for number, each in enumerate(outcomes) if not isinstance(each, Answered)]
            if not open_ones:
                break
            asked = [subjects[number] for number in open_ones]
            answers = await _asked(hosted, tenant, asked, locale, _share(until, behind))
            for number, answer in zip(open_ones, answers, strict=True):
                outcomes[number] = _outcome(outcomes[number], answer, tried[number])
                tried[number] = (*tried[number], hosted.name)
        return outcomes


def _share(until: float | None, behind: int) -> float | None:
    """Seconds for one provider, where `behind` others may have to be asked after it."""
    if until is None:
        return None
    left = max(0.01, until - asyncio.get_running_loop().time())
    return left * SHARE if behind else left


def _outcome(before: Outcome, now: Outcome, tried: tuple[str, ...]) -> Outcome:
    if isinstance(now, Answered):
        return Answered(now.summary, now.plugin, now.version, now.settings, tried)
    return before or now


async def _asked(
    hosted: Hosted, tenant: str, subjects: Sequence[Subject], locale: str, seconds: float | None
) -> list[Outcome]:
    """What one provider says of the subjects."""
    within = hosted.options.deadline if seconds is None else min(seconds, hosted.options.deadline)
    request = SummaryRequest(tenant=tenant, subjects=tuple(subjects), locale=locale, deadline=within)
    try:
        answers = await hosted.call("summarize", request, tenant=tenant, seconds=within)
        if not isinstance(answers, Sequence) or len(answers) != len(subjects):
            raise hosted.wrong("summarize", "gave no answer for each subject")
    except ProviderError as fault:
        code = ErrorCode.PROVIDER_UNAVAILABLE if isinstance(fault, Unavailable) else ErrorCode.PLUGIN_ERROR
        return [Coded(code, f"The summary plugin {hosted.name}: {fault}.") for _ in subjects]
    return [_checked(hosted, each, answer, locale) for each, answer in zip(subjects, answers, strict=True)]


def _checked(hosted: Hosted, subject: Subject, answer: object, locale: str) -> Outcome:
    if answer is None:
        return None
    if isinstance(answer, Summary) and not _faults(hosted, subject, answer, locale):
        return Answered(answer, hosted.name, hosted.plugin.version, hosted.settings_hash)
    if not isinstance(answer, Summary):
        hosted.wrong("summarize", f"answered with a {type(answer).__name__}, not a Summary")
    message = f"The summary plugin {hosted.name} gave a summary that does not rest on its facts; it is not shown."
    return Coded(ErrorCode.SUMMARY_REFUSED, message)


def _faults(hosted: Hosted, subject: Subject, summary: Summary, locale: str) -> int:
    """How many things are wrong with a summary. What they are stays out of the log: they may name people."""
    try:
        faults = len(faults_in(subject, summary, locale))
    except Exception as strange:  # its parts have the wrong types
        hosted.wrong("summarize", "gave a summary that can't be read", cause=type(strange).__name__)
        return 1
    if faults:
        log.warning("summary refused", plugin=hosted.name, subject=subject.key, faults=faults)
    return faults
