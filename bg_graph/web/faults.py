"""Requests that are refused before execution, and how errors of every origin get their code."""

import structlog
from graphql import ArgumentNode, FieldNode, GraphQLError, GraphQLFormattedError
from strawberry.exceptions import StrawberryGraphQLError

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.store.conflicts import is_away

log = structlog.get_logger(__name__)


class HttpFault(Coded):
    """A request that is wrong as HTTP: answered by its own status whatever media type was negotiated."""

    def __init__(self, status: int, code: str, message: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(code, message)
        self.status = status
        self.headers = headers


class Refused(Exception):
    """A well-formed request whose document, operation or variables can't be executed, with every reason."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


def refused(code: str, message: str) -> Refused:
    """A refusal for one reason."""
    return Refused([coded_error(code, message)])


def coded_error(code: str, message: str) -> GraphQLError:
    """A GraphQL error that carries a code."""
    return GraphQLError(message, extensions={"code": str(code)})


def with_code(error: GraphQLError, code: str) -> GraphQLError:
    """The same error, carrying a code unless it has one."""
    error.extensions = {"code": str(code), **(error.extensions or {})}
    return error


DATABASE_AWAY = "The database can't be reached just now. Ask again in a moment."


def internal_message(request_id: str) -> str:
    """What is shown of a failure that is ours to mend."""
    return f"Something went wrong on our side. The log has the cause under request id {request_id}."


def shown(error: GraphQLError, request_id: str) -> GraphQLFormattedError:
    """An error as the asker sees it: with a code, and without anything that was not meant to be seen.

    An exception that nobody meant to be seen is logged here with its trace and shown as INTERNAL.
    """
    cause = _cause(error)
    formatted = error.formatted
    extensions = dict(formatted.get("extensions") or {})
    if isinstance(cause, Coded):
        formatted["message"] = cause.message
        extensions = {"code": cause.code, **cause.details}
    elif is_away(cause):
        log.warning("database away", path=error.path, request_id=request_id, fault=type(cause).__name__)
        formatted["message"] = DATABASE_AWAY
        extensions = {"code": str(ErrorCode.DATABASE_UNAVAILABLE)}
    elif "code" not in extensions:
        code = _code(error, cause)
        extensions["code"] = str(code)
        if code is ErrorCode.INTERNAL:
            log.error("field failed", path=error.path, request_id=request_id, exc_info=cause)
            formatted["message"] = internal_message(request_id)
            extensions = {"code": str(code), "requestId": request_id}
    formatted["extensions"] = extensions
    return formatted


def _cause(error: GraphQLError) -> Exception:
    """The exception at the bottom of a chain of located errors."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _code(error: GraphQLError, cause: Exception) -> ErrorCode:
    """The code of an error that brought none."""
    if isinstance(cause, StrawberryGraphQLError):
        return ErrorCode.FORBIDDEN  # Strawberry's permissions raise it when they deny
    if not isinstance(cause, GraphQLError):
        return ErrorCode.INTERNAL
    if error.path is None:
        return ErrorCode.INVALID_VARIABLES
    return ErrorCode.INVALID_VARIABLES if _speaks_of_an_argument(cause) else ErrorCode.INTERNAL


def _speaks_of_an_argument(cause: GraphQLError) -> bool:
    """Whether graphql-core found an argument's value wrong, rather than a resolver's result.

    A result is located at its field alone; an argument at its own node, or, left out, by its message.
    """
    if cause.nodes and not isinstance(cause.nodes[0], FieldNode):
        return True
    if any(isinstance(node, ArgumentNode) for node in cause.nodes or ()):
        return True
    return cause.message.startswith("Argument ")
