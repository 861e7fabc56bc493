"""What an author of a summary provider tells the exam, and how the exam asks."""

from collections.abc import Iterator, Sequence
from typing import Any

from bg_graph.plugins.plugin import Capability
from bg_graph.plugins.summaries import Statement, Subject, SubjectKind, Summary, SummaryRequest
from bg_graph.plugins.testing.behaving import Behaviour
from bg_graph.plugins.testing.checks import demand
from bg_graph.plugins.testing.summaries.subjects import subject, token, tokens_in

DEADLINE = 5.0
"""Seconds that the exam gives for an answer."""


class SummaryCalls(Behaviour):
    """What an author of a summary provider tells the exam, and how the exam asks."""

    capability = Capability.SUMMARY
    methods = ("summarize", "check", "close")

    kinds: Sequence[SubjectKind] = tuple(SubjectKind)
    """What it writes about."""
    locales: Sequence[str] = ("en",)
    """Languages that it writes."""
    deterministic: bool = True
    """It promises the same words for the same facts."""
    longest: int = 1500
    """Characters that the short text may have."""
    deadline: float = DEADLINE
    """Seconds that the provider is given for an answer."""

    def usual(self, number: int, tenant: str = "alpha") -> tuple[str, Any]:
        """A summary of one subject."""
        return "summarize", self.request([subject(self.kinds[0], number)], tenant)

    def strangeness(self, request: Any, answer: Any) -> str | None:
        """Whether there is one answer for each subject, which says nothing of others."""
        if len(answer) != len(request.subjects):
            return f"{len(request.subjects)} subjects were asked for, {len(answer)} answers given."
        for asked, given in zip(request.subjects, answer, strict=True):
            own = token(int(asked.key.removeprefix("subject-")))
            others = {word for each in statements(given) for word in tokens_in(each.text)} - {own}
            if others:
                return f"the summary of {own} speaks of {', '.join(sorted(others))}."
        return None

    def request(self, subjects: Sequence[Subject], tenant: str = "alpha", *, locale: str = "") -> SummaryRequest:
        """A request for summaries."""
        language = locale or self.locales[0]
        return SummaryRequest(tenant=tenant, subjects=tuple(subjects), locale=language, deadline=self.deadline)

    async def summaries(self, *subjects: Subject, locale: str = "") -> list[Summary]:
        """The summaries of subjects; that there is one of each is demanded."""
        async with self.provider() as built:
            answers = await built.call("summarize", self.request(subjects, locale=locale))
        for asked, answer in zip(subjects, answers, strict=False):
            demand(isinstance(answer, Summary), f"Of a {asked.kind} of which much is known the answer is {answer!r}.")
        return list(answers)

    def rich(self, number: int = 1) -> list[Subject]:
        """One subject of each kind, of which much is known."""
        return [subject(kind, number + place) for place, kind in enumerate(self.kinds)]

    async def each_alone(self, subjects: Sequence[Subject]) -> list[tuple[Subject, Summary]]:
        """Subjects with their summaries, each asked for by itself."""
        return [(each, (await self.summaries(each))[0]) for each in subjects]


def statements(summary: Summary | None) -> Iterator[Statement]:
    """All that a summary says."""
    if isinstance(summary, Summary):
        yield from summary.text
        yield from summary.bullets
        yield from (highlight.statement for highlight in summary.highlights)
