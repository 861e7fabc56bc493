"""The coded errors that every part raises and every answer carries as ``extensions.code``."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ErrorCode(StrEnum):
    """What went wrong, as a word that programs may rely on; messages may change, codes do not."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    """No token, or one that is unknown, expired or revoked."""
    FORBIDDEN = "FORBIDDEN"
    """The caller is known and may not do this."""
    BAD_REQUEST = "BAD_REQUEST"
    """The HTTP request is no GraphQL request: its body or a parameter has the wrong form."""
    NOT_FOUND = "NOT_FOUND"
    """Nothing is served at this address."""
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    """The HTTP method is not offered here; mutations are taken by POST only."""
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    """The Accept header names no media type that is spoken here."""
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    """The body is not said to be JSON in UTF-8, or is compressed."""
    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    """The request is larger than the limit on its size."""
    BODY_TIMEOUT = "BODY_TIMEOUT"
    """The body did not arrive in time."""
    INPUT_TOO_DEEP = "INPUT_TOO_DEEP"
    """Lists and objects in the request's JSON are nested too deeply."""
    INVALID_TEXT = "INVALID_TEXT"
    """A text holds the character NUL, which no database column can hold."""
    SYNTAX_ERROR = "SYNTAX_ERROR"
    """The document is not GraphQL."""
    VALIDATION_FAILED = "VALIDATION_FAILED"
    """The document does not fit the schema."""
    INVALID_VARIABLES = "INVALID_VARIABLES"
    """A variable or argument has a value that its type does not allow."""
    OPERATION_NOT_FOUND = "OPERATION_NOT_FOUND"
    """The document has no such operation, or several and none was named."""
    SUBSCRIPTION_NEEDS_STREAM = "SUBSCRIPTION_NEEDS_STREAM"
    """A subscription has many answers: ask by WebSocket, or with `Accept: text/event-stream`."""
    SLOW_CLIENT = "SLOW_CLIENT"
    """Events were left unread for too long; the stream was ended. A WebSocket is closed with 1013 instead."""
    TOO_MANY_TOKENS = "TOO_MANY_TOKENS"
    """The document is too long, counted in tokens."""
    TOO_MANY_ALIASES = "TOO_MANY_ALIASES"
    """The document renames too many fields."""
    QUERY_TOO_DEEP = "QUERY_TOO_DEEP"
    """Fields are nested too deeply."""
    QUERY_TOO_COSTLY = "QUERY_TOO_COSTLY"
    """The operation asks for too many objects at once."""
    QUERY_TOO_INVOLVED = "QUERY_TOO_INVOLVED"
    """The document takes too much work to check: too many fragments or repeated fields."""
    TOO_MANY_OPERATIONS = "TOO_MANY_OPERATIONS"
    """The connection already runs as many operations as it may."""
    PAGE_SIZE = "PAGE_SIZE"
    """A page of more than 500 items was asked for, or of fewer than none."""
    INVALID_CURSOR = "INVALID_CURSOR"
    """The cursor was not made by this list in this order."""
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    """The operation took longer than it may and was cancelled."""
    CONFLICT = "CONFLICT"
    """Another change was in the way of this one, of which nothing was stored: repeat the call."""
    DATABASE_UNAVAILABLE = "DATABASE_UNAVAILABLE"
    """The database can't be reached just now, or was lost while it answered: ask again later."""
    PLUGIN_ERROR = "PLUGIN_ERROR"
    """A plugin failed or did not answer in time; only the field that it serves is null."""
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    """A connected system, such as the e-mail provider, can't be reached now; only the field that it serves is null."""
    SUMMARY_REFUSED = "SUMMARY_REFUSED"
    """A summary named somebody or a number that its facts do not hold; it is not shown."""
    INTERNAL = "INTERNAL"
    """Ours to mend; the message holds the request id under which the log has the cause."""


class Coded(Exception):
    """An error that the asker may see: its message and code go into the answer as they are.

    Raise it in a resolver and the field is null, with this message, ``extensions.code`` and the details.
    """

    def __init__(self, code: str, message: str, details: Mapping[str, object] = MappingProxyType({})) -> None:
        super().__init__(message)
        self.code = str(code)
        self.message = message
        self.details = details
