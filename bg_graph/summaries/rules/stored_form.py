"""The form in which summaries and their facts are kept: JSON that says everything, in the order in which it was said."""

from collections.abc import Mapping, Sequence
from typing import Any

from bg_graph.plugins.summaries import Fact, FactKind, Highlight, HighlightKind, Model, Statement, Summary

Data = dict[str, Any]


def content_data(summary: Summary) -> Data:
    """Text, bullets and highlights, each statement with the keys of its facts."""
    return {
        "text": [_said(each) for each in summary.text],
        "bullets": [_said(each) for each in summary.bullets],
        "highlights": [
            {"kind": each.kind.value, "items": list(each.items), **_said(each.statement)} for each in summary.highlights
        ],
    }


def summary_of(content: Data, model: Model) -> Summary:
    """The summary that was kept so."""
    return Summary(
        text=tuple(map(_statement, content["text"])),
        bullets=tuple(map(_statement, content["bullets"])),
        highlights=tuple(
            Highlight(kind=HighlightKind(each["kind"]), statement=_statement(each), items=tuple(each["items"]))
            for each in content["highlights"]
        ),
        model=model,
    )


def facts_data(facts: Sequence[Fact]) -> list[Data]:
    """Facts in their order, the values of each in theirs: JSON objects do not keep one everywhere."""
    return [
        {"key": fact.key, "kind": fact.kind.value, "name": fact.name, "values": [list(pair) for pair in _values(fact)]}
        for fact in facts
    ]


def facts_of(data: Sequence[Mapping[str, Any]]) -> tuple[Fact, ...]:
    """The facts that were kept so."""
    return tuple(
        Fact(key=each["key"], kind=FactKind(each["kind"]), name=each["name"], values=dict(each["values"]))
        for each in data
    )


def _said(statement: Statement) -> Data:
    return {"said": statement.text, "facts": list(statement.facts)}


def _statement(data: Mapping[str, Any]) -> Statement:
    return Statement(text=data["said"], facts=tuple(data["facts"]))


def _values(fact: Fact) -> Sequence[tuple[str, Any]]:
    return list(fact.values.items())
