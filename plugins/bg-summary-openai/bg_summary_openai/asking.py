"""Asking with patience: which form of answers the endpoint knows, and when a question is asked again."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from bg_graph.plugins.context import Storage
from bg_graph.plugins.errors import Unavailable
from bg_summary_openai.endpoint import Endpoint, Reply
from bg_summary_openai.faults import FormRefused, Lost
from bg_summary_openai.prompt import Question
from bg_summary_openai.settings import Form, OpenAISettings

REMEMBERED = timedelta(days=7)
"""How long it is remembered which form an endpoint knows."""
KEY = "form"
"""Under which the storage keeps it."""
_BACKING_OFF = wait_exponential_jitter(multiplier=0.2, max=5, jitter=0.2)


class Asking:
    """Asks an endpoint in the best form that it knows: found out once, and remembered by endpoint and model."""

    def __init__(self, settings: OpenAISettings, endpoint: Endpoint, storage: Storage) -> None:
        self._settings, self._endpoint, self._storage = settings, endpoint, storage
        self._known = None if settings.structured == "auto" else settings.structured
        self._finding_out = asyncio.Lock()
        self._name = hashlib.sha256(f"{settings.base_url} {settings.model}".encode()).hexdigest()[:16]

    async def reply(self, question: Question, tenant: str, until: float) -> Reply:
        """The reply to a question, before a moment of the loop's clock. Raises the errors of the contract."""
        if self._settings.structured != "auto":
            return await self._told(question, self._settings.structured, until)
        if self._known is None:
            async with self._finding_out:
                if self._known is None:
                    self._known = await self._remembered(tenant)
                if self._known is None:
                    return await self._found_out(question, tenant, until)
        try:
            return await self._patient(question, self._known, until, proved=True)
        except FormRefused:
            return await self._found_out(question, tenant, until)

    async def _told(self, question: Question, form: Form, until: float) -> Reply:
        try:
            return await self._patient(question, form, until, proved=True)
        except FormRefused as refused:
            raise refused.fault from None

    async def _found_out(self, question: Question, tenant: str, until: float) -> Reply:
        """The reply in the first form that works. A form that is refused is not asked for again."""
        for form in Form:
            try:
                reply = await self._patient(question, form, until, proved=False)
            except FormRefused:
                continue
            if self._known is not form:
                self._known = form
                await self._remember(tenant, form)
            return reply
        raise AssertionError("text is never refused as a form")

    async def _patient(self, question: Question, form: Form, until: float, *, proved: bool) -> Reply:
        """Ask again where the endpoint failed before it took the question, as long as there is time."""
        loop = asyncio.get_running_loop()
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._settings.attempts),
            wait=_pause,
            retry=retry_if_exception(
                lambda fault: _may_be_repeated(fault) and _asked_pause(fault) < until - loop.time()
            ),
            reraise=True,
        )
        ask: Callable[..., Awaitable[Reply]] = self._endpoint.ask
        return await retrying(ask, question, form, proved=proved)

    async def _remembered(self, tenant: str) -> Form | None:
        kept = await self._storage.get(tenant, KEY)
        try:
            name, form, at = json.loads(kept or "null")
            is_fresh = datetime.now(UTC) - datetime.fromisoformat(at) < REMEMBERED
            return Form(form) if name == self._name and is_fresh else None
        except (ValueError, TypeError):
            return None

    async def _remember(self, tenant: str, form: Form) -> None:
        await self._storage.put(tenant, KEY, json.dumps([self._name, form.value, datetime.now(UTC).isoformat()]))


def _may_be_repeated(fault: BaseException) -> bool:
    return isinstance(fault, Unavailable) and not isinstance(fault, Lost)


def _asked_pause(fault: BaseException | None) -> float:
    return (fault.retry_after or 0.0) if isinstance(fault, Unavailable) else 0.0


def _pause(state: RetryCallState) -> float:
    fault = state.outcome.exception() if state.outcome else None
    return max(_BACKING_OFF(state), _asked_pause(fault))
