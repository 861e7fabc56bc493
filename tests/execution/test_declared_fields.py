"""Declared fields over a toy library: each kind of declaration, and every way that a document can ask for it."""

from asyncio import gather
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import strawberry

from bg_graph.execution.declarations import Asked
from bg_graph.execution.loading import MOST_KEYS
from bg_graph.execution.node_ids import node_id
from bg_graph.execution.related import Wish
from bg_graph.execution.selection import Selection
from bg_graph.graph.ordering import by
from bg_graph.graph.types import field_of, many, related
from bg_graph.store.engine import Database
from tests.execution.toy import AUTHOR, BOOK, TAG, Author, AuthorRow, BookRow, Library, Query, Tag, TagRow, stock


@dataclass(frozen=True)
class Told:
    data: Any
    errors: list[Any]
    library: Library

    @property
    def statements(self) -> int:
        return len(self.library.statements)


Ask = Callable[..., Awaitable[Told]]
SCHEMA = strawberry.Schema(query=Query)


@pytest.fixture
async def people(database: Database) -> dict[str, UUID]:
    """Ada taught Bob, Bob taught Cid; Ada wrote three books, Bob one, Cid none."""
    ada = AuthorRow(name="Ada", born=1815)
    bob = AuthorRow(name="Bob", born=1950, mentor_id=ada.id)
    cid = AuthorRow(name="Cid", mentor_id=bob.id)
    books = [
        BookRow(author_id=ada.id, title="Alpha", year=1843, series="x"),
        BookRow(author_id=ada.id, title="Beta", series="x"),
        BookRow(author_id=ada.id, title="Gamma", year=1840, series="y"),
        BookRow(author_id=bob.id, title="Beta", year=1990, series="x"),
    ]
    tags = [
        TagRow(author_id=author, series=series, word=word)
        for author, series, word in (
            (ada.id, "x", "math"),
            (ada.id, "x", "art"),
            (ada.id, "y", "late"),
            (bob.id, "x", "bob's"),
        )
    ]
    await stock(database, [ada, bob, cid, *books, *tags])
    return {"Ada": ada.id, "Bob": bob.id, "Cid": cid.id}


@pytest.fixture
def ask(database: Database, people: dict[str, UUID]) -> Ask:
    async def asking(query: str, *, fails: bool = False, **variables: Any) -> Told:
        library = Library(database)
        result = await SCHEMA.execute(query, variables, context_value=library)
        assert fails or not result.errors, [(each, each.original_error) for each in result.errors or []]
        return Told(result.data, result.errors or [], library)

    return asking


async def test_values_and_ids_are_those_of_the_row(ask: Ask, people: dict[str, UUID]):
    told = await ask("{ everyAuthor { id name born } }")
    assert told.data["everyAuthor"] == [
        {"id": node_id("author", people["Ada"]), "name": "Ada", "born": 1815},
        {"id": node_id("author", people["Bob"]), "name": "Bob", "born": 1950},
        {"id": node_id("author", people["Cid"]), "name": "Cid", "born": None},
    ]
    assert told.statements == 1


async def test_a_row_pointed_at_comes_along_however_deep(ask: Ask, people: dict[str, UUID]):
    told = await ask(
        "query($id: ID!) { author(id: $id) { name mentor { name mentor { name mentor { name } bookCount } bookCount } } }",
        id=node_id("author", people["Cid"]),
    )
    ada = {"name": "Ada", "mentor": None, "bookCount": 3}
    assert told.data["author"] == {"name": "Cid", "mentor": {"name": "Bob", "mentor": ada, "bookCount": 1}}
    assert told.statements == 1


async def test_a_chain_of_keys_longer_than_a_databases_names_is_no_trouble(ask: Ask, people: dict[str, UUID]):
    chain = "name"
    for _ in range(12):
        chain = f"name mentor {{ {chain} }}"
    told = await ask(f"query($id: ID!) {{ author(id: $id) {{ {chain} }} }}", id=node_id("author", people["Bob"]))
    assert told.data["author"]["mentor"] == {"name": "Ada", "mentor": None}


async def test_a_table_may_be_both_linked_and_pointed_at(ask: Ask):
    told = await ask(
        "{ books(orderBy: [{field: AUTHOR, direction: DESC}]) { nodes { title byWhom author { name mentor { name } } } } }"
    )
    shown = told.data["books"]["nodes"]
    assert [(each["title"], each["byWhom"], each["author"]["name"]) for each in shown] == [
        ("Beta", "Bob", "Bob"),
        ("Alpha", "Ada", "Ada"),
        ("Beta", "Ada", "Ada"),
        ("Gamma", "Ada", "Ada"),
    ]
    assert shown[0]["author"]["mentor"] == {"name": "Ada"}
    assert told.statements == 1


async def test_a_linked_column_is_shown_also_of_a_row_that_a_list_of_many_parents_holds(ask: Ask):
    told = await ask("{ everyAuthor { books { byWhom } newest { title byWhom } } }")
    assert [[book["byWhom"] for book in each["books"]] for each in told.data["everyAuthor"]] == [
        ["Ada", "Ada"],
        ["Bob"],
        [],
    ]
    assert [each["newest"] and each["newest"]["title"] for each in told.data["everyAuthor"]] == ["Alpha", "Beta", None]
    assert told.statements == 3


async def test_counts_and_aggregates_come_with_the_row(ask: Ask):
    told = await ask("{ everyAuthor { bookCount shelf { size oldest } } }")
    assert told.data["everyAuthor"] == [
        {"bookCount": 3, "shelf": {"size": 3, "oldest": 1840}},
        {"bookCount": 1, "shelf": {"size": 1, "oldest": 1990}},
        {"bookCount": 0, "shelf": {"size": 0, "oldest": None}},
    ]
    assert told.statements == 1


async def test_a_part_has_lists_of_its_own(ask: Ask):
    told = await ask("{ everyAuthor { shelf { books { title } } } }")
    assert [[book["title"] for book in each["shelf"]["books"]] for each in told.data["everyAuthor"]] == [
        ["Alpha", "Beta", "Gamma"],
        ["Beta"],
        [],
    ]
    assert told.statements == 2


async def test_lists_of_one_parent_and_of_many_are_cut_alike(ask: Ask, people: dict[str, UUID]):
    for first, titles in ((None, ["Alpha", "Beta"]), (0, []), (1, ["Alpha"]), (3, ["Alpha", "Beta", "Gamma"])):
        many_parents = await ask("query($n: Int) { everyAuthor { books(first: $n) { title } } }", n=first)
        one_parent = await ask(
            "query($n: Int, $id: ID!) { author(id: $id) { books(first: $n) { title } } }",
            n=first,
            id=node_id("author", people["Ada"]),
        )
        assert [each["title"] for each in many_parents.data["everyAuthor"][0]["books"]] == titles
        assert [each["title"] for each in one_parent.data["author"]["books"]] == titles


async def test_two_orders_over_the_same_rows_are_two_lists(ask: Ask):
    told = await ask("{ everyAuthor { books { title } latest { title } } }")
    ada = told.data["everyAuthor"][0]
    assert [each["title"] for each in ada["books"]] == ["Alpha", "Beta"]
    assert [each["title"] for each in ada["latest"]] == ["Alpha", "Gamma"]


async def test_rows_found_by_several_columns_belong_to_their_own_parents(ask: Ask):
    told = await ask("{ books { nodes { title byWhom tags { word } } } }")
    assert {
        (each["title"], each["byWhom"]): [tag["word"] for tag in each["tags"]] for each in told.data["books"]["nodes"]
    } == {
        ("Alpha", "Ada"): ["art", "math"],
        ("Beta", "Ada"): ["art", "math"],
        ("Gamma", "Ada"): ["late"],
        ("Beta", "Bob"): ["bob's"],
    }
    assert told.statements == 2


async def test_pages_nest_and_each_parent_has_its_own(ask: Ask):
    told = await ask(
        """{ authors(first: 2) { totalCount pageInfo { hasNextPage } nodes { name
        pagedBooks(first: 1) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { title
          author { pagedBooks(first: 1, orderBy: [{field: YEAR, direction: DESC}]) { nodes { title year } } } } } } } } }"""
    )
    ada, bob = told.data["authors"]["nodes"]
    assert told.data["authors"]["totalCount"] == 3
    assert (ada["pagedBooks"]["totalCount"], bob["pagedBooks"]["totalCount"]) == (3, 1)
    assert (ada["pagedBooks"]["pageInfo"]["hasNextPage"], bob["pagedBooks"]["pageInfo"]["hasNextPage"]) == (True, False)
    assert ada["pagedBooks"]["edges"][0]["cursor"] == ada["pagedBooks"]["pageInfo"]["endCursor"]
    inner = ada["pagedBooks"]["edges"][0]["node"]["author"]["pagedBooks"]["nodes"]
    assert inner == [{"title": "Alpha", "year": 1843}]
    assert told.statements == 5


async def test_one_list_asked_with_different_arguments_gives_each_its_own(ask: Ask):
    told = await ask(
        """{ everyAuthor { one: books(first: 1) { title } all: books(first: 9) { title }
        beta: pagedBooks(titles: ["Beta"]) { totalCount nodes { title year } }
        down: pagedBooks(orderBy: [{field: TITLE, direction: DESC}], first: 1) { nodes { title } } } }"""
    )
    ada = told.data["everyAuthor"][0]
    assert [each["title"] for each in ada["one"]] == ["Alpha"]
    assert [each["title"] for each in ada["all"]] == ["Alpha", "Beta", "Gamma"]
    assert ada["beta"] == {"totalCount": 1, "nodes": [{"title": "Beta", "year": None}]}
    assert ada["down"] == {"nodes": [{"title": "Gamma"}]}


async def test_a_batch_function_is_called_once_a_level_for_all_parents(ask: Ask):
    told = await ask("{ everyAuthor { mood again: mood pupils { mood } } }")
    assert [each["mood"] for each in told.data["everyAuthor"]] == ["Ada is old", "Bob is young", "Cid is young"]
    assert [each["again"] for each in told.data["everyAuthor"]] == ["Ada is old", "Bob is young", "Cid is young"]
    assert [[pupil["mood"] for pupil in each["pupils"]] for each in told.data["everyAuthor"]] == [
        ["Bob is young"],
        ["Cid is young"],
        [],
    ]
    assert told.library.calls == [3, 2]
    assert told.statements == 2


async def test_the_same_parent_in_many_places_is_read_once(ask: Ask):
    told = await ask("{ books { nodes { author { name books { title } mood } } } }")
    by_author = {each["author"]["name"]: each["author"]["books"] for each in told.data["books"]["nodes"]}
    assert by_author == {"Ada": [{"title": "Alpha"}, {"title": "Beta"}], "Bob": [{"title": "Beta"}]}
    assert told.statements == 2


async def test_aliases_name_the_same_field_differently(ask: Ask):
    told = await ask("{ people: everyAuthor { who: name name: born teacher: mentor { who: name } mentor { born } } }")
    assert told.data["people"][1] == {"who": "Bob", "name": 1950, "teacher": {"who": "Ada"}, "mentor": {"born": 1815}}


async def test_fragments_named_inline_nested_and_on_interfaces_are_followed(ask: Ask, people: dict[str, UUID]):
    told = await ask(
        """query($id: ID!) { node(id: $id) { __typename ...Any ... on Book { title } } author(id: $id) { ...Named ... { born } } }
        fragment Any on Node { id ...Named }
        fragment Named on Author { name ... on Node { id } mentor { ... on Node { ... on Author { name } } } newest { ...Titled } }
        fragment Titled on Book { title }""",
        id=node_id("author", people["Bob"]),
    )
    bob = {
        "name": "Bob",
        "id": node_id("author", people["Bob"]),
        "mentor": {"name": "Ada"},
        "newest": {"title": "Beta"},
    }
    assert told.data["node"] == {"__typename": "Author", **bob}
    assert told.data["author"] == {**bob, "born": 1950}


async def test_fields_asked_twice_with_different_selections_are_merged(ask: Ask):
    told = await ask(
        """{ everyAuthor { mentor { name } ...More books { title } pagedBooks { nodes { title } } } everyAuthor { born } }
        fragment More on Author { mentor { born mentor { name } } books { year } shelf { size }
          pagedBooks { totalCount nodes { year } edges { node { title } } } shelf { oldest } }"""
    )
    bob = told.data["everyAuthor"][1]
    assert bob == {
        "mentor": {"name": "Ada", "born": 1815, "mentor": None},
        "books": [{"title": "Beta", "year": 1990}],
        "pagedBooks": {
            "nodes": [{"title": "Beta", "year": 1990}],
            "totalCount": 1,
            "edges": [{"node": {"title": "Beta"}}],
        },
        "born": 1950,
        "shelf": {"size": 1, "oldest": 1990},
    }
    assert told.statements == 4


@pytest.mark.parametrize("wanted", [True, False])
async def test_skip_and_include_are_obeyed_and_what_they_leave_out_is_not_read(ask: Ask, wanted: bool):
    told = await ask(
        """query($w: Boolean!) { everyAuthor { name born @include(if: $w) mentor @include(if: $w) { name }
        ... @include(if: $w) { bookCount } ...F @include(if: $w) books @include(if: $w) { title }
        pagedBooks { nodes @include(if: $w) { title } totalCount @skip(if: $w) } } }
        fragment F on Author { mood }""",
        w=wanted,
    )
    ada = told.data["everyAuthor"][0]
    if wanted:
        assert set(ada) == {"name", "born", "mentor", "bookCount", "mood", "books", "pagedBooks"}
        assert set(ada["pagedBooks"]) == {"nodes"}
    else:
        assert ada == {"name": "Ada", "pagedBooks": {"totalCount": 3}}
        assert "born" not in told.library.statements[0]
        assert told.library.calls == []
    assert told.statements == (3 if wanted else 2)


async def test_skip_on_one_of_two_requests_for_a_field_leaves_the_other(ask: Ask):
    told = await ask("{ everyAuthor { mentor @skip(if: true) { born } mentor { name } name name @skip(if: true) } }")
    assert told.data["everyAuthor"][1] == {"mentor": {"name": "Ada"}, "name": "Bob"}
    assert "born" not in told.library.statements[0]


async def test_wrong_ids_find_nothing(ask: Ask, people: dict[str, UUID]):
    for wrong in (
        "",
        "author_",
        node_id("book", people["Ada"]),
        node_id("author", people["Ada"]).upper(),
        "author_" + "0" * 32,
    ):
        told = await ask("query($id: ID!) { author(id: $id) { name } node(id: $id) { id } }", id=wrong)
        assert told.data == {"author": None, "node": None}


async def test_an_argument_that_is_null_is_no_wish(ask: Ask):
    told = await ask(
        "{ authors(first: null, after: null, born: null) { nodes { name } } one: authors(born: 1950) { nodes { name } } }"
    )
    assert len(told.data["authors"]["nodes"]) == 3
    assert told.data["one"]["nodes"] == [{"name": "Bob"}]


async def test_an_error_of_one_list_leaves_the_others(ask: Ask):
    told = await ask(
        "{ good: authors(first: 1) { nodes { name } } everyAuthor { name books(first: 501) { title } } }", fails=True
    )
    assert {error.extensions["code"] for error in told.errors} == {"PAGE_SIZE"}


async def test_typename_needs_no_column(ask: Ask):
    told = await ask(
        "{ __typename everyAuthor { __typename mentor { __typename } shelf { __typename } } authors { __typename nodes { __typename } } }"
    )
    assert told.data["everyAuthor"][1] == {
        "__typename": "Author",
        "mentor": {"__typename": "Author"},
        "shelf": {"__typename": "Shelf"},
    }
    assert told.data["authors"]["__typename"] == "AuthorConnection"


async def test_more_parents_than_a_statement_takes_are_asked_for_in_several(
    database: Database, people: dict[str, UUID]
):
    library = Library(database)
    rows = related(TagRow, (TAG.c.author_id, TAG.c.series), (BOOK.c.author_id, BOOK.c.series))
    selection = Selection(Tag.__shape__, (Asked("tag.word", TAG.c.word),), (), (), ("words",))
    wish = Wish(by(TAG.c.word), "all")
    keys = [(people["Ada"], "y"), *((people["Ada"], f"series {number}") for number in range(MOST_KEYS))]
    found = await gather(*(library.loading.related(rows, selection, wish, key) for key in keys))
    assert [len(each) for each in found] == [1] + [0] * MOST_KEYS
    assert len(library.statements) == 2


def test_a_field_may_be_added_once_only():
    again = many(related(BookRow, BOOK.c.author_id, AUTHOR.c.id), by(BOOK.c.id), "Again.")
    with pytest.raises(ValueError, match="has a field pupils already"):
        field_of(Author, "pupils", list[str], again)
