"""Running a provider on the event loop that is its own: building it, calling its methods, keeping what is left behind."""

import asyncio
from collections.abc import Callable
from typing import Any

from bg_graph.hosting.fences.options import Bug, bug_of
from bg_graph.plugins.errors import ProviderError


class Serving:
    """A built provider and the calls that run on it. All of it belongs to one event loop."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self._provider = _built(build)

    def attributes(self, names: tuple[str, ...]) -> dict[str, object]:
        """What the provider says of itself, those that it has. Raises Bug where it can't tell."""
        try:
            return {name: getattr(self._provider, name) for name in names if hasattr(self._provider, name)}
        except BaseException as fault:
            raise bug_of(fault) from None

    async def call(self, method: str, *request: object) -> object:
        """The answer of a method. Raises ProviderError as the provider does, and Bug for all else but cancellation."""
        try:
            return await getattr(self._provider, method)(*request)
        except ProviderError:
            raise
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise Bug("CancelledError", "cancelled its own call") from None
        except BaseException as fault:
            raise bug_of(fault) from None


def _built(build: Callable[[], Any]) -> Any:
    try:
        return build()
    except ProviderError:
        raise
    except BaseException as fault:
        raise bug_of(fault) from None
