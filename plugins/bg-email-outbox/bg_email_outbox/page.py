"""The page at `/plugins/outbox/`: what the outbox keeps of the caller's tenant, for whoever has a token of it.

The page itself holds no data: it asks for the messages with the token that GraphiQL was given in this browser tab.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bg_email_outbox.files import OutboxFiles
from bg_email_outbox.reading import KeptHeader, KeptMessage, header_of, message_of
from bg_graph.plugins.errors import Rejected
from bg_graph.plugins.hooks import Register, RouteAccess, RouteRequest, RouteResponse, RouteSpec, hookimpl

PAGE_SIZE = 25
"""Messages of one page of the list."""
_FOLDER = Path(__file__).parent / "page_files"
_FILES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "": ("index.html", "text/html; charset=utf-8"),
        "outbox.js": ("outbox.js", "text/javascript; charset=utf-8"),
        "outbox.css": ("outbox.css", "text/css; charset=utf-8"),
    }
)
"""By path: the file, and what it is. Said by us: a machine's own table may say otherwise, and scripts would not run."""
_JSON = "application/json"


@hookimpl
def register_routes(register: Register[RouteSpec]) -> None:
    """The page with its script and style, for everybody; the messages for callers of their tenant."""
    for path in _FILES:
        register.add(RouteSpec(path=path, handle=file, access=RouteAccess.ANYBODY))
    register.add(RouteSpec(path="messages", handle=messages))
    register.add(RouteSpec(path="messages/{key}", handle=message))
    register.add(RouteSpec(path="messages/{key}/raw", handle=raw))


async def file(request: RouteRequest) -> RouteResponse:
    """The page itself, or a file of it."""
    name, media_type = _FILES[request.path]
    content = await asyncio.to_thread((_FOLDER / name).read_bytes)
    return RouteResponse(body=content, media_type=media_type, headers={"cache-control": "no-cache"})


async def messages(request: RouteRequest) -> RouteResponse:
    """A page of the tenant's messages, the newest first; `before` is the key that it begins after."""
    headers, following = await asyncio.to_thread(_listed, *_of(request), request.query.get("before"))
    return _json({"messages": [_line(header) for header in headers], "next": following})


async def message(request: RouteRequest) -> RouteResponse:
    """A message as it is read."""
    key = request.parameters["key"]
    content = await asyncio.to_thread(_content, *_of(request), key)
    return _missing() if content is None else _json(_whole(message_of(key, content)))


async def raw(request: RouteRequest) -> RouteResponse:
    """A message's file."""
    key = request.parameters["key"]
    content = await asyncio.to_thread(_content, *_of(request), key)
    if content is None:
        return _missing()
    named = {"content-disposition": f'attachment; filename="{key}.eml"'}
    return RouteResponse(body=content, media_type="message/rfc822", headers=named)


def _of(request: RouteRequest) -> tuple[OutboxFiles, str]:
    """The outbox of the caller's tenant."""
    assert request.tenant is not None, "the host lets nobody else in"
    return OutboxFiles(request.settings.folder), request.tenant


def _listed(files: OutboxFiles, tenant: str, before: str | None) -> tuple[list[KeptHeader], str | None]:
    keys = files.keys(tenant, PAGE_SIZE + 1, before)
    found = ((key, files.read(tenant, key)) for key in keys[:PAGE_SIZE])
    headers = [header_of(key, content) for key, content in found if content is not None]
    return headers, keys[PAGE_SIZE - 1] if len(keys) > PAGE_SIZE else None


def _content(files: OutboxFiles, tenant: str, key: str) -> bytes | None:
    try:
        return files.read(tenant, key)
    except Rejected:
        return None


def _line(header: KeptHeader) -> dict[str, str | None]:
    return {
        "key": header.key,
        "subject": header.subject,
        "from": header.sender,
        "to": header.recipient,
        "at": header.at.isoformat() if header.at else None,
    }


def _whole(found: KeptMessage) -> dict[str, Any]:
    fields = [{"name": name, "value": value} for name, value in found.fields]
    return {**_line(found.header), "fields": fields, "plain": found.plain, "html": found.html}


def _json(document: object) -> RouteResponse:
    return RouteResponse(body=json.dumps(document, ensure_ascii=False).encode(), media_type=_JSON)


def _missing() -> RouteResponse:
    told = {"message": "There is no such message.", "extensions": {"code": "NOT_FOUND"}}
    return RouteResponse(status=404, body=json.dumps({"errors": [told]}).encode(), media_type=_JSON)
