"""Checks of the form of an answer, and of what a provider promises: order, language, length, highlights, the same again."""

import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType

from bg_graph.plugins.errors import ProviderError
from bg_graph.plugins.grounding import faults_in
from bg_graph.plugins.summaries import FactKind, HighlightKind, SubjectKind, Summary, SummaryRequest
from bg_graph.plugins.testing.checks import NotForThis, demand
from bg_graph.plugins.testing.exam import check
from bg_graph.plugins.testing.summaries.calls import SummaryCalls, statements
from bg_graph.plugins.testing.summaries.subjects import large, subject

REQUIRED: Mapping[SubjectKind, Mapping[HighlightKind, frozenset[FactKind]]] = MappingProxyType(
    {
        SubjectKind.GROUP: {
            HighlightKind.TOP_ENGAGED_MEMBERS: frozenset({FactKind.MEMBER}),
            HighlightKind.TOPICS_OF_INTEREST: frozenset({FactKind.INTENT, FactKind.TOPIC}),
            HighlightKind.MISSING_ROLES: frozenset({FactKind.MISSING_ROLE}),
        },
        SubjectKind.ACCOUNT: {
            HighlightKind.TOP_ENGAGED_GROUPS: frozenset({FactKind.GROUP}),
            HighlightKind.TOP_ENGAGED_PEOPLE: frozenset({FactKind.PERSON}),
        },
    }
)
"""The highlights of groups and accounts, with the kinds of facts that they bring out."""
BATCH = 50
"""Subjects of a list, as a screen asks for them."""
_MOST_STATEMENTS = 50
_WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "en": frozenset(
            ["the", "is", "are", "has", "have", "of", "and", "in", "with", "its", "not", "most", "was", "were", "from"]
        ),
        "nl": frozenset(
            [
                "de",
                "het",
                "een",
                "is",
                "zijn",
                "heeft",
                "hebben",
                "van",
                "en",
                "met",
                "niet",
                "meest",
                "uit",
                "voor",
                "bij",
            ]
        ),
        "de": frozenset(
            [
                "der",
                "die",
                "das",
                "ist",
                "sind",
                "hat",
                "haben",
                "von",
                "und",
                "mit",
                "nicht",
                "aus",
                "für",
                "bei",
                "im",
            ]
        ),
        "fr": frozenset(
            ["le", "la", "les", "est", "sont", "a", "ont", "de", "et", "avec", "pas", "plus", "dans", "des", "du"]
        ),
        "es": frozenset(
            ["el", "la", "los", "es", "son", "ha", "tiene", "de", "y", "con", "no", "más", "en", "las", "del"]
        ),
    }
)
_LATE = 1.0


class PromiseChecks(SummaryCalls):
    """The form of an answer, and what the provider promises."""

    @check()
    async def test_there_is_one_answer_for_each_subject_in_order(self) -> None:
        """As many answers as subjects, in their order, None where there is nothing to say."""
        request = self.request(self.rich(60))
        async with self.provider() as built:
            answers = await built.call("summarize", request)
        demand(
            isinstance(answers, Sequence) and len(answers) == len(request.subjects),
            f"{len(request.subjects)} subjects, {len(answers)} answers: give one for each, None where you decline.",
        )
        forms = {type(answer).__name__ for answer in answers if not isinstance(answer, Summary | None)}
        demand(not forms, f"An answer is a {', '.join(forms)}, neither Summary nor None.")
        declined = [str(about.kind) for about, answer in zip(request.subjects, answers, strict=True) if answer is None]
        demand(not declined, f"It declines {', '.join(declined)}; if that is meant, leave these out of `kinds`.")

    @check()
    async def test_fifty_subjects_are_answered_in_one_call(self) -> None:
        """A list of fifty is one call, answered in time and in order."""
        request = self.request([subject(self.kinds[0], number) for number in range(100, 100 + BATCH)])
        before = time.perf_counter()
        async with self.provider() as built:
            answers = await built.call("summarize", request)
        took = time.perf_counter() - before
        answered = sum(isinstance(answer, Summary) for answer in answers)
        demand(answered == BATCH, f"Of {BATCH} subjects in one call {answered} have a summary.")
        demand(took < self.deadline, f"{BATCH} subjects took {took:.1f} s; {self.deadline:g} s were given.")

    @check()
    async def test_no_subjects_give_no_answers(self) -> None:
        """An empty request is answered with an empty list."""
        async with self.provider() as built:
            answers = await built.call("summarize", self.request([]))
        demand(len(answers) == 0, f"A request without subjects has {len(answers)} answers.")

    @check()
    async def test_it_writes_the_languages_that_it_promises(self) -> None:
        """Each text is in the language asked for."""
        for locale in self.locales:
            summaries = await self.summaries(*self.rich(), locale=locale)
            words = re.findall(
                r"[^\W\d_]+", " ".join(each.text.casefold() for all_ in summaries for each in statements(all_))
            )
            counts = {language: sum(word in some for word in words) for language, some in _WORDS.items()}
            own = counts.get(locale.split("-")[0])
            best = max(counts, key=lambda language: counts[language])
            demand(own is None or own == counts[best], f"The text asked for in {locale} looks like {best}.")

    @check()
    async def test_a_language_that_it_does_not_write_breaks_nothing(self) -> None:
        """In another language it declines, or writes one that it can."""
        async with self.provider() as built:
            try:
                answers = await built.call("summarize", self.request(self.rich(), locale="tlh"))
            except ProviderError:
                return
            except Exception as fault:
                demand(False, f"A language that it does not know raised {type(fault).__name__}: answer with None.")
        strange = [each for each in answers if not isinstance(each, Summary | None)]
        demand(
            not strange and len(answers) == len(self.kinds), "A language that it does not know has no proper answer."
        )

    @check()
    async def test_the_short_text_is_short(self) -> None:
        """A few sentences, also of a large group."""
        subjects = [*self.rich(), *([large(70)] if SubjectKind.GROUP in self.kinds else [])]
        for about, summary in await self.each_alone(subjects):
            length = sum(len(each.text) for each in summary.text)
            demand(
                length <= self.longest, f"The text on a {about.kind} has {length} characters, {self.longest} at most."
            )
            count = len(list(statements(summary)))
            demand(count <= _MOST_STATEMENTS, f"The summary of a {about.kind} has {count} statements.")

    @check()
    async def test_required_highlights_are_there(self) -> None:
        """Groups and accounts have their highlights, each once, with items where there are facts for them."""
        for about, summary in await self.each_alone(self.rich()):
            required = REQUIRED.get(about.kind, {})
            given = [highlight.kind for highlight in summary.highlights]
            missing = [kind for kind in required if given.count(kind) != 1]
            demand(not missing, f"The summary of a {about.kind} needs each of these once: {', '.join(missing)}.")
            empty = [each.kind for each in summary.highlights if each.kind in required and not each.items]
            demand(
                not empty,
                f"The highlight {', '.join(empty)} of a {about.kind} brings out no fact, though there are some.",
            )

    @check()
    async def test_highlights_bring_out_facts_of_their_kind(self) -> None:
        """The items of a highlight are facts that were given, of the kinds that it is about."""
        for about, summary in await self.each_alone(self.rich()):
            faults = [fault for fault in faults_in(about, summary) if fault.startswith("A highlight")]
            demand(not faults, " ".join(faults))

    @check()
    async def test_items_of_highlights_keep_the_order_of_the_facts(self) -> None:
        """Facts come in the order of their importance; items stay in it, each once."""
        for about, summary in await self.each_alone(self.rich()):
            places = {fact.key: place for place, fact in enumerate(about.facts)}
            for highlight in summary.highlights:
                order = [places.get(key, 0) for key in highlight.items]
                demand(order == sorted(set(order)), f"The items of {highlight.kind} are not in the order of the facts.")

    @check()
    async def test_it_tells_what_wrote_the_summary(self) -> None:
        """Name and version of the model stand in each summary: people are shown where a text comes from."""
        for _, summary in await self.each_alone(self.rich()):
            demand(summary.model.name and summary.model.version, "The model of a summary has no name or no version.")

    @check()
    async def test_the_same_facts_give_the_same_words(self) -> None:
        """Where it promises that: from a new instance too."""
        if not self.deterministic:
            raise NotForThis("it does not promise the same words for the same facts")
        first, second = [await self.summaries(*self.rich()) for _ in range(2)]
        demand(first == second, "The same facts gave other words: if that is meant, set `deterministic = False`.")

    @check()
    async def test_the_deadline_of_a_request_is_kept(self) -> None:
        """Nobody waits longer than the request says: an error or None comes in time."""
        slow = self.given("slow_settings", "settings with which its system takes ten seconds for an answer")
        request = SummaryRequest(tenant="alpha", subjects=(subject(self.kinds[0], 1),), deadline=0.5)
        before = time.perf_counter()
        async with self.provider(slow) as built:
            with suppress(ProviderError):
                await built.call("summarize", request)
            took = time.perf_counter() - before
        demand(took < request.deadline + _LATE, f"A request with a deadline of 0.5 s was answered after {took:.1f} s.")
