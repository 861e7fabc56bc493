"""Fetching any object again by its id."""

import asyncio
from typing import Annotated, Any

import strawberry
from graphql import GraphQLObjectType, GraphQLResolveInfo

from bg_graph.execution.node_ids import parse_node_id
from bg_graph.execution.records import Record
from bg_graph.execution.selection import shape_of
from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.graph.types import Node

MOST_NODES = 500
Id = Annotated[strawberry.ID, strawberry.argument(description="Opaque id.")]
Ids = Annotated[list[strawberry.ID], strawberry.argument(description="Opaque ids, at most 500.")]


async def _fetch(info: strawberry.Info, given: str) -> Any:
    raw = info._raw_info
    parsed = parse_node_id(given)
    target = None if parsed is None else _types_by_prefix(raw).get(parsed[0])
    if parsed is None or target is None:
        return None
    loading = info.context.loading
    sets = [node.selection_set for node in raw.field_nodes]
    found: Record | None = await loading.by_id(loading.selection(shape_of(target), sets, target, raw), parsed[1])
    return found


def _types_by_prefix(raw: GraphQLResolveInfo[Any]) -> dict[str, GraphQLObjectType]:
    node = raw.schema.get_type("Node")
    return {shape_of(each).prefix: each for each in raw.schema.get_possible_types(node)}  # type: ignore[arg-type]


async def _node(info: strawberry.Info, id: Id) -> Any:  # noqa: A002 - the argument's name in the schema
    return await _fetch(info, id)


async def _nodes(info: strawberry.Info, ids: Ids) -> Any:
    if len(ids) > MOST_NODES:
        raise Coded(ErrorCode.PAGE_SIZE, f"at most {MOST_NODES} ids at once, got {len(ids)}; ask in several calls")
    return await asyncio.gather(*(_fetch(info, each) for each in ids))


@strawberry.type
class NodeQueries:
    """Fetching any object again by its id."""

    node: Node | None = strawberry.field(
        resolver=_node, description="The object with an id; null where there is none that the caller may see."
    )
    nodes: list[Node | None] = strawberry.field(
        resolver=_nodes, description="The objects with these ids, in their order; null for each that is not found."
    )
