"""A provider as the server holds it: behind its fence, bounded in time and number, left alone while it fails, and watched.

Whatever the provider does, each call ends in time, with an answer or a ProviderError.
"""

import asyncio
import hashlib
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from time import perf_counter
from typing import Any

import structlog
from pydantic import BaseModel, SecretStr

from bg_graph.hosting.breaker import Breaker, Resting, Verdict
from bg_graph.hosting.fences.fence import fence_of
from bg_graph.hosting.fences.options import FenceFault, FenceOptions, NotBegun
from bg_graph.hosting.fences.recipe import Recipe
from bg_graph.plugins.context import Storage
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, ProviderError, Rejected, Unavailable
from bg_graph.plugins.health import Health
from bg_graph.plugins.plugin import Plugin
from bg_graph.store.clock import Clock, system_clock

FAILED = "PLUGIN_ERROR"
"""Code of PluginFailed."""
ATTRIBUTES = ("abilities", "batch")
"""What providers may say of themselves."""
CLOSING = 30.0
"""Seconds that a provider has to give up what it holds, however long its work may take."""
REMEMBERED = 200
"""Calls of which the time taken is remembered."""
CHECK_SECONDS = 10.0
"""Within which a provider has to have checked itself, whatever its deadline for work is."""
NOBODY = ""
"""The tenant of calls that are for none, such as a check."""
Observe = Callable[["Hosted", str, str, float], None]
"""Hears of each call: provider, method, outcome and seconds."""
log = structlog.get_logger(__name__)


class PluginFailed(Rejected):
    """The provider is at fault itself: it raised what is no error of the contract, answered nonsense, or not in time."""

    def __init__(self, message: str) -> None:
        super().__init__(FAILED, message)


class State(StrEnum):
    """How a provider that is in use does."""

    HEALTHY = "HEALTHY"
    """Its last call, or check, was answered."""
    RESTING = "RESTING"
    """It failed several times in a row and is left alone for a moment, for at least one tenant."""
    DOWN = "DOWN"
    """Its last call, or check, failed."""
    MISCONFIGURED = "MISCONFIGURED"
    """It says that its settings or credentials are wrong."""


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a provider in use."""

    state: State
    last_error: str | None
    last_error_at: datetime | None
    p95: float | None
    """Seconds within which 95 of 100 of the last calls were answered; None before the first."""
    calls: int
    failures: int
    restarts: int


class Hosted:
    """One provider, built of one plugin with one set of settings. It is built by `start`, or by the first call."""

    def __init__(
        self,
        plugin: Plugin,
        capability: str,
        settings: BaseModel,
        *,
        fence: FenceOptions,
        storage: Storage,
        observe: Observe = lambda *_: None,
        clock: Clock = system_clock,
        breaker: Callable[[], Breaker] = Breaker,
    ) -> None:
        self.plugin = plugin
        self.capability = capability
        self.options = fence
        self.settings_hash = settings_hash(settings)
        self._fence = fence_of(Recipe(plugin.name, plugin.provides[capability], settings, storage), fence)
        self._places = asyncio.Semaphore(fence.concurrency)
        self._new_breaker, self._breakers = breaker, dict[str, Breaker]()
        self._attributes: dict[str, object] = {}
        self._observe, self._clock = observe, clock
        self._took: deque[float] = deque(maxlen=REMEMBERED)
        self._calls = self._failures = 0
        self._last, self._broke_contract = State.HEALTHY, False
        self._last_error: tuple[str, datetime] | None = None

    @property
    def name(self) -> str:
        """The plugin's name, by which it is configured."""
        return self.plugin.name

    @property
    def status(self) -> Status:
        """How it does."""
        resting = any(breaker.resting for breaker in self._breakers.values())
        state = State.RESTING if resting and self._last is not State.MISCONFIGURED else self._last
        error, at = self._last_error or (None, None)
        took = sorted(self._took)
        p95 = took[min(len(took) - 1, int(len(took) * 0.95))] if took else None
        return Status(state, error, at, p95, self._calls, self._failures, self._fence.restarts)

    @property
    def is_built(self) -> bool:
        """Whether it is known what the provider says of itself."""
        return bool(self._attributes)

    async def start(self) -> None:
        """Build the provider. Where that fails it is told in the status, and the next call tries again."""
        try:
            self._attributes = dict(await self._fence.start(ATTRIBUTES))
        except (ProviderError, FenceFault) as fault:
            self._failed("start", fault)

    def attribute(self, name: str, form: type[Any], default: Any) -> Any:
        """What the provider says of itself; the default where it says nothing of this form, or was not built yet."""
        value = self._attributes.get(name, default)
        return value if isinstance(value, form) else default

    async def call(
        self, method: str, *request: object, tenant: str, seconds: float | None = None, guarded: bool = True
    ) -> object:
        """The provider's answer, whatever it is, to `asked`."""
        async with self.asked(method, *request, tenant=tenant, seconds=seconds, guarded=guarded) as called:
            return called.answer

    @asynccontextmanager
    async def asked(
        self, method: str, *request: object, tenant: str, seconds: float | None = None, guarded: bool = True
    ) -> AsyncIterator["Called"]:
        """The provider's answer within the deadline of its fence, or the seconds given where they are fewer.

        Inside the `with` the answer is looked at: where it is told to be wrong, the call has failed.
        Raises ProviderError: what the provider raises; Unavailable where it was not asked (it rests, there was no place
        in time, it can't be built); PluginFailed for everything else that goes wrong. Not `guarded`: asked even while it
        rests, for callers with a patience of their own.
        """
        within = self.options.deadline if seconds is None else min(seconds, self.options.deadline)
        until = asyncio.get_running_loop().time() + within
        breaker = self._breakers.setdefault(tenant, self._new_breaker()) if guarded else self._new_breaker()
        with breaker.admitted() as verdict:
            answer, took = await self._answered(method, request, until, verdict)
            called = Called(self, method, answer)
            try:
                yield called
            finally:
                verdict.worked = not called.is_wrong
                if not called.is_wrong:
                    self._last, self._broke_contract = State.HEALTHY, False
                self._note(method, "refused" if called.is_wrong else "answered", took)

    async def _answered(
        self, method: str, request: tuple[object, ...], until: float, verdict: Verdict
    ) -> tuple[object, float]:
        """The answer, and the seconds that it took."""
        async with self._place(until):
            began, outcome = perf_counter(), "left"
            try:
                answer = await self._fence.call(method, request, until - asyncio.get_running_loop().time())
                outcome = ""
                return answer, perf_counter() - began
            except (ProviderError, FenceFault) as fault:
                outcome = type(fault).__name__
                verdict.worked = not _is_failure(fault)
                raise self._failed(method, fault) from None
            finally:
                if outcome:
                    self._note(method, outcome, perf_counter() - began)

    async def check(self) -> Health:
        """Whether the provider works, as it says itself, in few seconds; a failure of the check is told as not healthy."""
        try:
            health = await self._fence.call("check", (), min(self.options.deadline, CHECK_SECONDS))
        except (ProviderError, FenceFault) as fault:
            return Health(healthy=False, message=str(self._failed("check", fault)))
        if not isinstance(health, Health):
            return Health(healthy=False, message=str(self.wrong("check", f"answered with a {type(health).__name__}")))
        if health.healthy and not self._broke_contract:
            self._last = State.HEALTHY
        elif not health.healthy:
            self._last, self._last_error = State.DOWN, (str(health.message), self._clock())
        return health

    def wrong(self, method: str, reason: str, **more: object) -> PluginFailed:
        """Tell that an answer does not keep the contract; gives the error that says so.

        The provider is down until an answer keeps it: that it says to be well counts for nothing then.
        """
        self._last, self._broke_contract = State.DOWN, True
        self._failures += 1
        self.blemished(method, reason, **more)
        return PluginFailed(f"the plugin {self.name} {reason}")

    def blemished(self, method: str, reason: str, **more: object) -> None:
        """Tell that some of an answer could not be used, and most of it could: no failure, yet it is shown."""
        self._last_error = (f"{method} {reason}", self._clock())
        log.warning("plugin failed", **self._about(method), reason=reason, **more)

    async def close(self) -> None:
        """Have the provider give up what it holds, then end what it runs in; it may fail at that without harm."""
        try:
            await self._fence.call("close", (), min(self.options.deadline, CLOSING))
        except (ProviderError, FenceFault) as fault:
            log.warning("plugin could not be closed", **self._about("close"), reason=str(fault))
        await self._fence.close()

    @asynccontextmanager
    async def _place(self, until: float) -> AsyncIterator[None]:
        """One of the places for calls. A call that gets none in time is not begun."""
        try:
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        except TimeoutError:
            taken = f"all {self.options.concurrency} places for calls of {self.name} were taken"
            raise Unavailable(taken) from None
        try:
            yield
        finally:
            self._places.release()

    def _note(self, method: str, outcome: str, seconds: float) -> None:
        self._calls += 1
        self._took.append(seconds)
        self._observe(self, method, outcome, seconds)

    def _failed(self, method: str, fault: ProviderError | FenceFault) -> ProviderError:
        """Keep what went wrong; gives the error that is told."""
        if _is_failure(fault):
            self._failures += 1
            self._last = State.MISCONFIGURED if isinstance(fault, Misconfigured) else State.DOWN
            self._last_error = (f"{method}: {fault}", self._clock())
        if isinstance(fault, ProviderError):
            return fault
        log.warning("plugin failed", **self._about(method), reason=str(fault), cause=fault.cause)
        if isinstance(fault, NotBegun):
            return Unavailable(f"the plugin {self.name} {fault}")
        return PluginFailed(f"the plugin {self.name} {fault}")

    def _about(self, method: str) -> dict[str, str]:
        return {"plugin": self.name, "capability": self.capability, "method": method}


class Called:
    """A call that a provider answered. Whoever asked says where the answer does not keep the contract."""

    def __init__(self, hosted: Hosted, method: str, answer: Any) -> None:
        self.answer = answer
        self.is_wrong = False
        self._hosted, self._method = hosted, method

    def wrong(self, reason: str, **more: object) -> PluginFailed:
        """Count the call as failed; gives the error that says so. `more` goes to the log."""
        self.is_wrong = True
        return self._hosted.wrong(self._method, reason, **more)

    def blemished(self, reason: str, **more: object) -> None:
        """Show that some of the answer could not be used; the call has not failed."""
        self._hosted.blemished(self._method, reason, **more)


def _is_failure(fault: ProviderError | FenceFault) -> bool:
    """Whether a fault tells of the provider rather than of the request."""
    return isinstance(fault, FenceFault | Unavailable | OutcomeUnknown | Misconfigured) and not isinstance(
        fault, Resting
    )


def settings_hash(settings: BaseModel) -> str:
    """Twelve hex digits that stand for settings: for provenance, and to tell two sets apart. Secrets go into it hashed."""

    def plain(value: object) -> object:
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    text = json.dumps(settings.model_dump(mode="python"), default=plain, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
