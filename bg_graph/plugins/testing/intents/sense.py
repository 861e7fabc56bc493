"""Checks that a model makes sense: who reads is noticed, more reading lowers nothing, order and numbers mean nothing."""

import time
from collections.abc import Sequence
from dataclasses import replace

from bg_graph.plugins.errors import ProviderError
from bg_graph.plugins.intent import Content, IntentRequest, Predictions, Term, TermKind
from bg_graph.plugins.testing.checks import demand
from bg_graph.plugins.testing.exam import check
from bg_graph.plugins.testing.intents.calls import IntentCalls, by_place, chance, close
from bg_graph.plugins.testing.intents.worlds import (
    ABOUT,
    CONTENTS,
    KEYWORDS,
    Read,
    World,
    keen,
    large_world,
    renumbered,
    shuffled,
    usual_world,
)

MUCH = 0.05
"""By how much a probability may fall where it should not."""
_LARGE = 10_000
_FLOOR = 0.25


class SenseChecks(IntentCalls):
    """Whether a model makes sense."""

    @check()
    async def test_the_same_request_has_the_same_answer(self) -> None:
        """From a new instance too."""
        request = usual_world().request()
        first, second = [await self.predicted(request) for _ in range(2)]
        demand(close(first, second), "The same request had another answer: fix the seed of what is drawn by chance.")

    @check()
    async def test_the_order_of_activities_does_not_matter(self) -> None:
        """The same rows in another order give the same probabilities."""
        request = usual_world().request()
        other, _ = shuffled(request)
        first, second = await self.predicted(request), await self.predicted(other)
        demand(close(first, second), "The same activities in another order have other probabilities.")

    @check()
    async def test_the_numbers_of_persons_do_not_matter(self) -> None:
        """The same people under other numbers have the same probabilities."""
        request = usual_world().request()
        first, second = await self.predicted(request), await self.predicted(renumbered(request))
        demand(close(first, second), "The same people under other numbers have other probabilities.")

    @check()
    async def test_no_activities_give_no_predictions(self) -> None:
        """Who did nothing is interested in nothing that is known."""
        self.reads()
        answer = await self.predicted(World().request())
        demand(not list(answer.predictions), f"Without activities there are {len(answer.predictions)} predictions.")

    @check()
    async def test_nothing_asked_is_nothing_answered(self) -> None:
        """Without subjects, or without a taxonomy, the answer is empty."""
        request = usual_world().request()
        for what, less in (("subjects", replace(request, subjects=())), ("terms", replace(request, taxonomy=()))):
            answer = await self.predicted(less)
            demand(not list(answer.predictions), f"Without {what} there are {len(answer.predictions)} predictions.")

    @check()
    async def test_10_000_activities_are_answered_in_time(self) -> None:
        """Of two hundred people in twenty accounts, everybody asked for."""
        request = large_world(_LARGE).request(deadline=self.seconds_for_10_000)
        async with self.provider() as built:
            before = time.perf_counter()
            await built.call("predict", request)
            took = time.perf_counter() - before
        demand(took < request.deadline, f"{_LARGE} activities took {took:.1f} s; {request.deadline:g} s were given.")

    @check()
    async def test_what_is_read_much_is_noticed(self) -> None:
        """Of an account where everybody reads about one thing, its category is at least at the floor."""
        self.reads()
        answer, account = await self._of_account(self._readers())
        category = chance(answer, account, 0)
        demand(category >= _FLOOR, f"Everybody reads about it each day, and the category has {category:.2f}.")

    @check()
    async def test_the_keyword_that_is_read_is_the_strongest(self) -> None:
        """Of the keywords, the one that everybody reads about comes first."""
        self.reads()
        answer, account = await self._of_account(self._readers())
        own = chance(answer, account, KEYWORDS[0])
        others = max(chance(answer, account, other) for other in KEYWORDS[1:])
        demand(own >= others, f"What is read has {own:.2f}, a keyword that nobody reads about {others:.2f}.")

    @check()
    async def test_more_reading_lowers_nothing(self) -> None:
        """More about the same thing does not make its probability fall."""
        self.reads()
        few = [Read(person, 0, 5 + person) for person in range(3)]
        less, more = [await self._chance_of(reads) for reads in (few, [*few, *self._readers()])]
        demand(more >= less - MUCH, f"With more relevant reading the probability fell from {less:.2f} to {more:.2f}.")

    @check()
    async def test_fresher_reading_lowers_nothing(self) -> None:
        """The same, read lately rather than long ago, does not make the probability fall."""
        self.reads()
        old, new = [
            await self._chance_of([read for person in range(3) for read in keen(person, 0, since=since)])
            for since in (70, 1)
        ]
        demand(new >= old - MUCH, f"Read lately it has {new:.2f}, read two months ago {old:.2f}.")

    @check()
    async def test_reading_about_nothing_of_ours_stays_below_the_floor(self) -> None:
        """Who reads the canteen's menu is not interested in a product."""
        self.reads()
        reads = [read for person in range(3) for read in keen(person, ABOUT + person % 2)]
        answer, account = await self._of_account(reads)
        high = [term for (subject, term) in by_place(answer) if subject == account and term in KEYWORDS]
        names = ", ".join(CONTENTS[KEYWORDS.index(term)].topics[0] for term in high)
        demand(not high, f"Who only read the canteen's menu is taken to be interested in {names}.")

    @check()
    async def test_texts_from_outside_break_nothing(self) -> None:
        """Empty, long, strange and hostile names of contents, topics and terms."""
        strange = ("", " ", "x" * 20_000, "王小明", "\u202e\x00", "{0} %s <script>", "¼²")
        contents = (*(Content(name=each, url=each, topics=(each, each)) for each in strange), Content())
        terms = [Term(kind=TermKind.CATEGORY, name=strange[0]), Term(kind=TermKind.PRODUCT, name=" ", parent=0)]
        terms += [Term(kind=TermKind.KEYWORD, name=each, parent=1) for each in strange]
        world = World(reads=[Read(row % 6, row % len(contents)) for row in range(30)])
        request = replace(world.request(), contents=contents, taxonomy=tuple(terms))
        try:
            await self.predicted(request)
        except ProviderError:
            return
        except AssertionError:
            raise
        except Exception as fault:
            demand(False, f"Strange names of contents and terms raised {type(fault).__name__}: {fault}")

    def _readers(self) -> list[Read]:
        return [read for person in range(3) for read in keen(person, 0)]

    async def _of_account(self, reads: Sequence[Read]) -> tuple[Predictions, int]:
        """The answer for a world, and the number of the first account among its subjects."""
        world = World(reads=reads)
        request: IntentRequest = world.request(floor=_FLOOR)
        return await self.predicted(request), len(request.subjects) - world.accounts

    async def _chance_of(self, reads: Sequence[Read]) -> float:
        """The probability of the first keyword for the first account."""
        world = World(reads=reads)
        request = world.request(floor=0.001)
        return chance(await self.predicted(request), len(request.subjects) - world.accounts, KEYWORDS[0])
