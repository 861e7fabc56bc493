"""The words of a language, and how its numbers and lists are said. Braces stand for what the facts say, and are named in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Noun = tuple[str, str]
"""For one, and for several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWords:
    """Of a buying group."""

    size: str
    """Name, members."""
    no_members: str
    """Name."""
    score: str
    not_scored: str
    complete: str
    none_required: str
    most_engaged: str
    strongest_interest: str
    top_members: Noun
    nobody: str
    nobody_scored: str
    nobody_engaged: str
    interest: str
    looked_at: str
    """Days, topics."""
    topic: str
    """Activities, members."""
    no_topics: str
    missing: Noun
    of_required: str
    """Members, members required."""
    none_missing: str
    none_missing_none_required: str
    levels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWords:
    """Of an account."""

    size: str
    """Account, people and groups."""
    no_people: str
    no_groups: str
    deals: str
    no_deals: str
    most_engaged_group: str
    most_engaged_person: str
    top_groups: Noun
    no_group_yet: str
    no_group_scored: str
    no_group_engaged: str
    top_people: Noun
    nobody_yet: str
    nobody_scored: str
    nobody_engaged: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWords:
    """Of a member or person."""

    member: str
    """Name, role, group."""
    member_without_role: str
    """Name."""
    person: str
    """Name, account."""
    person_without_account: str
    """Name."""
    score: str
    not_scored: str
    no_activity: str
    did: str
    """Days, activities, which."""
    of_type: str
    """How many, type."""
    trending: Noun
    trend: str
    """Activities, how many before, days."""
    none_before: str
    same_score: str
    """Score, weeks."""
    rose: str
    """Weeks, points, from, to."""
    fell: str
    """Weeks, points, from, to."""
    shares: str
    shared: str
    """How many topics, one of them."""
    in_no_group: str
    in_groups: str
    """How many, which."""
    lately_in: str
    """How many, which of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A language."""

    language: str
    """Its code of two letters."""
    both: str
    """Stands before the last of a list."""
    members: Noun
    of_members: Noun
    """Behind the word for `of`."""
    people: Noun
    groups: Noun
    deals: Noun
    activities: Noun
    points: Noun
    days: Noun
    weeks: Noun
    group: GroupWords
    account: AccountWords
    person: PersonWords

    def joined(self, parts: Sequence[str]) -> str:
        """A list as one says it: a, b and c."""
        return f" {self.both} ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)


def counted(number: int, noun: Noun) -> str:
    """A number with its noun: 1 member, 2 members."""
    return f"{number} {of_number(number, noun)}"


def of_number(number: int, noun: Noun) -> str:
    """The form of a noun, or of a sentence, for a number."""
    return noun[0] if number == 1 else noun[1]
