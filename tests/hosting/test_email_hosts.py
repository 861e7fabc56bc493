"""Which provider carries which tenant's e-mails, as the settings say: what one proves is of its own tenants alone."""

from pathlib import Path
from uuid import UUID

from bg_graph.app import Product
from bg_graph.settings import load_settings
from bg_graph.store.engine import Database
from bg_graph.store.ids import new_id
from tests.conftest import add_tenant

FILE = """
[providers]
email = "outbox"

[plugins.outbox]
folder = "all"

[tenants.acme.plugins.outbox]
folder = "own"

[tenants.globex.plugins.outbox]
folder = "own"
"""


async def test_a_provider_carries_the_tenants_whose_settings_it_was_built_with(
    database: Database, tenant: UUID, tmp_path: Path
) -> None:
    (tmp_path / "bg-graph.toml").write_text(FILE)
    product = Product(load_settings(environment={}, config=tmp_path / "bg-graph.toml"), database)
    tenants = {
        "acme": tenant,
        "globex": await add_tenant(database, "globex"),
        "else": await add_tenant(database, "else"),
    }
    own = (await product.email_hosts.carrying("outbox", tenant)).host
    [others] = [each for each in await product.email_hosts.all_of("outbox") if each is not own]
    found = {
        name: [await product.email_hosts.carries(host, tenant_id) for host in (own, others)]
        for name, tenant_id in tenants.items()
    }
    assert found == {"acme": [True, False], "globex": [True, False], "else": [False, True]}
    assert not await product.email_hosts.carries(own, new_id())
    await product.plugins.close()
