"""The providers of e-mail: to each tenant its own, and to each delivery the one that it was asked for. Never another instead."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from bg_graph.hosting.email import EmailHost
from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.installed import Installed

NameOf = Callable[[UUID], Awaitable[str | None]]
"""The name of a tenant, by its id; None where there is none."""


class NoEmailProvider(Exception):
    """Nobody can send for the tenant; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A provider, and the name by which it knows the tenant that it serves."""

    host: EmailHost
    tenant: str


class EmailProviders(Protocol):
    """What is needed of the plugins in use."""

    @property
    def email_plugins(self) -> Sequence[str]:
        """The plugins that can send e-mails, those included that are nobody's choice now."""
        ...

    def email(self, tenant: str) -> Hosted | None:
        """The tenant's choice."""
        ...

    def carrying(self, plugin: str, tenant: str) -> Hosted | None:
        """The provider of a plugin with the tenant's settings."""
        ...

    def hosted_of(self, plugin: str) -> Sequence[Hosted]:
        """Every e-mail provider of a plugin that is in use."""
        ...


class EmailHosts:
    """Finds who sends. A provider is built by the first question that needs it."""

    def __init__(self, providers: EmailProviders, name_of: NameOf) -> None:
        self._providers, self._name_of = providers, name_of
        self._hosts: dict[Hosted, EmailHost] = {}

    @property
    def plugins(self) -> Sequence[str]:
        """The plugins that can send e-mails, those included that are nobody's choice now."""
        return self._providers.email_plugins

    @property
    def installed(self) -> Installed:
        """Who sends for all tenants without a choice of their own."""
        hosted = self._providers.email("")
        if hosted is None:
            return Installed("", "", "no e-mail provider can be used", "email", "", healthy=False)
        return self._host(hosted).installed

    async def of(self, tenant: str) -> EmailHost:
        """The provider that a tenant (by its name) chose. Raises NoEmailProvider."""
        hosted = self._providers.email(tenant)
        if hosted is None:
            raise NoEmailProvider("No e-mail provider is connected: the one that providers.email names can't be used.")
        return await self._built(hosted)

    async def serving(self, tenant: str) -> Carrier:
        """The provider that a tenant (by its name) chose, with that name. Raises NoEmailProvider."""
        return Carrier(await self.of(tenant), tenant)

    async def carrying(self, plugin: str, tenant_id: UUID) -> Carrier:
        """The provider of a plugin, with what is set for a tenant, whoever is the tenant's choice now. Raises NoEmailProvider."""
        name = await self._named(tenant_id)
        hosted = self._providers.carrying(plugin, name)
        if hosted is None:
            raise NoEmailProvider(
                f"The e-mail provider {plugin} is not in use; [plugins.{plugin}] in the settings enables it."
            )
        return Carrier(await self._built(hosted), name)

    async def carries(self, host: EmailHost, tenant_id: UUID) -> bool:
        """Whether a provider is the one of its plugin with what is set for a tenant; what it knows is then that tenant's."""
        name = await self._name_of(tenant_id)
        return name is not None and self._providers.carrying(host.name, name) is host.hosted

    async def all_of(self, plugin: str) -> list[EmailHost]:
        """Every provider in use of a plugin: one for each set of settings."""
        return [await self._built(hosted) for hosted in self._providers.hosted_of(plugin)]

    async def _named(self, tenant_id: UUID) -> str:
        name = await self._name_of(tenant_id)
        if name is None:
            raise NoEmailProvider("There is no such tenant.")
        return name

    async def _built(self, hosted: Hosted) -> EmailHost:
        if not hosted.is_built:
            await hosted.start()
        return self._host(hosted)

    def _host(self, hosted: Hosted) -> EmailHost:
        return self._hosts.setdefault(hosted, EmailHost(hosted))
