"""A summary provider that keeps the contract: each fault is a small change of it."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import MappingProxyType

from bg_graph.plugins.errors import Unavailable
from bg_graph.plugins.plugin import Plugin
from bg_graph.plugins.summaries import (
    Fact,
    FactKind,
    Highlight,
    HighlightKind,
    Model,
    Statement,
    Subject,
    SubjectKind,
    Summary,
    SummaryRequest,
)
from bg_graph.plugins.testing.summary import SummaryProviderExam
from tests.plugins.faults.good_reach import API_KEY, SLOW, GoodReach, ReachSettings

MODEL = Model(name="good", version="1.0.0")
HIGHLIGHTS = MappingProxyType(
    {
        SubjectKind.GROUP: {
            HighlightKind.TOP_ENGAGED_MEMBERS: (FactKind.MEMBER,),
            HighlightKind.TOPICS_OF_INTEREST: (FactKind.INTENT, FactKind.TOPIC),
            HighlightKind.MISSING_ROLES: (FactKind.MISSING_ROLE,),
        },
        SubjectKind.ACCOUNT: {
            HighlightKind.TOP_ENGAGED_GROUPS: (FactKind.GROUP,),
            HighlightKind.TOP_ENGAGED_PEOPLE: (FactKind.PERSON,),
        },
    }
)
SENTENCES = MappingProxyType(
    {
        "en": (
            "{name} is of interest.",
            "The score of {name} is {score}.",
            "There are: {names}.",
            "There is none yet.",
        ),
        "nl": ("{name} is van belang.", "De score van {name} is {score}.", "Het zijn: {names}.", "Er is nog niet een."),
        "de": (
            "{name} ist von Wert.",
            "Der Wert von {name} ist {score}.",
            "Das sind: {names}.",
            "Das ist noch nicht da.",
        ),
    }
)


class GoodWriter(GoodReach):
    """Writes what the facts say."""

    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        self.model()
        await self.waited(request)
        return [self.summary(subject, request.locale) for subject in request.subjects]

    async def waited(self, request: SummaryRequest) -> None:
        if self.settings.url != "slow":
            return await asyncio.sleep(0)
        try:
            async with asyncio.timeout(request.deadline):
                await asyncio.sleep(SLOW)
        except TimeoutError:
            raise Unavailable("the model took too long") from None

    def summary(self, subject: Subject, locale: str) -> Summary | None:
        if not subject.facts or locale not in SENTENCES:
            return None
        return Summary(
            text=self.text(subject, locale),
            bullets=(self.say(subject.facts[0], f"{subject.facts[0].name}."),),
            highlights=self.highlights(subject, locale),
            model=MODEL,
        )

    def text(self, subject: Subject, locale: str) -> tuple[Statement, ...]:
        first = subject.facts[0]
        said = [self.say(first, SENTENCES[locale][0].replace("{name}", first.name or ""))]
        score = first.number("engagement_score")
        if score is not None:
            sentence = SENTENCES[locale][1].replace("{score}", str(score)).replace("{name}", first.name or "")
            said.append(self.say(first, sentence))
        return tuple(said)

    def highlights(self, subject: Subject, locale: str) -> tuple[Highlight, ...]:
        return tuple(
            self.highlight(subject, kind, kinds, locale) for kind, kinds in HIGHLIGHTS.get(subject.kind, {}).items()
        )

    def highlight(self, subject: Subject, kind: HighlightKind, kinds: Sequence[FactKind], locale: str) -> Highlight:
        items = [fact for fact in subject.facts[1:] if fact.kind in kinds][:3]
        names = ", ".join(fact.name or "" for fact in items)
        text = SENTENCES[locale][2].replace("{names}", names) if items else SENTENCES[locale][3]
        statement = Statement(text=text, facts=tuple(each.key for each in items or subject.facts[:1]))
        return Highlight(kind=kind, statement=statement, items=tuple(each.key for each in items))

    def say(self, fact: Fact, text: str) -> Statement:
        return Statement(text=text, facts=(fact.key,))


GOOD = Plugin(
    name="good-writer",
    version="1.0.0",
    title="A provider that keeps the contract",
    settings=ReachSettings,
    provides=MappingProxyType({"summary": GoodWriter}),
)


class GoodWriterExam(SummaryProviderExam):
    """Everything that the exam can be given."""

    plugin = GOOD
    settings = {"url": "model", "api_key": API_KEY}
    down_settings = {"url": "nowhere", "api_key": API_KEY}
    wrong_settings = {"url": "model", "api_key": "another-key-altogether"}
    slow_settings = {"url": "slow", "api_key": API_KEY}
    locales = ("en", "nl", "de")
    memory_calls = 300

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        yield
