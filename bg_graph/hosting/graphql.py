"""The `plugins` query: what is installed, and whether it works."""

from typing import Any

import strawberry

from bg_graph.hosting.installed import Host


@strawberry.type(description="A plugin's provider that serves a capability of the product.")
class Plugin:
    """A provider that serves a capability."""

    name: str = strawberry.field(description="Name of the plugin.")
    title: str = strawberry.field(description="What it is, in a few words.")
    version: str = strawberry.field(description="Version of the plugin.")
    capability: str = strawberry.field(description="What it serves, such as `summary`.")
    provider: str = strawberry.field(description="The provider in the plugin that serves it.")
    healthy: bool = strawberry.field(description="Its last call was answered.")


async def _plugins(info: strawberry.Info[Any, None]) -> list[Plugin]:
    """What serves the capabilities, by the hosts among the services of the request."""
    served = [service.installed for service in info.context.services.values() if isinstance(service, Host)]
    return [
        Plugin(
            name=each.plugin,
            title=each.title,
            version=each.version,
            capability=each.capability,
            provider=each.provider,
            healthy=each.healthy,
        )
        for each in sorted(served, key=lambda each: (each.capability, each.plugin))
    ]


@strawberry.type
class PluginQueries:
    """What callers may ask about plugins."""

    plugins: list[Plugin] = strawberry.field(
        resolver=_plugins,
        description="What is installed: which provider serves which capability, and whether it works.",
    )
