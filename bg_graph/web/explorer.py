"""The page at `/` on which people try queries: GraphiQL, built ahead and served from our own files, so that it works without a network.

Its sources lie in `bg_graph/web/graphiql`; `scripts/build-graphiql` builds them.
"""

import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

BUILT_PAGE = Path(__file__).parent / "static" / "graphiql"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Monaco writes style elements
        "img-src 'self' data:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

# Said by us, since a machine's own table may say otherwise, and `nosniff` then keeps scripts from running.
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".ttf": "font/ttf"}


@dataclass(frozen=True, slots=True)
class ExplorerTab:
    """A query ready to run. GraphiQL labels the tab with the operation's name; `title` stands above the query as a comment."""

    title: str
    query: str
    variables: dict[str, Any]


class TokenNeededError(Exception):
    """The tabs' variables are shown only to a caller with a valid token; `tabs` are the queries that anybody may see."""

    def __init__(self, tabs: Iterable[ExplorerTab] = ()) -> None:
        super().__init__("paste a token under Headers")
        self.tabs = tuple(tabs)


def explorer_routes(tabs: Callable[[Request], Awaitable[list[ExplorerTab]]]) -> list[Route | Mount]:
    """The page, its files, and the ready queries that `tabs` gives for the request's caller.

    The page calls `graphql` beside it, by POST and WebSocket. `tabs` raises `TokenNeededError` for a caller whom it does not know.
    """

    async def ready_tabs(request: Request) -> Response:
        try:
            return _tabs_response(await tabs(request), 200)
        except TokenNeededError as refused:
            return _tabs_response([replace(tab, variables={}) for tab in refused.tabs], 401)

    return [
        Route("/", _page, name="explorer"),
        Route("/explorer/tabs", ready_tabs, name="explorer-tabs"),
        Route("/graphiql/NOTICES.txt", _notices, name="explorer-notices"),
        Mount("/graphiql/assets", GZipMiddleware(_Assets(directory=BUILT_PAGE / "assets")), name="explorer-assets"),
    ]


async def _page(_request: Request) -> Response:
    return FileResponse(BUILT_PAGE / "index.html", headers=SECURITY_HEADERS | {"cache-control": "no-cache"})


async def _notices(_request: Request) -> Response:
    return FileResponse(BUILT_PAGE / "NOTICES.txt", headers=SECURITY_HEADERS | {"cache-control": "no-cache"})


def _tabs_response(tabs: Iterable[ExplorerTab], status: int) -> Response:
    headers = SECURITY_HEADERS | {"cache-control": "no-store", "vary": "Authorization"}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse([asdict(tab) for tab in tabs], status, headers)


class _Assets(StaticFiles):
    """Files whose names hold a digest of their content: a browser may keep them for good."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(SECURITY_HEADERS | {"cache-control": "public, max-age=31536000, immutable"})
        media_type = MEDIA_TYPES.get(Path(full_path).suffix)
        if media_type and "content-type" in response.headers:
            response.headers["content-type"] = media_type
        return response
