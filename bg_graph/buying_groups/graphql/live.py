"""Following a buying group: the subscription by which the Overview and Members tabs stay true."""

from typing import Annotated, Any

import strawberry

from bg_graph.buying_groups.commands.acts import TOPIC
from bg_graph.buying_groups.graphql.groups import BuyingGroup
from bg_graph.tenancy.following import followed
from bg_graph.tenancy.graphql import Info

GroupId = Annotated[strawberry.ID, strawberry.argument(description="Opaque id of the buying group.")]


def _changed(info: Info, id: GroupId) -> Any:  # noqa: A002 - the argument's name in the schema
    return followed(info, TOPIC, "grp", id)


@strawberry.type
class BuyingGroupSubscriptions:
    """Following buying groups."""

    buying_group_changed: BuyingGroup = strawberry.subscription(
        resolver=_changed,
        description="A buying group: as it is now, and again after each change of it, whoever made it. "
        "Changes that come faster than they are read are told once.",
    )
