"""Relay connections: edges with cursors, page information, and a total that is counted only when asked for."""

from typing import Any, Generic, TypeVar

import strawberry

from bg_graph.execution.fields import Page

T = TypeVar("T")


@strawberry.type(description="Whether there is more, and where to go on.")
class PageInfo:
    """Where a page stands among the others."""

    has_next_page: bool = strawberry.field(description="There are items after this page.")
    has_previous_page: bool = strawberry.field(description="There are items before this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item; null on an empty page.")
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last item, for `after`; null on an empty page."
    )


@strawberry.type(description="An item of a connection with its cursor.")
class Edge(Generic[T]):
    """An item and its place."""

    cursor: str = strawberry.field(description="Opaque place of the item, for `after`.")
    node: T = strawberry.field(description="The item.")


def _edges(page: strawberry.Parent[Page]) -> Any:
    pairs = zip(page.records, page.cursors, strict=True)
    return [Edge[Any](cursor=cursor, node=record) for record, cursor in pairs]


def _nodes(page: strawberry.Parent[Page]) -> Any:
    return page.records


def _page_info(page: strawberry.Parent[Page]) -> PageInfo:
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=page.cursors[0] if page.cursors else None,
        end_cursor=page.cursors[-1] if page.cursors else None,
    )


async def _total_count(page: strawberry.Parent[Page]) -> int:
    return await page.count.total()


@strawberry.type(description="A page of a list that can grow.")
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]] = strawberry.field(resolver=_edges, description="The items with their cursors.")
    nodes: list[T] = strawberry.field(resolver=_nodes, description="The items without their cursors.")
    page_info: PageInfo = strawberry.field(
        resolver=_page_info, description="Whether there is more, and where to go on."
    )
    total_count: int = strawberry.field(
        resolver=_total_count, description="Number of items on all pages; counted only when asked for."
    )
