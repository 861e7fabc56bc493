"""The provider: facts in, slots to a model, its sentences through the wall, cited statements out."""

import asyncio
import importlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.errors import Misconfigured, ProviderError, Rejected, Unavailable
from bg_graph.plugins.health import Health
from bg_graph.plugins.summaries import Model, Subject, SubjectKind, Summary, SummaryRequest
from bg_graph.plugins.wording.languages import language_of
from bg_summary_openai.budget import Budget
from bg_summary_openai.draft import Unreadable, draft_in
from bg_summary_openai.phrases import PHRASES
from bg_summary_openai.prompt import question_about
from bg_summary_openai.settings import OpenAISettings
from bg_summary_openai.slots import slots_of
from bg_summary_openai.writing import written

if TYPE_CHECKING:
    from bg_summary_openai.asking import Asking
    from bg_summary_openai.endpoint import Endpoint, Reply

SHARE = 0.95
"""Of a deadline: what is done by then is answered, the rest is declined."""
_VERSION = re.compile(r"[\w.:/-]{1,80}", re.ASCII)


class OpenAIProvider:
    """Writes summaries by a model behind an OpenAI-compatible endpoint."""

    def __init__(self, settings: OpenAISettings, context: ProviderContext) -> None:
        self._settings, self._context = settings, context
        self._budget = Budget(settings, context.storage)
        self._places = asyncio.Semaphore(settings.concurrency)
        self._opening = asyncio.Lock()
        self._opened: tuple[Endpoint, Asking] | None = None

    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        """One answer for each subject; None where too little of what the model wrote rests on facts.

        Raises an error where not one subject has an answer, and something failed.
        """
        if language_of(request.locale) not in PHRASES:
            return [None for _ in request.subjects]
        until = asyncio.get_running_loop().time() + request.deadline * SHARE
        tasks = [asyncio.ensure_future(self._summary(request, each, until)) for each in request.subjects]
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=request.deadline * SHARE)
        finally:
            await _ended(tasks)
        return _answers(tasks, request.deadline)

    async def check(self) -> Health:
        """Whether the endpoint answers and takes the key."""
        endpoint, _ = await self._open()
        try:
            names = await endpoint.models()
        except Unavailable as fault:
            return Health(healthy=False, message=str(fault))
        except Rejected:
            return Health(healthy=True, message="the endpoint answers, but does not list its models")
        if names and self._settings.model not in names:
            return Health(healthy=True, message="the endpoint answers, but does not list the model")
        return Health(healthy=True, message="the endpoint answers")

    async def close(self) -> None:
        """Close the connections."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened[0].close()

    async def _summary(self, request: SummaryRequest, subject: Subject, until: float) -> Summary | None:
        language = language_of(request.locale)
        if not _is_known(subject):
            return None
        slots = slots_of(subject, PHRASES[language])
        if not slots:
            return None
        question = question_about(subject, slots, language)
        async with self._places:
            _, asking = await self._open()
            estimate = question.estimated_tokens, self._settings.max_tokens
            async with self._budget.spending(request.tenant, *estimate) as bill:
                reply = await asking.reply(question, request.tenant, until)
                bill.told(reply.tokens_in, reply.tokens_out)
        model = Model(name=self._settings.model, version=_version(reply.model))
        try:
            draft = draft_in(_content(reply))
        except Unreadable:
            raise Rejected("BROKEN_ANSWER", "the model's answer is not the JSON that was asked for") from None
        summary, drops = written(subject, draft, slots, language, model)
        self._tell(drops, summary)
        return summary

    async def _open(self) -> "tuple[Endpoint, Asking]":
        """The endpoint; its client is imported when first used, in a thread, since that takes a second."""
        async with self._opening:
            if self._opened is None:
                asking: Any = await asyncio.to_thread(importlib.import_module, "bg_summary_openai.asking")
                endpoint: Endpoint = asking.Endpoint(self._settings)
                self._opened = endpoint, asking.Asking(self._settings, endpoint, self._context.storage)
            return self._opened

    def _tell(self, drops: Counter[Any], summary: Summary | None) -> None:
        """Log how much was dropped and why; what was written stays out of the log."""
        if drops:
            told = ", ".join(f"{reason} {count}" for reason, count in sorted(drops.items()))
            outcome = "sentences dropped" if summary else "summary declined"
            self._context.logger.info("%s: %s", outcome, told)


def _is_known(subject: Subject) -> bool:
    """Whether there is anything to tell: of a person who is neither scored nor active nor in a group there is not."""
    if not subject.facts:
        return False
    is_bare = len(subject.facts) == 1 and subject.facts[0].number("engagement_score") is None
    return not (is_bare and subject.kind is SubjectKind.PERSON)


def _content(reply: "Reply") -> str:
    if reply.refused:
        raise Rejected("REFUSAL", "the model refuses to answer")
    if reply.finish == "content_filter":
        raise Rejected("CONTENT_FILTER", "the endpoint's filter took the answer")
    if reply.finish == "length":
        raise Rejected("TOO_LONG", "the answer passed max_tokens")
    if not isinstance(reply.content, str):
        raise Rejected("BROKEN_ANSWER", "the endpoint's answer has no text")
    return reply.content


def _version(said: object) -> str:
    """The model as the endpoint names it, where that is a plain name."""
    return said if isinstance(said, str) and _VERSION.fullmatch(said) else "unknown"


async def _ended(tasks: "Sequence[asyncio.Future[Summary | None]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _answers(tasks: "Sequence[asyncio.Future[Summary | None]]", deadline: float) -> list[Summary | None]:
    """What was answered; the worst of what failed is raised where nothing was."""
    faults = [task.exception() for task in tasks if not task.cancelled() and task.exception()]
    strange = next((fault for fault in faults if not isinstance(fault, ProviderError)), None)
    answers = [None if task.cancelled() or task.exception() else task.result() for task in tasks]
    if strange is not None:
        raise strange
    if any(answers):
        return answers
    late: list[BaseException | None] = [
        Unavailable(f"no answer within {deadline:g} seconds") for task in tasks if task.cancelled()
    ]
    for kind in (Misconfigured, Unavailable, Rejected):
        for fault in (*faults, *late):
            if isinstance(fault, kind):
                raise fault
    return answers
