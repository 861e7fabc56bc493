"""What the exams measure of a provider at work."""

from bg_graph.plugins.testing.watching import grown


def nothing() -> None:
    """Nothing outside of the calls remembers them."""


async def test_what_each_call_leaves_behind_adds_up() -> None:
    kept: list[bytes] = []

    async def call(number: int) -> None:
        kept.append(bytes(10_000))

    assert 8_000_000 < await grown(call, calls=1000, forget=nothing) < 10_000_000


async def test_what_is_left_behind_once_is_no_growth() -> None:
    kept: list[bytes] = []

    async def call(number: int) -> None:
        if number in (250, 600):
            kept.append(bytes(5_000_000))

    assert await grown(call, calls=1000, forget=nothing) < 50_000
    assert len(kept) == 2


async def test_what_the_surroundings_forget_is_no_growth() -> None:
    remembered: list[bytes] = []

    async def call(number: int) -> None:
        remembered.append(bytes(10_000))

    assert await grown(call, calls=1000, forget=remembered.clear) < 50_000
