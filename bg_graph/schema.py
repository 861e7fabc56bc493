"""The GraphQL schema: every room's queries and mutations together."""

from collections.abc import Sequence
from datetime import datetime

import strawberry
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig

from bg_graph.buying_groups.graphql import history
from bg_graph.buying_groups.graphql.catalog import CatalogQueries
from bg_graph.buying_groups.graphql.group_mutations import GroupMutations
from bg_graph.buying_groups.graphql.lists import ListQueries
from bg_graph.buying_groups.graphql.live import BuyingGroupSubscriptions
from bg_graph.buying_groups.graphql.membership import MembershipMutations
from bg_graph.buying_groups.graphql.undo import UndoMutations
from bg_graph.email.graphql.emails import EmailMutations, EmailQueries
from bg_graph.email.graphql.live import EmailSubscriptions
from bg_graph.email.graphql.send_mutations import SendMutations
from bg_graph.email.graphql.sends import SendQueries
from bg_graph.graph.nodes import NodeQueries
from bg_graph.graph.scalars import DATE_TIME
from bg_graph.hosting.graphql import PluginQueries
from bg_graph.hosting.hooks.registering import Registered
from bg_graph.intent.graphql import IntentSignal
from bg_graph.intent.status import IntentQueries
from bg_graph.summaries.graphql.mutations import SummaryMutations
from bg_graph.summaries.graphql.types import AiSummary
from bg_graph.summaries.plugin_fields import with_plugin_fields
from bg_graph.tenancy.viewer import ViewerQueries


@strawberry.type(description="What can be asked.")
class Query(
    ListQueries,
    CatalogQueries,
    NodeQueries,
    ViewerQueries,
    PluginQueries,
    IntentQueries,
    EmailQueries,
    SendQueries,
):
    """What can be asked."""


@strawberry.type(
    description="What can be changed. Each field takes one input, and tells what the user can mend as data."
)
class Mutation(MembershipMutations, UndoMutations, GroupMutations, EmailMutations, SendMutations, SummaryMutations):
    """What can be changed.

    A room adds its mutations as a class of its own (`MembershipMutations` is one), named among the bases here. Their
    payloads show objects through `graph/payloads.py`.
    """


@strawberry.type(
    description="What can be followed: each field gives the present state first, then one after each change."
)
class Subscription(BuyingGroupSubscriptions, EmailSubscriptions):
    """What can be followed."""


def build_schema(plugins: Sequence[Registered] = ()) -> strawberry.Schema:
    """The schema of the product, with the fields that plugins add."""
    with with_plugin_fields(plugins):
        return strawberry.Schema(
            query=Query,
            mutation=Mutation,
            subscription=Subscription,
            types=[history.Change, IntentSignal, AiSummary],
            config=StrawberryConfig(scalar_map={datetime: DATE_TIME}),
        )


def schema_text() -> str:
    """The schema as sorted SDL: what `schema.graphql` holds."""
    return print_schema(build_schema()) + "\n"
