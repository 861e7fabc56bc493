"""A tenant in which each kind of record exists at least once, every text of it marked, and questions made from the schema."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.pyutils import Undefined
from sqlalchemy import select

from bg_graph.buying_groups.rules.default_roles import DECISION_MAKER, DEFAULT_ROLES, INFLUENCER
from bg_graph.buying_groups.tables import MemberRow
from bg_graph.email.tables import KEPT_HERE, DeliveryEventRow, DeliveryRow, EmailRow, EmailSendRow, EmailWorkspaceRow
from bg_graph.execution.node_ids import node_id
from bg_graph.execution.selection import shape_of
from bg_graph.intent.rules import IntentKind
from bg_graph.intent.tables import SignalEvidenceRow
from bg_graph.store.scope import of_tenant
from tests.email.sending_world import approved_email
from tests.world import World, definition


async def fill(world: World, mark: str) -> UUID:
    """One of everything; every name begins with the mark. Gives the id of a buying group."""
    own = await world.role(f"{mark} role")
    template = await world.template(
        definition(DECISION_MAKER.id), definition(INFLUENCER.id), definition(own), name=f"{mark} template"
    )
    interest = await world.interest(
        f"{mark} interest", template=template, stage_model_id=await world.stage_model(name=f"{mark} model")
    )
    parent = await world.account(f"{mark} parent")
    account = await world.account(f"{mark} account", industry=f"{mark} industry", parent_id=parent)
    group = await world.group(account, interest)
    await world.stage(group, "Discovery")
    other = await world.group(account, await world.interest(f"{mark} other", template=template))
    person = await world.person(account, f"{mark} person", job_title=f"{mark} title", email=f"{mark}@acme.example")
    for each in (group, other):
        await world.member(each, person)
    await world.person(account, f"{mark} contact")
    await world.score(person, 50)
    await world.group_score(group, 60)
    moment = world.now - timedelta(days=1)
    await world.activity(person, "INTERESTING_MOMENT", moment, moment=f"{mark} moment")
    (activity,) = await world.activity(person, asset_name=f"{mark} asset", topics=[f"{mark} topic"])
    deal = await world.opportunity(account, f"{mark} deal", amount="10.00", currency="EUR")
    await world.contact_role(deal, person)
    await world.journey(account, f"{mark} journey")
    for subject, kind in ((group, "GROUP"), (account, "ACCOUNT"), (person, "PERSON")):
        signal = await world.signal(subject, f"{mark} category", 0.9, subject_kind=kind)
        await world.add(SignalEvidenceRow(signal_id=signal, activity_id=activity, weight=1.0))
        of: dict[str, Any] = {"subject_kind": kind, "category": f"{mark} category"}
        await world.signal(subject, f"{mark} product", 0.8, kind=IntentKind.PRODUCT, **of)
        await world.signal(subject, f"{mark} keyword", 0.7, kind=IntentKind.KEYWORD, product=f"{mark} product", **of)
    await _fill_emails(world, mark, group)
    return group


async def _fill_emails(world: World, mark: str, group: UUID) -> None:
    """An e-mail that is sent to the members of a group, with something that its provider reported."""
    name = {"name": f"{mark} workspace", "name_key": f"{mark} workspace"}
    workspace = await world.add(EmailWorkspaceRow(provider=KEPT_HERE, external_id=f"{mark} folder", **name))
    email, content = await approved_email(world, workspace, f"{mark} e-mail", subject=f"{mark} subject")
    await world.change(EmailRow, email, draft_content_id=content)
    member = (await world.rows(MemberRow, group_id=group))[0]
    send = EmailSendRow(
        group_id=group,
        email_id=email,
        content_id=content,
        provider="outbox",
        idempotency_key=f"{mark} key",
        fingerprint="0" * 64,
        requested_by=f"{mark} user",
        requested_at=world.now,
    )
    delivery = DeliveryRow(
        send_id=await world.add(send),
        provider="outbox",
        person_id=member.person_id,
        member_id=member.id,
        address=f"{mark}@acme.example",
        address_key=f"{mark}@acme.example",
        status="UNKNOWN",
        not_before=world.now,
        unsubscribe_token=f"{mark} token {world.tenant.hex}",
        created_at=world.now,
        updated_at=world.now,
    )
    event = {"provider": "outbox", "external_id": f"{mark} report", "kind": "DELIVERED"}
    reported = {"at": world.now, "received_at": world.now, "raw": f"{mark} words"}
    await world.add(DeliveryEventRow(delivery_id=await world.add(delivery), **event, **reported))


async def ids_of(world: World, questions: "Questions") -> dict[str, str]:
    """An id of each type that can be fetched; the six default roles aside, whose ids are the same in every tenant."""
    found: dict[str, str] = {}
    default_roles = {role.id for role in DEFAULT_ROLES}
    async with world.database.reading(world.tenant) as db:
        for name, kind in questions.nodes.items():
            shape = shape_of(kind)
            assert shape.table is not None
            key, table = shape.table.c.id, shape.table
            statement = select(key).where(of_tenant(table), key.not_in(default_roles)).order_by(key).limit(1)
            row_id = await db.value(statement)
            if row_id is not None:
                found[name] = node_id(shape.prefix, row_id)
    return found


class Questions:
    """Questions made from a schema: every field of it, however deep one likes, ids filled in where they are taken."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.query: GraphQLObjectType = schema.query_type  # type: ignore[assignment]
        self.nodes = {each.name: each for each in schema.get_possible_types(schema.get_type("Node"))}  # type: ignore[arg-type]

    def selection(self, kind: Any, depth: int, alias: str = "") -> str:
        """All leaves of a type and what is below it, `depth` objects deep; connections do not count.

        Beside fields of other types, equal names mean other things: there each is asked under an alias.
        """
        named = get_named_type(kind)
        if is_leaf_type(named):
            return ""
        if isinstance(named, GraphQLInterfaceType | GraphQLUnionType):
            parts = [
                f"... on {each.name} {self.selection(each, depth, f'{each.name}_')}"
                for each in self.schema.get_possible_types(named)
            ]
            return f"{{ __typename {' '.join(parts)} }}"
        wrapper = named.name.endswith(("Connection", "Edge", "PageInfo"))
        chosen = ["__typename"]
        for name, field in named.fields.items():
            asked = name if name == "id" else f"{alias}{name}"
            if is_leaf_type(get_named_type(field.type)):
                chosen.append(f"{asked}: {name}")
            elif (wrapper or depth > 1) and name != "edges":
                chosen.append(f"{asked}: {name} {self.selection(field.type, depth if wrapper else depth - 1)}")
        return "{ " + " ".join(chosen) + " }"

    def arguments(self, field: Any, node_id: str) -> Iterator[str]:
        """Each way to ask a field with this id: in its own arguments, or in one of the filters that take ids."""
        required = {name: self._value(each.type, node_id) for name, each in field.args.items() if self._required(each)}
        optional = [(name, each) for name, each in field.args.items() if name not in required]
        yield self._written(required)
        for name, each in optional:
            for value in self._with_id(each.type, node_id):
                yield self._written({**required, name: value})

    def takes_required_ids(self, field: Any) -> bool:
        """Whether a field can't be asked without an id."""
        return any(self._required(each) and get_named_type(each.type).name == "ID" for each in field.args.values())

    def _with_id(self, kind: Any, node_id: str) -> Iterator[str]:
        named = get_named_type(kind)
        if named.name == "ID":
            yield self._value(kind, node_id)
        elif isinstance(named, GraphQLInputObjectType):
            for name, each in named.fields.items():
                for value in self._with_id(each.type, node_id):
                    others = {
                        other: self._value(field.type, node_id)
                        for other, field in named.fields.items()
                        if other != name and self._required(field)
                    }
                    written = ", ".join(f"{key}: {text}" for key, text in {**others, name: value}.items())
                    yield f"[{{{written}}}]" if is_list_type(kind) else f"{{{written}}}"

    def _value(self, kind: Any, node_id: str) -> str:
        if is_non_null_type(kind):
            return self._value(kind.of_type, node_id)
        if is_list_type(kind):
            return f"[{self._value(kind.of_type, node_id)}]"
        if isinstance(kind, GraphQLInputObjectType):
            fields = {name: each for name, each in kind.fields.items() if self._required(each)}
            return "{" + ", ".join(f"{name}: {self._value(each.type, node_id)}" for name, each in fields.items()) + "}"
        if is_enum_type(kind):
            return next(iter(kind.values))
        simple = {"ID": f'"{node_id}"', "String": '""', "Int": "1", "Float": "1", "Boolean": "true"}
        return simple.get(kind.name, '"2026-11-23T12:00:00Z"')

    def _required(self, each: Any) -> bool:
        return is_non_null_type(each.type) and each.default_value is Undefined

    @staticmethod
    def _written(values: dict[str, str]) -> str:
        return "(" + ", ".join(f"{name}: {value}" for name, value in values.items()) + ")" if values else ""
