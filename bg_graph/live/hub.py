"""Who waits for news of which subject, in one process. News are flags, not queues: however much happens while a follower
is busy, it learns once that it has to look again, so that nothing can pile up.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from bg_graph.store.announcements import Announcement

LIVE = "live"
"""Name under which the hub stands among the services that resolvers are given."""
_Key = tuple[str, UUID | None, UUID | None]


class Following:
    """One follower's flag: raised by news, taken down when the follower has seen it."""

    __slots__ = ("_raised", "_waiting", "_wake")

    def __init__(self, wake: Callable[[], None] | None = None) -> None:
        self._wake = wake
        self._raised = False
        self._waiting: asyncio.Future[None] | None = None

    def tell(self) -> None:
        """Raise the flag; whoever waits goes on."""
        self._raised = True
        if self._wake is not None:
            self._wake()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def news(self, seconds: float | None = None) -> bool:
        """Wait for news since the last time, or for that many seconds; whether there were any. One waits at a time."""
        if not self._raised:
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(seconds):
                    await self._waiting
            except TimeoutError:
                pass  # what came in the last moment counts
            finally:
                self._waiting = None
        raised, self._raised = self._raised, False
        return raised


class Hub:
    """Hands announcements to those who follow their subject. It belongs to one event loop; `tell` may be called from any
    thread once a first follower has come.
    """

    def __init__(self) -> None:
        self._followers: dict[_Key, set[Following]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        """How many followers there are."""
        return sum(map(len, self._followers.values()))

    @contextmanager
    def following(
        self,
        topic: str,
        tenant_id: UUID | None = None,
        subject_id: UUID | None = None,
        *,
        wake: Callable[[], None] | None = None,
    ) -> Iterator[Following]:
        """Follow a subject of a tenant; without a subject, the whole topic, of one tenant or of all.

        Each news also calls `wake`, for one who waits for other things besides; it must return at once.
        """
        self._loop = asyncio.get_running_loop()
        following = Following(wake)
        key = (topic, tenant_id, subject_id)
        self._followers.setdefault(key, set()).add(following)
        try:
            yield following
        finally:
            there = self._followers[key]
            there.discard(following)
            if not there:
                del self._followers[key]

    def tell(self, announced: Sequence[Announcement]) -> None:
        """Wake those whom the announcements concern."""
        self._in_loop(self._tell, announced)

    def tell_all(self) -> None:
        """Wake everybody: something may have been missed."""
        self._in_loop(self._tell_all)

    def _in_loop(self, work: Callable[..., None], *arguments: object) -> None:
        if self._loop is None:  # nobody has followed anything yet
            return
        try:
            here: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is self._loop:
            work(*arguments)
        else:
            self._loop.call_soon_threadsafe(work, *arguments)

    def _tell(self, announced: Sequence[Announcement]) -> None:
        for each in announced:
            for following in tuple(self._concerned(each)):
                following.tell()

    def _concerned(self, said: Announcement) -> Iterator[Following]:
        yield from self._followers.get((said.topic, None, None), ())
        yield from self._followers.get((said.topic, said.tenant_id, None), ())
        if said.subject_id is not None:
            yield from self._followers.get((said.topic, said.tenant_id, said.subject_id), ())
            return
        for key, there in self._followers.items():
            if key[:2] == (said.topic, said.tenant_id) and key[2] is not None:
                yield from there

    def _tell_all(self) -> None:
        for following in [each for there in self._followers.values() for each in there]:
            following.tell()
