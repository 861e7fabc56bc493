"""A plugin that listens is told what its tenant does, and nothing of others; `plugins`, `doctor` and `retell` know of it."""

import ast
import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from bg_graph.app import Product
from bg_graph.buying_groups.commands.acts import Act
from bg_graph.buying_groups.commands.membership import assign_members
from bg_graph.buying_groups.rules.default_roles import CHAMPION
from bg_graph.buying_groups.rules.membership import MembershipSource, RoleAssignment
from bg_graph.cli.doctor import backlog_findings
from bg_graph.email.commands.events import apply_events
from bg_graph.email.commands.sends import cancel_send
from bg_graph.email.dispatch.answers import record
from bg_graph.email.dispatch.claiming import Claimed
from bg_graph.email.rules.attempts import Result
from bg_graph.email.rules.deliveries import DeliveryStatus
from bg_graph.engagement.commands import score
from bg_graph.execution.node_ids import node_id
from bg_graph.graph.user_errors import UserErrorCode
from bg_graph.hosting.standing import PluginState, standings
from bg_graph.plugins.changes import Change
from bg_graph.plugins.email import DeliveryEvent, EventKind
from bg_graph.screens.changes import KINDS
from bg_graph.settings import Settings, load_settings
from bg_graph.store.engine import Database
from bg_graph.store.telling import TellingRow
from bg_graph.tenancy.rules import Right
from scripts import house
from tests.cli.shell import Shell
from tests.conftest import NOW
from tests.email.sending_world import PROVIDER, sender, sending
from tests.hosting.installed_plugins import Installation
from tests.hosting.listening import happen, until
from tests.screens.serving import serving
from tests.world import World

_ACME = """
from bg_graph.plugins.errors import Rejected
from bg_graph.plugins.hooks import hookimpl

TOLD = []


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    region: str = Field("none", description="Where its system is.")
    refuses: str = Field("", description="Kind of changes that it refuses.")


@hookimpl
def on_change(change, settings, context):
    if change.kind == settings.refuses:
        raise Rejected("NOT_WANTED", "no such thing here")
    TOLD.append((change, settings.region, context.plugin))


class Wrong:
    @hookimpl
    def on_change(self, change, colour):
        TOLD.append((change, "wrong", "wrong"))


PLUGIN = Plugin(name="acme-crm", version="1", title="Acme", settings=Settings, hooks=__import__("sys").modules[__name__])
WRONG = Plugin(name="wrong-crm", version="1", title="Wrong", settings=Settings, hooks=Wrong())
"""
QUERY = "{ plugins { name hooks state lastError changesWaiting changesSetAside setAsideCodes } }"


@pytest.fixture
def told(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Change, str, str]]:
    """What the plugin, which is installed, is told: the change, a setting, and its own name."""
    points = {"acme_crm": "acme_crm:PLUGIN", "wrong_crm": "acme_crm:WRONG"}
    Installation(tmp_path_factory.mktemp("site"), monkeypatch).install("acme-crm", "acme_crm", _ACME, **points)
    monkeypatch.delitem(sys.modules, "acme_crm", raising=False)
    list_of: list[tuple[Change, str, str]] = __import__("acme_crm").TOLD
    return list_of


@pytest.fixture
def terminal(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """A terminal in a folder, with the database."""
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.use(database_url)
    return shell


def set_by(folder: Path, *lines: str) -> Settings:
    (folder / "bg-graph.toml").write_text("\n".join(lines))
    return load_settings(environment={}, config=folder / "bg-graph.toml")


async def everything(world: World) -> tuple[dict[str, str | None], UUID]:
    """Whatever a tenant can do that is told: the subject of each kind; and a group."""
    acme = await sending(world, "ann@acme.test", "bob@acme.test")
    await world.person(await world.account_of(acme.group))
    [person] = await world.people(await world.account_of(acme.group), 1)
    async with world.database.writing(world.tenant) as db:
        wanted = {acme.group: [RoleAssignment(person, CHAMPION.id)]}
        await assign_members(db, wanted, Act("Ann", MembershipSource.MANUAL, NOW + timedelta(hours=1)))
        await score(db, NOW, NOW)
    first, second = await acme.send(), await acme.send(idempotency_key="second")
    sent, _ = await acme.deliveries(first)
    claimed = Claimed(world.tenant, sent.id, first, 1)
    await acme.put(sent.id, "SENDING", attempt=1)
    await record(world.database, world.tenant, {claimed: Result(DeliveryStatus.SENT)}, now=NOW)
    opened = DeliveryEvent(id="1", kind=EventKind.OPENED, at=NOW, key=sent.id.hex)
    for _ in range(2):
        await apply_events(world.database, PROVIDER, [opened], now=NOW)
    async with world.database.writing(world.tenant) as db:
        assert await cancel_send(db, sender(world.tenant), second, now=NOW) is None
    subjects = {
        "MEMBERS_ASSIGNED": node_id("grp", acme.group),
        "SCORED": None,
        "SEND_REQUESTED": node_id("snd", second),
        "SENT": node_id("dlv", sent.id),
        "OPENED": node_id("dlv", sent.id),
        "SEND_CANCELLED": node_id("snd", second),
    }
    return subjects, acme.group


@pytest.mark.slow  # another connection's news are looked for every two seconds
async def test_a_tenants_plugin_is_told_all_that_the_tenant_does_by_its_settings_and_nothing_of_others(
    world: World,
    other_world: World,
    database: Database,
    database_url: str,
    tenant: UUID,
    tmp_path: Path,
    told: list[tuple[Change, str, str]],
) -> None:
    own = set_by(tmp_path, "[tenants.acme.plugins.acme-crm]", 'region = "eu"', "[plugins.wrong-crm]").own
    async with (
        serving(database, database_url, tenant, Right.ADMIN, own=own) as served,
        httpx.AsyncClient(base_url=served.url, headers=served.headers) as client,
    ):
        await enrolled(world)
        await everything(other_world)
        subjects, _ = await everything(world)
        await until(lambda: any(change.kind == "SEND_CANCELLED" for change, _, _ in told), 20)
        plugins = {each["name"]: each for each in (await asked(client))}
    mine = [change for change, _, _ in told if change.kind in subjects]
    assert list(dict.fromkeys(change.kind for change in mine)) == list(subjects), "in the order in which it happened"
    assert [change.kind for change in mine].count("OPENED") == 1, "a report counts once"
    assert {change.kind: change.subject for change in mine} == subjects
    assert {(change.tenant, region, plugin) for change, region, plugin in told} == {("acme", "eu", "acme-crm")}
    assert len({change.id for change, _, _ in told}) == len(told)
    assert await other_world.rows(TellingRow) == []
    assert (plugins["acme-crm"]["hooks"], plugins["acme-crm"]["state"]) == (["on_change"], "HEALTHY")
    assert plugins["wrong-crm"]["state"] == "FAILED"
    assert "colour" in plugins["wrong-crm"]["lastError"]


async def enrolled(world: World) -> None:
    """Wait until the listener of the tenant is known."""
    async with asyncio.timeout(10):
        while True:
            await happen(world.database, world.tenant, "probe", kind="PROBE")
            if await world.rows(TellingRow):
                break
            await asyncio.sleep(0.05)


async def asked(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = (await client.post("/graphql", json={"query": QUERY})).json()
    found: list[dict[str, Any]] = answer["data"]["plugins"]
    return found


@pytest.mark.slow
async def test_what_is_set_aside_is_told_by_plugins_and_doctor_until_it_is_told_again(
    world: World,
    database: Database,
    database_url: str,
    tenant: UUID,
    terminal: Shell,
    told: list[tuple[Change, str, str]],
) -> None:
    refusing = ("[plugins.acme-crm]", 'refuses = "STAGE_MOVED"')
    own = set_by(terminal.folder, *refusing).own
    async with (
        serving(database, database_url, tenant, Right.ADMIN, own=own) as served,
        httpx.AsyncClient(base_url=served.url, headers=served.headers) as client,
    ):
        await enrolled(world)
        await happen(database, tenant, "moved", kind="STAGE_MOVED")
        async with asyncio.timeout(20):
            while True:
                crm = next(each for each in await asked(client) if each["name"] == "acme-crm")
                if crm["changesSetAside"] and not crm["changesWaiting"]:
                    break
                await asyncio.sleep(0.05)
    assert (crm["changesSetAside"], crm["setAsideCodes"]) == (1, ["NOT_WANTED"])
    assert crm["lastError"] == "no such thing here"
    [finding] = [each async for each in backlog_findings(database)]
    assert "1 changes of acme were set aside (NOT_WANTED)" in finding.what
    assert finding.remedy == "when the cause is mended: bg-graph plugins retell acme-crm --tenant acme"
    said = await asyncio.to_thread(terminal.out, "plugins", "retell", "acme-crm", "--tenant", "acme")
    assert said.startswith("1 changes are told to acme-crm again")
    own = set_by(terminal.folder, "[plugins.acme-crm]").own
    async with serving(database, database_url, tenant, own=own):
        await until(lambda: "moved" in [change.id for change, _, _ in told], 20)
        async with asyncio.timeout(10):
            while [each async for each in backlog_findings(database)]:
                await asyncio.sleep(0.05)


def test_a_plugin_listens_where_it_has_settings(tmp_path: Path, database: Database, told: object) -> None:
    def listening(*lines: str) -> list[list[str]]:
        plugins = Product(set_by(tmp_path, *lines), database).plugins
        return [[each.name for each in plugins.listening(name)] for name in ("acme", "other")]

    assert listening("[plugins.acme-crm]") == [["acme-crm"], ["acme-crm"]]
    assert listening("[tenants.acme.plugins.acme-crm]") == [["acme-crm"], []]
    settings = set_by(tmp_path, "[tenants.acme.plugins.acme-crm]")
    [line] = [each for each in standings(Product(settings, database).plugins) if each.name == "acme-crm"]
    assert (line.hooks, line.state, line.capability) == (("on_change",), PluginState.HEALTHY, None)
    assert listening() == [[], []]
    assert listening("[plugins.wrong-crm]") == [[], []]


FAULTS = {"STAGE_MODEL_IN_USE", "STAGE_MODEL_NOT_LIVE", "TEMPLATE_IS_FIXED", "TEMPLATE_NOT_LIVE"}
"""Constants beside the kinds that are none: why a change was refused."""


def test_every_kind_of_change_is_about_something() -> None:
    written = written_kinds() - {code.name for code in UserErrorCode} - FAULTS
    assert {"MEMBERS_ASSIGNED", "TEMPLATE_PUBLISHED", "EMAIL_WITHDRAWN"} <= written <= set(KINDS)


def written_kinds() -> set[str]:
    """Kinds of changes in the modules that write some: constants whose value is their own name."""
    found: set[str] = set()
    for module in house.modules():
        calls = {ast.unparse(node.func) for node in ast.walk(module.tree) if isinstance(node, ast.Call)}
        if calls & {"LoggedChange", "News"} or "class ChangeKind" in ast.unparse(module.tree):
            found |= {name for node in ast.walk(module.tree) for name in _named_like_their_value(node)}
    return found


def _named_like_their_value(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return []
    names = ast.unparse(node.targets[0]).strip("()").split(", ")
    values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
    given = [each.value for each in values if isinstance(each, ast.Constant)]
    return [name for name, value in zip(names, given, strict=False) if name == value and "_" in name]
