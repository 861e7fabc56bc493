"""The strong fence: a provider in a process of its own, which can be ended and begun anew whatever the provider does."""

import asyncio
import itertools
import logging
import pickle
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog

from bg_graph.hosting.fences.options import Bug, Crashed, FenceFault, Late, NotBegun
from bg_graph.hosting.fences.recipe import LOGGERS, Recipe
from bg_graph.hosting.fences.wire import LENGTH, WrongFrame, checked, fault_of, frame

STARTING = 30.0
"""Seconds that a new process has to build its provider."""
GRACE = 1.0
"""Seconds that a call that nobody waits for any more has to end; then the process is ended."""
_LARGE = 1_000_000
"""Bytes of a frame that is read beside the event loop."""
log = structlog.get_logger(__name__)


class ProcessFence:
    """A provider in a process of its own, begun with the first call, and again after it has ended."""

    def __init__(self, recipe: Recipe, *, memory: int) -> None:
        self._recipe, self._memory = recipe, memory
        self._child: _Child | None = None
        self._names: tuple[str, ...] = ()
        self._turn = asyncio.Lock()
        self._begun = 0

    @property
    def restarts(self) -> int:
        """How often it was begun again."""
        return max(0, self._begun - 1)

    async def start(self, names: tuple[str, ...]) -> Mapping[str, object]:
        """Begin the process; gives the provider's attributes. Raises ProviderError, FenceFault."""
        self._names = names
        return (await self._running(STARTING)).attributes

    async def call(self, method: str, request: tuple[object, ...], seconds: float) -> object:
        """The provider's answer. Raises ProviderError, FenceFault."""
        until = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(until):
                child = await self._running(seconds)
        except FenceFault as fault:
            raise NotBegun(fault) from None
        except TimeoutError:
            raise NotBegun(Late(seconds)) from None
        left = max(0.0, until - asyncio.get_running_loop().time())
        try:
            return await child.answer(method, request, left)
        except TimeoutError:
            raise Late(seconds) from None

    async def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is not None:
            await child.end(GRACE)

    async def _running(self, seconds: float) -> "_Child":
        async with self._turn:
            if self._child is not None:
                await self._child.calm.wait()
            if self._child is None or self._child.ended:
                self._begun += 1
                self._child = await _begun(self._recipe, self._names, self._memory, max(seconds, STARTING))
            return self._child


async def _begun(recipe: Recipe, names: tuple[str, ...], memory: int, seconds: float) -> "_Child":
    try:
        build = pickle.dumps((recipe.plugin, recipe.factory, recipe.settings, names))
    except Exception as fault:
        raise Bug(
            type(fault).__name__, "can't be sent to a process of its own: its factory has no name there"
        ) from None
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bg_graph.hosting.fences.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    child = _Child(recipe, process)
    child.send((list(sys.path), memory, build))
    try:
        async with asyncio.timeout(seconds):
            await child.built
    except TimeoutError:
        await child.end(0)
        raise Late(seconds) from None
    except BaseException:
        await child.end(0)
        raise
    return child


class _Child:
    """A provider's process, seen from the server."""

    def __init__(self, recipe: Recipe, process: asyncio.subprocess.Process) -> None:
        self._recipe, self._process = recipe, process
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[object]] = {}
        self._left: dict[int, asyncio.TimerHandle] = {}
        self._asked: set[asyncio.Task[None]] = set()
        self.built: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.attributes: Mapping[str, object] = {}
        self.ended = False
        self.calm = asyncio.Event()
        """No call is left to itself: what is asked now does not go to a process that is about to be ended."""
        self.calm.set()
        self._reading = asyncio.get_running_loop().create_task(self._read())

    def send(self, message: tuple[object, ...]) -> None:
        """Send a message; one to a process that has ended is lost. Raises Bug for what can't be sent."""
        try:
            content = frame(message)
        except Exception as fault:
            raise Bug(type(fault).__name__, "was asked what can't be sent to a process of its own") from None
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write(content)

    async def answer(self, method: str, request: tuple[object, ...], seconds: float) -> object:
        """What comes of a call. Raises TimeoutError, ProviderError, FenceFault."""
        if self.ended:
            raise NotBegun(Crashed())
        number = next(self._numbers)
        waiting: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        try:
            self._call(number, method, request)
            async with asyncio.timeout(seconds):
                return await waiting
        finally:
            if self._waiting.pop(number, None) is not None and not self.ended and not _settled(waiting):
                self._leave(number)

    def _call(self, number: int, method: str, request: tuple[object, ...]) -> None:
        try:
            self.send(("call", number, method, request))
        except Bug as fault:
            raise NotBegun(fault) from None

    def _leave(self, number: int) -> None:
        """Ask the process to end a call; where it does not, the process is ended."""
        self.calm.clear()
        self.send(("cancel", number))
        self._left[number] = asyncio.get_running_loop().call_later(GRACE, self._kill, "a call did not end")

    def _kill(self, reason: str) -> None:
        if not self.ended:
            log.warning("process of a plugin is ended", plugin=self._recipe.plugin, reason=reason)
            self._process.kill()

    async def end(self, grace: float) -> None:
        """Close the way to the process, so that it ends; else end it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(grace):
                await asyncio.shield(self._reading)
        except TimeoutError:
            self._process.kill()
            await self._reading

    async def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            while True:
                length = int.from_bytes(await self._process.stdout.readexactly(LENGTH), "big")
                content = await self._process.stdout.readexactly(length)
                self._take(await asyncio.to_thread(checked, content) if length > _LARGE else checked(content))
        except asyncio.IncompleteReadError:
            pass
        except WrongFrame as fault:
            self._fail(Bug(str(fault), "gave an answer that may not leave its process"))
            self._process.kill()
        finally:
            self.ended = True
            self.calm.set()
            for task in self._asked:
                task.cancel()
            for handle in self._left.values():
                handle.cancel()
            code = await self._process.wait()
            self._fail(Crashed(f"has ended in the middle of the call (exit code {code})"))

    def _fail(self, fault: FenceFault) -> None:
        """Fail everybody who waits."""
        waiting: list[asyncio.Future[Any]] = [self.built, *self._waiting.values()]
        for each in waiting:
            if not each.done():
                each.set_exception(fault)
        self.built.exception()  # has been told where somebody waited

    def _take(self, message: tuple[Any, ...]) -> None:
        match message:
            case ("done", int() as number, answer):
                self._settle(number, answer, None)
            case ("fault", int() as number, given):
                self._settle(number, None, fault_of(given))
            case ("left", int() as number):
                self._settle(number, None, Bug("CancelledError", "cancelled its own call"))
            case ("built", dict() as attributes):
                self.attributes = attributes
                self.built.set_result(None)
            case ("unbuilt", given):
                self.built.set_exception(fault_of(given))
            case ("log", int() as level, str() as text):
                logging.getLogger(f"{LOGGERS}.{self._recipe.plugin}").log(level, "%s", text)
            case ("storage", int() as number, (str(), *_) as question):
                self._ask(self._stored(number, question))

    def _settle(self, number: int, answer: object, fault: BaseException | None) -> None:
        handle = self._left.pop(number, None)
        if handle is not None:
            handle.cancel()
        if not self._left:
            self.calm.set()
        waiting = self._waiting.get(number)
        if waiting is None or waiting.done():
            return
        if fault is None:
            waiting.set_result(answer)
        else:
            waiting.set_exception(fault)

    def _ask(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _stored(self, number: int, question: tuple[Any, ...]) -> None:
        """Answer what the provider asks of its storage."""
        storage, (method, *given) = self._recipe.storage, question
        methods: Mapping[str, Callable[..., Any]] = {"get": storage.get, "put": storage.put, "list": storage.list}
        try:
            answer = await methods[method](*given)
        except ValueError as fault:
            self.send(("stored", number, None, str(fault)))
        except Exception as fault:
            log.warning("storage of a plugin failed", plugin=self._recipe.plugin, cause=type(fault).__name__)
            self.send(("stored", number, None, "the storage is not available"))
        else:
            self.send(("stored", number, dict(answer) if method == "list" else answer, None))


def _settled(waiting: "asyncio.Future[object]") -> bool:
    return waiting.done() and not waiting.cancelled()
