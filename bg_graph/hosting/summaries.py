"""Asks the summary providers of a tenant, one after the other, and lets through only what rests on the facts given."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import structlog

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.hosting.hosted import Called, Hosted
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
        async with hosted.asked("summarize", request, tenant=tenant, seconds=within) as called:
            return _checked(called, hosted, subjects, locale)
    except ProviderError as fault:
        code = ErrorCode.PROVIDER_UNAVAILABLE if isinstance(fault, Unavailable) else ErrorCode.PLUGIN_ERROR
        return [Coded(code, f"The summary plugin {hosted.name}: {fault}.") for _ in subjects]


def _checked(called: Called, hosted: Hosted, subjects: Sequence[Subject], locale: str) -> list[Outcome]:
    """What may be shown of an answer. The call has failed where nothing of it may: one slip among many is told alone."""
    answers = called.answer
    if not isinstance(answers, Sequence) or len(answers) != len(subjects):
        raise called.wrong("gave no answer for each subject")
    reasons = [_fault(hosted, each, answer, locale) for each, answer in zip(subjects, answers, strict=True)]
    refused = [reason for reason in reasons if reason is not None]
    if refused:
        shown = sum(answer is not None for answer in answers) - len(refused)
        tell = called.blemished if shown else called.wrong
        tell(refused[0], refused=len(refused), shown=shown)
    return [_outcome_of(hosted, answer, reason) for answer, reason in zip(answers, reasons, strict=True)]


def _outcome_of(hosted: Hosted, answer: Any, reason: str | None) -> Outcome:
    if reason is not None:
        message = f"The summary plugin {hosted.name} gave a summary that does not rest on its facts; it is not shown."
        return Coded(ErrorCode.SUMMARY_REFUSED, message)
    if answer is None:
        return None
    return Answered(answer, hosted.name, hosted.plugin.version, hosted.settings_hash)


def _fault(hosted: Hosted, subject: Subject, answer: object, locale: str) -> str | None:
    """Why an answer is not shown. What is wrong with a summary stays out of it: that may name people."""
    if answer is None:
        return None
    if not isinstance(answer, Summary):
        return f"answered with a {type(answer).__name__}, not a Summary"
    try:
        faults = len(faults_in(subject, answer, locale))
    except Exception as strange:  # its parts have the wrong types
        return f"gave a summary that can't be read ({type(strange).__name__})"
    if faults:
        log.warning("summary refused", plugin=hosted.name, subject=subject.key, faults=faults)
        return "gave a summary that does not rest on its facts"
    return None
