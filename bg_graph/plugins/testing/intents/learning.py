"""Checks of a model that learns from outcomes: what it learned can be handed back, and what is no such thing is refused."""

import math
from dataclasses import replace

from bg_graph.plugins.errors import ProviderError
from bg_graph.plugins.intent import Outcome, Predictions, Training, TrainingRequest
from bg_graph.plugins.testing.checks import ExamFailed, NotForThis, demand
from bg_graph.plugins.testing.exam import check
from bg_graph.plugins.testing.intents.calls import IntentCalls, close
from bg_graph.plugins.testing.intents.worlds import ABOUT, Read, World, keen, usual_world

ACCOUNTS = 120
"""Accounts of the tenant whose outcomes a model learns from: half of them won."""


class LearningChecks(IntentCalls):
    """What a model learns."""

    @check()
    async def test_what_it_learned_serves_later(self) -> None:
        """The state of a training is taken by a new instance, and gives a proper answer."""
        training = await self._training()
        answer = await self.predicted(replace(usual_world().request(), training=training.state))
        good = all(math.isfinite(each.probability) and 0 <= each.probability <= 1 for each in answer.predictions)
        demand(good, "With what it learned a probability is not between 0 and 1.")

    @check()
    async def test_a_training_is_bytes_with_a_description(self) -> None:
        """The host keeps the state, and shows the description."""
        training = await self._training()
        demand(isinstance(training.state, bytes) and training.state, "The state of a training has to be bytes.")
        demand(
            training.description.strip(), "A training has no description: say what it was learned from, how good it is."
        )

    @check()
    async def test_a_state_that_is_none_of_its_own_is_not_used(self) -> None:
        """Garbage, or half of a state, raises an error of the contract or is left aside: it may be of an earlier version."""
        training = await self._training()
        untrained = await self.predicted(usual_world().request())
        for state in (b"garbage", training.state[: len(training.state) // 2]):
            answer = await self._with(state)
            demand(
                answer is None or close(answer, untrained),
                f"A state that is none of its own ({state[:10]!r}) changed the answer: check what is handed back.",
            )

    @check()
    async def test_too_few_outcomes_teach_nothing(self) -> None:
        """Without outcomes the answer is None, not an error."""
        async with self.provider() as built:
            request = usual_world().request()
            learned = await built.call("train", TrainingRequest(request=request, outcomes=()))
        demand(learned is None, f"Without any outcome the training is {type(learned).__name__}: answer with None.")

    async def _training(self) -> Training:
        async with self.provider() as built:
            learned: Training | None = await built.call("train", lessons())
        if learned is None:
            raise NotForThis("it does not learn from outcomes")
        demand(isinstance(learned, Training), f"train gave a {type(learned).__name__}, not a Training.")
        return learned

    async def _with(self, state: bytes) -> Predictions | None:
        """The answer with a state that is none of its own; None where that is refused."""
        try:
            return await self.predicted(replace(usual_world().request(), training=state))
        except ProviderError:
            return None
        except Exception as fault:
            raise ExamFailed(
                f"A state that is none of its own raised {type(fault).__name__}: raise Rejected."
            ) from fault


def lessons() -> TrainingRequest:
    """Outcomes of a tenant: the accounts that read about it bought, the others did not."""
    reads: list[Read] = []
    for account in range(ACCOUNTS):
        person = account * 2
        won = account % 2 == 0
        reads += keen(person, account % 4 if won else ABOUT, 6 + account % 5)
        reads += keen(person + 1, account % 4 if won or account % 10 == 1 else ABOUT + 1, 3)
    request = World(accounts=ACCOUNTS, people=2, reads=reads).request()
    subjects = request.subjects[-ACCOUNTS:]
    outcomes = tuple(Outcome(account=account, term=0, won=account % 2 == 0) for account in range(ACCOUNTS))
    return TrainingRequest(request=replace(request, subjects=subjects), outcomes=outcomes)
