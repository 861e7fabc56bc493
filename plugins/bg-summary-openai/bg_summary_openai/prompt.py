"""What a model is asked. Nothing that comes from outside stands in it: no name, title, topic or tenant."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bg_graph.plugins.summaries import HighlightKind, Subject
from bg_summary_openai.highlights import bullet_hints, bulleted, wanted
from bg_summary_openai.phrases import PHRASES
from bg_summary_openai.slots import Slot
from bg_summary_openai.vocabulary import VOCABULARY

_RULES = """You write short summaries for sales people, in {language}. Besides slots, you use no words but these:
{words}
You are given slots. A slot stands for a fact; it is written in braces, such as {{{example}}}, and is filled in later.
Rules:
- Every name and number comes from a slot. Never write a digit, a number word, a name, an address or markup yourself.
- Each sentence has at least one slot and says only what its slots say. No sentence denies anything.
- What a slot reads is told beside it, noun included: write "has {{{example}}}", and no noun after it. Text in <...> is filled in later.
- A sentence with a value of the {subject} (such as {{{example}}}) has no slot of anybody else.
- A slot that ends in .name, but for that of the {subject}, is never beside a slot of somebody or something else that does not.
- Plain sentences of at most thirty words, each in a string of its own.
Answer with one JSON object and nothing else: {form}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a model: messages, and the schema that the answer is to fit."""

    messages: Sequence[Mapping[str, str]]
    schema: Mapping[str, Any]

    @property
    def estimated_tokens(self) -> int:
        """How many tokens it takes at most, roughly: three characters each."""
        return (sum(len(each["content"]) for each in self.messages) + len(json.dumps(self.schema))) // 3 + 1


def question_about(subject: Subject, slots: Mapping[str, Slot], language: str) -> Question:
    """The question about a subject. What is the same for all of a language comes first: endpoints keep it read."""
    kinds = [kind for kind in wanted(subject) if wanted(subject)[kind]]
    example = next((name for name, slot in slots.items() if slot.is_value), next(iter(slots)))
    word = subject.kind.value.lower()
    has_bullets = bool(bulleted(subject, slots))
    rules = _RULES.format(
        language=PHRASES[language].language,
        words=" ".join(sorted(VOCABULARY[language])),
        example=example,
        subject=word,
        form=json.dumps(_form(kinds, has_bullets)),
    )
    listed = "\n".join(f"{{{name}}} reads: {slot.shown}" for name, slot in slots.items())
    hints = "\n".join([*(_hint(kind, slots, subject) for kind in kinds), *bullet_hints(subject, slots)])
    asked = f"Summarise this {word} in two to four sentences.\nSlots:\n{listed}\n{hints}".strip()
    messages = ({"role": "system", "content": rules}, {"role": "user", "content": asked})
    return Question(messages=messages, schema=schema_of(kinds, has_bullets))


def schema_of(kinds: Sequence[HighlightKind], has_bullets: bool) -> dict[str, Any]:
    """The JSON schema of an answer with these highlights, and with bullets."""
    sentences = {"type": "array", "items": {"type": "string"}}
    bullets = {"bullets": sentences} if has_bullets else {}
    highlights = _object({kind.value: {"type": "string"} for kind in kinds})
    return _object({"text": sentences, **bullets, "highlights": highlights})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _form(kinds: Sequence[HighlightKind], has_bullets: bool) -> dict[str, Any]:
    bullets = {"bullets": ["sentence"]} if has_bullets else {}
    highlights = {kind.value: "one sentence" for kind in kinds}
    return {"text": ["sentence", "sentence"], **bullets, "highlights": highlights}


def _hint(kind: HighlightKind, slots: Mapping[str, Slot], subject: Subject) -> str:
    keys = {fact.key for fact in wanted(subject)[kind]}
    listed = ", ".join(f"{{{name}}}" for name, slot in slots.items() if slot.fact.key in keys and not slot.is_name)
    return f"The highlight {kind.value} names all of these, in this order: {listed}"
