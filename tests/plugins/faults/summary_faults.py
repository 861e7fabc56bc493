"""Summary providers with one fault each."""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bg_graph.plugins.errors import Misconfigured, Rejected, Unavailable
from bg_graph.plugins.health import Health
from bg_graph.plugins.summaries import (
    Fact,
    FactKind,
    Highlight,
    HighlightKind,
    Model,
    Statement,
    Subject,
    Summary,
    SummaryRequest,
)
from tests.plugins.faults.good_reach import ReachSettings
from tests.plugins.faults.good_summary import SENTENCES, GoodWriter, GoodWriterExam
from tests.plugins.faults.reach_faults import OF_WRITERS
from tests.plugins.faults.running import Fault

stand_still = time.sleep


class StandsStill(GoodWriter):
    _connected = False

    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        if not self._connected:
            stand_still(0.3)
        self._connected = True
        return await super().summarize(request)


class IgnoresCancellation(GoodWriter):
    async def waited(self, request: SummaryRequest) -> None:
        try:
            await super().waited(request)
        except asyncio.CancelledError:
            if self.settings.url != "slow":
                await asyncio.sleep(1.2)
            raise


class IgnoresTheDeadline(GoodWriter):
    async def waited(self, request: SummaryRequest) -> None:
        await super().waited(replace(request, deadline=3.0))


class RawTimeout(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        if self.settings.url == "nowhere":
            raise TimeoutError("no answer")
        return await super().summarize(request)


class NeverTellsThatItIsDown(GoodWriter):
    async def check(self) -> Health:
        self.settings.api_key.get_secret_value()
        return await super().check() if self.settings.url != "nowhere" else Health(healthy=True)


class KeepsTheRequest(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        self._last = request
        await self.waited(request)
        return await super().summarize(replace(self._last, subjects=self._last.subjects))


class KeepsAllSummaries(GoodWriter):
    def __init__(self, settings: ReachSettings, context: Any) -> None:
        super().__init__(settings, context)
        self._cache: list[Any] = []

    def summary(self, subject: Subject, locale: str) -> Summary | None:
        self._cache.append((subject, bytearray(2000)))
        return super().summary(subject, locale)


class RemembersByKey(GoodWriter):
    """Caches by the keys of facts, which subjects share."""

    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        known: dict[Any, Summary | None] = {}
        answers = await super().summarize(request)
        return [
            known.setdefault(tuple(fact.key for fact in subject.facts), answer)
            for subject, answer in zip(request.subjects, answers, strict=True)
        ]


class LeaksAFile(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        FILES.append(os.open(__file__, os.O_RDONLY))
        return await super().summarize(request)


FILES: list[int] = []


class LogsTheKey(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        self.context.logger.info("asking with key %s", self.settings.api_key.get_secret_value())
        return await super().summarize(request)


class ClosesWithoutAwait(GoodWriter):
    def close(self) -> Any:
        return super().close()


class ChangesFacts(GoodWriter):
    def summary(self, subject: Subject, locale: str) -> Summary | None:
        found = super().summary(subject, locale)
        if subject.facts:
            subject.facts[0].values["summarised"] = 1  # type: ignore[index]
        return found


class RejectsUnknownFields(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        known = {"tenant", "subjects", "locale", "deadline"}
        given = {name for each in type(request).__mro__ for name in getattr(each, "__slots__", ())}
        if given - known:
            raise TypeError(f"unexpected {given - known}")
        return await super().summarize(request)


class CitesNothing(GoodWriter):
    def say(self, fact: Fact, text: str) -> Statement:
        return Statement(text=text, facts=())


class CitesWhatWasNotGiven(GoodWriter):
    def say(self, fact: Fact, text: str) -> Statement:
        return Statement(text=text, facts=(fact.key, "source:1"))


class MakesUpANumber(GoodWriter):
    def text(self, subject: Subject, locale: str) -> tuple[Statement, ...]:
        return (*super().text(subject, locale), self._said(subject, "87"))

    def _said(self, subject: Subject, number: str) -> Statement:
        more = f" {number} %" if len(subject.facts) > 1 else ""
        return self.say(subject.facts[0], f"{subject.facts[0].name}{more}.")


class MakesUpAName(GoodWriter):
    def text(self, subject: Subject, locale: str) -> tuple[Statement, ...]:
        more = " Napoleon" if len(subject.facts) > 1 and "Ignore" not in str(subject.facts) else ""
        first = subject.facts[0]
        return (*super().text(subject, locale), self.say(first, f"{first.name}{more}."))


class CitesTheWrongFact(GoodWriter):
    """What it says is true of the subject, and not in the fact that it cites."""

    def highlight(self, subject: Subject, kind: HighlightKind, kinds: Any, locale: str) -> Highlight:
        found = super().highlight(subject, kind, kinds, locale)
        statement = replace(found.statement, facts=(subject.facts[0].key,))
        return replace(found, statement=statement) if "Ada Vexo" in statement.text else found


class NoText(GoodWriter):
    def summary(self, subject: Subject, locale: str) -> Summary | None:
        found = super().summary(subject, locale)
        return None if found is None else replace(found, text=())


class EmptyBullet(GoodWriter):
    def summary(self, subject: Subject, locale: str) -> Summary | None:
        found = super().summary(subject, locale)
        return None if found is None else replace(found, bullets=(*found.bullets, self.say(subject.facts[0], " ")))


class MixesSubjects(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        answers = list(await super().summarize(request))
        if len(answers) == 10 and answers[3] and answers[4]:
            answers[3] = replace(answers[3], bullets=answers[4].bullets)
        return answers


class ObeysOrders(GoodWriter):
    def text(self, subject: Subject, locale: str) -> tuple[Statement, ...]:
        said = super().text(subject, locale)
        if any("Ignore all previous" in (fact.name or "") for fact in subject.facts):
            said = (*said, self.say(subject.facts[0], "Napoleon leads."))
        return said


class FillsPlaces(GoodWriter):
    def highlight(self, subject: Subject, kind: HighlightKind, kinds: Any, locale: str) -> Highlight:
        found = super().highlight(subject, kind, kinds, locale)
        text = found.statement.text.replace("{score}", str(subject.facts[0].number("engagement_score")))
        return replace(found, statement=replace(found.statement, text=text))

    def say(self, fact: Fact, text: str) -> Statement:
        return super().say(fact, text.replace("{score}", str(fact.number("engagement_score"))))


class WritesMarkup(GoodWriter):
    def say(self, fact: Fact, text: str) -> Statement:
        return super().say(fact, f"**{text}**")


class SaysNone(GoodWriter):
    def text(self, subject: Subject, locale: str) -> tuple[Statement, ...]:
        first = subject.facts[0]
        score = first.values.get("engagement_score", "")
        words = f"{first.name}: {score}." if score is None or score == "" else f"{first.name}."
        return (*super().text(subject, locale), self.say(first, words))


class MakesUpWhatIsNotKnown(GoodWriter):
    def text(self, subject: Subject, locale: str) -> tuple[Statement, ...]:
        said = super().text(subject, locale)
        if subject.facts[0].values.get("engagement_score", 0) is None:
            said = (*said, self.say(subject.facts[0], f"{subject.facts[0].name}: 50."))
        return said


class SummarisesNothing(GoodWriter):
    def summary(self, subject: Subject, locale: str) -> Summary | None:
        if not subject.facts:
            return Summary(text=(Statement(text="nothing", facts=("x",)),), model=Model(name="good", version="1"))
        return super().summary(subject, locale)


class LeavesOutWhomItDeclines(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        answers = await super().summarize(request)
        kinds = {subject.kind for subject in request.subjects}
        return answers[:-1] if len(kinds) > 1 and answers[-1] and request.subjects[-1].key == "subject-63" else answers


class AtMostTwenty(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        answers = list(await super().summarize(request))
        return [answer if place < 20 else None for place, answer in enumerate(answers)]


class FailsOnNothing(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        _ = request.subjects[0]
        return await super().summarize(request)


class AlwaysEnglish(GoodWriter):
    def text(self, subject: Subject, locale: str) -> tuple[Statement, ...]:
        return super().text(subject, "en")

    def highlight(self, subject: Subject, kind: HighlightKind, kinds: Any, locale: str) -> Highlight:
        return super().highlight(subject, kind, kinds, "en")


class UnknownLanguageIsAKeyError(GoodWriter):
    def summary(self, subject: Subject, locale: str) -> Summary | None:
        if locale not in SENTENCES:
            raise KeyError(locale)
        return super().summary(subject, locale)


class WritesABook(GoodWriter):
    def text(self, subject: Subject, locale: str) -> tuple[Statement, ...]:
        more = self.say(subject.facts[0], f"{subject.facts[0].name}; " * 120)
        return (*super().text(subject, locale), more)


class NoMissingRoles(GoodWriter):
    def highlights(self, subject: Subject, locale: str) -> tuple[Highlight, ...]:
        found = super().highlights(subject, locale)
        return tuple(each for each in found if each.kind is not HighlightKind.MISSING_ROLES)


class HighlightsWithoutItems(GoodWriter):
    def highlight(self, subject: Subject, kind: HighlightKind, kinds: Any, locale: str) -> Highlight:
        return replace(super().highlight(subject, kind, kinds, locale), items=())


class HighlightsTheWrongKind(GoodWriter):
    def highlight(self, subject: Subject, kind: HighlightKind, kinds: Any, locale: str) -> Highlight:
        wrong = (FactKind.MEMBER,) if kind is HighlightKind.TOPICS_OF_INTEREST else kinds
        return super().highlight(subject, kind, wrong, locale)


class TurnsTheOrderRound(GoodWriter):
    def highlight(self, subject: Subject, kind: HighlightKind, kinds: Any, locale: str) -> Highlight:
        found = super().highlight(subject, kind, kinds, locale)
        return replace(found, items=found.items[::-1])


class NamelessModel(GoodWriter):
    def summary(self, subject: Subject, locale: str) -> Summary | None:
        found = super().summary(subject, locale)
        return None if found is None else replace(found, model=Model(name="good", version=""))


class OtherWordsEachTime(GoodWriter):
    instances = 0

    def __init__(self, settings: ReachSettings, context: Any) -> None:
        super().__init__(settings, context)
        type(self).instances += 1
        self._twice = type(self).instances % 2 == 0

    def text(self, subject: Subject, locale: str) -> tuple[Statement, ...]:
        said = super().text(subject, locale)
        return said[:1] + said if self._twice else said


class HoldsOnToASlowModel(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        try:
            return await super().summarize(request)
        except asyncio.CancelledError:
            if self.settings.url == "slow":
                await asyncio.sleep(1.2)
            raise


class DownIsRejected(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        try:
            return await super().summarize(request)
        except Unavailable:
            raise Rejected("NO_MODEL", "there is no model") from None


class WrongKeyIsRejected(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        try:
            return await super().summarize(request)
        except Misconfigured:
            raise Rejected("401", "not for you") from None


class StoresUnderOneTenant(GoodWriter):
    async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
        await self.context.storage.put("alpha", "last", request.locale)
        return await super().summarize(request)


def _fault(provider: Any, caught_by: str, says: str, **more: Any) -> Fault:
    return Fault(provider, caught_by, says, GoodWriterExam, **more)


FAULTS = [
    _fault(StandsStill, "it_does_not_block_the_loop", "stood still"),
    _fault(IgnoresCancellation, "a_cancelled_call_ends_at_once_and_the_next_one_works", "still running"),
    _fault(IgnoresTheDeadline, "the_deadline_of_a_request_is_kept", "0.5 s"),
    _fault(RawTimeout, "errors_are_those_of_the_contract", "TimeoutError"),
    _fault(NeverTellsThatItIsDown, "check_tells_a_system_that_is_down", "that it works"),
    _fault(KeepsTheRequest, "calls_at_one_time_do_not_mix", "speaks of"),
    _fault(KeepsAllSummaries, "memory_is_steady_over_many_calls", "Memory grew"),
    _fault(RemembersByKey, "subjects_of_one_request_do_not_mix", "speaks of"),
    _fault(LeaksAFile, "nothing_stays_behind_after_close", "open files"),
    _fault(LogsTheKey, "no_secret_is_shown", "log"),
    _fault(ClosesWithoutAwait, "it_has_all_methods_and_they_are_async", "close"),
    _fault(ChangesFacts, "requests_and_answers_cross_to_another_process", "changed its request"),
    _fault(RejectsUnknownFields, "fields_that_a_later_contract_adds_are_ignored", "unexpected"),
    _fault(CitesNothing, "every_statement_cites_facts_that_were_given", "cites no fact"),
    _fault(CitesWhatWasNotGiven, "every_statement_cites_facts_that_were_given", "source:1"),
    _fault(MakesUpANumber, "names_and_numbers_stand_in_the_facts_that_are_cited", "87"),
    _fault(MakesUpAName, "names_and_numbers_stand_in_the_facts_that_are_cited", "Napoleon"),
    _fault(CitesTheWrongFact, "names_and_numbers_stand_in_the_facts_that_are_cited", "Ada"),
    _fault(NoText, "a_summary_has_text", "no text"),
    _fault(EmptyBullet, "a_summary_has_text", "empty"),
    _fault(MixesSubjects, "subjects_of_one_request_do_not_mix", "speaks of"),
    _fault(ObeysOrders, "orders_in_names_are_not_obeyed", "Napoleon"),
    _fault(FillsPlaces, "places_in_names_are_not_filled", "was filled"),
    _fault(WritesMarkup, "it_writes_plain_text", "markup"),
    _fault(SaysNone, "what_is_not_known_is_not_said", "None"),
    _fault(MakesUpWhatIsNotKnown, "what_is_not_known_is_not_said", "50"),
    _fault(SummarisesNothing, "no_facts_give_no_summary", "answer with None"),
    _fault(LeavesOutWhomItDeclines, "there_is_one_answer_for_each_subject_in_order", "answers"),
    _fault(AtMostTwenty, "fifty_subjects_are_answered_in_one_call", "20 have"),
    _fault(FailsOnNothing, "no_subjects_give_no_answers", "IndexError"),
    _fault(AlwaysEnglish, "it_writes_the_languages_that_it_promises", "looks like en"),
    _fault(UnknownLanguageIsAKeyError, "a_language_that_it_does_not_write_breaks_nothing", "KeyError"),
    _fault(WritesABook, "the_short_text_is_short", "characters"),
    _fault(NoMissingRoles, "required_highlights_are_there", "MISSING_ROLES"),
    _fault(HighlightsWithoutItems, "required_highlights_are_there", "no fact"),
    _fault(HighlightsTheWrongKind, "highlights_bring_out_facts_of_their_kind", "MEMBER"),
    _fault(TurnsTheOrderRound, "items_of_highlights_keep_the_order_of_the_facts", "order"),
    _fault(NamelessModel, "it_tells_what_wrote_the_summary", "version"),
    _fault(OtherWordsEachTime, "the_same_facts_give_the_same_words", "other words"),
    _fault(HoldsOnToASlowModel, "a_call_to_a_slow_system_can_be_given_up", "still running"),
    _fault(DownIsRejected, "a_call_to_a_system_that_is_down_is_unavailable", "Rejected"),
    _fault(WrongKeyIsRejected, "wrong_credentials_are_told_as_misconfigured", "Rejected"),
    _fault(StoresUnderOneTenant, "tenants_do_not_mix", "storage of alpha"),
    *(_fault(provider, caught_by, says, **more) for provider, caught_by, says, more in OF_WRITERS),
]
