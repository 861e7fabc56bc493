"""Who is asking, as the API tells it."""

from enum import Enum

import strawberry

from bg_graph.tenancy.graphql import Info
from bg_graph.tenancy.rules import Right

_MEANING = {
    Right.READ: "Ask for anything.",
    Right.EDIT: "Change groups and their members.",
    Right.SEND: "Send e-mails.",
    Right.APPROVE: "Approve e-mails and intent taxonomies.",
    Right.ADMIN: "Everything, the set-up included.",
}


@strawberry.enum(name="Right", description="What a caller may do.")
class ShownRight(Enum):
    """What a caller may do."""

    READ = strawberry.enum_value(Right.READ.value, description=_MEANING[Right.READ])
    EDIT = strawberry.enum_value(Right.EDIT.value, description=_MEANING[Right.EDIT])
    SEND = strawberry.enum_value(Right.SEND.value, description=_MEANING[Right.SEND])
    APPROVE = strawberry.enum_value(Right.APPROVE.value, description=_MEANING[Right.APPROVE])
    ADMIN = strawberry.enum_value(Right.ADMIN.value, description=_MEANING[Right.ADMIN])


@strawberry.type(description="Who is asking, in which tenant, with which rights.")
class Viewer:
    """Who is asking."""

    name: str = strawberry.field(description="Name of the token.")
    tenant: str = strawberry.field(description="Name of the tenant.")
    rights: list[ShownRight] = strawberry.field(description="What the caller may do; admin includes all.")
    automation: bool = strawberry.field(description="Acts as source JOURNEY rather than as a user.")


def _viewer(info: Info) -> Viewer:
    caller = info.context.caller
    rights = [ShownRight(right.value) for right in Right if caller.may(right)]
    return Viewer(name=caller.name, tenant=caller.tenant_name, rights=rights, automation=caller.automation)


@strawberry.type
class ViewerQueries:
    """What callers may ask about themselves."""

    viewer: Viewer = strawberry.field(
        resolver=_viewer, description="Who is asking, in which tenant, with which rights."
    )
