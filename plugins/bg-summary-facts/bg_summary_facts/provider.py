"""The provider: sentences made of the facts alone. No network, no chance: the same facts give the same words."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.health import Health
from bg_graph.plugins.plugin import NoSettings
from bg_graph.plugins.summaries import Model, Subject, SubjectKind, Summary, SummaryRequest
from bg_summary_facts.accounts import account_summary
from bg_summary_facts.groups import group_summary
from bg_summary_facts.languages import words_of
from bg_summary_facts.members import member_summary
from bg_summary_facts.persons import person_summary
from bg_summary_facts.words import Words

MODEL = Model(name="facts", version="1.1.0")

_WRITERS: Mapping[SubjectKind, Callable[[Subject, Model, Words], Summary | None]] = MappingProxyType(
    {
        SubjectKind.GROUP: group_summary,
        SubjectKind.ACCOUNT: account_summary,
        SubjectKind.MEMBER: member_summary,
        SubjectKind.PERSON: person_summary,
    }
)


class FactsProvider:
    """Writes summaries from the facts alone, in English, Dutch and German; in English where another language is asked for."""

    def __init__(self, settings: NoSettings, context: ProviderContext) -> None: ...

    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        """One answer for each subject; None for one of which nothing is known."""
        words = words_of(request.locale)
        return [_WRITERS[each.kind](each, MODEL, words) if each.facts else None for each in request.subjects]

    async def check(self) -> Health:
        """It needs nothing, and so always works."""
        return Health(healthy=True, message="needs nothing")

    async def close(self) -> None:
        """It holds nothing."""
