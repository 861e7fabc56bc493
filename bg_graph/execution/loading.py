"""Running declared fields under graphql-core's executor: request-scoped DataLoaders, one statement a level and shape."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLObjectType, GraphQLResolveInfo, SelectionSetNode
from sqlalchemy import Row, Select
from strawberry.dataloader import DataLoader

from bg_graph.execution.declarations import Batch, Related, Shape
from bg_graph.execution.records import Record
from bg_graph.execution.related import Wish, count_related, select_by_id, select_related
from bg_graph.execution.selection import Selection, select_fields
from bg_graph.execution.statements import Hold

Run = Callable[[Select[Any], Mapping[str, Any]], Awaitable[Sequence[Row[Any]]]]
"""Runs a SELECT with parameters and gives its rows."""

Found = list[tuple[Record, tuple[Any, ...]]]
"""Records with the values of their order's keys."""

MOST_KEYS = 10_000
"""Parents that one statement is asked for: a key has up to three columns, and both databases take 32,766 parameters."""


@dataclass(frozen=True, slots=True)
class Access:
    """How a request reads: who runs its statements, what holds a table to the caller's rows, and parameters of expressions."""

    run: Run
    hold: Hold
    parameters: Mapping[str, Any]


class Loading:
    """The loaders of one request. It must not outlive the request: it would leak one caller's rows into another's."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}
        self._selections: dict[Hashable, Selection] = {}
        self._under_way = 0
        self._landed = asyncio.Event()

    def forget(self) -> None:
        """Forget every row: what is asked from now on is read again, since something was changed meanwhile."""
        self._loaders.clear()

    def selection(
        self,
        shape: Shape,
        selection_sets: Sequence[SelectionSetNode | None],
        on: GraphQLObjectType,
        info: GraphQLResolveInfo[Any],
    ) -> Selection:
        """What the query asks of `shape` here; found once for each place in the document."""
        place = (shape.type, *(id(each) for each in selection_sets))
        found = self._selections.get(place)
        if found is None:
            found = self._selections[place] = select_fields(shape, selection_sets, on, info)
        return found

    async def by_id(self, selection: Selection, key: Any) -> Record | None:
        """The row with an id, or None."""

        async def load(ids: list[Any]) -> list[Record | None]:
            statement, place, reading = select_by_id(selection, ids, self._access.hold)
            rows = {row[place]: reading.record(row) for row in await self._rows(statement)}
            return [rows.get(each) for each in ids]

        return await self._loader(("id", selection.signature), load).load(key)  # type: ignore[no-any-return]

    async def related(self, rows: Related, selection: Selection, wish: Wish, key: tuple[Any, ...]) -> Found:
        """The rows that point at a parent, in the wish's order."""

        async def load(keys: list[tuple[Any, ...]]) -> list[Found]:
            statement, reading = select_related(rows, selection, wish, keys, self._access.hold)
            found: dict[tuple[Any, ...], Found] = defaultdict(list)
            for row in await self._rows(statement):
                found[reading.key_of(row)].append((reading.record(row), reading.order_of(row)))
            return [found.get(each, []) for each in keys]

        place = ("related", id(rows), selection.signature, wish.signature)
        return await self._loader(place, load).load(key)  # type: ignore[no-any-return]

    async def count(self, rows: Related, selection: Selection, wish: Wish, key: tuple[Any, ...]) -> int:
        """How many rows point at a parent."""

        async def load(keys: list[tuple[Any, ...]]) -> list[int]:
            statement = count_related(rows, selection, wish, keys, self._access.hold)
            found: dict[tuple[Any, ...], int] = {tuple(row[:-1]): row[-1] for row in await self._rows(statement)}
            return [found.get(each, 0) for each in keys]

        place = ("count", id(rows), selection.shape.type, wish.signature)
        return await self._loader(place, load).load(key)  # type: ignore[no-any-return]

    async def batch(self, batch: Batch, parent: Record, info: Any, arguments: Mapping[str, Any]) -> Any:
        """The value that a batch function gives for a parent; it is called once for all parents of a level."""

        async def load(parents: list[Record]) -> Sequence[Any]:
            return await batch.function(parents, info, **arguments)

        place = ("batch", id(batch), repr(sorted(arguments.items())))
        return await self._loader(place, load, most=None).load(parent)

    async def _rows(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        self._under_way += 1
        try:
            return await self._access.run(statement, self._access.parameters)
        finally:
            self._under_way -= 1
            await self._all_landed()

    async def _all_landed(self) -> None:
        """Wait until all statements under way have their rows: lists of one level then go on together, and what they
        ask for next is asked for in one statement rather than in one for each list.
        """
        if self._under_way == 0:
            landed, self._landed = self._landed, asyncio.Event()
            landed.set()
            await asyncio.sleep(0)
        else:
            await self._landed.wait()

    def _loader(
        self, place: Hashable, load: Callable[[list[Any]], Awaitable[Any]], most: int | None = MOST_KEYS
    ) -> DataLoader[Any, Any]:
        found = self._loaders.get(place)
        if found is None:
            found = self._loaders[place] = DataLoader(load_fn=load, max_batch_size=most)
        return found
