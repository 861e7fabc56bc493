"""Statements that cite: the words of a summary, each with the facts that it rests on."""

from bg_graph.plugins.summaries import Fact, Statement


def say(text: str, *facts: Fact) -> Statement:
    """A statement that rests on facts."""
    return Statement(text=text, facts=tuple(fact.key for fact in facts))


def with_details(name: str | None, *details: str | int | None) -> str:
    """A name with what is known of it in brackets: Ada Lovelace (Champion, 81)."""
    known = [str(detail) for detail in details if detail is not None]
    return f"{name} ({', '.join(known)})" if known else str(name)
