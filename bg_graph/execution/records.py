"""What a row is while a query runs: the values that were asked for, and the rows it points at. No object of a model is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bg_graph.execution.declarations import label_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from bg_graph.execution.selection import Selection


class Record:
    """A row of a type: only the values that were selected."""

    __slots__ = ("parts", "selection", "values")

    def __init__(self, selection: Selection, values: Mapping[str, Any], parts: Mapping[str, Record | None]) -> None:
        self.selection = selection
        self.values = values
        self.parts = parts

    @property
    def type(self) -> type:
        """The GraphQL type that the row is shown as."""
        return self.selection.shape.type

    def __getitem__(self, column: ColumnElement[Any]) -> Any:
        """The value of a selected column. Raises KeyError for a column that nobody asked for."""
        return self.values[label_of(column)]
