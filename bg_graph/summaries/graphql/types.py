"""AI summaries as they are shown: text, bullets and typed highlights, and for each statement the facts that it rests on."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from bg_graph.intent.graphql import Level, ModelInfo
from bg_graph.plugins.summaries import FactKind
from bg_graph.summaries.rules.languages import Language


@strawberry.enum(description="How current a summary is.")
class SummaryStatus(Enum):
    """How current a summary is."""

    FRESH = strawberry.enum_value("FRESH", description="It rests on what is known now.")
    STALE = strawberry.enum_value("STALE", description="Something that it rests on has changed since.")
    PENDING = strawberry.enum_value("PENDING", description="It is being written; there is no text yet.")


@strawberry.enum(description="A language of summaries.")
class SummaryLanguage(Enum):
    """A language of summaries."""

    EN = strawberry.enum_value(Language.EN.value, description="English.")
    NL = strawberry.enum_value(Language.NL.value, description="Dutch.")
    DE = strawberry.enum_value(Language.DE.value, description="German.")


@strawberry.enum(description="What somebody thinks of a summary.")
class SummaryVerdict(Enum):
    """What somebody thinks of a summary."""

    UP = strawberry.enum_value("UP", description="It is good.")
    DOWN = strawberry.enum_value("DOWN", description="It is not.")


@strawberry.type(description="What callers think of one text of a summary.")
class SummaryFeedback:
    """What callers think of a text."""

    verdict: SummaryVerdict | None = strawberry.field(description="The caller's own verdict; null where there is none.")
    reason: str | None = strawberry.field(description="The reason that the caller gave.")
    up: int = strawberry.field(description="How many callers find it good.")
    down: int = strawberry.field(description="How many callers do not.")


@strawberry.enum(description="What a fact tells.")
class SummaryFactKind(Enum):
    """What a fact tells."""

    GROUP = strawberry.enum_value(FactKind.GROUP.value, description="A buying group.")
    ACCOUNT = strawberry.enum_value(FactKind.ACCOUNT.value, description="A company.")
    MEMBER = strawberry.enum_value(FactKind.MEMBER.value, description="A member of a buying group.")
    PERSON = strawberry.enum_value(FactKind.PERSON.value, description="Somebody of an account.")
    MISSING_ROLE = strawberry.enum_value(FactKind.MISSING_ROLE.value, description="A role with too few members.")
    INTENT = strawberry.enum_value(FactKind.INTENT.value, description="A signal of interest.")
    TOPIC = strawberry.enum_value(FactKind.TOPIC.value, description="A topic of what members read lately.")
    ACTIVITY = strawberry.enum_value(FactKind.ACTIVITY.value, description="How often somebody did something lately.")
    TREND = strawberry.enum_value(FactKind.TREND.value, description="A keyword that comes up more than before.")
    GROWTH = strawberry.enum_value(FactKind.GROWTH.value, description="An engagement score then and now.")
    SHARED_TOPICS = strawberry.enum_value(
        FactKind.SHARED_TOPICS.value, description="Another member who read about the same topics lately."
    )


@strawberry.type(description="One value of a fact.")
class SummaryFactValue:
    """One value of a fact."""

    name: str = strawberry.field(description="What it is, such as `engagement_score`.")
    value: str | None = strawberry.field(description="The value as text; null where it is not known.")


@strawberry.type(description="Something known that a statement rests on.")
class SummaryFact:
    """Something known."""

    key: str = strawberry.field(description="Tells it apart from the other facts of the summary.")
    kind: SummaryFactKind = strawberry.field(description="What it tells.")
    name: str | None = strawberry.field(description="Name of whom or what it tells about.")
    values: list[SummaryFactValue] = strawberry.field(description="What it tells.")


@strawberry.type(description="Which facts a statement of a summary rests on.")
class SummaryCitation:
    """Which facts a statement rests on."""

    statement: str = strawberry.field(description="A sentence of the text, a bullet, or the text of a highlight.")
    facts: list[SummaryFact] = strawberry.field(description="The facts that hold each name and number in it.")


@strawberry.type(description="A member who is brought out.")
class EngagedMember:
    """A member who is brought out."""

    member_id: strawberry.ID = strawberry.field(description="Id of the member.")
    name: str = strawberry.field(description="Full name.")
    role: str | None = strawberry.field(description="Role in the group.")
    engagement_score: int | None = strawberry.field(description="Engagement score of the person, 0 to 100.")


@strawberry.type(description="Somebody of an account who is brought out.")
class EngagedPerson:
    """Somebody who is brought out."""

    person_id: strawberry.ID = strawberry.field(description="Id of the person.")
    name: str = strawberry.field(description="Full name.")
    job_title: str | None = strawberry.field(description="Job title.")
    engagement_score: int | None = strawberry.field(description="Engagement score, 0 to 100.")


@strawberry.type(description="A buying group that is brought out.")
class EngagedGroup:
    """A group that is brought out."""

    buying_group_id: strawberry.ID = strawberry.field(description="Id of the buying group.")
    name: str = strawberry.field(description="Name of the group.")
    engagement_score: int | None = strawberry.field(description="Engagement score, 0 to 100.")


@strawberry.type(description="Something that members are interested in: predicted, or read about.")
class TopicOfInterest:
    """Something that members are interested in."""

    name: str = strawberry.field(description="Product, keyword or topic.")
    level: Level | None = strawberry.field(description="Level of the interest where it was predicted.")
    strength: int | None = strawberry.field(description="Strength of the interest, 0 to 100, where it was predicted.")
    activity_count: int | None = strawberry.field(description="Activities in the last 30 days where it was read about.")
    member_count: int | None = strawberry.field(description="Members who read about it in the last 30 days.")


@strawberry.type(description="A required role with fewer members than required.")
class MissingRole:
    """A role that is missing."""

    role_id: strawberry.ID = strawberry.field(description="Id of the role.")
    name: str = strawberry.field(description="Name of the role.")
    member_count: int | None = strawberry.field(description="Members with the role.")
    members_required: int | None = strawberry.field(description="Members that the role needs.")


@strawberry.type(description="The members with the highest engagement scores.")
class TopEngagedMembers:
    """The most engaged members."""

    text: str = strawberry.field(description="The highlight in words.")
    members: list[EngagedMember] = strawberry.field(description="Most engaged first; empty where nobody is engaged.")


@strawberry.type(description="What the members are interested in.")
class TopicsOfInterest:
    """What the members are interested in."""

    text: str = strawberry.field(description="The highlight in words.")
    topics: list[TopicOfInterest] = strawberry.field(description="Predicted interests first, then what was read about.")


@strawberry.type(description="Which roles are missing; that none is missing is said too.")
class MissingRoles:
    """Which roles are missing."""

    text: str = strawberry.field(description="The highlight in words.")
    roles: list[MissingRole] = strawberry.field(description="In the template's order; empty where none is missing.")


@strawberry.type(description="The account's buying groups with the highest engagement scores.")
class TopEngagedGroups:
    """The most engaged groups."""

    text: str = strawberry.field(description="The highlight in words.")
    groups: list[EngagedGroup] = strawberry.field(description="Most engaged first; empty where none is engaged.")


@strawberry.type(description="The account's people with the highest engagement scores.")
class TopEngagedPeople:
    """The most engaged people."""

    text: str = strawberry.field(description="The highlight in words.")
    people: list[EngagedPerson] = strawberry.field(description="Most engaged first; empty where nobody is engaged.")


SummaryHighlight = Annotated[
    TopEngagedMembers | TopicsOfInterest | MissingRoles | TopEngagedGroups | TopEngagedPeople,
    strawberry.union("SummaryHighlight", description="Something that a summary brings out."),
]


@strawberry.type(description="A generated summary of a buying group, an account, a member or a person.")
class AiSummary:
    """A generated summary."""

    text: str | None = strawberry.field(
        description="The short text, as all texts here without markup: what looks like it is a part of a name. Null only "
        "while it is PENDING."
    )
    bullets: list[str] = strawberry.field(
        description="What a member or person did, and the like; empty for groups and accounts."
    )
    highlights: list[SummaryHighlight] = strawberry.field(description="Highlights of a group or account.")
    citations: list[SummaryCitation] = strawberry.field(
        description="For each statement (of the text, the bullets, the highlights) the facts that it rests on."
    )
    disclaimer: str = strawberry.field(description="To be shown with the summary: that it is generated.")
    status: SummaryStatus = strawberry.field(description="How current it is.")
    provider: ModelInfo | None = strawberry.field(description="What wrote it.")
    plugin_version: str | None = strawberry.field(description="Version of the plugin that wrote it.")
    tried_before: list[str] = strawberry.field(
        description="Plugins that were asked before that one, in their order, and gave nothing that may be shown."
    )
    generated_at: datetime | None = strawberry.field(description="When it was written.")
    seconds: float | None = strawberry.field(
        description="How long it took to write it and those that were asked for with it."
    )
    language: SummaryLanguage = strawberry.field(description="Language of the texts.")
    version: str | None = strawberry.field(description="Another one for each text; `rateSummary` takes it.")
    feedback: SummaryFeedback | None = strawberry.field(
        description="What callers think of this text; null while it is PENDING."
    )
