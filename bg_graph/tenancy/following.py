"""What subscriptions share: following an object of the caller's tenant by its id."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from bg_graph.execution.node_ids import key_in
from bg_graph.graph.payloads import fetched
from bg_graph.live.hub import LIVE, Hub
from bg_graph.live.states import states
from bg_graph.tenancy.graphql import Info


async def followed(info: Info, topic: str, prefix: str, given: str) -> AsyncGenerator[Any, None]:
    """The object with an id, now and after each change that is announced under the topic, each time read anew.

    Another tenant's id is one that there never was. No connection to the database is held while nothing happens.
    """
    context, key = info.context, key_in(given, prefix)
    hub: Hub = context.services[LIVE]

    async def read() -> Any:
        await context.renew()
        return None if key is None else (await fetched(info, [key]))[0]

    with hub.following(topic, context.caller.tenant_id, key) as following:
        async with aclosing(states(following, read)) as found:
            async for each in found:
                yield each
