"""Facts to summarise, and providers that talk to a server of the tests."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest
from openai_server import Answer, Spoken, speaking

from bg_graph.plugins.summaries import Fact, FactKind, Subject, SubjectKind, Summary, SummaryRequest
from bg_graph.plugins.testing.building import context_of
from bg_graph.plugins.testing.lent import KeptTexts
from bg_summary_openai.plugin import PLUGIN
from bg_summary_openai.provider import OpenAIProvider
from bg_summary_openai.settings import OpenAISettings

GROUP = Fact(
    key="group",
    kind=FactKind.GROUP,
    name="CRM for Acme",
    values={
        "account": "Acme",
        "member_count": 2,
        "engagement_score": 97,
        "completeness_score": 50,
        "scored_members": 2,
        "missing_roles": 1,
    },
)
ADA = Fact(
    key="member:1", kind=FactKind.MEMBER, name="Ada Lovelace", values={"role": "Champion", "engagement_score": 81}
)
BOB = Fact(
    key="member:2", kind=FactKind.MEMBER, name="Bob Jones", values={"role": "Influencer", "engagement_score": 40}
)
ROLE = Fact(
    key="role:1", kind=FactKind.MISSING_ROLE, name="Practitioner", values={"member_count": 1, "members_required": 3}
)
CRM = Fact(
    key="intent:1",
    kind=FactKind.INTENT,
    name="CRM Cloud",
    values={"about": "PRODUCT", "level": "HIGH", "strength": 82},
)
TOPIC = Fact(
    key="topic:1", kind=FactKind.TOPIC, name="Data privacy", values={"activities": 3, "persons": 2, "days": 30}
)
SUBJECT = Subject(kind=SubjectKind.GROUP, key="a", facts=(GROUP, ADA, BOB, ROLE, CRM, TOPIC))
PERSON = Subject(
    kind=SubjectKind.PERSON,
    key="p",
    facts=(
        Fact(
            key="person",
            kind=FactKind.PERSON,
            name="Ada Lovelace",
            values={
                "account": "Acme",
                "job_title": "CTO",
                "engagement_score": 52,
                "group_count": 1,
                "activities": 4,
                "days": 30,
            },
        ),
        Fact(key="activity:1", kind=FactKind.ACTIVITY, name="VISIT_PAGE", values={"activities": 3, "days": 30}),
        Fact(key="activity:2", kind=FactKind.ACTIVITY, name="Webinar 2024", values={"activities": 1, "days": 30}),
        Fact(
            key="trend:1",
            kind=FactKind.TREND,
            name="Pricing",
            values={"activities": 2, "activities_before": 1, "days": 30},
        ),
        Fact(key="growth", kind=FactKind.GROWTH, values={"score": 52, "score_before": 40, "points": 12, "weeks": 4}),
        Fact(
            key="group:1", kind=FactKind.GROUP, name="CRM for Acme", values={"role": "Champion", "engagement_score": 97}
        ),
    ),
)


assert openai, "the client is there, so that no test waits for its import"


class Writing:
    """A provider, the server that it talks to, and the storage that it is lent."""

    def __init__(self, provider: OpenAIProvider, server: Spoken, storage: KeptTexts) -> None:
        self.provider, self.server, self.storage = provider, server, storage

    async def of(
        self, *subjects: Subject, locale: str = "en", tenant: str = "acme", deadline: float = 5.0
    ) -> list[Summary | None]:
        request = SummaryRequest(tenant=tenant, subjects=subjects or (SUBJECT,), locale=locale, deadline=deadline)
        return list(await self.provider.summarize(request))


@asynccontextmanager
async def writing(
    answer: Callable[[dict[str, Any]], Answer] | None = None, storage: KeptTexts | None = None, **settings: Any
) -> AsyncIterator[Writing]:
    async with speaking(answer) as server:
        server.key = settings.get("api_key")
        given = {"base_url": server.url, "model": "little", **settings}
        kept = storage or KeptTexts()
        provider = OpenAIProvider(OpenAISettings.model_validate(given), context_of(PLUGIN, kept))
        try:
            yield Writing(provider, server, kept)
        finally:
            await provider.close()


@pytest.fixture
def write() -> Any:
    """Makes a provider that talks to a server which answers so; with these settings."""
    return writing


@pytest.fixture
def group() -> Subject:
    """A buying group of which something of each kind is known."""
    return SUBJECT


@pytest.fixture
def person() -> Subject:
    """A person of whom something of each kind is known."""
    return PERSON
