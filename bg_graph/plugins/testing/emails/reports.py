"""Checks of the reports of deliveries that a provider reads: signed, in our words, the same for the same report."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from bg_graph.plugins.email import DeliveryEvent, EmailAbility, EventKind, Inbound
from bg_graph.plugins.errors import Forged, ProviderError, Unsupported
from bg_graph.plugins.testing.checks import NotForThis, demand, skipped
from bg_graph.plugins.testing.emails.calls import EmailCalls
from bg_graph.plugins.testing.exam import check


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Something that the system reports of a delivery, to be put in the system's own words."""

    kind: EventKind | None
    """What happened; None for something that the contract has no word for."""
    key: str
    """Key of the recipient."""
    message_id: str
    """Id of the message, for systems that report by that."""
    at: datetime
    """When it happened."""
    id: str
    """The system's id of the report, where it has one."""


class ReportChecks(EmailCalls):
    """What a provider reports."""

    reported: Sequence[EventKind] = (EventKind.DELIVERED, EventKind.BOUNCED, EventKind.OPENED, EventKind.CLICKED)
    """What the system reports. Override to name others."""

    def inbound(self, reports: Sequence[Report]) -> Inbound | None:
        """Override to give the call by which the system brings these reports, in its words and with its signature."""
        return None

    @check()
    async def test_reports_come_in_our_words(self) -> None:
        """Each report is read as what it says, and names its delivery."""
        reports = [self._report(kind) for kind in self.reported]
        events = await self._read(reports)
        demand(all(isinstance(each, DeliveryEvent) for each in events), "A report is no DeliveryEvent.")
        kinds = [each.kind for each in events]
        demand(
            kinds.count(EventKind.DELIVERED) <= 1 and set(kinds) == set(self.reported),
            f"Reported were {', '.join(self.reported)}; read were {', '.join(map(str, kinds))}.",
        )
        known = {name for report in reports for name in (report.key, report.message_id)}
        named = all(each.key in known or each.message_id in known for each in events)
        demand(named, "A report names neither the key nor the message id of its delivery.")

    @check()
    async def test_times_of_reports_are_aware_and_right(self) -> None:
        """The time is when it happened, with its zone."""
        at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
        events = await self._read([self._report(kind, at=at) for kind in self.reported])
        demand(all(each.at.tzinfo is not None for each in events), "The time of a report has no zone.")
        demand(
            all(abs(each.at - at) < timedelta(seconds=2) for each in events), "A report's time is not when it happened."
        )

    @check()
    async def test_the_same_report_has_the_same_id(self) -> None:
        """A call that comes again is refused, or gives the same ids, also from a new instance: each counts once."""
        inbound = self._inbound([self._report(kind) for kind in self.reported])
        ids = []
        for _ in range(2):
            async with self.provider() as built:
                try:
                    ids.append([each.id for each in await built.call("read_events", inbound)])
                except Forged:
                    demand(ids, "A call that is signed well was taken for forged.")
                    return
        demand(ids[0] == ids[1], "The same report had another id when it came again: make it of what the report says.")

    @check()
    async def test_different_reports_have_different_ids(self) -> None:
        """Reports of several deliveries, and several of one delivery, are told apart."""
        reports = [self._report(kind) for kind in self.reported for _ in range(2)]
        ids = [each.id for each in await self._read(reports)]
        demand(len(ids) == len(set(ids)), "Two reports have the same id: one of them would be left out.")

    @check()
    async def test_a_word_that_is_not_known_is_left_out(self) -> None:
        """What the contract has no word for is passed over, and the rest is read."""
        events = await self._read([self._report(self.reported[0]), self._report(None), self._report(self.reported[-1])])
        demand(len(events) == 2, f"Of three reports, one of a kind without a word here, {len(events)} were read.")

    @check()
    async def test_reports_out_of_order_are_kept(self) -> None:
        """An earlier report that comes later is read as well: the host puts them in order."""
        now = datetime.now(UTC).replace(microsecond=0)
        key, message_id = uuid4().hex, self._message_id()
        reports = [
            Report(kind=kind, key=key, message_id=message_id, at=now - timedelta(minutes=number), id=uuid4().hex)
            for number, kind in enumerate(self.reported)
        ]
        events = await self._read(reports)
        demand(len(events) == len(reports), f"Of {len(reports)} reports in reverse order {len(events)} were read.")

    @check()
    async def test_a_changed_body_is_forged(self) -> None:
        """What was changed on its way is refused."""
        inbound = self._inbound([self._report(self.reported[0])])
        for body in (inbound.body + b" ", inbound.body[:-1], b""):
            await self._is_forged(replace(inbound, body=body), "whose body was changed")

    @check()
    async def test_a_call_without_signature_is_forged(self) -> None:
        """What is not signed is refused."""
        inbound = self._inbound([self._report(self.reported[0])])
        plain = {name: value for name, value in inbound.headers.items() if name in ("content-type", "content-length")}
        await self._is_forged(replace(inbound, headers=plain), "without a signature")

    @check()
    async def test_reports_it_cannot_read_are_unsupported(self) -> None:
        """Without a signature of its own it reads no reports: the host does."""
        if EmailAbility.SIGNED_EVENTS in self.plugin_abilities():
            raise NotForThis("it declares SIGNED_EVENTS")
        async with self.provider() as built:
            inbound = Inbound(headers={}, body=b"{}", received_at=datetime.now(UTC))
            try:
                await built.call("read_events", inbound)
            except (Unsupported, Forged):
                return
        demand(False, "read_events has to raise Unsupported without SIGNED_EVENTS: nobody has checked who calls.")

    def _report(self, kind: EventKind | None, *, at: datetime | None = None) -> Report:
        moment = at or datetime.now(UTC).replace(microsecond=0)
        return Report(kind=kind, key=uuid4().hex, message_id=self._message_id(), at=moment, id=uuid4().hex)

    def _message_id(self) -> str:
        return f"<{uuid4().hex}@example.com>"

    def _inbound(self, reports: Sequence[Report]) -> Inbound:
        self.needs(EmailAbility.SIGNED_EVENTS)
        inbound = self.inbound(reports)
        return inbound if inbound is not None else skipped("inbound(reports): the call that brings them, signed")

    async def _read(self, reports: Sequence[Report]) -> list[DeliveryEvent]:
        async with self.provider() as built:
            return list(await built.call("read_events", self._inbound(reports)))

    async def _is_forged(self, inbound: Inbound, how: str) -> None:
        async with self.provider() as built:
            try:
                await built.call("read_events", inbound)
            except Forged:
                return
            except ProviderError as fault:
                demand(False, f"A call {how} raised {type(fault).__name__}: raise Forged.")
        demand(False, f"A call {how} was believed: check the signature over the body as it came, then read it.")
