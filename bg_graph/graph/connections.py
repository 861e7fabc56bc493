"""Relay connections: edges with cursors, page information, and a total that is counted only when asked for."""

from typing import Generic, TypeVar

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


@strawberry.type(description="A page of a list that can grow.")
class Connection(Generic[T]):
    """A page of a list."""

    page: strawberry.Private[Page]

    @strawberry.field(description="The items with their cursors.")
    def edges(page: strawberry.Parent[Page]) -> list[Edge[T]]:  # noqa: N805
        """The items with their cursors."""
        return [Edge(cursor=cursor, node=record) for record, cursor in zip(page.records, page.cursors, strict=True)]

    @strawberry.field(description="The items without their cursors.")
    def nodes(page: strawberry.Parent[Page]) -> list[T]:  # noqa: N805
        """The items without their cursors."""
        return page.records

    @strawberry.field(description="Whether there is more, and where to go on.")
    def page_info(page: strawberry.Parent[Page]) -> PageInfo:  # noqa: N805
        """Where the page stands."""
        return PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        )

    @strawberry.field(description="Number of items on all pages; counted only when asked for.")
    async def total_count(page: strawberry.Parent[Page]) -> int:  # noqa: N805
        """Number of items on all pages."""
        return await page.count.total()
