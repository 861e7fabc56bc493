"""The page at `/plugins/outbox/`: what the outbox keeps of the caller's tenant, for whoever has a token of it.

The page itself holds no data: it asks for the messages with the token that GraphiQL was given in this browser tab.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from bg_email_outbox.files import OutboxFiles
from bg_email_outbox.reading import KeptHeader, KeptMessage, header_of, message_of
from bg_graph.graph.errors import ErrorCode
from bg_graph.plugins.errors import Rejected
from bg_graph.tenancy.rules import Caller, Right
from bg_graph.web.callers import Authenticate, caller_of
from bg_graph.web.explorer import MEDIA_TYPES, SECURITY_HEADERS
from bg_graph.web.faults import HttpFault
from bg_graph.web.negotiation import MediaType
from bg_graph.web.responses import faulty

PATH = "/plugins/outbox/"
PAGE_SIZE = 25
"""Messages of one page of the list."""

_FILES = Path(__file__).parent / "static" / "outbox"
_PRIVATE = SECURITY_HEADERS | {"cache-control": "no-store", "vary": "Authorization"}

Answer = Callable[[Request], Awaitable[Response]]


def outbox_routes(files: OutboxFiles, authenticate: Authenticate) -> list[Route]:
    """The page, its script and style, and the messages of the caller's tenant."""

    async def tenant_of(request: Request) -> str:
        caller, _ = await caller_of(request.headers, authenticate)
        if not isinstance(caller, Caller) or not caller.may(Right.READ):
            raise HttpFault(403, ErrorCode.FORBIDDEN, "The right to read is missing.")
        return caller.tenant_name

    async def messages(request: Request) -> Response:
        tenant, before = await tenant_of(request), request.query_params.get("before")
        headers, following = await asyncio.to_thread(_listed, files, tenant, before)
        return JSONResponse({"messages": [_line(header) for header in headers], "next": following}, headers=_PRIVATE)

    async def message(request: Request) -> Response:
        content = await asyncio.to_thread(_content, files, await tenant_of(request), request.path_params["key"])
        return JSONResponse(_whole(message_of(request.path_params["key"], content)), headers=_PRIVATE)

    async def raw(request: Request) -> Response:
        key = request.path_params["key"]
        content = await asyncio.to_thread(_content, files, await tenant_of(request), key)
        named = {"content-disposition": f'attachment; filename="{key}.eml"'}
        return Response(content, headers=_PRIVATE | named, media_type="message/rfc822")

    return [
        Route(PATH, _file("index.html", "text/html"), name="outbox"),
        *(
            Route(f"{PATH}{name}", _file(name, MEDIA_TYPES[Path(name).suffix]), name=f"outbox-{name}")
            for name in ("outbox.js", "outbox.css")
        ),
        Route(f"{PATH}messages", _told(messages), name="outbox-messages"),
        Route(f"{PATH}messages/{{key}}", _told(message), name="outbox-message"),
        Route(f"{PATH}messages/{{key}}/raw", _told(raw), name="outbox-raw"),
    ]


def _file(name: str, media_type: str) -> Answer:
    async def answer(_request: Request) -> Response:
        headers = SECURITY_HEADERS | {"cache-control": "no-cache"}
        return FileResponse(_FILES / name, headers=headers, media_type=media_type)

    return answer


def _told(answer: Answer) -> Answer:
    """The same, its refusals as answers of their own."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except HttpFault as fault:
            told = faulty(fault, MediaType.JSON)
            given = {name.decode(): value.decode() for name, value in told.headers}
            return Response(told.body, told.status, _PRIVATE | given, media_type="application/json")

    return answered


def _listed(files: OutboxFiles, tenant: str, before: str | None) -> tuple[list[KeptHeader], str | None]:
    keys = files.keys(tenant, PAGE_SIZE + 1, before)
    found = ((key, files.read(tenant, key)) for key in keys[:PAGE_SIZE])
    headers = [header_of(key, content) for key, content in found if content is not None]
    return headers, keys[PAGE_SIZE - 1] if len(keys) > PAGE_SIZE else None


def _content(files: OutboxFiles, tenant: str, key: str) -> bytes:
    try:
        content = files.read(tenant, key)
    except Rejected:
        content = None
    if content is None:
        raise HttpFault(404, ErrorCode.NOT_FOUND, "There is no such message.")
    return content


def _line(header: KeptHeader) -> dict[str, str | None]:
    return {
        "key": header.key,
        "subject": header.subject,
        "from": header.sender,
        "to": header.recipient,
        "at": header.at.isoformat() if header.at else None,
    }


def _whole(message: KeptMessage) -> dict[str, Any]:
    fields = [{"name": name, "value": value} for name, value in message.fields]
    return {**_line(message.header), "fields": fields, "plain": message.plain, "html": message.html}
