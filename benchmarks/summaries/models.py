"""Two language models: one that does as it is told, one that lies, babbles, obeys others or breaks down."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from adversaries import ANSWERS, LIES, NO_SENTENCES, only_lie, with_lie
from openai_server import Answer, honest

Model = Callable[[dict[str, Any]], Answer]
OPENERS = {
    "English": "This is what there is: of those with the most, it is ",
    "Dutch": "Dit is wat er is, en het meest van de ",
    "German": "Das ist es, und am meisten sind es die von ",
}
BREAKDOWNS = (
    {"status": 429, "headers": (("retry-after", "600"),)},
    {"status": 500},
    {"status": 503},
    {"cut": "head"},
    {"cut": "body"},
    {"content": None, "refusal": "I can't help with that."},
    {"finish": "content_filter"},
    {"finish": "length"},
)


def fluent(question: dict[str, Any]) -> str:
    """What a model writes that does as it is told, in the language asked for."""
    asked = question["messages"][0]["content"]
    return honest(question, next(words for language, words in OPENERS.items() if f"in {language}." in asked))


def good(question: dict[str, Any]) -> Answer:
    """A model that does as it is told."""
    return Answer(content=fluent(question))


def badly() -> Model:
    """A model that does something else wrong with each question."""
    ways, number = list(_ways()), count()
    return lambda question: ways[next(number) % len(ways)](question)


def _ways() -> Iterator[Model]:
    for lie in (*(lie for lie, _ in LIES.values()), *NO_SENTENCES.values()):
        yield with_lie(lie, fluent)
        yield only_lie(lie, "text", fluent)
        yield only_lie(lie, "highlights", fluent)
    for content, _ in ANSWERS.values():
        yield _saying(content=content)
    for given in BREAKDOWNS:
        yield _saying(**given)


def _saying(**given: Any) -> Model:
    return lambda question: Answer(**{"content": json.dumps({}), **given})


HOW_MANY_WAYS = len(list(_ways()))
