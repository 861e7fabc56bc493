"""What the tests of the screens share: a world on each database, and asking it as a caller."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import strawberry

from bg_graph.app import Product
from bg_graph.schema import build_schema
from bg_graph.settings import Settings, SummarySettings
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.tenancy.rules import Caller, Right
from tests.browser import chromium, watched_page
from tests.conftest import NOW, statements
from tests.world import World

__all__ = ["chromium", "watched_page"]


@dataclass(frozen=True)
class Answer:
    """What a query gave, and the SQL statements that it took."""

    data: dict[str, Any]
    errors: list[dict[str, Any]]
    sql: list[str]


Ask = Callable[..., Awaitable[Answer]]
PATIENT = SummarySettings(wait=30)
"""Summaries are waited for, however busy the machine is."""


@pytest.fixture(scope="session")
def schema() -> strawberry.Schema:
    return build_schema()


@pytest.fixture
async def world(database: Database, tenant: UUID) -> World:
    return World(database, tenant, NOW)


def caller_of(tenant: UUID, *rights: Right, name: str = "Maria", automation: bool = False) -> Caller:
    return Caller(tenant, "acme", new_id(), name, frozenset({Right.READ, *rights}), automation)


@pytest.fixture
def ask(schema: strawberry.Schema, database: Database, tenant: UUID) -> Ask:
    """Ask as a caller of the tenant, who may only read unless said otherwise; with `fails`, errors are expected."""
    product = Product(Settings(summaries=PATIENT), database, lambda: NOW)

    async def asking(
        query: str,
        *,
        fails: bool = False,
        as_tenant: UUID | None = None,
        caller: Caller | None = None,
        **variables: Any,
    ) -> Answer:
        async with product.context(caller or caller_of(as_tenant or tenant)) as context:
            with statements(database) as sql:
                result = await schema.execute(query, variables, context)
                await product.summaries.settled(30)
        errors = [error.formatted for error in result.errors or []]
        if not fails:
            assert not result.errors, [(error, error.original_error) for error in result.errors]
        return Answer(result.data or {}, errors, sql)

    return asking


def gid(prefix: str, key: UUID) -> str:
    return f"{prefix}_{key.hex}"
