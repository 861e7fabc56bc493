"""The one place where the parts meet: from settings to the ASGI app; which jobs there are and in which order they run."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from bg_graph.buying_groups.commands.intent_groups import GROUP_SOURCE
from bg_graph.buying_groups.commands.maintenance import maintain_job
from bg_graph.buying_groups.graphql.groups import GROUP
from bg_graph.email.dispatch.measures import DispatchMeasures
from bg_graph.email.dispatch.running import workers_of, working
from bg_graph.email.wiring import email_services
from bg_graph.engagement.commands import score_job
from bg_graph.execution.node_ids import node_id
from bg_graph.hosting.choosing import Plugins
from bg_graph.hosting.email_hosts import EmailHosts
from bg_graph.hosting.graphql import SERVICE as PLUGINS
from bg_graph.hosting.hooks.readiness import readiness_of
from bg_graph.hosting.hooks.registering import register_all
from bg_graph.hosting.hooks.teller import Patience, Teller
from bg_graph.hosting.hosted import Observe
from bg_graph.hosting.intent import IntentHost
from bg_graph.hosting.measures import PluginMeasures
from bg_graph.hosting.storage import PluginStorage
from bg_graph.hosting.watching import watching
from bg_graph.intent.graphql import STALE_BEFORE
from bg_graph.intent.predicting.job import IntentJob
from bg_graph.jobs.daily import run_daily
from bg_graph.jobs.runs import InSteps, Job, Steps
from bg_graph.live.hearing import hearing
from bg_graph.live.hub import LIVE, Hub
from bg_graph.plugins.plugin import Capability
from bg_graph.schema import build_schema
from bg_graph.screens.changes import about
from bg_graph.screens.documents import GROUPS, MEMBERS, OVERVIEW, document
from bg_graph.settings import Settings
from bg_graph.store.clock import Clock, system_clock
from bg_graph.store.engine import Database, open_database
from bg_graph.store.schema import newest_revision, present_revision
from bg_graph.store.scope import of_tenant
from bg_graph.store.telling import TOPIC as TELLING
from bg_graph.summaries.answering import SERVICE, Summaries
from bg_graph.summaries.measures import SummaryMeasures
from bg_graph.tenancy.commands import CALLER_TOPIC
from bg_graph.tenancy.graphql import RequestContext, request_context
from bg_graph.tenancy.names import TenantNames
from bg_graph.tenancy.reads import authenticate, list_tenants
from bg_graph.tenancy.rules import Caller, Right
from bg_graph.web.callers import bearer_token
from bg_graph.web.explorer import ExplorerTab, TokenNeededError, explorer_routes
from bg_graph.web.metrics import Metrics
from bg_graph.web.options import Limits, WebOptions
from bg_graph.web.plugin_routes import PluginRoutes
from bg_graph.web.server import build_web
from bg_graph.web.unsubscribe import unsubscribe_routes
from bg_graph.web.webhooks import Webhooks

__all__ = ["JOBS", "Product", "build_schema", "create_app", "jobs_of", "plugins_of", "telling"]

STALE_AFTER = timedelta(days=7)
"""Intent signals older than this are shown as stale: they are computed daily."""

JOBS = ("score", "intent", "maintain")
"""The jobs in their daily order: maintenance comes last, for its conditions ask for scores and intent. Source: domain.md."""


class Product:
    """An open installation: its database, its plugins, and what a request of it is answered with.

    Raises WrongSettings where the plugins' settings can't be used.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock = system_clock,
        *,
        observe: Observe = lambda *_: None,
    ) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock
        self.hub = Hub()
        self.plugins, self.email_hosts = plugins_of(settings, database, clock, observe=observe)
        self.hooks = register_all(self.plugins.with_hooks())
        self.summaries = Summaries(database, partial(self.plugins.chain, Capability.SUMMARY), settings.summaries, clock)
        self.services: Mapping[str, Any] = MappingProxyType(
            {
                SERVICE: self.summaries,
                LIVE: self.hub,
                PLUGINS: self,
                **email_services(self.email_hosts, database, clock),
            }
        )

    async def authenticate(self, token: str | None) -> Caller | None:
        """The caller with a token, or None."""
        return None if token is None else await authenticate(self.database, token, self.clock())

    def context(self, caller: Caller) -> AbstractAsyncContextManager[RequestContext]:
        """What resolvers are given for one operation of a caller."""
        return request_context(self.database, caller, self.clock, parameters=_parameters, services=self.services)

    def follow_caller(self, caller: Caller, wake: Callable[[], None]) -> AbstractContextManager[object]:
        """Call the function when the caller's token is revoked."""
        return self.hub.following(CALLER_TOPIC, caller.tenant_id, caller.token_id, wake=wake)

    async def is_migrated(self) -> str | None:
        """What is wrong with the database, or None. A readiness check."""
        present = await present_revision(self.database)
        if present == newest_revision():
            return None
        return (
            f"the database is at revision {present}, this version needs {newest_revision()}; run `bg-graph db upgrade`"
        )

    async def tabs(self, request: Request) -> list[ExplorerTab]:
        """The tabs that GraphiQL opens with, their variables filled from the caller's most engaged group."""
        token = bearer_token(request.headers.get("authorization"))
        caller = await self.authenticate(token)
        if caller is None or not caller.may(Right.READ):
            raise TokenNeededError(_tabs({}))
        async with self.database.reading(caller.tenant_id) as db:
            order = (GROUP.c.engagement_raw.is_(None), GROUP.c.engagement_raw.desc(), GROUP.c.name_key)
            found = await db.value(
                select(GROUP.c.id).where(of_tenant(GROUP), GROUP.c.archived_at.is_(None)).order_by(*order).limit(1)
            )
        return _tabs({} if found is None else {"group": node_id("grp", found)})


def _parameters(now: datetime) -> Mapping[str, Any]:
    return {STALE_BEFORE: now - STALE_AFTER}


def _tabs(group: Mapping[str, str]) -> list[ExplorerTab]:
    order = {"orderBy": [{"field": "ENGAGEMENT_SCORE", "direction": "DESC"}]}
    return [
        ExplorerTab("Overview tab: the details of a buying group", document(OVERVIEW), dict(group)),
        ExplorerTab("Members tab: all members in a table", document(MEMBERS), {**group, **order}),
        ExplorerTab("The list of groups, most engaged first", document(GROUPS), {"first": 10, **order}),
    ]


def plugins_of(
    settings: Settings, database: Database, clock: Clock = system_clock, *, observe: Observe = lambda *_: None
) -> tuple[Plugins, EmailHosts]:
    """The plugins of an installation, and who sends e-mails. Raises WrongSettings where their settings can't be used."""
    names = TenantNames(database)

    def storage_of(plugin: str) -> PluginStorage:
        return PluginStorage(database, plugin, names.id_of, clock)

    plugins = Plugins(settings, storage_of, observe=observe, clock=clock)
    return plugins, EmailHosts(plugins, names.name_of)


def jobs_of(plugins: Plugins, database: Database) -> Mapping[str, Job]:
    """What each of `JOBS` does, in their order."""
    names = TenantNames(database)
    intent = IntentJob(IntentHost(partial(plugins.chain, Capability.INTENT)), GROUP_SOURCE)

    async def predict(steps: Steps, now: datetime) -> dict[str, int]:
        return await intent.run(steps, await names.name_of(steps.tenant_id) or "", now)

    work: Sequence[Job] = (score_job, InSteps(predict), maintain_job)
    return MappingProxyType(dict(zip(JOBS, work, strict=True)))


@asynccontextmanager
async def telling(plugins: Plugins, database: Database, hub: Hub, clock: Clock = system_clock) -> AsyncIterator[None]:
    """Tell plugins that listen of all tenants' changes, for as long as the `with` lasts.

    Where none listens, it is looked now and then for what was to be told to those that are gone.
    """
    patience = Patience() if plugins.listens else Patience(look=Patience().enrol)
    teller = Teller(database, plugins.listening, list_tenants, about, clock=clock, patience=patience)
    with hub.following(TELLING, wake=teller.wake):
        async with _in_background(teller.run()):
            yield


def create_app(settings: Settings, *, clock: Clock = system_clock) -> ASGIApp:
    """The ASGI app of an installation. The database is opened here and closed at shutdown."""
    database = open_database(settings.database.url, pool_size=settings.database.pool_size)
    metrics = Metrics()
    product = Product(settings, database, clock, observe=PluginMeasures(metrics.registry).observe)
    measures = DispatchMeasures(metrics.registry)
    product.summaries.count_with(SummaryMeasures(metrics.registry).count)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(database.close)
            stack.push_async_callback(product.plugins.close)
            stack.push_async_callback(product.hooks.close)
            stack.push_async_callback(product.summaries.close)
            await stack.enter_async_context(hearing(database, product.hub, listen_url=settings.database.listen_url))
            await stack.enter_async_context(watching(lambda: product.plugins.hosted))
            await stack.enter_async_context(telling(product.plugins, database, product.hub, clock))
            await stack.enter_async_context(_in_background(measures.keep_showing(database, clock)))
            if settings.email.dispatch:
                workers = workers_of(settings, database, product.email_hosts, clock=clock, count=measures.count)
                await stack.enter_async_context(working(workers, product.hub, grace=settings.server.shutdown_grace))
            if settings.jobs.enabled:
                work = run_daily(
                    database, jobs_of(product.plugins, database), clock, settings.jobs.schedule, tenants=list_tenants
                )
                await stack.enter_async_context(_in_background(work))
            yield

    return build_web(
        build_schema(product.hooks.registered),
        product.authenticate,
        product.context,
        web_options(settings),
        extra_routes=[
            *explorer_routes(product.tabs),
            *_mail_routes(product),
            *_plugin_routes(product),
        ],
        readiness={"database": product.is_migrated, **readiness_of(product.hooks)},
        lifespan=running,
        follow=product.follow_caller,
        metrics=metrics,
    )


def _mail_routes(product: Product) -> list[Route]:
    """What comes in of e-mails: reports of providers, and people who want no more."""
    settings = product.settings
    secret, timeout = settings.email.webhook_secret, settings.limits.body_timeout
    webhooks = Webhooks(
        product.database,
        product.email_hosts,
        frozenset(each.name for each in product.plugins.discovered),
        None if secret is None else secret.get_secret_value(),
        product.clock,
        settings.limits.max_body,
        timeout,
    )
    return [*webhooks.routes(), *unsubscribe_routes(product.database, product.clock, body_timeout=timeout)]


def _plugin_routes(product: Product) -> list[Route]:
    """The pages of plugins, and the calls that they answer."""
    timeout, settings_of = product.settings.limits.body_timeout, product.plugins.settings_of
    routes = PluginRoutes(product.authenticate, product.clock, timeout, settings_of)
    return routes.of(product.hooks.registered)


@asynccontextmanager
async def _in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def web_options(settings: Settings) -> WebOptions:
    """The settings that the served layer takes."""
    limits, server = settings.limits, settings.server
    return WebOptions(
        limits=Limits(
            max_body=limits.max_body,
            max_input_depth=limits.max_input_depth,
            max_tokens=limits.max_tokens,
            max_depth=limits.max_depth,
            max_aliases=limits.max_aliases,
            max_cost=limits.max_cost,
        ),
        deadline=limits.deadline,
        body_timeout=limits.body_timeout,
        heartbeat=settings.live.heartbeat,
        introspection=server.introspection,
        allowed_origins=server.allowed_origins,
        base_path=server.base_path,
        trusted_proxies=server.trusted_proxies,
    )
