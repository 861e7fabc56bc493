"""Payload fields that show objects as they are after a write: found by key, through the same declared fields as a query.

A payload keeps keys only (`strawberry.Private`). Its objects are read when the answer is completed, which is after the
mutation's transaction was committed and before the next mutation of the document begins.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLObjectType, get_named_type

from bg_graph.execution.loading import Loading
from bg_graph.execution.records import Record
from bg_graph.execution.selection import shape_of


async def fetched(info: strawberry.Info[Any, Any], keys: Sequence[UUID]) -> list[Record | None]:
    """The rows with these keys, of the type that the field is declared with, in one statement; None for one not found.

    All that the document asks of them below the field is selected, fragments included.
    """
    raw = info._raw_info
    loading: Loading = info.context.loading
    target = get_named_type(raw.return_type)
    assert isinstance(target, GraphQLObjectType)
    selection = loading.selection(shape_of(target), [node.selection_set for node in raw.field_nodes], target, raw)
    return list(await asyncio.gather(*(loading.by_id(selection, key) for key in keys)))


def object_of(key: str, description: str) -> Any:
    """A payload's field with the object whose key the payload keeps under the name `key`; null where it keeps none."""

    async def load(payload: strawberry.Parent[Any], info: strawberry.Info) -> Any:
        kept: UUID | None = getattr(payload, key)
        return None if kept is None else (await fetched(info, [kept]))[0]

    return strawberry.field(resolver=load, description=description)


def objects_of(keys: str, description: str) -> Any:
    """A payload's field with the objects whose keys the payload keeps under the name `keys`, in their order.

    One that is gone by the time of reading is left out.
    """

    async def load(payload: strawberry.Parent[Any], info: strawberry.Info) -> Any:
        return [record for record in await fetched(info, getattr(payload, keys)) if record is not None]

    return strawberry.field(resolver=load, description=description)
