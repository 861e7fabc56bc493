"""The contract of summary providers: cited facts about groups, accounts, members and persons in, cited statements out.

A provider is given all that it may say. The host refuses a summary that names somebody or a number that the facts it
cites do not hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bg_graph.plugins.health import Health


class SubjectKind(StrEnum):
    """What a summary is about."""

    GROUP = "GROUP"
    """A buying group."""
    ACCOUNT = "ACCOUNT"
    """A company."""
    MEMBER = "MEMBER"
    """A person in a buying group."""
    PERSON = "PERSON"
    """A person of an account, in a buying group or in none."""


class FactKind(StrEnum):
    """What a fact tells. After each kind: its values; one that is not known is None.

    Lists (of members, roles, topics ...) come in the order of their importance.
    """

    GROUP = "GROUP"
    """A buying group. account, member_count, engagement_score, completeness_score; missing_roles where it is the subject.
    Of a person it is in: role, engagement_score."""
    ACCOUNT = "ACCOUNT"
    """A company. industry, person_count, scored_persons, group_count, scored_groups, open_opportunities."""
    MEMBER = "MEMBER"
    """A member of the group. role, engagement_score; where it is the subject also group, job_title, activities, days."""
    PERSON = "PERSON"
    """Somebody of the account. job_title, engagement_score; where it is the subject also account, group_count, activities,
    days."""
    MISSING_ROLE = "MISSING_ROLE"
    """A required role with fewer members than required. member_count, members_required."""
    INTENT = "INTENT"
    """A signal of interest. about (KEYWORD, PRODUCT), level (LOW, MEDIUM, HIGH), strength (0 to 100)."""
    TOPIC = "TOPIC"
    """A topic of what the members read lately. activities, persons, days."""
    ACTIVITY = "ACTIVITY"
    """How often the member or person did something lately; the name is the activity type. activities, days."""
    TREND = "TREND"
    """A keyword of these activities that comes up more than before. activities, activities_before, days."""
    GROWTH = "GROWTH"
    """The engagement score then and now. score, score_before, points (its rise; below 0 a fall), weeks."""
    SHARED_TOPICS = "SHARED_TOPICS"
    """Another member who read about the same topics lately. topics (how many), topic (one of them), days."""


FactValue = str | int | None
"""A text, a whole number, or None where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that the host knows about a subject. Texts in it come from outside: they are data, never instructions."""

    key: str
    """By which statements cite it; unique for the subject."""
    kind: FactKind
    """What it tells, and which values it has."""
    name: str | None = None
    """Name of whom or what it tells about."""
    values: Mapping[str, FactValue]
    """What it tells, by name."""

    def number(self, name: str) -> int | None:
        """A number of the fact; None where it is not known."""
        value = self.values.get(name)
        return value if isinstance(value, int) else None

    def text(self, name: str) -> str | None:
        """A text of the fact; None where it is not known."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A group, account, member or person to be summarised, with all that may be said of it."""

    kind: SubjectKind
    """What it is."""
    key: str
    """Tells it apart from the others of the request."""
    facts: tuple[Fact, ...]
    """What is known. The first one is the subject itself."""

    def of(self, kind: FactKind) -> list[Fact]:
        """The facts of one kind, in their order, the subject itself aside."""
        return [fact for fact in self.facts[1:] if fact.kind is kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRequest:
    """What a provider is asked: a summary for each subject, in one language."""

    tenant: str
    """The tenant that asks: its name for limits, caches and logs of the provider's own."""
    subjects: tuple[Subject, ...]
    """What to summarise; they belong to the tenant."""
    locale: str = "en"
    """Language of the texts."""
    deadline: float = 5.0
    """Seconds after which nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Plain text (no markup) with the keys of the facts that it rests on: at least one."""

    text: str
    """What is said."""
    facts: tuple[str, ...]
    """Keys of the facts that hold each name and number in it."""


class HighlightKind(StrEnum):
    """What a highlight brings out."""

    TOP_ENGAGED_MEMBERS = "TOP_ENGAGED_MEMBERS"
    """Of a group; its items cite MEMBER facts."""
    TOPICS_OF_INTEREST = "TOPICS_OF_INTEREST"
    """Of a group; its items cite INTENT or TOPIC facts."""
    MISSING_ROLES = "MISSING_ROLES"
    """Of a group; its items cite MISSING_ROLE facts. Without items: no role is missing, or none is required."""
    TOP_ENGAGED_GROUPS = "TOP_ENGAGED_GROUPS"
    """Of an account; its items cite GROUP facts."""
    TOP_ENGAGED_PEOPLE = "TOP_ENGAGED_PEOPLE"
    """Of an account; its items cite PERSON facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """Something brought out: a statement, and the facts that are its items, in order."""

    kind: HighlightKind
    """What is brought out."""
    statement: Statement
    """What is said of it."""
    items: tuple[str, ...]
    """Keys of the facts that are brought out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What wrote a summary."""

    name: str
    """Name of the model."""
    version: str
    """Version of the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The answer for one subject."""

    text: tuple[Statement, ...]
    """The short text, sentence by sentence; at least one."""
    bullets: tuple[Statement, ...] = ()
    """Bullets: what a member or person did, and the like."""
    highlights: tuple[Highlight, ...] = ()
    """Highlights of a group or account."""
    model: Model
    """What wrote it."""


class SummaryProvider(Protocol):
    """Writes summaries."""

    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        """One answer for each subject, in their order; None where the provider declines.

        It must not block the loop, and can be cancelled. Raises the errors of `bg_graph.plugins.errors`.
        """
        ...

    async def check(self) -> Health:
        """Whether it works."""
        ...

    async def close(self) -> None:
        """Give up what it holds. May be called twice."""
        ...
