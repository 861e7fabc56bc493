"""Requests as a later minor of the contract may have them: with one more field that has a default."""

from dataclasses import dataclass, fields
from typing import Any

from bg_graph.plugins.email import FindRequest, Inbound, ListRequest, SendRequest
from bg_graph.plugins.intent import IntentRequest, TrainingRequest
from bg_graph.plugins.summaries import SummaryRequest

NEW = "something that a later contract says"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterSend(SendRequest):
    """A request of a later contract."""

    added_later: str = NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterFind(FindRequest):
    """A request of a later contract."""

    added_later: str = NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterList(ListRequest):
    """A request of a later contract."""

    added_later: str = NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterInbound(Inbound):
    """A request of a later contract."""

    added_later: str = NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterIntent(IntentRequest):
    """A request of a later contract."""

    added_later: str = NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterTraining(TrainingRequest):
    """A request of a later contract."""

    added_later: str = NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterSummary(SummaryRequest):
    """A request of a later contract."""

    added_later: str = NEW


_LATER: tuple[Any, ...] = (
    LaterSend,
    LaterFind,
    LaterList,
    LaterInbound,
    LaterIntent,
    LaterTraining,
    LaterSummary,
)


def as_of_later(request: Any) -> Any:
    """A request as a later contract has it; None for what is no request."""
    for later in _LATER:
        if type(request) is later.__mro__[1]:
            return later(**{field.name: getattr(request, field.name) for field in fields(later.__mro__[1])})
    return None
