"""A plugin that does what its settings say, all of it what a plugin should not do."""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.health import Health
from bg_graph.plugins.plugin import Plugin
from bg_graph.plugins.summaries import Model, Statement, Summary, SummaryRequest

MODEL = Model(name="unruly", version="1.0")
LEAK = 1_000_000_000


class Settings(BaseModel):
    """What goes wrong."""

    mode: Literal["hang", "block", "spin", "raise", "garbage", "lie", "leak", "exit", "crash"] = Field(
        description="What it does with each call."
    )


class Unruly:
    """Does it."""

    def __init__(self, settings: Settings, context: ProviderContext) -> None:
        self._mode = settings.mode
        self._held: list[bytearray] = []

    async def summarize(self, request: SummaryRequest) -> Any:
        """What the mode says."""
        return await getattr(self, f"_{self._mode}")(request)

    async def check(self) -> Health:
        """It always says so."""
        return Health(healthy=True)

    async def close(self) -> None:
        """Nothing to close."""

    async def _hang(self, _: SummaryRequest) -> None:
        await asyncio.Event().wait()

    async def _block(self, _: SummaryRequest) -> None:
        time.sleep(60)  # noqa: ASYNC251 - that is the fault

    async def _spin(self, _: SummaryRequest) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            pass

    async def _raise(self, _: SummaryRequest) -> None:
        raise ZeroDivisionError("out of order")

    async def _garbage(self, _: SummaryRequest) -> Any:
        return [{"text": 7}]

    async def _lie(self, request: SummaryRequest) -> Sequence[Summary]:
        said = Statement(text="Napoleon leads 4711 people.", facts=(request.subjects[0].facts[0].key,))
        return [Summary(text=(said,), model=MODEL) for _ in request.subjects]

    async def _leak(self, _: SummaryRequest) -> None:
        self._held.append(bytearray(os.urandom(1024)) * (LEAK // 1024))

    async def _exit(self, _: SummaryRequest) -> None:
        sys.exit(3)

    async def _crash(self, _: SummaryRequest) -> None:
        os._exit(3)


PLUGIN = Plugin(name="unruly", version="1.0", title="Unruly", settings=Settings, provides={"summary": Unruly})
