"""The field `aiSummary` of groups, accounts, members and persons: asked for together by all of a level."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Column

from bg_graph.accounts.graphql import Account, Person
from bg_graph.buying_groups.graphql.groups import BuyingGroup
from bg_graph.buying_groups.graphql.members import Member
from bg_graph.execution.fields import argument
from bg_graph.execution.records import Record
from bg_graph.graph.types import batch, field_of
from bg_graph.plugins.summaries import SubjectKind
from bg_graph.summaries.answering import SERVICE, Asked, Summaries
from bg_graph.summaries.graphql.showing import shown
from bg_graph.summaries.graphql.types import AiSummary, SummaryLanguage
from bg_graph.summaries.rules.languages import Language
from bg_graph.summaries.stamps import SUBJECTS
from bg_graph.tenancy.graphql import Info

Shown = list[AiSummary | Exception | None]


def language_of(given: SummaryLanguage | None) -> Language | None:
    """The language that a caller asks for; None: the tenant's own."""
    return None if given is None else Language[given.name]


def _summaries_of(kind: SubjectKind, key: Column[Any]) -> Callable[..., Awaitable[Shown]]:
    """The function that gives the summaries of all subjects of a level."""

    async def summaries(records: list[Record], info: Info, language: SummaryLanguage | None = None) -> Shown:
        context = info.context
        service: Summaries = context.services[SERVICE]
        ids = tuple(record[key] for record in records)
        asked = Asked(context.caller, kind, ids, language_of(language), context.now)
        answers = await service.answers(await context.db(), asked)
        return [shown(answers.get(each)) for each in ids]

    return summaries


_FAILED = "null with an error if it failed and no earlier one can be shown"
_FIELDS = (
    (BuyingGroup, SubjectKind.GROUP, f"A generated summary of the group; {_FAILED}."),
    (Account, SubjectKind.ACCOUNT, f"A generated summary of the account; {_FAILED}."),
    (Member, SubjectKind.MEMBER, f"A generated summary of the member; {_FAILED}."),
    (
        Person,
        SubjectKind.PERSON,
        f"A generated summary of the person; null where neither score, activity nor group is known, and {_FAILED}.",
    ),
)
for _type, _kind, _description in _FIELDS:
    _key = SUBJECTS[_kind].c.id
    _language = argument(
        "language", SummaryLanguage | None, "Language of the texts; without it, the tenant's.", default=None
    )
    field_of(
        _type, "ai_summary", AiSummary | None, batch(_summaries_of(_kind, _key), (_key,), _description, (_language,))
    )
