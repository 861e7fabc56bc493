"""A provider that does, on request, whatever a provider should not: it stands at the top of a module, so that any fence can build it."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretStr

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, Rejected, Unavailable, Unsupported
from bg_graph.plugins.health import Health
from bg_graph.plugins.plugin import Plugin


class Settings(BaseModel):
    """What the provider can be told."""

    broken: bool = False
    secret: SecretStr = SecretStr("swordfish")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the provider."""

    what: str
    value: Any = None


ERRORS = (
    Unavailable("down", retry_after=3),
    OutcomeUnknown("cut"),
    Misconfigured("login"),
    Rejected("x1", "no"),
    Unsupported("can't"),
)


class Provider:
    """Does what it is asked."""

    abilities = frozenset({"ANY"})
    batch = 7

    def __init__(self, settings: Settings, context: ProviderContext) -> None:
        if settings.broken:
            raise ValueError("swordfish")
        self.context = context
        self.calls = 0

    async def act(self, asked: Asked) -> Any:
        self.calls += 1
        action: Callable[[Any], Any] = getattr(self, f"_{asked.what}")
        return await action(asked.value)

    async def check(self) -> Health:
        return Health(healthy=True, message="fine")

    async def close(self) -> None: ...

    async def _echo(self, value: Any) -> Any:
        return value

    async def _count(self, _: Any) -> int:
        return self.calls

    async def _where(self, _: Any) -> int:
        return os.getpid()

    async def _block(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 - that is what it is for

    async def _spin(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pass

    async def _wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _swallow(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                await asyncio.sleep(until - time.monotonic())
            except asyncio.CancelledError:
                continue

    async def _exit(self, code: int) -> None:
        sys.exit(code)

    async def _exit_behind(self, code: int) -> None:
        async def exits() -> None:
            sys.exit(code)

        self.task = asyncio.get_running_loop().create_task(exits())
        await asyncio.sleep(5)

    async def _crash(self, code: int) -> None:
        os._exit(code)

    async def _bug(self, text: str) -> None:
        raise ValueError(text)

    async def _cancel(self, _: Any) -> None:
        raise asyncio.CancelledError

    async def _error(self, number: int) -> None:
        raise ERRORS[number]

    async def _function(self, _: Any) -> Any:
        return lambda: None

    async def _dangerous(self, _: Any) -> Any:
        return os.system

    async def _fill(self, count: int) -> int:
        return len(bytearray(count))

    async def _print(self, text: str) -> None:
        print(text, flush=True)

    async def _log(self, text: str) -> None:
        self.context.logger.warning("it says %s", text)

    async def _keep(self, given: tuple[str, str, str | None]) -> dict[str, str]:
        await self.context.storage.put(*given)
        return dict(await self.context.storage.list(given[0]))

    async def _kept(self, given: tuple[str, str]) -> str | None:
        return await self.context.storage.get(*given)


PLUGIN = Plugin(name="misbehaving", version="3", title="Misbehaves", settings=Settings, provides={"summary": Provider})
