"""The services of e-mail that requests find, made once for each process."""

from collections.abc import Mapping
from typing import Any

from bg_graph.email.commands.catalog import Catalog
from bg_graph.email.commands.trials import TestSends
from bg_graph.email.composing import Renderer
from bg_graph.email.service import CATALOG, RENDERER, SERVICE, TEST_SENDS
from bg_graph.hosting.email_hosts import EmailHosts
from bg_graph.store.clock import Clock
from bg_graph.store.engine import Database


def email_services(hosts: EmailHosts, database: Database, clock: Clock) -> Mapping[str, Any]:
    """What resolvers of e-mail need of a request: who sends, the catalog, the renderer, the count of tests."""
    return {SERVICE: hosts, CATALOG: Catalog(database, clock), RENDERER: Renderer(), TEST_SENDS: TestSends()}
