"""No mutation reaches another tenant: a foreign id is answered like one that never was, and nothing is changed anywhere.

The calls are made from the schema, so that a new mutation is called by itself; a new kind of id asks for its entry here.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import strawberry
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type, is_enum_type, is_list_type
from graphql import is_non_null_type as never_null
from sqlmodel import SQLModel

from bg_graph import tables
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from bg_graph.store.rows import TenantOwned
from bg_graph.tenancy.rules import Right
from tests.conftest import NOW, add_tenant
from tests.email.emails_world import Emails, ToldProvider, emails_of
from tests.screens.full_world import Questions, fill, ids_of
from tests.world import World

CONTENT = "EmailContent"
NAMED: Mapping[str, str | None] = {
    "buyingGroupId": "BuyingGroup",
    "personId": "Person",
    "memberId": "Member",
    "memberIds": "Member",
    "roleId": "Role",
    "changeId": "Change",
    "stageId": "Stage",
    "emailId": "ApprovedEmail",
    "contentId": CONTENT,
    "workspaceId": "EmailWorkspace",
    "emailSendId": "EmailSend",
    "deliveryId": "Delivery",
    "subjectId": "BuyingGroup",
    "idempotencyKey": None,
}
"""Which type an input's field of ids names; None: no record, but a word of the caller's own."""

LIKE_NEVER_WAS = {"NOT_FOUND", "NOT_A_MEMBER", "ROLE_NOT_IN_TEMPLATE", "VERSION_CONFLICT"}
"""What is told of an id that names nothing that the caller may see; the last, of a content that is not the awaiting one."""

Ids = dict[str, str]


@pytest.fixture(scope="session")
def questions(schema: strawberry.Schema) -> Questions:
    return Questions(schema._schema)


@pytest.fixture
def asking(world: World, tmp_path: Path, schema: strawberry.Schema) -> Emails:
    """The product with an e-mail provider, asked as whichever tenant."""
    return emails_of(world, tmp_path, schema, ToldProvider(), "told")


def mutations(questions: Questions) -> GraphQLObjectType:
    found = questions.schema.mutation_type
    assert found is not None
    return found


def id_fields(kind: GraphQLInputObjectType) -> Iterator[str]:
    """The names of all fields of an input that hold ids, however deep."""
    for name, field in kind.fields.items():
        named = get_named_type(field.type)
        if isinstance(named, GraphQLInputObjectType):
            yield from id_fields(named)
        elif named.name == "ID":
            yield name


def filled(kind: Any, name: str, ids: Mapping[str, str]) -> Any:
    """A value for an input: ids by the names of their fields, anything that is allowed for the rest that is required."""
    if never_null(kind):
        return filled(kind.of_type, name, ids)
    if is_list_type(kind):
        return [filled(kind.of_type, name, ids)]
    if isinstance(kind, GraphQLInputObjectType):
        wanted = {
            each: field
            for each, field in kind.fields.items()
            if never_null(field.type) or get_named_type(field.type).name == "ID"
        }
        return {each: filled(field.type, each, ids) for each, field in wanted.items()}
    if is_enum_type(kind):
        return next(iter(kind.values))
    return {"ID": ids.get(name, "a word"), "String": "a@b.example", "Int": 1, "Boolean": True}[kind.name]


def input_of(field: Any) -> GraphQLInputObjectType:
    kind = get_named_type(field.args["input"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    return kind


def by_field(ids: Ids) -> Ids:
    """The same ids by the names of the fields that take them."""
    return {name: ids[kind] for name, kind in NAMED.items() if kind is not None}


async def all_ids(world: World, questions: Questions) -> Ids:
    """An id of each type that a mutation can be given."""
    (content, *_) = await world.rows(tables.email.EmailContentRow)
    return {**await ids_of(world, questions), CONTENT: f"emc_{content.id.hex}"}


async def everything(world: World) -> dict[str, list[Any]]:
    """Every row that a tenant owns."""
    return {row.__name__: [tuple(each) for each in await world.rows(row)] for row in owned()}


def owned() -> list[type[SQLModel]]:
    ours = (row for row in TenantOwned.__subclasses__() if row.__module__.startswith("bg_graph."))
    return sorted(ours, key=lambda row: row.__name__)


async def called(asking: Emails, questions: Questions, name: str, tenant: UUID, ids: Ids) -> dict[str, Any]:
    """The payload of a mutation that is called with these ids by somebody who has every right in the tenant."""
    field = mutations(questions).fields[name]
    kind = input_of(field)
    document = f"mutation($input: {kind.name}!) {{ {name}(input: $input) {questions.selection(field.type, 2)} }}"
    data = await asking.ask(document, Right.ADMIN, tenant=tenant, input=filled(kind, "", by_field(ids)))
    payload: dict[str, Any] = data[name]
    return payload


def codes(payload: Mapping[str, Any]) -> set[str]:
    return {error["code"] for error in payload["userErrors"]}


def test_the_walk_knows_what_each_field_of_ids_names(questions: Questions) -> None:
    taken = {name for field in mutations(questions).fields.values() for name in id_fields(input_of(field))}
    assert taken == set(NAMED), "say in NAMED which type the new field names"


def test_every_mutation_takes_one_input_and_tells_what_the_user_can_mend(questions: Questions) -> None:
    for name, field in mutations(questions).fields.items():
        assert list(field.args) == ["input"], name
        assert "userErrors" in get_named_type(field.type).fields, name  # type: ignore[union-attr]


@pytest.mark.slow
async def test_foreign_ids_are_answered_like_ids_that_never_were_and_change_nothing(
    world: World, asking: Emails, questions: Questions, database: Database
):
    stranger = World(database, await add_tenant(database, "stranger"), NOW)
    await fill(world, "SECRET")
    await fill(stranger, "OWN")
    foreign, own = await all_ids(world, questions), await all_ids(stranger, questions)
    before = await everything(world), await everything(stranger)
    told: dict[str, set[str]] = {}
    for name, field in mutations(questions).fields.items():
        kinds = {NAMED[each] for each in id_fields(input_of(field))} - {None}
        for replaced in [kinds, *({kind} for kind in kinds)]:
            given = {**own, **{kind: foreign[kind] for kind in replaced if kind}}
            nothing = {**own, **{kind: f"{foreign[kind].split('_')[0]}_{new_id().hex}" for kind in replaced if kind}}
            answer = await called(asking, questions, name, stranger.tenant, given)
            assert codes(answer) & LIKE_NEVER_WAS, (name, replaced, answer)
            assert "SECRET" not in json.dumps(answer)
            assert answer == await called(asking, questions, name, stranger.tenant, nothing), (name, replaced)
            told.setdefault(name, set()).update(codes(answer))
    assert set(told) == set(mutations(questions).fields)
    assert (await everything(world), await everything(stranger)) == before
    assert not asking.provider.sent


@pytest.mark.slow
async def test_the_same_calls_with_ids_of_ones_own_find_what_they_name(
    asking: Emails, questions: Questions, database: Database
):
    for name in mutations(questions).fields:
        owner = World(database, await add_tenant(database, f"owner-{name.lower()}"), NOW)
        await fill(owner, "OWN")
        answer = await called(asking, questions, name, owner.tenant, await all_ids(owner, questions))
        assert not codes(answer) & LIKE_NEVER_WAS, (name, answer)
