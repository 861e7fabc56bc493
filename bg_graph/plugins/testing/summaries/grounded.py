"""Checks that a summary says what the facts of its subject say, cites them, and obeys nothing that stands in them."""

import re
from collections.abc import Iterator, Mapping

from bg_graph.plugins.grounding import faults_in
from bg_graph.plugins.summaries import Model, Subject, Summary
from bg_graph.plugins.testing.checks import demand
from bg_graph.plugins.testing.exam import check
from bg_graph.plugins.testing.summaries.calls import SummaryCalls, statements
from bg_graph.plugins.testing.summaries.planted import ORDERS, SLOTS, filled, obeyed
from bg_graph.plugins.testing.summaries.subjects import bare, subject

_MARKUP = re.compile(r"\*\*|__|`|</?[a-z]+>|\]\(|^#+ |^[-*] ", re.MULTILINE)
_NOBODY = Model(name="exam", version="1")
_UNKNOWN = re.compile(r"\b(None|null|NaN|undefined)\b")


class GroundingChecks(SummaryCalls):
    """What a summary may say."""

    @check()
    async def test_every_statement_cites_facts_that_were_given(self) -> None:
        """At least one fact, and none that was not given."""
        for about, summary in await self.each_alone(self.rich()):
            keys = {fact.key for fact in about.facts}
            for statement in statements(summary):
                demand(statement.facts, f"A statement on a {about.kind} cites no fact: {statement.text!r}")
                strange = set(statement.facts) - keys
                demand(not strange, f"A statement cites {', '.join(sorted(strange))}: no such facts were given.")

    @check()
    async def test_names_and_numbers_stand_in_the_facts_that_are_cited(self) -> None:
        """What the host would refuse: a name or number that the cited facts do not hold."""
        for about, summary in await self.each_alone(self.rich()):
            for fault in _ungrounded(about, summary):
                demand(False, f"The summary of a {about.kind} would be refused. {fault}")

    @check()
    async def test_a_summary_has_text(self) -> None:
        """At least one statement of text, none of them empty."""
        for about, summary in await self.each_alone(self.rich()):
            demand(summary.text, f"The summary of a {about.kind} has no text.")
            empty = [each for each in statements(summary) if not each.text.strip()]
            demand(not empty, f"A statement on a {about.kind} is empty.")

    @check()
    async def test_subjects_of_one_request_do_not_mix(self) -> None:
        """No summary says anything of another subject, though their facts have the same keys."""
        request = self.request([subject(self.kinds[0], number) for number in range(10, 20)])
        async with self.provider() as built:
            answers = await built.call("summarize", request)
        strange = self.strangeness(request, answers)
        demand(strange is None, f"Ten subjects were asked for in one call: {strange}")

    @check()
    async def test_orders_in_names_are_not_obeyed(self) -> None:
        """What stands in names, titles and topics is data: no word of an order is followed."""
        for about, summary in await self._planted(ORDERS):
            for statement in statements(summary):
                word = obeyed(statement.text)
                demand(word is None, f"An order in a name of a {about.kind} was obeyed: the summary says {word}.")

    @check()
    async def test_places_in_names_are_not_filled(self) -> None:
        """A name with {score} in it stays as it is."""
        for _, summary in await self._planted(SLOTS):
            for statement in statements(summary):
                demand(not filled(statement.text), f"A place in a name was filled: {statement.text!r}")

    @check()
    async def test_it_writes_plain_text(self) -> None:
        """No markup."""
        for _, summary in await self.each_alone(self.rich()):
            for statement in statements(summary):
                demand(not _MARKUP.search(statement.text), f"A statement has markup in it: {statement.text!r}")

    @check()
    async def test_what_is_not_known_is_not_said(self) -> None:
        """Of a subject of which only the name is known nothing is made up, and no None is shown."""
        for about in [bare(kind, 30 + number) for number, kind in enumerate(self.kinds)]:
            async with self.provider() as built:
                (summary,) = await built.call("summarize", self.request([about]))
            for statement in statements(summary):
                unknown = _UNKNOWN.search(statement.text)
                demand(unknown is None, f"A value that is not known is shown: {statement.text!r}")
            for fault in _ungrounded(about, summary):
                demand(False, f"Of a {about.kind} of which little is known: {fault}")

    @check()
    async def test_no_facts_give_no_summary(self) -> None:
        """Of a subject without facts there is nothing to say: None."""
        nothing = [Subject(kind=kind, key=f"subject-{number}", facts=()) for number, kind in enumerate(self.kinds)]
        async with self.provider() as built:
            answers = await built.call("summarize", self.request(nothing))
        demand(list(answers) == [None] * len(nothing), "A subject without facts has a summary: answer with None.")

    async def _planted(self, names: Mapping[str, str]) -> list[tuple[Subject, Summary | None]]:
        subjects = [subject(kind, 40 + number, names=names) for number, kind in enumerate(self.kinds)]
        async with self.provider() as built:
            return [(each, (await built.call("summarize", self.request([each])))[0]) for each in subjects]


def _ungrounded(about: Subject, summary: Summary | None) -> Iterator[str]:
    """What the host would refuse of the statements that cite facts which were given; the others have a check of their own."""
    keys = {fact.key for fact in about.facts}
    for statement in statements(summary):
        if statement.facts and keys.issuperset(statement.facts) and statement.text.strip():
            yield from faults_in(about, Summary(text=(statement,), model=_NOBODY))
