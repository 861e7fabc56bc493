"""The usual fence: a provider on an event loop in a thread of its own, so that the server answers whatever it does.

A thread can't be ended from outside. Where calls are stuck in it, it is left to itself and a new one is begun.
"""

import asyncio
import contextvars
import threading
import weakref
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any

import structlog

from bg_graph.hosting.fences.options import Crashed, Down, FenceFault, Late, NotBegun
from bg_graph.hosting.fences.recipe import BridgedStorage, Recipe
from bg_graph.hosting.fences.serving import Serving

STUCK = 3
"""Calls that nobody waits for any more and that have not ended: with so many, a new thread is begun."""
RESTARTS = 3
"""New threads without an answer in between; after so many the provider is left alone."""
GRACE = 2.0
"""Seconds that what is left has to end when the fence is closed."""
log = structlog.get_logger(__name__)


class ThreadFence:
    """A provider in a thread of its own, begun with the first call."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._loop: _LoopThread | None = None
        self._serving: Serving | None = None
        self._since_answer = 0
        self._turn = asyncio.Lock()
        self.restarts = 0

    async def start(self, names: tuple[str, ...]) -> Mapping[str, object]:
        """Build the provider; gives its attributes. Raises ProviderError, FenceFault."""
        loop, serving = await self._running(GRACE * 5)
        attributes: Mapping[str, object] = await loop.result(_plain(serving.attributes, names), GRACE)
        return attributes

    async def call(self, method: str, request: tuple[object, ...], seconds: float) -> object:
        """The provider's answer. Raises ProviderError, FenceFault."""
        until = asyncio.get_running_loop().time() + seconds
        try:
            loop, serving = await self._running(seconds)
        except FenceFault as fault:
            raise NotBegun(fault) from None
        left = max(0.0, until - asyncio.get_running_loop().time())
        answer = await loop.result(serving.call(method, *request), left, said=seconds)
        self._since_answer = 0
        return answer

    async def close(self) -> None:
        """End the thread where it can be ended. What runs in it is cancelled."""
        loop, self._loop, self._serving = self._loop, None, None
        if loop is not None:
            await loop.close(GRACE)

    async def _running(self, seconds: float) -> tuple["_LoopThread", Serving]:
        async with self._turn:
            if self._loop is not None and (self._loop.dead or self._loop.left >= STUCK):
                self._leave(self._loop)
            if self._loop is None:
                self._loop = _LoopThread(self._recipe.plugin)
            if self._serving is None:
                storage = BridgedStorage(self._recipe.storage, asyncio.get_running_loop())
                build = partial(self._recipe.made, storage)
                self._serving = await self._loop.result(_plain(Serving, build), seconds)
            return self._loop, self._serving

    def _leave(self, loop: "_LoopThread") -> None:
        """Begin anew: the old thread ends when, and if, what runs in it ends."""
        if self._since_answer >= RESTARTS:
            raise Down(f"was begun anew {self._since_answer} times without an answer and is left alone")
        reason = "its event loop has ended" if loop.dead else f"{loop.left} calls are stuck in it"
        log.warning("plugin is begun anew", plugin=self._recipe.plugin, reason=reason)
        loop.abandon()
        self._loop = self._serving = None
        self._since_answer += 1
        self.restarts += 1


async def _plain(function: Callable[..., Any], *given: object) -> Any:
    return function(*given)


class _LoopThread:
    """A thread that runs an event loop."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._waiting: set[Future[Any]] = set()
        self._begun: weakref.WeakSet[Future[Any]] = weakref.WeakSet()
        self._lock = threading.RLock()
        self.left = 0
        """Calls that nobody waits for any more and that have not ended."""
        self.dead = False
        self._thread = threading.Thread(target=self._run, name=f"bg-graph plugin {name}", daemon=True)
        self._thread.start()

    async def result(self, work: Coroutine[Any, Any, Any], seconds: float, *, said: float | None = None) -> Any:
        """What comes of work on the loop. Raises Late, Crashed, and what the work raises."""
        future: Future[Any] = Future()
        with self._lock:
            if self.dead:
                work.close()
                raise Crashed
            self._waiting.add(future)
            self._loop.call_soon_threadsafe(self._begin, work, future)
        mine = asyncio.wrap_future(future)
        try:
            done, _ = await asyncio.wait({mine}, timeout=seconds)
        finally:
            if not mine.done():
                self._give_up(future)
                mine.cancel()
        if not done:
            late = Late(seconds if said is None else said)
            raise late if future in self._begun else NotBegun(late)
        return mine.result()

    def _begin(self, work: Coroutine[Any, Any, Any], future: "Future[Any]") -> None:
        if future.done():
            work.close()
            self._ended_unseen(future)
            return
        self._begun.add(future)
        # A context of its own: nothing of the request that happened to begin the thread is seen by later calls.
        task = self._loop.create_task(_caught(work), context=contextvars.Context())
        future.add_done_callback(lambda ended: self._cancel(task) if ended.cancelled() else None)
        task.add_done_callback(lambda ended: self._ended(ended, future))

    def _cancel(self, task: "asyncio.Task[Any]") -> None:
        with self._lock:
            if not self.dead:
                self._loop.call_soon_threadsafe(task.cancel)

    def _ended(self, task: "asyncio.Task[Any]", future: "Future[Any]") -> None:
        with self._lock:
            if future.done():
                self._ended_unseen(future)
                return
            self._waiting.discard(future)
            if task.cancelled():
                future.set_exception(Crashed("cancelled its own call"))
                return
            answer, fault = task.result()
            if fault is None:
                future.set_result(answer)
            else:
                future.set_exception(fault)

    def _ended_unseen(self, future: "Future[Any]") -> None:
        """A call has ended for which nobody waited any more."""
        with self._lock:
            if future in self._waiting:
                self._waiting.discard(future)
                self.left -= 1

    def _give_up(self, future: "Future[Any]") -> None:
        with self._lock:
            if future in self._waiting:
                self.left += 1
            future.cancel()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        except BaseException as fault:  # a task that the provider began may ask the process to exit
            log.warning("the event loop of a plugin has ended", thread=self._thread.name, cause=type(fault).__name__)
        finally:
            with self._lock:
                self.dead = True
                waiting, self._waiting = self._waiting, set()
            for future in waiting:
                if not future.done():
                    future.set_exception(Crashed())
            _drained(self._loop)

    def abandon(self) -> None:
        """Have the loop end as soon as it is free."""
        if not self.dead:
            self._loop.call_soon_threadsafe(self._loop.stop)

    async def close(self, grace: float) -> None:
        """End the loop, and wait a while for the thread."""
        self.abandon()
        await asyncio.to_thread(self._thread.join, grace)


async def _caught(work: Coroutine[Any, Any, Any]) -> tuple[Any, BaseException | None]:
    """An answer or an exception, so that none is reported as never retrieved where nobody waits for it any more."""
    try:
        return await work, None
    except asyncio.CancelledError:
        raise
    except Exception as fault:
        return None, fault


def _drained(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel and finish what a loop has left, then close it."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    try:
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=GRACE))
        loop.run_until_complete(loop.shutdown_asyncgens())
    except BaseException as fault:
        log.warning("the event loop of a plugin could not be emptied", cause=type(fault).__name__)
    finally:
        loop.close()
