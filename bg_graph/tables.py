"""All tables of the product, gathered so that migrations and checks see every one."""

from bg_graph.accounts import tables as accounts
from bg_graph.buying_groups import tables as buying_groups
from bg_graph.email import tables as email
from bg_graph.engagement import tables as engagement
from bg_graph.hosting import tables as hosting
from bg_graph.imports import tables as imports
from bg_graph.intent import tables as intent
from bg_graph.jobs import tables as jobs
from bg_graph.store import changes, telling
from bg_graph.store.rows import metadata
from bg_graph.summaries import tables as summaries
from bg_graph.tenancy import tables as tenancy

__all__ = [
    "accounts",
    "buying_groups",
    "changes",
    "email",
    "engagement",
    "hosting",
    "imports",
    "intent",
    "jobs",
    "metadata",
    "summaries",
    "telling",
    "tenancy",
]
