"""What the e-mail rooms find among the services of a request: the provider's host, the catalog, the renderer."""

from collections.abc import Mapping
from typing import Any

from bg_graph.email.tables import KEPT_HERE
from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.hosting.email import EmailHost
from bg_graph.plugins.email import EmailAbility

SERVICE = "email"
"""The service of a request that hosts the e-mail provider."""
CATALOG = "email_catalog"
"""The service that keeps workspaces and e-mails up to date with the provider."""
RENDERER = "email_renderer"
"""The service that holds compiled contents."""
TEST_SENDS = "email_test_sends"
"""The service that bounds how often tests are sent."""


def email_host(services: Mapping[str, Any]) -> EmailHost:
    """The host of the e-mail provider. Raises Coded where none is connected."""
    host = services.get(SERVICE)
    if not isinstance(host, EmailHost):
        raise Coded(ErrorCode.PROVIDER_UNAVAILABLE, "No e-mail provider is connected; set email.provider.")
    return host


def catalog_of(host: EmailHost) -> str:
    """The catalog that this provider's e-mails stand in: `EmailRow.provider` of those that can be sent by it."""
    return KEPT_HERE if host.can(EmailAbility.HOST_CONTENT) else host.name
