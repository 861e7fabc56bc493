"""Making messages: an e-mail's approved content filled in for many people at once, by a fixed number of statements."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, select

from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow, RoleRow, SolutionInterestRow
from bg_graph.email.rules.contents import CompiledContent, Content, Rendered, compile_content
from bg_graph.email.rules.templates import Language, RenderFault
from bg_graph.email.tables import EmailContentRow
from bg_graph.plugins.email import Message
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

MOST_COMPILED = 100
"""Contents that a renderer keeps compiled; the one that was not used for longest goes first."""

_content, _person, _account = table_of(EmailContentRow), table_of(PersonRow), table_of(AccountRow)
_group, _interest = table_of(BuyingGroupRow), table_of(SolutionInterestRow)
_member, _role = table_of(MemberRow), table_of(RoleRow)


@dataclass(frozen=True, slots=True)
class Ask:
    """One message that is wanted. The answer is found by the key."""

    key: str
    content_id: UUID
    group_id: UUID
    person_id: UUID
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class Faulty:
    """There is no message for this person; `reason` says why, in words for whoever looks after sends."""

    reason: str


class Renderer:
    """Holds contents compiled. Contents never change, so that what is held is never out of date."""

    def __init__(self, *, most: int = MOST_COMPILED) -> None:
        self.language = Language()
        self._most = most
        self._held: OrderedDict[tuple[UUID, UUID], CompiledContent | Faulty] = OrderedDict()

    def held(self, tenant_id: UUID, content_id: UUID) -> CompiledContent | Faulty | None:
        """The compiled content of that tenant; why it can't be compiled; None where it was not given yet."""
        found = self._held.get((tenant_id, content_id))
        if found is not None:
            self._held.move_to_end((tenant_id, content_id))
        return found

    def hold(self, tenant_id: UUID, content_id: UUID, content: Content) -> CompiledContent | Faulty:
        """Compile a content and keep it."""
        made: CompiledContent | Faulty
        try:
            made = compile_content(content, self.language)
        except RenderFault as fault:
            made = Faulty(f"the template is faulty, {fault}")
        self._held[tenant_id, content_id] = made
        while len(self._held) > self._most:
            self._held.popitem(last=False)
        return made


async def compose(db: TenantConnection, asks: Sequence[Ask], renderer: Renderer) -> dict[str, Message | Faulty]:
    """The message for each ask, by its key, or why there is none. A fault of one leaves the others alone."""
    contents = await _contents(db, {ask.content_id for ask in asks}, renderer)
    values = await _values(db, asks)
    return {ask.key: _message(contents.get(ask.content_id), values[ask.key], ask.unsubscribe_url) for ask in asks}


def message_of(rendered: Rendered, content: Content, unsubscribe_url: str) -> Message:
    """The message with its headers, the one-click unsubscribe of RFC 8058 among them."""
    return Message(
        subject=rendered.subject,
        plain=rendered.plain,
        html=rendered.html,
        sender=content.sender,
        reply_to=content.reply_to,
        headers={"List-Unsubscribe": f"<{unsubscribe_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )


def content_of(row: Row[Any]) -> Content:
    """The content in a row of its table."""
    return Content(subject=row.subject, plain=row.plain, html=row.html, sender=row.sender, reply_to=row.reply_to)


def _message(
    content: CompiledContent | Faulty | None, values: Mapping[str, str | None] | Faulty, unsubscribe_url: str
) -> Message | Faulty:
    if content is None:
        return Faulty("the content of the e-mail is gone")
    if isinstance(content, Faulty):
        return content
    if isinstance(values, Faulty):
        return values
    try:
        rendered = content.render({**values, "unsubscribe_url": unsubscribe_url})
    except RenderFault as fault:
        return Faulty(str(fault))
    return message_of(rendered, content.content, unsubscribe_url)


async def _contents(
    db: TenantConnection, ids: Iterable[UUID], renderer: Renderer
) -> dict[UUID, CompiledContent | Faulty]:
    found = {each: held for each in ids if (held := renderer.held(db.tenant_id, each)) is not None}
    missing = [each for each in ids if each not in found]
    if missing:
        for row in await db.rows(select(_content).where(of_tenant(_content), _content.c.id.in_(missing))):
            found[row.id] = renderer.hold(db.tenant_id, row.id, content_of(row))
    return found


async def _values(db: TenantConnection, asks: Sequence[Ask]) -> dict[str, Mapping[str, str | None] | Faulty]:
    """The values of merge fields of each ask, but for sender and link."""
    persons = await _persons(db, {ask.person_id for ask in asks})
    groups = await _groups(db, {ask.group_id for ask in asks})
    roles = await _roles(db, {ask.group_id for ask in asks}, {ask.person_id for ask in asks})
    values: dict[str, Mapping[str, str | None] | Faulty] = {}
    for ask in asks:
        person, group = persons.get(ask.person_id), groups.get(ask.group_id)
        if person is None:
            values[ask.key] = Faulty("the person is gone")
        elif group is None:
            values[ask.key] = Faulty("the buying group is gone")
        else:
            values[ask.key] = {**person, **group, "role.name": roles.get((ask.group_id, ask.person_id))}
    return values


async def _persons(db: TenantConnection, ids: Iterable[UUID]) -> dict[UUID, Mapping[str, str | None]]:
    names = ("first_name", "last_name", "name", "job_title", "email")
    statement = select(_person.c.id, *(_person.c[name] for name in names))
    rows = await db.rows(statement.where(of_tenant(_person), _person.c.id.in_(list(ids))))
    return {row.id: {f"person.{name}": getattr(row, name) for name in names} for row in rows}


async def _groups(db: TenantConnection, ids: Iterable[UUID]) -> dict[UUID, Mapping[str, str | None]]:
    statement = (
        select(_group.c.id, _group.c.name, _account.c.name.label("account"), _interest.c.name.label("interest"))
        .join(_account, and_(_account.c.id == _group.c.account_id, of_tenant(_account)))
        .join(_interest, and_(_interest.c.id == _group.c.solution_interest_id, of_tenant(_interest)))
        .where(of_tenant(_group), _group.c.id.in_(list(ids)))
    )
    return {
        row.id: {"group.name": row.name, "account.name": row.account, "solution_interest.name": row.interest}
        for row in await db.rows(statement)
    }


async def _roles(db: TenantConnection, groups: Iterable[UUID], persons: Iterable[UUID]) -> dict[tuple[UUID, UUID], str]:
    statement = (
        select(_member.c.group_id, _member.c.person_id, _role.c.name)
        .join(_role, and_(_role.c.id == _member.c.role_id, of_tenant(_role)))
        .where(of_tenant(_member), _member.c.group_id.in_(list(groups)), _member.c.person_id.in_(list(persons)))
    )
    return {(row.group_id, row.person_id): row.name for row in await db.rows(statement)}
