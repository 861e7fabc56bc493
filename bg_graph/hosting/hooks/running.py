"""Calls the functions that a plugin registered: on an event loop of its own, within a deadline, watched like a provider."""

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from bg_graph.hosting.fences.options import FenceOptions, Isolation
from bg_graph.hosting.fences.recipe import LOGGERS
from bg_graph.hosting.hooks.checking import LONGEST_PAGE
from bg_graph.hosting.hooks.pages import fault_of_page
from bg_graph.hosting.hosted import Called, Hosted, PluginFailed
from bg_graph.plugins.context import ProviderContext, Storage
from bg_graph.plugins.errors import ProviderError
from bg_graph.plugins.health import Health
from bg_graph.plugins.hooks import (
    CheckSpec,
    FieldRequest,
    FieldReturns,
    FieldSpec,
    RouteRequest,
    RouteResponse,
    RouteSpec,
)
from bg_graph.plugins.importing import FileHead, ImporterSpec, ImportPage, ImportRequest
from bg_graph.plugins.plugin import Plugin

CAPABILITY = "hooks"
"""As what the functions of a plugin are listed among its providers."""
INSTALLATION = ""
"""The tenant of calls that are for none."""
_TYPES: Mapping[FieldReturns, tuple[type, ...]] = {
    FieldReturns.STRING: (str,),
    FieldReturns.INT: (int,),
    FieldReturns.FLOAT: (float, int),
    FieldReturns.BOOLEAN: (bool,),
    FieldReturns.STRINGS: (str,),
    FieldReturns.INTS: (int,),
    FieldReturns.FLOATS: (float, int),
}
_LISTS = frozenset({FieldReturns.STRINGS, FieldReturns.INTS, FieldReturns.FLOATS})
_LARGEST_INT = 2**31 - 1


class Running:
    """The functions of one plugin. They share a fence of their own: a thread, since a function crosses no process."""

    def __init__(
        self, plugin: Plugin, settings: BaseModel, storage: Storage, deadline: float, concurrency: int
    ) -> None:
        self.plugin, self.settings = plugin, settings
        lent = _Lent()
        logger = logging.getLogger(f"{LOGGERS}.{plugin.name}")
        self.context = ProviderContext(plugin=plugin.name, logger=logger, storage=lent)
        self.hosted = Hosted(
            replace(plugin, provides={CAPABILITY: lambda _settings, context: _Functions(context, lent)}),
            CAPABILITY,
            settings,
            fence=FenceOptions(Isolation.THREAD, max(deadline, LONGEST_PAGE), concurrency),
            storage=storage,
        )
        self._deadline = deadline

    async def compute(self, spec: FieldSpec, request: FieldRequest) -> list[Any]:
        """A value for each subject. Raises ProviderError."""
        count, within = len(request.subjects), request.deadline
        async with self._asked(spec.compute, request, tenant=request.tenant, seconds=within, guarded=True) as called:
            answer = called.answer
            if not isinstance(answer, Sequence) or isinstance(answer, str | bytes) or len(answer) != count:
                raise called.wrong(f"gave no value for each of {count} subjects", field=spec.name)
            if not all(_fits(value, spec.returns) for value in answer):
                raise called.wrong(f"gave a value of {spec.name} that is no {spec.returns}")
            return [list(value) if spec.returns in _LISTS and value is not None else value for value in answer]

    async def check(self, spec: CheckSpec) -> str | None:
        """What is wrong, or None."""
        try:
            async with self._asked(spec.check, tenant=INSTALLATION) as called:
                health = called.answer
                if not isinstance(health, Health):
                    raise called.wrong(f"answered the check {spec.name} with a {type(health).__name__}, not a Health")
        except ProviderError as fault:
            return str(fault)
        return None if health.healthy else (health.message or "it is not well")

    async def answer(self, spec: RouteSpec, request: RouteRequest) -> RouteResponse:
        """The answer to an inbound call. Raises ProviderError."""
        tenant = request.tenant or INSTALLATION
        async with self._asked(spec.handle, request, tenant=tenant, seconds=spec.deadline) as called:
            answer = called.answer
            if not _is_response(answer):
                raise called.wrong(f"answered the route {spec.path} with what is no RouteResponse")
        assert isinstance(answer, RouteResponse)
        return answer

    async def recognise(self, spec: ImporterSpec, head: FileHead) -> bool:
        """Whether a file is one of a source's own. Raises ProviderError."""
        if not head.name.lower().endswith(spec.suffixes or ("",)):
            return False
        if spec.recognise is None:
            return True
        async with self._asked(spec.recognise, head, tenant=INSTALLATION) as called:
            if not isinstance(called.answer, bool):
                raise called.wrong(f"answered whether it knows a file with a {type(called.answer).__name__}")
            return called.answer

    async def read(self, spec: ImporterSpec, request: ImportRequest) -> ImportPage:
        """A page of a source's records. Raises ProviderError."""
        async with self._asked(spec.read, request, tenant=request.tenant, seconds=spec.deadline) as called:
            fault = fault_of_page(called.answer, request)
            if fault is not None:
                raise called.wrong(fault, source=spec.name)
            page: ImportPage = called.answer
            return page

    async def finish(self, spec: ImporterSpec) -> None:
        """Have a source give up what it holds; it may fail at that without harm."""
        if spec.close is not None:
            with suppress(ProviderError):
                async with self._asked(spec.close, tenant=INSTALLATION):
                    pass

    async def close(self) -> None:
        """End what the functions run in."""
        await self.hosted.close()

    def _asked(
        self,
        function: Callable[..., Any],
        *given: object,
        tenant: str,
        seconds: float | None = None,
        guarded: bool = False,
    ) -> AbstractAsyncContextManager[Called]:
        within = self._deadline if seconds is None else seconds
        return self.hosted.asked("run", function, given, tenant=tenant, seconds=within, guarded=guarded)


class _Functions:
    """The provider that the fence holds: it calls what it is given."""

    def __init__(self, context: ProviderContext, lent: "_Lent") -> None:
        lent.storage = context.storage

    async def run(self, function: Callable[..., Any], given: tuple[object, ...]) -> object:
        """The answer of a function, which may be async or not."""
        answer = function(*given)
        return await answer if inspect.isawaitable(answer) else answer

    async def check(self) -> Health:
        """Functions have no check of their own: those that are registered are called one by one."""
        return Health(healthy=True)

    async def close(self) -> None:
        """Nothing is held."""


class _Lent:
    """The storage of functions: there from the first call on."""

    storage: Storage | None = None

    async def get(self, tenant: str, key: str) -> str | None:
        """See `Storage`."""
        return await self._there().get(tenant, key)

    async def put(self, tenant: str, key: str, value: str | None) -> None:
        """See `Storage`."""
        await self._there().put(tenant, key, value)

    async def list(self, tenant: str, prefix: str = "") -> Mapping[str, str]:
        """See `Storage`."""
        return await self._there().list(tenant, prefix)

    def _there(self) -> Storage:
        if self.storage is None:
            raise RuntimeError("the storage works in functions that are registered, not while they are")
        return self.storage


def _fits(value: object, returns: FieldReturns) -> bool:
    if value is None:
        return True
    if returns in _LISTS:
        return isinstance(value, Sequence) and not isinstance(value, str) and all(_is(each, returns) for each in value)
    return _is(value, returns)


def _is(value: object, returns: FieldReturns) -> bool:
    if isinstance(value, bool) and returns is not FieldReturns.BOOLEAN:
        return False
    if isinstance(value, int) and abs(value) > _LARGEST_INT and returns in (FieldReturns.INT, FieldReturns.INTS):
        return False
    return isinstance(value, _TYPES[returns]) and value == value  # not a number is no value


def _is_response(answer: object) -> bool:
    return (
        isinstance(answer, RouteResponse)
        and isinstance(answer.status, int)
        and 200 <= answer.status <= 599
        and isinstance(answer.body, bytes)
        and isinstance(answer.media_type, str)
        and all(isinstance(name, str) and isinstance(text, str) for name, text in answer.headers.items())
    )


__all__ = ["CAPABILITY", "PluginFailed", "Running"]
