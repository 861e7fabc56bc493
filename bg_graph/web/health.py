"""Whether the process lives, and whether it can do its work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

Check = Callable[[], Awaitable[str | None]]
"""Tells what is wrong in words that anybody may read, or None when all is well."""

log = structlog.get_logger(__name__)


class Health:
    """The pages /healthz and /readyz."""

    def __init__(self, checks: Mapping[str, Check], seconds: float) -> None:
        self._checks = checks
        self._seconds = seconds

    async def alive(self, request: Request) -> Response:
        """Always well while the process answers: a reason to restart is that this one does not come."""
        return _page(200, {"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """503 with the problem of each failed check; a reason to send no requests here."""
        names = list(self._checks)
        problems = await asyncio.gather(*(self._problem(name) for name in names))
        checks = {name: problem or "ok" for name, problem in zip(names, problems, strict=True)}
        if any(problems):
            return _page(503, {"status": "not ready", "checks": checks})
        return _page(200, {"status": "ok", "checks": checks})

    async def _problem(self, name: str) -> str | None:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._checks[name]()
        except TimeoutError:
            return f"did not answer within {self._seconds:g} seconds"
        except Exception as error:
            log.warning("readiness check failed", check=name, exc_info=error)
            return f"failed with {type(error).__name__}; the log has the cause"


def _page(status: int, content: object) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(orjson.dumps(content), status_code=status, media_type="application/json", headers=headers)
