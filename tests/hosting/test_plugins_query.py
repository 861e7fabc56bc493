"""The `plugins` query: what is installed, what it serves for the caller's tenant, how it does; what went wrong, for admins."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry

from bg_graph.hosting.choosing import Plugins
from bg_graph.hosting.graphql import SERVICE, PluginQueries
from bg_graph.hosting.hooks.registering import PluginHooks, register_all
from bg_graph.hosting.storage import PassingStorage
from bg_graph.plugins.errors import ProviderError
from bg_graph.plugins.summaries import SummaryRequest
from bg_graph.settings import ProviderSettings, Settings, plugin_tables
from bg_graph.tenancy.rules import Right
from tests.hosting.acme_plugins import NAMES, install_acme
from tests.hosting.installed_plugins import Installation

QUERY = """{ plugins { name title version api distribution capabilities hooks capability provider state healthy deprecated
    lastError lastErrorAt p95Milliseconds calls failures restarts isolation } }"""


@dataclass(frozen=True)
class Running:
    """Plugins in use, and asking about them."""

    plugins: Plugins
    hooks: PluginHooks

    async def asked(self, tenant: str = "acme", *rights: Right) -> dict[str, dict[str, Any]]:
        caller = SimpleNamespace(tenant_name=tenant, may=lambda right: right in rights)
        schema = strawberry.Schema(strawberry.type(type("Query", (PluginQueries,), {})))
        result = await schema.execute(QUERY, context_value=SimpleNamespace(services={SERVICE: self}, caller=caller))
        assert not result.errors
        assert result.data is not None
        return {each["name"]: each for each in result.data["plugins"]}

    async def call(self, times: int = 1, tenant: str = "acme") -> None:
        for hosted in self.plugins.chain("summary", tenant):
            for _ in range(times):
                with suppress(ProviderError):
                    await hosted.call("summarize", SummaryRequest(tenant=tenant, subjects=()), tenant=tenant)


Run = Callable[..., Awaitable[Running]]


@pytest.fixture
async def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Run]:
    installation = Installation(tmp_path, monkeypatch)
    install_acme(installation)
    running: list[Running] = []

    async def begun(
        *chain: str, enabled: Sequence[str] = (), tenants: dict[str, dict[str, list[str]]] | None = None
    ) -> Running:
        given = {name: dict[str, object]() for name in enabled}
        settings = Settings(
            providers=ProviderSettings(summary=chain, intent=()),
            own=plugin_tables(given, tenants or {}),
        )
        plugins = Plugins(settings, lambda _: PassingStorage())
        running.append(Running(plugins, register_all(plugins.with_hooks())))
        return running[-1]

    yield begun
    for each in running:
        await each.plugins.close()
        await each.hooks.close()


async def test_a_plugin_in_use_is_told_with_all_that_is_known(run: Run) -> None:
    running = await run("good")
    await running.call(times=3)
    shown = (await running.asked())["good"]
    assert 0 <= shown.pop("p95Milliseconds") < 5000
    assert shown == {
        "name": "good",
        "title": "Good",
        "version": "1.2.0",
        "api": "1.0",
        "distribution": "acme-plugins",
        "capabilities": ["summary"],
        "hooks": [],
        "capability": "summary",
        "provider": "good",
        "state": "HEALTHY",
        "healthy": True,
        "deprecated": None,
        "lastError": None,
        "lastErrorAt": None,
        "calls": 3,
        "failures": 0,
        "restarts": 0,
        "isolation": "THREAD",
    }


async def test_each_state_is_told(run: Run) -> None:
    chain = ("good", "away", "wrong", "raising")
    running = await run(*chain, enabled=("newer", "broken", "hooked", "mishooked"))
    await running.call()
    shown = await running.asked("acme", Right.ADMIN)
    assert {name: shown[name]["state"] for name in NAMES} == {
        "good": "HEALTHY",
        "spare": "NOT_ENABLED",
        "away": "DOWN",
        "wrong": "MISCONFIGURED",
        "raising": "DOWN",
        "newer": "INCOMPATIBLE",
        "hooked": "HEALTHY",
        "mishooked": "FAILED",
        "broken": "FAILED",
    }
    assert "the model is away" in shown["away"]["lastError"]
    assert "the key is refused" in shown["wrong"]["lastError"]
    assert "unknown hook 'register_nothing'" in shown["mishooked"]["lastError"]
    assert shown["hooked"]["hooks"] == ["register_fields", "register_checks"]
    await running.call(times=6)
    assert (await running.asked())["away"]["state"] == "RESTING"


async def test_what_went_wrong_is_for_administrators_and_holds_no_secret(run: Run) -> None:
    running = await run("raising")
    await running.call()
    ordinary, admin = (await running.asked())["raising"], (await running.asked("acme", Right.ADMIN))["raising"]
    assert (ordinary["lastError"], ordinary["lastErrorAt"], ordinary["state"]) == (None, None, "DOWN")
    assert admin["lastError"] == "summarize: failed"
    assert admin["lastErrorAt"] is not None


async def test_a_tenant_sees_what_serves_itself(run: Run) -> None:
    running = await run("good", tenants={"contoso": {"summary": ["spare"]}})
    ours, theirs = await running.asked("acme"), await running.asked("contoso")
    assert (ours["good"]["state"], ours["spare"]["state"]) == ("HEALTHY", "NOT_ENABLED")
    assert (theirs["good"]["state"], theirs["spare"]["state"]) == ("NOT_ENABLED", "HEALTHY")
    assert "contoso" not in str(ours)


async def test_what_is_not_enabled_is_not_imported(run: Run) -> None:
    shown = (await (await run("good")).asked())["broken"]
    assert (shown["state"], shown["api"], shown["capabilities"]) == ("NOT_ENABLED", None, [])
    assert (shown["title"], shown["version"]) == ("broken", "3.1")
