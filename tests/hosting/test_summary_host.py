"""Whatever a summary provider does, the host gives each subject an answer in time, and shows only what is grounded."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

import pytest

from bg_graph.graph.errors import Coded
from bg_graph.hosting.summaries import Answered, Outcome, SummaryHost
from bg_graph.plugins.summaries import (
    Fact,
    FactKind,
    Highlight,
    HighlightKind,
    Model,
    Statement,
    Subject,
    SubjectKind,
    Summary,
    SummaryRequest,
)
from tests.hosting.hosted_providers import hosted

ACME = Fact(key="group", kind=FactKind.GROUP, name="CRM for Acme", values={"account": "Acme", "member_count": 2})
ADA = Fact(key="member:1", kind=FactKind.MEMBER, name="Ada Lovelace", values={"role": "Champion", "score": 81})
BOB = Fact(key="member:2", kind=FactKind.MEMBER, name="Bob Jones", values={"role": "Champion", "score": 40})
SUBJECT = Subject(kind=SubjectKind.GROUP, key="a", facts=(ACME, ADA, BOB))
MODEL = Model(name="test", version="1")
HONEST = Summary(text=(Statement(text="CRM for Acme has 2 members.", facts=("group",)),), model=MODEL)


def saying(text: str, *facts: str) -> Summary:
    return Summary(text=(Statement(text=text, facts=facts),), model=MODEL)


def hosting(answer: Any, *, deadline: float = 0.2) -> SummaryHost:
    """A host of a provider that answers with a value, or by calling what it is given."""

    class Provider:
        async def summarize(self, request: SummaryRequest) -> Sequence[Summary | None]:
            return await answer(request) if callable(answer) else answer

    held = hosted(Provider(), "summary", "acme-summary", deadline=deadline, version="2.1")
    return SummaryHost(lambda _tenant: (held,))


def shown(outcomes: Sequence[Outcome]) -> list[Summary | Coded | None]:
    """The summaries in place of what is told beside them."""
    return [each.summary if isinstance(each, Answered) else each for each in outcomes]


async def answer_of(provided: Any) -> Summary | Coded | None:
    [answer] = shown(await hosting(provided).summarize("acme", [SUBJECT]))
    return answer


def code(answer: object) -> str:
    assert isinstance(answer, Coded), answer
    return answer.code


async def test_an_honest_summary_is_shown() -> None:
    assert await answer_of([HONEST]) == HONEST


async def test_a_provider_may_decline() -> None:
    assert await answer_of([None]) is None


@pytest.mark.parametrize(
    "text",
    [
        "CRM for Acme has 3 members.",
        "CRM for Acme has three members.",
        "CRM for Acme has 2.5 members.",
        "CRM for Acme has 2½ members.",
        "CRM for Acme has twenty-two members.",
        "CRM for Acme has dozens of members.",
        "CRM for Acme has 2 members; Napoleon leads them.",
        "Napoleon leads the 2 members of CRM for Acme.",
        "CRM for Acme beats Globex.",
        "CRM for Acme beats 拿破仑.",
        "CRM for Acme is led by Ada Lovelace.",
        "CRM for Acme has 81 members.",
        "CRM for Acmeville has 2 members.",
        "CRM for Acme\nhas 2 members.",
        "CRM for Acme has 2 members." * 200,
        " ",
    ],
)
async def test_what_the_cited_facts_do_not_hold_is_refused(text: str) -> None:
    assert code(await answer_of([saying(text, "group")])) == "SUMMARY_REFUSED"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("The 2 members of CRM for Acme are active.", ("group",)),
        ("Acme's group has two members.", ("group",)),
        ("Ada (Champion, 81) and Bob Jones, with 40.", ("member:1", "member:2")),
        ("No members are missing.", ("group",)),
    ],
)
async def test_what_the_cited_facts_hold_is_shown(text: str, facts: tuple[str, ...]) -> None:
    assert isinstance(await answer_of([saying(text, *facts)]), Summary)


async def test_names_with_digits_do_not_vouch_for_numbers() -> None:
    fact = replace(ACME, name="CRM for Area 51", values={"account": "Area 51", "member_count": 2})
    subject = Subject(kind=SubjectKind.GROUP, key="a", facts=(fact,))
    true, false = saying("CRM for Area 51 has 2 members.", "group"), saying("Area 51 has 51 members.", "group")
    assert shown(await hosting([true]).summarize("acme", [subject])) == [true]
    [refused] = await hosting([false]).summarize("acme", [subject])
    assert code(refused) == "SUMMARY_REFUSED"


@pytest.mark.parametrize(
    "summary",
    [
        saying("It has members."),
        saying("It has members.", "group", "member:9"),
        replace(HONEST, text=()),
        replace(HONEST, text=HONEST.text * 51),
        replace(HONEST, bullets=(Statement(text="Napoleon leads.", facts=("member:1",)),)),
        replace(HONEST, text=(Statement(text=None, facts=("group",)),)),  # type: ignore[arg-type]
        replace(HONEST, highlights=("nonsense",)),  # type: ignore[arg-type]
        "a text",
        {"text": "a text"},
    ],
)
async def test_a_summary_of_the_wrong_form_is_refused(summary: Any) -> None:
    assert code(await answer_of([summary])) == "SUMMARY_REFUSED"


@pytest.mark.parametrize("items", [("member:9",), ("group",)])
async def test_highlights_bring_out_facts_of_their_kind(items: tuple[str, ...]) -> None:
    statement = Statement(text="Ada Lovelace leads.", facts=("member:1",))
    fine = Highlight(kind=HighlightKind.TOP_ENGAGED_MEMBERS, statement=statement, items=("member:1",))
    assert isinstance(await answer_of([replace(HONEST, highlights=(fine,))]), Summary)
    wrong = replace(HONEST, highlights=(replace(fine, items=items),))
    assert code(await answer_of([wrong])) == "SUMMARY_REFUSED"


async def test_a_refusal_holds_for_that_subject_alone() -> None:
    other = replace(SUBJECT, key="b")
    answers = shown(await hosting([saying("Napoleon leads.", "group"), HONEST]).summarize("acme", [SUBJECT, other]))
    assert code(answers[0]) == "SUMMARY_REFUSED"
    assert answers[1] == HONEST


async def test_a_provider_none_of_whose_summaries_may_be_shown_is_left_alone_and_told() -> None:
    host = hosting([saying("Napoleon leads.", "group")])
    codes = [code(shown(await host.summarize("acme", [SUBJECT]))[0]) for _ in range(6)]
    assert codes == ["SUMMARY_REFUSED"] * 5 + ["PROVIDER_UNAVAILABLE"]
    assert not host.installed.healthy


async def test_one_slip_among_many_rests_nobody() -> None:
    both = [SUBJECT, replace(SUBJECT, key="b")]
    host = hosting([saying("Napoleon leads.", "group"), HONEST])
    answers = [shown(await host.summarize("acme", both))[1] for _ in range(6)]
    assert answers == [HONEST] * 6
    assert host.installed.healthy


async def raises(_request: SummaryRequest) -> None:
    raise ZeroDivisionError("secret token 123")


async def exits(_request: SummaryRequest) -> None:
    raise SystemExit(3)


async def cancels(_request: SummaryRequest) -> None:
    raise asyncio.CancelledError


async def hangs(_request: SummaryRequest) -> None:
    await asyncio.Event().wait()


async def ignores_being_cancelled(_request: SummaryRequest) -> list[None]:
    for _ in range(8):
        try:
            await asyncio.sleep(0.1)
        except asyncio.CancelledError:
            continue
    return [None]


@pytest.mark.parametrize("fault", [raises, exits, cancels, hangs, ignores_being_cancelled, [], [None, None], 7, None])
async def test_a_provider_that_fails_gives_a_coded_error_in_time(fault: Any) -> None:
    host = hosting(fault)
    began = perf_counter()
    [answer] = await host.summarize("acme", [SUBJECT])
    assert code(answer) == "PLUGIN_ERROR"
    assert perf_counter() - began < 0.6
    assert isinstance(answer, Coded)
    assert "acme-summary" in answer.message
    assert "secret" not in answer.message


async def test_a_caller_who_gives_up_takes_the_call_along() -> None:
    cancelled = asyncio.Event()

    async def slow(_request: SummaryRequest) -> None:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(hosting(slow, deadline=3).summarize("acme", [SUBJECT]), 0.05)
    await asyncio.wait_for(cancelled.wait(), 1)


async def test_health_is_that_of_the_last_call() -> None:
    answers: list[Any] = [raises, None]

    async def recovers(request: SummaryRequest) -> Any:
        fault = answers.pop(0)
        return await fault(request) if fault else [HONEST]

    host = hosting(recovers)
    assert host.installed.healthy
    await host.summarize("acme", [SUBJECT])
    assert not host.installed.healthy
    assert shown(await host.summarize("acme", [SUBJECT])) == [HONEST]
    assert host.installed.healthy
    assert (host.installed.plugin, host.installed.version) == ("acme-summary", "2.1")


async def test_nobody_is_asked_about_nothing() -> None:
    assert await hosting(raises).summarize("acme", []) == []


async def of_chain(*answers: Any, deadline: float | None = None) -> Outcome:
    """What a tenant is told whose chain answers so, one provider after the other."""

    def provider(answer: Any) -> Any:
        class Provider:
            async def summarize(self, request: SummaryRequest) -> Any:
                return await answer(request) if callable(answer) else answer

        return Provider()

    chain = [hosted(provider(each), "summary", f"p{n}", deadline=0.3) for n, each in enumerate(answers)]
    [outcome] = await SummaryHost(lambda _tenant: chain).summarize("acme", [SUBJECT], deadline=deadline)
    return outcome


@pytest.mark.parametrize("first", [raises, hangs, [None], [saying("Napoleon leads.", "group")], 7])
async def test_the_next_provider_serves_where_the_first_fails_declines_or_is_refused(first: Any) -> None:
    outcome = await of_chain(first, [HONEST])
    assert isinstance(outcome, Answered)
    assert (outcome.summary, outcome.plugin, outcome.tried) == (HONEST, "p1", ("p0",))


async def test_the_first_answer_serves_and_nobody_behind_it_is_asked() -> None:
    outcome = await of_chain([HONEST], raises)
    assert isinstance(outcome, Answered)
    assert (outcome.plugin, outcome.tried) == ("p0", ())


async def test_of_several_failures_the_first_is_told_and_declining_hides_none() -> None:
    assert code(await of_chain([saying("Napoleon leads.", "group")], raises)) == "SUMMARY_REFUSED"
    assert code(await of_chain([None], raises, [None])) == "PLUGIN_ERROR"
    assert await of_chain([None], [None]) is None
    assert await of_chain() is None


async def test_a_slow_provider_leaves_time_for_the_one_behind_it() -> None:
    outcome = await of_chain(hangs, [HONEST], deadline=0.2)
    assert isinstance(outcome, Answered)
    assert outcome.plugin == "p1"


async def test_only_subjects_without_a_summary_are_asked_of_the_next() -> None:
    other, asked = replace(SUBJECT, key="b"), []

    class First:
        async def summarize(self, request: SummaryRequest) -> Any:
            return [HONEST, None]

    class Second:
        async def summarize(self, request: SummaryRequest) -> Any:
            asked.extend(each.key for each in request.subjects)
            return [HONEST for _ in request.subjects]

    chain = [hosted(First(), "summary", "first"), hosted(Second(), "summary", "second")]
    outcomes = await SummaryHost(lambda _tenant: chain).summarize("acme", [SUBJECT, other])
    assert asked == ["b"]
    assert [each.plugin for each in outcomes if isinstance(each, Answered)] == ["first", "second"]
