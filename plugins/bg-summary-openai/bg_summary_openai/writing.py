"""A summary made of a model's draft: what the wall lets through, or none where too little is left."""

from collections import Counter
from collections.abc import Mapping, Sequence

from bg_graph.plugins.summaries import Highlight, Model, Statement, Subject, Summary
from bg_summary_openai.draft import Draft
from bg_summary_openai.highlights import bulleted, highlight_of, wanted
from bg_summary_openai.phrases import PHRASES
from bg_summary_openai.slots import Slot
from bg_summary_openai.wall import Drop, filled

MOST_SENTENCES = 6
"""Sentences of a text, and bullets."""


def written(
    subject: Subject, draft: Draft, slots: Mapping[str, Slot], language: str, model: Model
) -> tuple[Summary | None, Counter[Drop]]:
    """The summary, None where a sentence, bullet or highlight that it must have is missing; and what was dropped, by reason."""
    drops: Counter[Drop] = Counter()
    text = _sentences(draft.text, slots, language, drops)
    bullets = _sentences(draft.bullets if bulleted(subject, slots) else (), slots, language, drops)
    highlights: list[Highlight] = []
    for kind in wanted(subject):
        template = draft.highlights.get(kind.value)
        found = highlight_of(kind, subject, template, slots, PHRASES[language], language)
        if isinstance(found, Drop):
            drops[found] += 1
            return None, drops
        highlights.append(found)
    if not text or not _tell_all(bullets, subject, slots):
        return None, drops
    summary = Summary(text=tuple(text), bullets=tuple(bullets), highlights=tuple(highlights), model=model)
    return summary, drops


def _tell_all(bullets: Sequence[Statement], subject: Subject, slots: Mapping[str, Slot]) -> bool:
    """Whether the bullets of a person tell something of each kind that they are to tell of."""
    cited = {key for bullet in bullets for key in bullet.facts}
    return all(not cited.isdisjoint(slots[name].fact.key for name in names) for names in bulleted(subject, slots))


def _sentences(
    templates: Sequence[object], slots: Mapping[str, Slot], language: str, drops: Counter[Drop]
) -> list[Statement]:
    kept: list[Statement] = []
    for template in templates[: MOST_SENTENCES * 2]:
        found = filled(template, slots, language)
        if isinstance(found, Drop):
            drops[found] += 1
        elif found.statement in kept:
            drops[Drop.REPEATED] += 1
        else:
            kept.append(found.statement)
    return kept[:MOST_SENTENCES]
