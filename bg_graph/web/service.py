"""What answers GraphQL operations, whatever brings them in: over HTTP, as events, over WebSocket."""

from dataclasses import dataclass

import strawberry
from graphql import GraphQLFormattedError
from strawberry.types import ExecutionResult

from bg_graph.web.callers import Authenticate, FollowCaller, MakeContext, never_told
from bg_graph.web.documents import CheckedOperation, Documents
from bg_graph.web.faults import Refused, shown
from bg_graph.web.logs import request_id
from bg_graph.web.metrics import Metrics
from bg_graph.web.options import WebOptions


@dataclass(frozen=True, slots=True)
class Service:
    """What answers GraphQL operations, whatever brings them in."""

    schema: strawberry.Schema
    documents: Documents
    authenticate: Authenticate
    make_context: MakeContext
    options: WebOptions
    metrics: Metrics
    follow: FollowCaller = never_told

    def shown(self, result: ExecutionResult) -> list[GraphQLFormattedError]:
        """A result's errors as the asker sees them, counted by code."""
        return self.counted([shown(error, request_id()) for error in result.errors or ()])

    def refusal(self, reason: Refused) -> list[GraphQLFormattedError]:
        """A refusal's errors as the asker sees them, counted by code."""
        return self.counted([error.formatted for error in reason.errors])

    def counted(self, errors: list[GraphQLFormattedError]) -> list[GraphQLFormattedError]:
        """The same errors, counted by code."""
        for error in errors:
            self.metrics.errors.labels(str(error.get("extensions", {}).get("code"))).inc()
        return errors

    def note(self, operation: CheckedOperation, outcome: str) -> None:
        """Count an operation that has ended."""
        self.metrics.operations.labels(operation.kind.value, outcome).inc()
