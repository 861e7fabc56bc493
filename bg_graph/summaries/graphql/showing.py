"""From what was written to what is shown: node ids for the rows that facts name, the disclaimer in the text's language."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry

from bg_graph.accounts.graphql import Person
from bg_graph.buying_groups.graphql.catalog import Role
from bg_graph.buying_groups.graphql.groups import BuyingGroup
from bg_graph.buying_groups.graphql.members import Member
from bg_graph.execution.declarations import Shape
from bg_graph.execution.node_ids import node_id
from bg_graph.execution.records import Record
from bg_graph.execution.selection import Selection
from bg_graph.graph.errors import Coded
from bg_graph.intent.graphql import Level, ModelInfo
from bg_graph.plugins.summaries import Fact, Highlight, HighlightKind, Statement, Summary
from bg_graph.summaries.answering import Answer, Pending, Shown
from bg_graph.summaries.graphql.types import (
    AiSummary,
    EngagedGroup,
    EngagedMember,
    EngagedPerson,
    MissingRole,
    MissingRoles,
    SummaryCitation,
    SummaryFact,
    SummaryFactKind,
    SummaryFactValue,
    SummaryFeedback,
    SummaryLanguage,
    SummaryStatus,
    SummaryVerdict,
    TopEngagedGroups,
    TopEngagedMembers,
    TopEngagedPeople,
    TopicOfInterest,
    TopicsOfInterest,
)
from bg_graph.summaries.reads import Feedback
from bg_graph.summaries.rules.languages import DISCLAIMERS, Language
from bg_graph.summaries.rules.texts import WrittenText

Refs = Mapping[str, UUID]
"""The rows that facts tell about, by the key of the fact."""


def shown(answer: Answer) -> AiSummary | Exception | None:
    """An answer as the field shows it; an error stands for itself."""
    match answer:
        case Shown(text=text) if text.summary is not None:
            return _text(text, text.summary, answer)
        case Pending(language=language):
            return _pending(language)
        case Coded():
            return answer
    return None


def _pending(language: Language) -> AiSummary:
    return AiSummary(
        text=None,
        bullets=[],
        highlights=[],
        citations=[],
        disclaimer=DISCLAIMERS[language],
        status=SummaryStatus.PENDING,
        provider=None,
        plugin_version=None,
        tried_before=[],
        generated_at=None,
        seconds=None,
        language=SummaryLanguage(language.value),
        version=None,
        feedback=None,
    )


def _text(text: WrittenText, summary: Summary, answer: Shown) -> AiSummary:
    statements = [*summary.text, *summary.bullets, *(each.statement for each in summary.highlights)]
    facts = {fact.key: fact for fact in text.facts}
    return AiSummary(
        text=" ".join(statement.text for statement in summary.text),
        bullets=[bullet.text for bullet in summary.bullets],
        highlights=[_highlight(each, facts, text.refs) for each in summary.highlights],
        citations=[_citation(statement, facts) for statement in statements],
        disclaimer=DISCLAIMERS[text.language],
        status=SummaryStatus.FRESH if answer.is_fresh else SummaryStatus.STALE,
        provider=_model_info(text.plugin, summary.model.name, summary.model.version),
        plugin_version=text.plugin_version,
        tried_before=list(text.tried),
        generated_at=text.generated_at,
        seconds=text.seconds,
        language=SummaryLanguage(text.language.value),
        version=text.version.hex,
        feedback=_feedback(answer.feedback),
    )


def _feedback(feedback: Feedback) -> SummaryFeedback:
    verdict = None if feedback.verdict is None else SummaryVerdict(feedback.verdict)
    return SummaryFeedback(verdict=verdict, reason=feedback.reason, up=feedback.up, down=feedback.down)


def _citation(statement: Statement, facts: dict[str, Fact]) -> SummaryCitation:
    return SummaryCitation(statement=statement.text, facts=[_fact(facts[key]) for key in statement.facts])


def _fact(fact: Fact) -> SummaryFact:
    values = [
        SummaryFactValue(name=name, value=None if value is None else str(value)) for name, value in fact.values.items()
    ]
    return SummaryFact(key=fact.key, kind=SummaryFactKind(fact.kind.value), name=fact.name, values=values)


def _model_info(plugin: str, name: str, version: str) -> Any:
    """The model as the record that the type `ModelInfo` shows."""
    selection = Selection(Shape(ModelInfo, "", None), (), (), (), ())
    return Record(selection, {"plugin": plugin, "name": name, "version": version}, {})


def _highlight(highlight: Highlight, facts: dict[str, Fact], refs: Refs) -> Any:
    text, items = highlight.statement.text, [facts[key] for key in highlight.items]
    match highlight.kind:
        case HighlightKind.TOP_ENGAGED_MEMBERS:
            return TopEngagedMembers(text=text, members=[_member(item, refs) for item in items])
        case HighlightKind.TOPICS_OF_INTEREST:
            return TopicsOfInterest(text=text, topics=[_topic(item) for item in items])
        case HighlightKind.MISSING_ROLES:
            return MissingRoles(text=text, roles=[_role(item, refs) for item in items])
        case HighlightKind.TOP_ENGAGED_GROUPS:
            return TopEngagedGroups(text=text, groups=[_group(item, refs) for item in items])
        case HighlightKind.TOP_ENGAGED_PEOPLE:
            return TopEngagedPeople(text=text, people=[_person(item, refs) for item in items])


def _node_id(shown_as: type, fact: Fact, refs: Refs) -> strawberry.ID:
    shape: Shape = vars(shown_as)["__shape__"]
    return strawberry.ID(node_id(shape.prefix, refs[fact.key]))


def _member(fact: Fact, refs: Refs) -> EngagedMember:
    return EngagedMember(
        member_id=_node_id(Member, fact, refs),
        name=fact.name or "",
        role=fact.text("role"),
        engagement_score=fact.number("engagement_score"),
    )


def _person(fact: Fact, refs: Refs) -> EngagedPerson:
    return EngagedPerson(
        person_id=_node_id(Person, fact, refs),
        name=fact.name or "",
        job_title=fact.text("job_title"),
        engagement_score=fact.number("engagement_score"),
    )


def _group(fact: Fact, refs: Refs) -> EngagedGroup:
    return EngagedGroup(
        buying_group_id=_node_id(BuyingGroup, fact, refs),
        name=fact.name or "",
        engagement_score=fact.number("engagement_score"),
    )


def _role(fact: Fact, refs: Refs) -> MissingRole:
    return MissingRole(
        role_id=_node_id(Role, fact, refs),
        name=fact.name or "",
        member_count=fact.number("member_count"),
        members_required=fact.number("members_required"),
    )


def _topic(fact: Fact) -> TopicOfInterest:
    level = fact.text("level")
    return TopicOfInterest(
        name=fact.name or "",
        level=None if level is None else Level(level),
        strength=fact.number("strength"),
        activity_count=fact.number("activities"),
        member_count=fact.number("persons"),
    )
