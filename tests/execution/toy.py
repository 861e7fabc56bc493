"""A toy library of authors, books and tags, declared with the same fields as the product: no tenants, no buying groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import Uuid, func, true
from sqlalchemy import column as placeholder
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from bg_graph.execution.declarations import VALUE, VALUES, Filter, Key, Link, Ordering
from bg_graph.execution.loading import Access, Loading
from bg_graph.graph.connections import Connection
from bg_graph.graph.nodes import NodeQueries
from bg_graph.graph.ordering import Direction, by
from bg_graph.graph.types import (
    Node,
    aggregate,
    batch,
    by_id,
    column,
    count,
    field_of,
    first_of,
    many,
    one,
    paged,
    part,
    part_type,
    related,
    type_of,
)
from bg_graph.store.connection import table_of
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id

Registry = registry()


class Toy(SQLModel, registry=Registry):
    id: UUID = Field(primary_key=True, default_factory=new_id)


class AuthorRow(Toy, table=True):
    __tablename__ = "author"

    name: str = Field(description="Name of the author.")
    born: int | None = Field(default=None, description="Year of birth.")
    mentor_id: UUID | None = None


class BookRow(Toy, table=True):
    __tablename__ = "book"

    author_id: UUID
    series: str = ""
    title: str = Field(description="Title.")
    year: int | None = Field(default=None, description="Year of the first edition.")


class TagRow(Toy, table=True):
    __tablename__ = "tag"

    author_id: UUID
    series: str
    word: str = Field(description="The word.")


AUTHOR, BOOK, TAG = table_of(AuthorRow), table_of(BookRow), table_of(TagRow)


@strawberry.enum(description="Orders of books.")
class BookOrderField(Enum):
    TITLE = "TITLE"
    YEAR = "YEAR"
    AUTHOR = "AUTHOR"


@strawberry.input(description="An order of books.")
class BookOrder:
    field: BookOrderField
    direction: Direction = Direction.ASC


BOOKS = Ordering(
    default=by(BOOK.c.title),
    tie=by(BOOK.c.title, BOOK.c.id),
    fields={
        BookOrderField.TITLE: by(BOOK.c.title),
        BookOrderField.YEAR: by(BOOK.c.year, nullable=True),
        BookOrderField.AUTHOR: by(AUTHOR.c.name),
    },
)
WISHES: dict[str, Any] = {"order_by": (list[BookOrder], "Order."), "titles": (list[str], "Only these titles.")}


@type_of(TagRow, prefix="tag", description="A tag of a series.")
class Tag(Node):
    word: strawberry.auto


@type_of(BookRow, prefix="book", description="A book.", links=(Link(AUTHOR, ((BOOK.c.author_id, AUTHOR.c.id),)),))
class Book(Node):
    title: strawberry.auto
    year: strawberry.auto
    by_whom: str = column(AUTHOR.c.name, "Name of the author.")
    author: "Author" = one(AuthorRow, BOOK.c.author_id, "The author.")
    tags: list[Tag] = many(
        related(TagRow, (TAG.c.author_id, TAG.c.series), (BOOK.c.author_id, BOOK.c.series)),
        by(TAG.c.word, TAG.c.id),
        "Tags.",
    )


SHELF: Any = placeholder("shelf_of", Uuid())


@part_type(description="An author's books from another side.")
class Shelf:
    size: int = count(related(BookRow, BOOK.c.author_id, SHELF), "Number of books.")
    oldest: int | None = aggregate(
        related(BookRow, BOOK.c.author_id, SHELF), func.min(BOOK.c.year), "Year of the oldest."
    )
    books: list[Book] = many(related(BookRow, BOOK.c.author_id, SHELF), by(BOOK.c.title, BOOK.c.id), "All of them.")


@dataclass
class Library:
    """A request's context: its loaders, the statements they ran, and the calls of batch functions."""

    database: Database
    statements: list[str] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    loading: Loading = field(init=False)

    def __post_init__(self) -> None:
        self.loading = Loading(Access(self.run, lambda table: true(), {}))

    async def run(self, statement: Any, parameters: Mapping[str, Any]) -> Sequence[Any]:
        self.statements.append(str(statement))
        async with self.database.engine.connect() as connection:
            return (await connection.execute(statement, dict(parameters))).all()


async def moods(authors: Sequence[Any], info: Any) -> list[str]:
    info.context.calls.append(len(authors))
    return [
        f"{author[AUTHOR.c.name]} is {'old' if (author[AUTHOR.c.born] or 2000) < 1900 else 'young'}"
        for author in authors
    ]


_OF_AUTHOR = related(BookRow, BOOK.c.author_id, AUTHOR.c.id)


@type_of(AuthorRow, prefix="author", description="An author.")
class Author(Node):
    name: strawberry.auto
    born: strawberry.auto
    mentor: "Author | None" = one(AuthorRow, AUTHOR.c.mentor_id, "Who taught the author.")
    books: list[Book] = many(_OF_AUTHOR, by(BOOK.c.title, BOOK.c.id), "By title.", first=2)
    latest: list[Book] = many(
        _OF_AUTHOR, (Key(BOOK.c.year, descending=True, nullable=True), Key(BOOK.c.id)), "By year.", first=2
    )
    newest: Book | None = first_of(
        _OF_AUTHOR, (Key(BOOK.c.year, descending=True, nullable=True), Key(BOOK.c.id)), "The newest."
    )
    book_count: int = count(_OF_AUTHOR, "Number of books.")
    shelf: Shelf = part("The books from another side.", shelf_of=AUTHOR.c.id)
    mood: str = batch(moods, (AUTHOR.c.name, AUTHOR.c.born), "From one call for all.")
    paged_books: Connection[Book] = paged(
        _OF_AUTHOR,
        BOOKS,
        "Page by page.",
        first=2,
        filters={"titles": Filter(BOOK.c.title.in_(VALUES))},
        arguments=WISHES,
    )


field_of(
    Author,
    "pupils",
    list[Author],
    many(related(AuthorRow, AUTHOR.c.mentor_id, AUTHOR.c.id), by(AUTHOR.c.name), "Pupils."),
)


@strawberry.type
class Query(NodeQueries):
    authors: Connection[Author] = paged(
        related(AuthorRow),
        Ordering(by(AUTHOR.c.name), by(AUTHOR.c.id)),
        "Authors.",
        filters={"born": Filter(AUTHOR.c.born == VALUE)},
        arguments={"born": (int, "Born in this year.")},
    )
    author: Author | None = by_id("An author.")
    books: Connection[Book] = paged(related(BookRow), BOOKS, "Books.", arguments=WISHES)
    every_author: list[Author] = many(related(AuthorRow), by(AUTHOR.c.name, AUTHOR.c.id), "All authors.")


async def stock(database: Database, rows: Sequence[SQLModel]) -> None:
    async with database.raw() as connection:
        await connection.run_sync(Registry.metadata.create_all)
        for row in rows:
            await connection.execute(table_of(type(row)).insert(), row.model_dump())
        await connection.commit()
