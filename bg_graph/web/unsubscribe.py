"""The page behind an e-mail's unsubscribe link. Opening it changes nothing, since scanners follow links; its button does.

The same address takes the one-click POST of mail programs (RFC 8058).
"""

import re
from base64 import b64encode
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bg_graph.email.commands.events import may_unsubscribe, unsubscribe
from bg_graph.store.clock import Clock
from bg_graph.store.engine import Database
from bg_graph.web.bodies import read_body
from bg_graph.web.webhooks import told

PATH = "/unsubscribe/{token}"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,100}")
_MAX_BODY = 10_000
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color:#222;background:#fff}"
    "button{font:inherit;padding:.5rem 1rem;cursor:pointer}"
)
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_ASK = (
    "<p>Do you want no more e-mails from us at this address?</p>"
    '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
    "<button>Unsubscribe</button></form>"
)
_DONE = "<p>We will send no more e-mails to this address. You can close this page.</p>"
_UNKNOWN = "<p>This link is not one of ours, or not whole. Open it from the e-mail again.</p>"


def unsubscribe_routes(database: Database, clock: Clock, *, body_timeout: float) -> list[Route]:
    """The page, and what its button and mail programs post to."""

    async def ask(request: Request) -> Response:
        token = _token(request)
        if token is None or not await may_unsubscribe(database, token):
            return _page("No such link", _UNKNOWN, 404)
        return _page("Unsubscribe", _ASK)

    async def take(request: Request) -> Response:
        declared = request.headers.get("content-length")
        # Whatever is posted means the same; it is taken in, so that the sender sees the answer.
        await read_body(request.receive, None if declared is None else declared.encode(), _MAX_BODY, body_timeout)
        token = _token(request)
        if token is None or not await unsubscribe(database, token, now=clock()):
            return _page("No such link", _UNKNOWN, 404)
        return _page("Unsubscribed", _DONE)

    return [
        Route(PATH, ask, methods=["GET"], name="unsubscribe"),
        Route(PATH, told(take), methods=["POST"], name="unsubscribe-now"),
    ]


def _token(request: Request) -> str | None:
    given: str = request.path_params["token"]
    return given if _TOKEN.fullmatch(given) else None


def _page(title: str, content: str, status: int = 200) -> Response:
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{title}</h1>{content}</main></body></html>"
    )
    return HTMLResponse(page, status, headers=_HEADERS)
