"""What a tenant may spend in a day: kept in the plugin's storage, so that it survives a restart.

Each provider writes under a key of its own, and all keys of the day are added up: two processes can't overwrite each other's.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from bg_graph.plugins.context import Storage
from bg_graph.plugins.errors import ProviderError, Rejected
from bg_summary_openai.faults import Lost
from bg_summary_openai.settings import OpenAISettings

PREFIX = "spent/"
"""How the keys of the storage begin; then day and writer."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Bill:
    """What one question costs. Until it is told, as much as it may cost at most."""

    tokens_in: int
    tokens_out: int

    def told(self, tokens_in: int | None, tokens_out: int | None) -> None:
        """The endpoint told what it counted; what it did not tell stays as estimated."""
        self.tokens_in = self.tokens_in if tokens_in is None else tokens_in
        self.tokens_out = self.tokens_out if tokens_out is None else tokens_out


class Budget:
    """The limits of all tenants."""

    def __init__(self, settings: OpenAISettings, storage: Storage, clock: Callable[[], datetime] = utc_now) -> None:
        self._settings, self._storage, self._clock = settings, storage, clock
        self._writer = uuid4().hex[:12]
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def spending(self, tenant: str, tokens_in: int, tokens_out: int) -> AsyncIterator[Bill]:
        """Spends at most so many tokens. Raises Rejected where they would pass a limit.

        They are written down before the question is asked: a process that dies meanwhile has spent them.
        """
        bill = Bill(tokens_in, tokens_out)
        if not self._settings.is_limited:
            yield bill
            return
        day = self._clock().date().isoformat()
        await self._reserve(tenant, day, bill)
        spent = (0, 0)
        try:
            yield bill
            spent = (bill.tokens_in, bill.tokens_out)
        except ProviderError as fault:
            spent = (tokens_in, tokens_out) if isinstance(fault, Lost) else spent
            raise
        except asyncio.CancelledError:
            spent = (tokens_in, tokens_out)
            raise
        finally:
            await asyncio.shield(self._add(tenant, day, spent[0] - tokens_in, spent[1] - tokens_out))

    async def _reserve(self, tenant: str, day: str, bill: Bill) -> None:
        async with self._locks[tenant]:
            spent_in, spent_out = await self._spent(tenant, day)
            self._refuse(spent_in + bill.tokens_in, spent_out + bill.tokens_out)
            await self._write(tenant, day, bill.tokens_in, bill.tokens_out)

    async def _add(self, tenant: str, day: str, tokens_in: int, tokens_out: int) -> None:
        if tokens_in or tokens_out:
            async with self._locks[tenant]:
                await self._write(tenant, day, tokens_in, tokens_out)

    def _refuse(self, tokens_in: int, tokens_out: int) -> None:
        limit, money = self._settings.max_tokens_per_day, self._settings.max_money_per_day
        if limit is not None and tokens_in + tokens_out > limit:
            raise Rejected("TOKEN_LIMIT", f"the tenant's limit of {limit} tokens a day is reached")
        if money is not None and self._settings.price_of(tokens_in, tokens_out) > money:
            raise Rejected("MONEY_LIMIT", f"the tenant's limit of {money:g} a day is reached")

    async def _spent(self, tenant: str, day: str) -> tuple[int, int]:
        """What all writers spent that day; other days are forgotten."""
        total_in = total_out = 0
        for key, text in (await self._storage.list(tenant, PREFIX)).items():
            if key.startswith(f"{PREFIX}{day}/"):
                spent = _counts(text)
                total_in, total_out = total_in + spent[0], total_out + spent[1]
            elif key < f"{PREFIX}{day}/":
                await self._storage.put(tenant, key, None)
        return total_in, total_out

    async def _write(self, tenant: str, day: str, tokens_in: int, tokens_out: int) -> None:
        key = f"{PREFIX}{day}/{self._writer}"
        before = _counts(await self._storage.get(tenant, key) or "")
        await self._storage.put(tenant, key, f"{before[0] + tokens_in} {before[1] + tokens_out}")


def _counts(text: str) -> tuple[int, int]:
    """What is written down; nothing where it can't be read."""
    parts = text.split()
    return (int(parts[0]), int(parts[1])) if len(parts) == 2 and all(each.isdecimal() for each in parts) else (0, 0)
