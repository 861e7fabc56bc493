"""Documents, parsed, checked against the limits and the schema once, and kept by their text."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import strawberry
from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    Visitor,
    parse,
    recommended_rules,
    specified_rules,
    visit,
)
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.schema import validate_document

from bg_graph.graph.errors import ErrorCode
from bg_graph.web.faults import Refused, coded_error, refused, with_code
from bg_graph.web.measures import Measures, OperationCost
from bg_graph.web.metrics import Metrics
from bg_graph.web.options import WebOptions


class CheckedText(str):
    """A document's text that carries its parsed form through Strawberry's `execute`, whose only door takes text."""

    document: DocumentNode


@dataclass(frozen=True, slots=True)
class CheckedOperation:
    """One operation of a checked document."""

    name: str | None
    kind: OperationType
    cost: OperationCost


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document that is GraphQL, within the limits and valid for the schema."""

    text: CheckedText
    operations: Mapping[str | None, CheckedOperation]

    def operation(self, name: str | None) -> CheckedOperation:
        """The operation to execute. Source: GraphQL specification, "GetOperation"."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            message = "The document has several operations; name one with 'operationName'."
            raise refused(ErrorCode.OPERATION_NOT_FOUND, message)
        found = self.operations.get(name)
        if found is None:
            raise refused(ErrorCode.OPERATION_NOT_FOUND, f"The document has no operation named {name[:80]!r}.")
        return found


class Documents:
    """The checked documents of one schema: a bounded cache in front of parser, limits and validation.

    What is not in the cache is checked on a thread of its own, so that a document that is costly to check does not
    make other requests wait.
    """

    def __init__(self, schema: strawberry.Schema, options: WebOptions, metrics: Metrics) -> None:
        self.measures = Measures(schema._schema, options.limits)
        self._looked_up = metrics.documents
        self._schema = schema._schema
        self._options = options
        self._rules = _rules(options.introspection)
        self._kept: OrderedDict[str, CheckedDocument] = OrderedDict()
        self._characters = 0
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="documents")

    async def get(self, text: str) -> CheckedDocument:
        """The checked document with this text; raises Refused with every reason when it may not be executed."""
        kept = self._kept.get(text)
        if kept is not None:
            self._kept.move_to_end(text)
            self._looked_up.labels("yes").inc()
            return kept
        self._looked_up.labels("no").inc()
        checked = await asyncio.get_running_loop().run_in_executor(self._threads, self.check, text)
        self._keep(checked)
        return checked

    def check(self, text: str) -> CheckedDocument:
        """Parse, measure and validate; raises Refused."""
        try:
            return self._checked(text)
        except RecursionError:
            raise refused(ErrorCode.QUERY_TOO_DEEP, "The document is nested too deeply to be read.") from None

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _checked(self, text: str) -> CheckedDocument:
        document = self._parsed(text)
        if "\\" in text:
            _refuse_nul(document)
        costs = self.measures.costs(document)
        errors = validate_document(self._schema, document, self._rules)
        if errors:
            raise Refused([_validation_error(error) for error in errors])
        assert costs is not None, "validation refuses fragments in a circle"
        checked = CheckedText(text)
        checked.document = document
        return CheckedDocument(checked, dict(_operations(document, costs)))

    def _parsed(self, text: str) -> DocumentNode:
        limit = self._options.limits.max_tokens
        try:
            return parse(text, max_tokens=limit)
        except GraphQLSyntaxError as error:
            if error.message.startswith("Syntax Error: Document contains more than"):
                message = f"The document has more than {limit} tokens."
                raise refused(ErrorCode.TOO_MANY_TOKENS, message) from None
            if error.message.startswith("Syntax Error: Document is nested too deeply"):
                raise refused(ErrorCode.QUERY_TOO_DEEP, "The document is nested too deeply to be read.") from None
            raise Refused([with_code(error, ErrorCode.SYNTAX_ERROR)]) from None

    def _keep(self, checked: CheckedDocument) -> None:
        text = checked.text
        if len(text) > self._options.cached_characters // 4 or text in self._kept:
            return
        self._kept[text] = checked
        self._characters += len(text)
        while len(self._kept) > self._options.cached_documents or self._characters > self._options.cached_characters:
            oldest, _ = self._kept.popitem(last=False)
            self._characters -= len(oldest)


class _FindNul(Visitor):
    """Stops at a text that holds NUL, which no database column can hold."""

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        if "\0" in node.value:
            raise refused(ErrorCode.INVALID_TEXT, "A text in the document holds the character NUL. Remove it.")


def _refuse_nul(document: DocumentNode) -> None:
    visit(document, _FindNul())


def _rules(introspection: bool) -> tuple[type[ASTValidationRule], ...]:
    rules = (*specified_rules, *recommended_rules)
    return rules if introspection else (*rules, NoSchemaIntrospectionCustomRule)


def _validation_error(error: GraphQLError) -> GraphQLError:
    if isinstance(error, ValidationAbortedError):
        message = "The document has too many fragments or repeated fields to be checked. Make it simpler."
        return coded_error(ErrorCode.QUERY_TOO_INVOLVED, message)
    return with_code(error, ErrorCode.VALIDATION_FAILED)


def _operations(
    document: DocumentNode, costs: Mapping[str | None, OperationCost]
) -> list[tuple[str | None, CheckedOperation]]:
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    names = [(node, node.name.value if node.name else None) for node in found]
    return [(name, CheckedOperation(name, node.operation, costs[name])) for node, name in names]
