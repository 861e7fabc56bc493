"""Readiness checks that plugins bring, by the name under which each is shown."""

from collections.abc import Awaitable, Callable
from functools import partial

from bg_graph.hosting.hooks.registering import PluginHooks


def readiness_of(hooks: PluginHooks) -> dict[str, Callable[[], Awaitable[str | None]]]:
    """Each check: it tells what is wrong, or None. Of two with one name the first counts."""
    checks: dict[str, Callable[[], Awaitable[str | None]]] = {}
    for plugin in hooks.registered:
        for spec in plugin.checks:
            checks.setdefault(f"{plugin.name}-{spec.name}", partial(plugin.running.check, spec))
    return checks
