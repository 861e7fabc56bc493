"""Checks of sending: who is answered, what leaves how often, what is found again after a crash."""

import asyncio
from uuid import uuid4

from bg_graph.plugins.email import Accepted, EmailAbility, FindRequest, Refused
from bg_graph.plugins.errors import Unsupported
from bg_graph.plugins.testing.checks import NotForThis, demand, skipped
from bg_graph.plugins.testing.emails.calls import EmailCalls
from bg_graph.plugins.testing.exam import check

_LARGEST_BATCH = 60


class SendingChecks(EmailCalls):
    """Who is answered, and what leaves how often."""

    @check()
    async def test_it_declares_abilities_and_batch(self) -> None:
        """Abilities are a frozenset of EmailAbility, the batch a whole number from 1."""
        async with self.provider() as built:
            abilities, batch = built.attribute("abilities"), built.attribute("batch")
        known = isinstance(abilities, frozenset) and all(isinstance(each, EmailAbility) for each in abilities)
        demand(known, "`abilities` has to be a frozenset of EmailAbility.")
        demand(isinstance(batch, int) and batch >= 1, f"`batch` is {batch!r}; it has to be a whole number from 1.")

    @check()
    async def test_each_recipient_is_answered_once(self) -> None:
        """One answer for each key that was asked, and no other."""
        async with self.provider() as built:
            people = [self.addressed(number) for number in range(5)]
            answers = await self.send(built, people)
        strange = self.strangeness(self.request(people), answers)
        demand(strange is None, f"Five people were written to: {strange}")

    @check()
    async def test_a_full_batch_is_answered(self) -> None:
        """As many as `batch` says can be sent in one call."""
        async with self.provider() as built:
            size = min(int(built.attribute("batch")), _LARGEST_BATCH)
            if size <= 5:
                raise NotForThis("its batch is no larger than what the other checks send")
            request = self.request([self.addressed(number) for number in range(size)])
            answers = await built.call("send", request)
        strange = self.strangeness(request, answers)
        demand(strange is None, f"A full batch of {size}: {strange}")

    @check()
    async def test_message_ids_are_unique(self) -> None:
        """No two messages have the same id: reports name them by it."""
        async with self.provider() as built:
            answers = await self.send(built, [self.addressed(number % 2) for number in range(4)])
        ids = [each.message_id for each in answers if isinstance(each, Accepted) and each.message_id is not None]
        demand(len(ids) == len(set(ids)), f"Of {len(ids)} message ids {len(ids) - len(set(ids))} repeat another.")

    @check()
    async def test_every_accepted_message_leaves(self) -> None:
        """What is answered as accepted is at the system, for the right person."""
        async with self.provider() as built:
            await self.send(built, [self.addressed(number) for number in range(3)])
            counts = [self.times(number) for number in range(3)]
        demand(0 not in counts, f"Three people were accepted, and {counts.count(0)} of them not written to.")

    @check()
    async def test_a_key_is_not_sent_twice(self) -> None:
        """Asking again for a key that was accepted sends nothing, and tells the same."""
        self.needs(EmailAbility.IDEMPOTENT)
        async with self.provider() as built:
            person = self.addressed(0)
            first, second = [await self.send(built, [person]) for _ in range(2)]
            count = self.times(0)
        demand(count <= 1, f"The same key was sent {count} times.")
        demand(first == second, "The same key had another answer when it was asked again.")

    @check()
    async def test_a_key_is_not_sent_twice_after_a_crash(self) -> None:
        """A new instance knows what an earlier one sent, which was never closed."""
        self.needs(EmailAbility.IDEMPOTENT)
        async with self.provider() as built:
            person = self.addressed(0)
            await self.send(built, [person])
            async with self.provider() as anew:
                await self.send(anew, [person])
            count = self.times(0)
        demand(count <= 1, f"The same key was sent {count} times, the last by a new instance: keep keys at the system.")

    @check()
    async def test_a_key_that_went_out_is_found_after_a_crash(self) -> None:
        """A new instance tells of the key that went out, and not of one that did not."""
        self.needs(EmailAbility.FIND_SEND)
        async with self.provider() as built:
            person, other = self.addressed(0), uuid4().hex
            await self.send(built, [person])
            async with self.provider() as anew:
                found = await anew.call("find_send", FindRequest(tenant="alpha", keys=(other, person.key)))
        keys = None if found is None else [each.key for each in found]
        demand(keys is not None, "find_send gave None: then leave FIND_SEND out of the abilities.")
        demand(person.key in (keys or ()), "find_send on a new instance did not find a key that went out.")
        demand(other not in (keys or ()), "find_send found a key that was never sent.")

    @check()
    async def test_it_does_not_claim_to_find_what_it_cannot(self) -> None:
        """Without FIND_SEND the answer is None: an empty list would mean that nothing went out, and be sent again."""
        if EmailAbility.FIND_SEND in self.plugin_abilities():
            raise NotForThis("it declares FIND_SEND")
        async with self.provider() as built:
            try:
                found = await built.call("find_send", FindRequest(tenant="alpha", keys=(uuid4().hex,)))
            except Unsupported:
                return
        demand(found is None, f"find_send gave {found!r} without FIND_SEND: give None, since it can't be told.")

    @check()
    async def test_another_key_to_the_same_person_is_sent(self) -> None:
        """The key alone tells deliveries apart, not the person or the e-mail."""
        async with self.provider() as built:
            await self.send(built, [self.addressed(0), self.addressed(1)])
            await self.send(built, [self.addressed(0)])
            count = self.times(0)
        demand(count >= 2, "A second delivery to the same person, with a key of its own, did not leave.")

    @check()
    async def test_the_same_person_is_written_to_by_another_tenant(self) -> None:
        """What one tenant sent holds back nothing of another's."""
        async with self.provider() as built:
            await self.send(built, [self.addressed(0)])
            before = self.times(0)
            answers = await self.send(built, [self.addressed(0)], tenant="beta")
            after = self.times(0)
        demand(isinstance(answers[0], Accepted) and after > before, "Another tenant's delivery did not leave.")

    @check()
    async def test_a_refusal_does_not_stop_the_others(self) -> None:
        """Somebody who is refused is told as Refused; those before and after are written to."""
        refused = self.refused()
        if refused is None:
            skipped("refused(): somebody whom the system refuses")
        async with self.provider() as built:
            people = [self.addressed(0), self.with_message(refused, 1), self.addressed(2)]
            answers = {each.key: each for each in await self.send(built, people)}
        forms = (Accepted, Refused, Accepted)
        wrong = [
            place
            for place, (person, form) in enumerate(zip(people, forms, strict=True), start=1)
            if not isinstance(answers.get(person.key), form)
        ]
        demand(
            not wrong,
            f"Of three people, the second one refused, number {', '.join(map(str, wrong))} has not the right answer.",
        )

    @check()
    async def test_a_refusal_says_why(self) -> None:
        """A refusal has the system's own word and a sentence."""
        refused = self.refused()
        if refused is None:
            skipped("refused(): somebody whom the system refuses")
        async with self.provider() as built:
            answers = await self.send(built, [self.with_message(refused, 1)])
        refusals = [each for each in answers if isinstance(each, Refused)]
        demand(all(each.code and each.message for each in refusals), "A refusal has no code or no message.")

    @check()
    async def test_sends_at_one_time_leave_once_each(self) -> None:
        """Many calls at one time write to each person once."""
        async with self.provider() as built:
            await asyncio.gather(*(self.send(built, [self.addressed(number)]) for number in range(10)))
            counts = [self.times(number) for number in range(10)]
        demand(set(counts) == {1}, f"Ten people were written to at one time, and got {counts} messages.")
