"""Running a checked operation on the schema: the one place that knows how Strawberry is called."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any, Protocol, runtime_checkable

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult

from bg_graph.web.documents import CheckedDocument, CheckedOperation, CheckedText


class UseChecked(SchemaExtension):
    """Hands Strawberry the parsed and validated form of a document that we checked, so that it does neither again."""

    def on_parse(self) -> Iterator[None]:
        """Give the parsed document, and say that validation found nothing."""
        query = self.execution_context.query
        if isinstance(query, CheckedText):
            self.execution_context.graphql_document = query.document
            self.execution_context.pre_execution_errors = []
        yield


def use_checked(schema: strawberry.Schema) -> None:
    """Have the schema take checked documents as they are; any other text it parses and validates as before."""
    if UseChecked not in schema.extensions:
        schema.extensions = (UseChecked, *schema.extensions)


async def execute(
    schema: strawberry.Schema,
    document: CheckedDocument,
    operation: CheckedOperation,
    variables: dict[str, Any] | None,
    context: object,
) -> ExecutionResult:
    """The result of a query or mutation."""
    return await schema.execute(
        document.text, variable_values=variables, context_value=context, operation_name=operation.name
    )


@runtime_checkable
class Renewing(Protocol):
    """A context that holds something while it answers, and can let it go between two answers."""

    async def renew(self) -> None:
        """Let go what was read, and the connection that it was read by."""


async def stream(
    schema: strawberry.Schema,
    document: CheckedDocument,
    operation: CheckedOperation,
    variables: dict[str, Any] | None,
    context: object,
) -> AsyncGenerator[ExecutionResult, None]:
    """The results of any operation, one after the other: a single one unless it is a subscription.

    While a result is on its way to the client, which may take its time, the context holds nothing.
    """
    results = await schema.stream(
        document.text, variable_values=variables, context_value=context, operation_name=operation.name
    )
    try:
        async for result in results:
            assert isinstance(result, ExecutionResult), "incremental delivery is not switched on"
            if isinstance(context, Renewing):
                await context.renew()
            yield result
    finally:
        await results.aclose()


def is_request_error(result: ExecutionResult) -> bool:
    """Whether nothing was executed: a wrong variable, as opposed to a field that failed."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())
