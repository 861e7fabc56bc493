"""The process of a provider: builds it, runs its calls, and ends with the server that began it. Run as a module.

It talks by its standard input and output; what the provider itself prints goes to standard error.
"""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Mapping
from typing import Any, BinaryIO

from bg_graph.hosting.fences.options import Bug, FenceFault, bug_of
from bg_graph.hosting.fences.recipe import LOGGERS, Recipe
from bg_graph.hosting.fences.serving import Serving
from bg_graph.hosting.fences.wire import LENGTH, frame, told, trusted
from bg_graph.plugins.errors import ProviderError

try:
    import resource
except ImportError:  # Windows has no limits of this kind
    resource = None  # type: ignore[assignment]

EXITED = 3
"""Exit code of a process that the provider ended by an exception."""
MIB = 1024 * 1024


class _Channel:
    """The way to the server. Frames are written whole, from any thread."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._lock = threading.Lock()

    def send(self, *message: object) -> None:
        content = frame(message)
        with self._lock:
            self._output.write(content)
            self._output.flush()


class _Logging(logging.Handler):
    """Hands the lines of the plugin's logger to the server's log."""

    def __init__(self, channel: _Channel) -> None:
        super().__init__()
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        self._channel.send("log", record.levelno, record.getMessage())


class _FarStorage:
    """The storage that the server keeps."""

    def __init__(self, channel: _Channel) -> None:
        self._channel = channel
        self._asked: dict[int, asyncio.Future[Any]] = {}

    async def get(self, tenant: str, key: str) -> str | None:
        answer: str | None = await self._ask("get", tenant, key)
        return answer

    async def put(self, tenant: str, key: str, value: str | None) -> None:
        await self._ask("put", tenant, key, value)

    async def list(self, tenant: str, prefix: str = "") -> Mapping[str, str]:
        answer: Mapping[str, str] = await self._ask("list", tenant, prefix)
        return answer

    async def _ask(self, *question: object) -> Any:
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        number = id(waiting)
        self._asked[number] = waiting
        self._channel.send("storage", number, question)
        try:
            return await waiting
        finally:
            self._asked.pop(number, None)

    def answered(self, number: int, answer: object, refusal: str | None) -> None:
        waiting = self._asked.get(number)
        if waiting is None or waiting.done():
            return
        if refusal is None:
            waiting.set_result(answer)
        else:
            waiting.set_exception(ValueError(refusal))


class _Child:
    """The provider's process while it runs."""

    def __init__(self, channel: _Channel) -> None:
        self._channel = channel
        self._storage = _FarStorage(channel)
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._serving: Serving | None = None

    def build(self, plugin: str, factory: Any, settings: object, names: tuple[str, ...]) -> None:
        """Make the provider, and tell its attributes."""
        recipe = Recipe(plugin, factory, settings, self._storage)
        try:
            self._serving = Serving(lambda: recipe.made(self._storage))
            self._channel.send("built", self._serving.attributes(names))
        except (ProviderError, FenceFault) as fault:
            self._channel.send("unbuilt", told(fault))

    def take(self, message: tuple[Any, ...]) -> None:
        """Do what the server asks."""
        match message:
            case ("call", int() as number, str() as method, request):
                self._calls[number] = asyncio.get_running_loop().create_task(self._run(number, method, request))
            case ("cancel", int() as number):
                task = self._calls.get(number)
                if task is not None:
                    task.cancel()
            case ("stored", int() as number, answer, refusal):
                self._storage.answered(number, answer, refusal)

    async def _run(self, number: int, method: str, request: tuple[object, ...]) -> None:
        assert self._serving is not None
        try:
            answer = await self._serving.call(method, *request)
        except (ProviderError, FenceFault) as fault:
            self._channel.send("fault", number, told(fault))
        except asyncio.CancelledError:
            self._channel.send("left", number)
        else:
            self._answer(number, answer)
        finally:
            self._calls.pop(number, None)

    def _answer(self, number: int, answer: object) -> None:
        try:
            self._channel.send("done", number, answer)
        except Exception as fault:
            kind = bug_of(fault).cause
            self._channel.send("fault", number, told(Bug(kind, "gave an answer that can't leave its process")))


def main() -> None:
    """Serve one provider until the server closes the way to us."""
    incoming, output = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    begun = _read(incoming)
    if begun is None:
        return
    path, memory, factory_of = begun
    sys.path[:] = path
    if resource is not None:
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (memory * MIB, hard))
    try:
        asyncio.new_event_loop().run_until_complete(_serve(incoming, _Channel(output), factory_of))
    except BaseException:  # a task that the provider began asks the process to exit
        os._exit(EXITED)


async def _serve(incoming: BinaryIO, channel: _Channel, recipe: bytes) -> None:
    child = _Child(channel)
    logger = logging.getLogger(LOGGERS)
    logger.addHandler(_Logging(channel))
    logger.setLevel(logging.DEBUG)
    try:
        child.build(*trusted(recipe))
    except Exception as fault:
        why = (
            "can't be built in a process of its own: its module fails to import there, or its factory has no name in it"
        )
        channel.send("unbuilt", told(Bug(bug_of(fault).cause, why)))
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_listen, args=(incoming, loop, child, ended), daemon=True).start()
    await ended.wait()
    os._exit(0)  # whatever the provider still runs, threads included, ends here


def _listen(incoming: BinaryIO, loop: asyncio.AbstractEventLoop, child: _Child, ended: asyncio.Event) -> None:
    while (message := _read(incoming)) is not None:
        loop.call_soon_threadsafe(child.take, message)
    loop.call_soon_threadsafe(ended.set)


def _read(incoming: BinaryIO) -> Any:
    """The next message; None where the server has gone."""
    head = incoming.read(LENGTH)
    if len(head) < LENGTH:
        return None
    length = int.from_bytes(head, "big")
    content = incoming.read(length)
    return trusted(content) if len(content) == length else None


if __name__ == "__main__":
    main()
