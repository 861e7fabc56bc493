"""Running an operation whose results go out one after the other, whatever connection they go out by."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import structlog
from graphql import GraphQLFormattedError, OperationType
from starlette.websockets import WebSocketDisconnect

from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.web.documents import CheckedDocument, CheckedOperation
from bg_graph.web.execution import is_request_error, stream
from bg_graph.web.faults import Refused, coded_error, internal_message
from bg_graph.web.logs import request_id
from bg_graph.web.requests import GraphQLRequest
from bg_graph.web.responses import payload
from bg_graph.web.service import Service
from bg_graph.web.standing import Ended, Standing

Deliver = Callable[[dict[str, object]], Awaitable[None]]
"""Takes one result to the client; returns when it is on its way, however long the client takes."""
Errors = list[GraphQLFormattedError]

log = structlog.get_logger(__name__)


async def perform(service: Service, standing: Standing, request: GraphQLRequest, deliver: Deliver) -> Errors | None:
    """Run an operation to its end, each result delivered; gives the errors of one that was refused or broken off.

    Before each result of a subscription its caller is looked up again. Raises Ended where that fails.
    """
    try:
        document = await service.documents.get(request.query)
        operation = document.operation(request.operation_name)
        service.documents.measures.check_cost(operation.cost, request.variables)
        return await _results(service, standing, request, document, operation, deliver)
    except (WebSocketDisconnect, Ended):
        raise
    except Refused as reason:
        return service.refusal(reason)
    except TimeoutError:
        message = f"The operation took longer than {service.options.deadline:g} seconds and was cancelled."
        return _counted(service, ErrorCode.DEADLINE_EXCEEDED, message)
    except Coded as error:
        return _counted(service, error.code, error.message)
    except Exception as error:
        log.error("operation failed", exc_info=error)
        return _counted(service, ErrorCode.INTERNAL, internal_message(request_id()))


async def _results(
    service: Service,
    standing: Standing,
    request: GraphQLRequest,
    document: CheckedDocument,
    operation: CheckedOperation,
    deliver: Deliver,
) -> Errors | None:
    lasting = operation.kind is OperationType.SUBSCRIPTION
    async with (
        asyncio.timeout(None if lasting else service.options.deadline),
        service.make_context(standing.caller) as context,
        aclosing(stream(service.schema, document, operation, request.variables, context)) as results,
    ):
        async for result in results:
            errors = service.shown(result)
            if is_request_error(result):
                service.note(operation, "failed")
                return errors
            if lasting:
                await standing.confirm_before_telling()
            await deliver(payload(result.data, errors, result.extensions))
    service.note(operation, "answered")
    return None


def _counted(service: Service, code: str, message: str) -> Errors:
    return service.counted([coded_error(code, message).formatted])


def ended_errors(service: Service, ended: Ended) -> Errors:
    """The errors of an operation whose caller may not go on, counted."""
    return _counted(service, ended.code, ended.message)
