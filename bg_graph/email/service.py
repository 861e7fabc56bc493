"""What the e-mail rooms find among the services of a request: who sends, the catalog, the renderer."""

from collections.abc import Mapping
from typing import Any

from bg_graph.email.tables import KEPT_HERE
from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.hosting.email import EmailHost
from bg_graph.hosting.email_hosts import Carrier, EmailHosts, NoEmailProvider
from bg_graph.plugins.email import EmailAbility

SERVICE = "email"
"""The service of a request that finds the tenant's e-mail provider."""
CATALOG = "email_catalog"
"""The service that keeps workspaces and e-mails up to date with the provider."""
RENDERER = "email_renderer"
"""The service that holds compiled contents."""
TEST_SENDS = "email_test_sends"
"""The service that bounds how often tests are sent."""


async def email_carrier(services: Mapping[str, Any], tenant: str) -> Carrier:
    """Who sends for a tenant (by its name). Raises Coded where nobody does."""
    hosts = services.get(SERVICE)
    if not isinstance(hosts, EmailHosts):
        raise Coded(ErrorCode.PROVIDER_UNAVAILABLE, "No e-mail provider is connected.")
    return await carrier_of(hosts, tenant)


async def carrier_of(hosts: EmailHosts, tenant: str) -> Carrier:
    """Who sends for a tenant (by its name). Raises Coded where nobody does."""
    try:
        return await hosts.serving(tenant)
    except NoEmailProvider as nobody:
        raise Coded(ErrorCode.PROVIDER_UNAVAILABLE, str(nobody)) from None


def catalog_of(host: EmailHost) -> str:
    """The catalog that this provider's e-mails stand in: `EmailRow.provider` of those that can be sent by it."""
    return KEPT_HERE if host.can(EmailAbility.HOST_CONTENT) else host.name
