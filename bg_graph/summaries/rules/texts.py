"""A written summary with all that it rests on, and which rows must still be there for it to be shown later on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bg_graph.plugins.summaries import Fact, FactKind, Summary
from bg_graph.summaries.rules.languages import Language

NAMED_ROWS = frozenset({FactKind.GROUP, FactKind.ACCOUNT, FactKind.MEMBER, FactKind.PERSON, FactKind.SHARED_TOPICS})
"""Facts that name somebody, a group or an account: rows that may be gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenText:
    """What came of asking for a summary once; without a summary, every provider declined."""

    version: UUID
    """Another one for each text."""
    language: Language
    summary: Summary | None
    facts: tuple[Fact, ...]
    refs: Mapping[str, UUID]
    """The rows that facts tell about, by the key of the fact."""
    plugin: str
    plugin_version: str
    settings_hash: str
    tried: tuple[str, ...]
    """Plugins that were asked before."""
    generated_at: datetime
    seconds: float
    """How long the plugin took for it and those asked for with it."""

    def cited(self) -> Iterator[tuple[Fact, UUID]]:
        """The facts that the summary cites or brings out, with the rows that they name."""
        if self.summary is None:
            return
        statements = [*self.summary.text, *self.summary.bullets, *(each.statement for each in self.summary.highlights)]
        keys = {key for each in statements for key in each.facts}
        keys |= {key for each in self.summary.highlights for key in each.items}
        for fact in self.facts:
            if fact.key in keys and fact.kind in NAMED_ROWS and fact.key in self.refs:
                yield fact, self.refs[fact.key]
