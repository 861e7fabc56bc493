"""What the mutations on a buying group share: who acts under which terms, and faults of the rules as user errors."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from uuid import UUID

import strawberry

from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.rules.membership import CallCode, CallFault, ItemCode, ItemFault, MembershipSource, Terms
from bg_graph.execution.node_ids import node_id
from bg_graph.graph.user_errors import UserError, user_error
from bg_graph.tenancy.graphql import RequestContext
from bg_graph.tenancy.rules import Right

EXPECTED_VERSION = "Version that the caller saw: where the group has another by now, the call is refused. Optional."
NOTE = "Reason, kept in the history: at most 2,000 characters. Optional."

_CALL_FIELD: Mapping[CallCode, tuple[str, ...]] = MappingProxyType(
    {
        CallCode.NOT_FOUND: ("buyingGroupId",),
        CallCode.GROUP_ARCHIVED: ("buyingGroupId",),
        CallCode.VERSION_CONFLICT: ("expectedVersion",),
        CallCode.FORBIDDEN: (),
        CallCode.INVALID_INPUT: ("note",),
    }
)


def act_of(context: RequestContext) -> Act:
    """Who acts: a user as MANUAL, an automation as JOURNEY. Source: issue "The Members tab acts", the four mutations."""
    source = MembershipSource.JOURNEY if context.caller.automation else MembershipSource.MANUAL
    return Act(context.caller.name, source, context.now)


def terms_of(context: RequestContext, expected_version: int | None, note: str | None) -> Terms:
    """The terms of a call, of which editing groups asks for the right 'edit'."""
    return Terms(expected_version, context.caller.may(Right.EDIT), note)


def change_node(change_id: UUID | None) -> strawberry.ID | None:
    """The node id of a logged call; None where nothing changed."""
    return None if change_id is None else strawberry.ID(node_id("chg", change_id))


def call_errors(faults: Iterable[CallFault], items: str = "", group: str = "buyingGroupId") -> list[UserError]:
    """Faults of a call as a whole; `items` and `group` name the input's fields with the items and the group's id."""
    places = {**_CALL_FIELD, CallCode.BATCH_SIZE: (items,)}
    return [
        user_error(
            fault.code, fault.message, *(group if name == "buyingGroupId" else name for name in places[fault.code])
        )
        for fault in faults
    ]


def item_errors(faults: Iterable[ItemFault], items: str, subject: str | None = None) -> list[UserError]:
    """Faults of items; `items` names the input's field that lists them, `subject` the field of an item with its id."""

    def place(fault: ItemFault) -> tuple[str | int, ...]:
        field = "roleId" if fault.code is ItemCode.ROLE_NOT_IN_TEMPLATE else subject
        return (items, fault.index) if field is None else (items, fault.index, field)

    return [user_error(fault.code, fault.message, *place(fault)) for fault in faults]
