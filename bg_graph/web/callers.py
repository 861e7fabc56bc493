"""Who is asking: the token in a request's headers or in a WebSocket's first message, handed to the product's look-up."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from typing import Any

from starlette.datastructures import Headers

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.web.faults import HttpFault

Authenticate = Callable[[str | None], Awaitable[object | None]]
"""The caller with this bearer token, or None; may raise Coded to say more. None is given where there is no token."""

MakeContext = Callable[[Any], AbstractAsyncContextManager[object]]
"""What resolvers get as `info.context` for one operation of a caller; left when the operation has ended."""

FollowCaller = Callable[[Any, Callable[[], None]], AbstractContextManager[object]]
"""Calls the function whenever the caller's rights may have changed, for as long as the `with` lasts."""

_CHALLENGE = ((b"www-authenticate", b'Bearer realm="bg-graph"'),)
_HOW = "Send a token of 'bg-graph token create' as 'Authorization: Bearer <token>'."


def never_told(_caller: object, _wake: Callable[[], None]) -> AbstractContextManager[object]:
    """Where nobody tells of changed rights: they are seen at the next look-up."""
    return nullcontext()


async def caller_of(headers: Headers, authenticate: Authenticate) -> tuple[object, str | None]:
    """The caller who sends these headers, and the token; 401 where there is none."""
    given = headers.getlist("authorization")
    if len(given) > 1:
        raise _unauthenticated("There are several Authorization headers.")
    token = bearer_token(given[0]) if given else None
    if given and token is None:
        raise _unauthenticated(f"The Authorization header has another form than expected. {_HOW}")
    try:
        caller = await authenticate(token)
    except Coded as error:
        raise HttpFault(401, error.code, error.message, _CHALLENGE) from None
    if caller is None:
        what = "There is no token" if token is None else "The token is unknown, expired or revoked"
        raise _unauthenticated(f"{what}. {_HOW}")
    return caller, token


def bearer_token(text: object) -> str | None:
    """The token in "Bearer <token>"; None for any other form."""
    if not isinstance(text, str):
        return None
    scheme, _, token = text.strip().partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token and token.isascii() and " " not in token else None


def _unauthenticated(message: str) -> HttpFault:
    return HttpFault(401, ErrorCode.UNAUTHENTICATED, message, _CHALLENGE)
