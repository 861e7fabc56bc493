"""Following a send: the subscription by which the send dialog shows how far it is."""

from typing import Annotated, Any

import strawberry

from bg_graph.email.commands.sends import TOPIC
from bg_graph.email.graphql.sends import EmailSend
from bg_graph.tenancy.following import followed
from bg_graph.tenancy.graphql import Info

SendId = Annotated[strawberry.ID, strawberry.argument(description="Opaque id of the send.")]


def _progress(info: Info, id: SendId) -> Any:  # noqa: A002 - the argument's name in the schema
    return followed(info, TOPIC, "snd", id)


@strawberry.type
class EmailSubscriptions:
    """Following sends."""

    email_send_progress: EmailSend = strawberry.subscription(
        resolver=_progress,
        description="A send of an e-mail: as it is now, and again after each step of its deliveries. "
        "Steps that come faster than they are read are told once.",
    )
