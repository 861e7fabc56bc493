"""The health of providers is looked after beside the requests."""

import asyncio

from bg_graph.hosting.hosted import State
from bg_graph.hosting.watching import keep_checking
from bg_graph.plugins.health import Health
from tests.hosting.hosted_providers import hosted


class Moody:
    def __init__(self) -> None:
        self.healthy = True

    async def check(self) -> Health:
        return Health(healthy=self.healthy, message="" if self.healthy else "the mail server is away")


class Broken:
    async def check(self) -> Health:
        raise ValueError("swordfish")


async def test_what_the_check_says_is_told_until_it_says_otherwise() -> None:
    moody, broken = Moody(), Broken()
    both = [hosted(moody, "summary", "moody"), hosted(broken, "summary", "broken")]
    watching = asyncio.create_task(keep_checking(lambda: both, every=0.02))
    try:
        for healthy in (True, False, True):
            moody.healthy = healthy
            await asyncio.sleep(0.1)
            assert both[0].status.state is (State.HEALTHY if healthy else State.DOWN)
            assert both[1].status.state is State.DOWN
        assert both[0].status.last_error == "the mail server is away"
        assert "swordfish" not in str(both[1].status.last_error)
    finally:
        watching.cancel()
