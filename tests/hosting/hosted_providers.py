"""Providers that a test holds in its hands, as the server holds them: no fence, so that the test shares their objects."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bg_graph.hosting.email import EmailHost
from bg_graph.hosting.email_hosts import EmailHosts
from bg_graph.hosting.fences.options import FenceOptions, Isolation
from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.storage import PassingStorage
from bg_graph.plugins.plugin import NoSettings, Plugin


def hosted(
    provider: Any,
    capability: str,
    name: str,
    *,
    deadline: float = 5.0,
    concurrency: int = 20,
    title: str = "",
    version: str = "1",
) -> Hosted:
    """A provider in use that was built before."""

    def made(*_: object) -> Any:
        return provider

    plugin = Plugin(name=name, version=version, title=title or name, provides={capability: made})
    fence = FenceOptions(isolation=Isolation.INLINE, deadline=deadline, concurrency=concurrency)
    held = Hosted(plugin, capability, NoSettings(), fence=fence, storage=PassingStorage())
    starting = held.start()
    try:
        starting.send(None)
    except StopIteration:
        return held
    raise AssertionError("a provider without a fence is built at once")


class One:
    """One provider of e-mail, which serves every tenant."""

    def __init__(self, held: Hosted) -> None:
        self.held = held

    @property
    def email_plugins(self) -> list[str]:
        return [self.held.name]

    def email(self, tenant: str) -> Hosted:
        return self.held

    def carrying(self, plugin: str, tenant: str) -> Hosted | None:
        return self.held if plugin == self.held.name else None

    def hosted_of(self, plugin: str) -> list[Hosted]:
        return [self.held] if plugin == self.held.name else []


class Several:
    """The providers of one plugin, built for each tenant with its own settings."""

    def __init__(self, plugin: str, by_tenant: Mapping[str, Hosted]) -> None:
        self.plugin, self.by_tenant = plugin, by_tenant

    @property
    def email_plugins(self) -> list[str]:
        return [self.plugin]

    def email(self, tenant: str) -> Hosted | None:
        return self.by_tenant.get(tenant)

    def carrying(self, plugin: str, tenant: str) -> Hosted | None:
        return self.by_tenant.get(tenant) if plugin == self.plugin else None

    def hosted_of(self, plugin: str) -> list[Hosted]:
        return list(self.by_tenant.values()) if plugin == self.plugin else []


async def acme(_tenant_id: UUID) -> str:
    """The name of every tenant."""
    return "acme"


def email_hosts(held: Hosted) -> EmailHosts:
    """One provider, for all tenants."""
    return EmailHosts(One(held), acme)


def email_host(name: str, provider: Any, **options: Any) -> EmailHost:
    """The host of an e-mail provider that was built before."""
    return EmailHost(hosted(provider, "email", name, **options))
