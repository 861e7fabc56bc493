"""Asking for summaries as a caller, of providers that a test holds in its hands: slow, failing, or made to wait."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import strawberry

from bg_graph.hosting.hosted import Hosted
from bg_graph.plugins.errors import Unavailable
from bg_graph.plugins.health import Health
from bg_graph.plugins.summaries import Model, Statement, Subject, Summary, SummaryRequest
from bg_graph.settings import SummarySettings
from bg_graph.store.ids import new_id
from bg_graph.summaries.answering import SERVICE, Summaries
from bg_graph.tenancy.graphql import request_context
from bg_graph.tenancy.rules import Caller, Right
from tests.conftest import statements
from tests.hosting.hosted_providers import hosted
from tests.world import World

SUMMARY = "aiSummary { text status version language disclaimer generatedAt feedback { verdict reason up down } }"
QUERY = f"query($id: ID!) {{ buyingGroup(id: $id) {{ {SUMMARY} }} }}"
REFRESH = f"""mutation($id: ID!) {{ refreshSummary(input: {{subjectId: $id}}) {{
    {SUMMARY.replace("aiSummary", "summary")} userErrors {{ code path message }} }} }}"""
RATE = f"""mutation($id: ID!, $verdict: SummaryVerdict!, $reason: String, $version: String) {{
    rateSummary(input: {{subjectId: $id, verdict: $verdict, reason: $reason, version: $version}}) {{
    {SUMMARY.replace("aiSummary", "summary")} userErrors {{ code path message }} }} }}"""


class Teller:
    """A provider that tells of each subject its name, how often it was asked, and whatever its facts name."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.locales: list[str] = []
        self.free = asyncio.Event()
        self.free.set()
        self.fault: Exception | None = None
        self.declines = False

    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        """A text for each subject, once the test lets it go on."""
        self.asked.append(tuple(subject.key for subject in request.subjects))
        self.locales.append(request.locale)
        await self.free.wait()
        if self.fault is not None:
            raise self.fault
        return [None if self.declines else self._of(subject) for subject in request.subjects]

    async def check(self) -> Health:
        """It works."""
        return Health(healthy=True)

    async def close(self) -> None:
        """Nothing is held."""

    def _of(self, subject: Subject) -> Summary:
        named = [fact for fact in subject.facts if fact.name]
        text = tuple(Statement(text=f"{fact.name}.", facts=(fact.key,)) for fact in named)
        return Summary(text=text, model=Model(name="teller", version="1"))


@dataclass
class Desk:
    """A tenant's callers, and the summaries that they are shown."""

    world: World
    schema: strawberry.Schema
    teller: Teller = field(default_factory=Teller)
    settings: SummarySettings = field(default_factory=lambda: SummarySettings(wait=30, rest=30))
    later: timedelta = timedelta(0)
    name: str = "teller"
    chain: tuple[Hosted, ...] = ()

    def __post_init__(self) -> None:
        self.counted: dict[str, int] = {}
        self.chain = self.chain or (hosted(self.teller, "summary", self.name),)
        self.summaries = self.process()
        self.ada = self.caller("Ada", Right.EDIT)

    def process(self) -> Summaries:
        """Another process of the installation."""
        found = Summaries(self.world.database, lambda _: self.chain, self.settings, self.now)
        found.count_with(self._count)
        return found

    def now(self) -> datetime:
        return self.world.now + self.later

    def caller(self, name: str, *rights: Right) -> Caller:
        return Caller(self.world.tenant, "acme", new_id(), name, frozenset({Right.READ, *rights}))

    @asynccontextmanager
    async def context(self, caller: Caller | None = None, summaries: Summaries | None = None) -> Any:
        services = {SERVICE: summaries or self.summaries}
        async with request_context(
            self.world.database, caller or self.ada, self.now, parameters=lambda _: {}, services=services
        ) as context:
            yield context

    async def result(
        self, query: str, *, caller: Caller | None = None, summaries: Summaries | None = None, **variables: Any
    ) -> Any:
        """Data and errors of a request."""
        async with self.context(caller, summaries) as context:
            return await self.schema.execute(query, variables, context)

    async def ask(self, query: str, **options: Any) -> dict[str, Any]:
        """The data of a request without errors, after which everything is stored."""
        result = await self.result(query, **options)
        assert not result.errors, [(error, error.original_error) for error in result.errors]
        if self.teller.free.is_set():
            await self.settled()
        assert result.data is not None
        return result.data

    async def summary(self, group: UUID, **options: Any) -> dict[str, Any] | None:
        """The summary of a group."""
        data = await self.ask(QUERY, id=f"grp_{group.hex}", **options)
        found: dict[str, Any] | None = data["buyingGroup"]["aiSummary"]
        return found

    async def status(self, group: UUID, **options: Any) -> str | None:
        """How current the summary of a group is."""
        summary = await self.summary(group, **options)
        return None if summary is None else str(summary["status"])

    async def sql(self, query: str, **variables: Any) -> list[str]:
        """The statements of a request."""
        with statements(self.world.database) as seen:
            await self.ask(query, **variables)
        return seen

    async def settled(self) -> None:
        """Wait until everything is stored."""
        await self.summaries.settled(30)

    def fails(self) -> None:
        """Have the provider fail from now on."""
        self.teller.fault = Unavailable("down for the test")

    def _count(self, statuses: Any) -> None:
        for status, number in statuses.items():
            self.counted[status] = self.counted.get(status, 0) + number


MakeDesk = Callable[..., Desk]
