"""Finding the accounts of rows that name them by the domain of their website or by their name, as third parties do."""

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from bg_graph.accounts.rules import text_key
from bg_graph.accounts.tables import AccountRow
from bg_graph.imports.rules import website_domain
from bg_graph.store.connection import TenantConnection, table_of
from bg_graph.store.scope import of_tenant

_NOBODY: Set[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class AccountNames:
    """The stored accounts by domain and by name as compared; several may share either."""

    domains: Mapping[str, Set[UUID]]
    names: Mapping[str, Set[UUID]]

    def matching(self, domain: str, name: str) -> Set[UUID]:
        """The accounts with this domain, of several those that have the name too; where the domain is unknown, those with the
        name.
        """
        named = self.names.get(text_key(name), _NOBODY) if name else _NOBODY
        there = self.domains.get(website_domain(domain) or "", _NOBODY)
        if len(there) > 1:
            return there & named or there
        return there or named


NO_NAMES = AccountNames({}, {})
"""Where no row asks for an account by a name."""


async def account_names(db: TenantConnection) -> AccountNames:
    """All accounts of the tenant, in one statement."""
    account = table_of(AccountRow)
    domains: dict[str, set[UUID]] = defaultdict(set)
    names: dict[str, set[UUID]] = defaultdict(set)
    columns = (account.c.id, account.c.name_key, account.c.website)
    for row in await db.rows(select(*columns).where(of_tenant(account))):
        names[row.name_key].add(row.id)
        if row.website and (domain := website_domain(row.website)):
            domains[domain].add(row.id)
    return AccountNames(domains, names)
