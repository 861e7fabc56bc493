"""E-mail providers with one fault each."""

import asyncio
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, Field, SecretStr

from bg_graph.plugins.email import (
    Accepted,
    ApprovedEmail,
    DeliveryEvent,
    EventKind,
    FindRequest,
    Inbound,
    ListRequest,
    Page,
    Recipient,
    Refused,
    SendAnswer,
    SendRequest,
)
from bg_graph.plugins.errors import Misconfigured, OutcomeUnknown, Unavailable
from bg_graph.plugins.health import Health
from tests.plugins.faults.good_email import GoodLists, GoodMail, GoodMailExam, MailSettings, System
from tests.plugins.faults.running import Fault, exam_of

NAIVE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
stand_still = time.sleep
GoodListsExam = exam_of(GoodMailExam, GoodLists, {}, {})


class BlocksTheLoop(GoodMail):
    _connected = False

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        if not self._connected:
            stand_still(0.3)
        self._connected = True
        return await super().send(request)


class SwallowsCancellation(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        try:
            return await super().send(request)
        except asyncio.CancelledError:
            if self.settings.url != "slow":
                await asyncio.sleep(1.2)
            raise


class HoldsOnToASlowSystem(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        try:
            return await super().send(request)
        except asyncio.CancelledError:
            if self.settings.url == "slow":
                await asyncio.sleep(1.2)
            raise


class RawErrors(GoodMail):
    async def find_send(self, request: FindRequest) -> list[SendAnswer] | None:
        try:
            return await super().find_send(request)
        except Unavailable as fault:
            raise ConnectionError("connection refused") from fault


class DownIsUnknown(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        try:
            return await super().send(request)
        except Unavailable:
            raise OutcomeUnknown("no idea") from None


class WrongKeyIsUnavailable(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        try:
            return await super().send(request)
        except Misconfigured:
            raise Unavailable("401") from None


class AlwaysHealthy(GoodMail):
    async def check(self) -> Health:
        with suppress(Unavailable):
            self.system()
        return Health(healthy=True)


class WrongKeyIsDown(GoodMail):
    async def check(self) -> Health:
        try:
            return await super().check()
        except Misconfigured as fault:
            return Health(healthy=False, message=str(fault))


class NeverHealthy(GoodMail):
    async def check(self) -> Health:
        await super().check()
        return Health(healthy=False, message="I don't know")


class ClosesOnce(GoodMail):
    closed = False

    async def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


class SharesAPool(GoodMail):
    """Its connections belong to the class: whoever closes, closes for all."""

    pool: dict[str, bool] = {}

    def __init__(self, settings: MailSettings, context: Any) -> None:
        super().__init__(settings, context)
        self.pool["open"] = True

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        if not self.pool["open"]:
            raise Unavailable("the pool is closed")
        return await super().send(request)

    async def close(self) -> None:
        self.pool["open"] = False


class LeavesATask(GoodMail):
    _task: asyncio.Task[None] | None = None

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        self._task = self._task or asyncio.ensure_future(asyncio.sleep(60))
        return await super().send(request)


class LeavesAThread(GoodMail):
    _thread: threading.Thread | None = None

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        if self._thread is None:
            self._thread = threading.Thread(target=time.sleep, args=(8,), daemon=True)
            self._thread.start()
        return await super().send(request)


class LeavesAFile(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        FILES.append(os.open(__file__, os.O_RDONLY))
        return await super().send(request)


FILES: list[int] = []


class KeepsEveryRequest(GoodMail):
    def __init__(self, settings: MailSettings, context: Any) -> None:
        super().__init__(settings, context)
        self._seen: list[SendRequest] = []

    async def send(self, request: SendRequest) -> list[SendAnswer]:
        self._seen.append(request)
        return await super().send(request)


class SharedState(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        self._request = request
        await asyncio.sleep(0)
        return await super().send(self._request)


class WritesUnderOneTenant(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        await self.context.storage.put("alpha", "last", request.recipients[0].key)
        return await super().send(request)


class ChangesTheRequest(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        answers = await super().send(request)
        for each in request.recipients:
            if each.message is not None:
                each.message.headers["X-Sent"] = "yes"  # type: ignore[index]
        return answers


@dataclass(frozen=True, kw_only=True)
class _Own(Accepted):
    raw: Any = None

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


class AnswersThatDontCross(GoodMail):
    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        answer = await super().deliver(system, request, recipient)
        if isinstance(answer, Accepted):
            answer = _kept(answer)
        return answer


OWN: dict[str, _Own] = {}


def _kept(answer: Accepted) -> _Own:
    own = _Own(key=answer.key, message_id=answer.message_id, raw=threading.Lock())
    return OWN.setdefault(answer.key, own)


class RefusesUnknownFields(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        if type(request) is not SendRequest:
            raise TypeError(f"not a SendRequest: {type(request).__name__}")
        return await super().send(request)


class SecretInRepr(GoodMail):
    def __repr__(self) -> str:
        return f"SecretInRepr({self.settings.api_key.get_secret_value()})"


class SecretInAnError(GoodMail):
    def system(self) -> System:
        try:
            return super().system()
        except Misconfigured:
            raise Misconfigured(f"key {self.settings.api_key.get_secret_value()} was refused") from None


class SecretInTheLog(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        self.context.logger.debug("sending with %s", self.settings.api_key.get_secret_value())
        return await super().send(request)


class NotAsync(GoodMail):
    def read_events(self, inbound: Inbound) -> Any:
        return super().read_events(inbound)


class MethodMissing(GoodMail):
    find_send = None  # type: ignore[assignment]
    abilities = GoodMail.abilities - {"FIND_SEND", "IDEMPOTENT"}


class SlowToBuild(GoodMail):
    def __init__(self, settings: MailSettings, context: Any) -> None:
        time.sleep(0.05)
        super().__init__(settings, context)


class BatchOfNothing(GoodMail):
    batch = 0


class SecretInTheOpen(BaseModel):
    url: str = Field(description="Where the system is")
    api_key: SecretStr = Field(description="Key that the system gave us")
    proxy_password: str = Field(default="", description="Password of the proxy")


class NotDescribed(BaseModel):
    url: str
    api_key: SecretStr = Field(description="Key that the system gave us")


class CallsItFence(BaseModel):
    url: str = Field(description="Where the system is")
    api_key: SecretStr = Field(description="Key that the system gave us")
    fence: int = Field(default=1, description="Our fence")


class MissingIsAKeyError(BaseModel):
    url: str = Field(description="Where the system is")
    api_key: SecretStr = Field(default=SecretStr(""), description="Key that the system gave us")


class NamesNothingThatIsMissing(GoodMail):
    def __init__(self, settings: MailSettings, context: Any) -> None:
        if not settings.api_key.get_secret_value():
            raise KeyError("x")
        super().__init__(settings, context)


class SettingsNotDescribed(GoodMail):
    pass


class SecretSettingInTheOpen(GoodMail):
    pass


class SettingCalledFence(GoodMail):
    pass


class MadeForTheNextContract(GoodMail):
    pass


def _inner() -> Any:
    class NotKnownByName(GoodMail):
        pass

    return NotKnownByName


NotKnownByName = _inner()


class ShortAnswer(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        answers = await super().send(request)
        return answers[:-1] if len(answers) == 5 else answers


class FullBatchIsCut(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        return (await super().send(request))[: self.batch - 1]


class SameMessageIds(GoodMail):
    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        answer = await super().deliver(system, request, recipient)
        return replace(answer, message_id=f"<{recipient.address}>") if isinstance(answer, Accepted) else answer


class OnlyTheFirstLeaves(GoodMail):
    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        if len(request.recipients) == 3 and recipient is request.recipients[2] and "@" in request.recipients[1].address:
            return Accepted(key=recipient.key, message_id=f"<{recipient.key}>")
        return await super().deliver(system, request, recipient)


class SendsTwice(GoodMail):
    """Remembers keys per call alone."""

    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        known = system.keys.get(recipient.key)
        if known is not None and getattr(self, "_last", None) == recipient.key:
            system.mails.append((recipient.address, request, recipient))
        self._last = recipient.key
        return await super().deliver(system, request, recipient)


class AnotherAnswerTheSecondTime(GoodMail):
    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        known = recipient.key in system.keys
        answer = await super().deliver(system, request, recipient)
        return replace(answer, message_id=f"<{uuid4()}>") if known and isinstance(answer, Accepted) else answer


class ForgetsKeysInACrash(GoodMail):
    def __init__(self, settings: MailSettings, context: Any) -> None:
        super().__init__(settings, context)
        self._own: set[str] = set()

    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        if recipient.key in system.keys and recipient.key not in self._own:
            system.mails.append((recipient.address, request, recipient))
        self._own.add(recipient.key)
        return await super().deliver(system, request, recipient)


class FindsOnlyItsOwn(GoodMail):
    def __init__(self, settings: MailSettings, context: Any) -> None:
        super().__init__(settings, context)
        self._own: dict[str, SendAnswer] = {}

    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        self._own.clear()
        self._own[recipient.key] = await super().deliver(system, request, recipient)
        return self._own[recipient.key]

    async def find_send(self, request: FindRequest) -> list[SendAnswer] | None:
        self.system()
        return [self._own[key] for key in request.keys if key in self._own]


class FindsWhatWasNeverSent(GoodMail):
    async def find_send(self, request: FindRequest) -> list[SendAnswer] | None:
        self.system()
        return [Accepted(key=key) for key in request.keys]


class ClaimsToFind(GoodMail):
    abilities = GoodMail.abilities - {"FIND_SEND"}

    async def find_send(self, request: FindRequest) -> list[SendAnswer] | None:
        return []


class OneMessageAPerson(GoodMail):
    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        before = [
            each
            for address, sent, each in system.mails
            if address == recipient.address and sent.tenant == request.tenant
        ]
        if before and len(system.mails) == 2:
            return Accepted(key=recipient.key, message_id=f"<{uuid4()}>")
        return await super().deliver(system, request, recipient)


class OtherTenantsAreHeldBack(GoodMail):
    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        others = [sent for address, sent, _ in system.mails if address == recipient.address]
        if any(sent.tenant != request.tenant for sent in others):
            return Accepted(key=recipient.key, message_id=f"<{uuid4()}>")
        return await super().deliver(system, request, recipient)


class RefusalStopsTheOthers(GoodMail):
    async def send(self, request: SendRequest) -> list[SendAnswer]:
        answers = await super().send(request)
        refused = [place for place, each in enumerate(answers) if isinstance(each, Refused)]
        return answers[: refused[0] + 1] if refused else answers


class RefusesWithoutAWord(GoodMail):
    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        answer = await super().deliver(system, request, recipient)
        return replace(answer, code="", message="") if isinstance(answer, Refused) else answer


class AsciiSubject(GoodMail):
    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        message = recipient.message
        if message is not None:
            message = replace(message, subject=message.subject.encode("ascii", "replace").decode())
        return await super().deliver(system, request, replace(recipient, message=message))


class DropsHeaders(GoodMail):
    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        message = recipient.message
        if message is not None:
            message = replace(message, headers={"X-Mailer": "ours"})
        return await super().deliver(system, request, replace(recipient, message=message))


class MakesUpHtml(GoodMail):
    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        message = recipient.message
        if message is not None and message.html is None:
            message = replace(message, html=f"<pre>{message.plain}</pre>")
        return await super().deliver(system, request, replace(recipient, message=message))


class NameBecomesAHeader(GoodMail):
    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        message = recipient.message
        if message is not None:
            lines = f"To: {recipient.name}".splitlines()
            headers = dict(message.headers) | dict(line.split(": ", 1) for line in lines)
            message = replace(message, headers=headers)
        return await super().deliver(system, request, replace(recipient, message=message))


class TestsLookReal(GoodMail):
    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        return await super().deliver(system, replace(request, test=False), recipient)


class AlwaysTestAfterATest(GoodMail):
    _test = False

    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        self._test = self._test or request.test
        return await super().deliver(system, replace(request, test=self._test), recipient)


class BelievesAnybody(GoodMail):
    def signed(self, inbound: Inbound) -> bool:
        return super().signed(inbound) or "x-signature" not in inbound.headers


class SignsNothingButTheHeader(GoodMail):
    def signed(self, inbound: Inbound) -> bool:
        return len(inbound.headers.get("x-signature", "")) == 64 and inbound.body.strip().startswith(b"[")


class UnknownWordStopsAll(GoodMail):
    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        events = await super().read_events(inbound)
        return [] if b"xyz" in inbound.body else events


class OpensAreClicks(GoodMail):
    def event(self, report: dict[str, Any]) -> DeliveryEvent:
        event = super().event(report)
        return replace(event, kind=EventKind.CLICKED) if event.kind is EventKind.OPENED else event


class NaiveTimes(GoodMail):
    def event(self, report: dict[str, Any]) -> DeliveryEvent:
        return replace(super().event(report), at=datetime.fromtimestamp(report["at"], UTC).replace(tzinfo=None))


class TimeOfArrival(GoodMail):
    def event(self, report: dict[str, Any]) -> DeliveryEvent:
        return replace(super().event(report), at=datetime.now(UTC))


class RandomEventIds(GoodMail):
    def event(self, report: dict[str, Any]) -> DeliveryEvent:
        return replace(super().event(report), id=uuid4().hex)


class OneIdForAKind(GoodMail):
    def event(self, report: dict[str, Any]) -> DeliveryEvent:
        return replace(super().event(report), id=report["what"])


class LateReportsAreDropped(GoodMail):
    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        events = await super().read_events(inbound)
        kept: list[DeliveryEvent] = []
        for event in events:
            if not any(event.key == each.key and event.at < each.at for each in kept):
                kept.append(event)
        return kept


class ReportsOfNobody(GoodMail):
    def event(self, report: dict[str, Any]) -> DeliveryEvent:
        return replace(super().event(report), key=None)


class ReadsWhatItCannotCheck(GoodLists):
    async def read_events(self, inbound: Inbound) -> list[DeliveryEvent]:
        return []


class HasListsAllTheSame(GoodMail):
    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        return Page(items=())


class RepeatsAPage(GoodLists):
    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        page = await super().list_emails(request)
        return page if request.cursor != "20" else Page(items=page.items + page.items[:1])


class FirstPageOnly(GoodLists):
    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        return replace(await super().list_emails(request), next_cursor=None)


class IgnoresTheWorkspace(GoodLists):
    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        return await super().list_emails(replace(request, workspace_id=None))


class NamesAWorkspaceThatIsNot(GoodLists):
    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        page = await super().list_emails(request)
        renamed = tuple(replace(each, workspace_id=each.workspace_id.upper()) for each in page.items)
        return page if request.workspace_id else replace(page, items=renamed)


class NaiveListTimes(GoodLists):
    async def list_emails(self, request: ListRequest) -> Page[ApprovedEmail]:
        page = await super().list_emails(request)
        return replace(page, items=tuple(replace(each, created_at=NAIVE) for each in page.items))


class WritesTwiceInARush(GoodMail):
    """Gives a call up that waits for others, and makes it again under another key."""

    under_way = 0

    async def deliver(self, system: System, request: SendRequest, recipient: Recipient) -> SendAnswer:
        self.under_way += 1
        await asyncio.sleep(0.01)
        if self.under_way > 5:
            await system.deliver(request, replace(recipient, key=f"{recipient.key} again"))
        self.under_way -= 1
        return await super().deliver(system, request, recipient)


def _fault(provider: Any, caught_by: str, says: str, **more: Any) -> Fault:
    exam = more.pop("exam", GoodListsExam if issubclass(provider, GoodLists) else GoodMailExam)
    return Fault(provider, caught_by, says, exam, more.get("plugin", {}), more.get("given", {}))


FAULTS = [
    _fault(BlocksTheLoop, "it_does_not_block_the_loop", "stood still"),
    _fault(SwallowsCancellation, "a_cancelled_call_ends_at_once_and_the_next_one_works", "still running"),
    _fault(HoldsOnToASlowSystem, "a_call_to_a_slow_system_can_be_given_up", "still running"),
    _fault(RawErrors, "errors_are_those_of_the_contract", "ConnectionError"),
    _fault(DownIsUnknown, "a_call_to_a_system_that_is_down_is_unavailable", "OutcomeUnknown"),
    _fault(WrongKeyIsUnavailable, "wrong_credentials_are_told_as_misconfigured", "Unavailable"),
    _fault(AlwaysHealthy, "check_tells_a_system_that_is_down", "that it works"),
    _fault(WrongKeyIsDown, "check_tells_wrong_settings", "down"),
    _fault(NeverHealthy, "check_tells_that_it_works", "does not work"),
    _fault(ClosesOnce, "it_can_be_closed_twice_and_unused", "second close"),
    _fault(SharesAPool, "closing_one_leaves_another_working", "pool is closed"),
    _fault(LeavesATask, "nothing_stays_behind_after_close", "the task"),
    _fault(LeavesAThread, "nothing_stays_behind_after_close", "the thread"),
    _fault(LeavesAFile, "nothing_stays_behind_after_close", "open files"),
    _fault(KeepsEveryRequest, "memory_is_steady_over_many_calls", "Memory grew"),
    _fault(SharedState, "calls_at_one_time_do_not_mix", "wrong answer"),
    _fault(WritesUnderOneTenant, "tenants_do_not_mix", "storage of alpha"),
    _fault(ChangesTheRequest, "requests_and_answers_cross_to_another_process", "changed its request"),
    _fault(AnswersThatDontCross, "requests_and_answers_cross_to_another_process", "pickling"),
    _fault(RefusesUnknownFields, "fields_that_a_later_contract_adds_are_ignored", "LaterSend"),
    _fault(SecretInRepr, "no_secret_is_shown", "repr"),
    _fault(SecretInAnError, "no_secret_is_shown", "error"),
    _fault(SecretInTheLog, "no_secret_is_shown", "log"),
    _fault(NotAsync, "it_has_all_methods_and_they_are_async", "async def"),
    _fault(MethodMissing, "it_has_all_methods_and_they_are_async", "find_send"),
    _fault(SlowToBuild, "it_is_built_at_once", "factory took", given={"quick": 0.03}),
    _fault(BatchOfNothing, "it_declares_abilities_and_batch", "batch"),
    _fault(
        SettingsNotDescribed,
        "its_settings_are_described_and_keep_secrets",
        "no description",
        plugin={"settings": NotDescribed},
    ),
    _fault(
        SecretSettingInTheOpen,
        "its_settings_are_described_and_keep_secrets",
        "no SecretStr",
        plugin={"settings": SecretInTheOpen},
    ),
    _fault(
        SettingCalledFence,
        "its_settings_are_described_and_keep_secrets",
        "the host's",
        plugin={"settings": CallsItFence},
    ),
    _fault(
        NamesNothingThatIsMissing, "each_missing_setting_is_named", "api_key", plugin={"settings": MissingIsAKeyError}
    ),
    _fault(MadeForTheNextContract, "it_is_named_and_made_for_this_contract", "contract 2.0", plugin={"api": (2, 0)}),
    _fault(NotKnownByName, "it_can_be_built_in_another_process", "top of a module"),
    _fault(ShortAnswer, "each_recipient_is_answered_once", "answered"),
    _fault(FullBatchIsCut, "a_full_batch_is_answered", "full batch"),
    _fault(SameMessageIds, "message_ids_are_unique", "repeat"),
    _fault(OnlyTheFirstLeaves, "every_accepted_message_leaves", "not written to"),
    _fault(SendsTwice, "a_key_is_not_sent_twice", "sent 2 times"),
    _fault(AnotherAnswerTheSecondTime, "a_key_is_not_sent_twice", "another answer"),
    _fault(ForgetsKeysInACrash, "a_key_is_not_sent_twice_after_a_crash", "new instance"),
    _fault(FindsOnlyItsOwn, "a_key_that_went_out_is_found_after_a_crash", "did not find"),
    _fault(FindsWhatWasNeverSent, "a_key_that_went_out_is_found_after_a_crash", "never sent"),
    _fault(ClaimsToFind, "it_does_not_claim_to_find_what_it_cannot", "give None"),
    _fault(OneMessageAPerson, "another_key_to_the_same_person_is_sent", "did not leave"),
    _fault(OtherTenantsAreHeldBack, "the_same_person_is_written_to_by_another_tenant", "did not leave"),
    _fault(RefusalStopsTheOthers, "a_refusal_does_not_stop_the_others", "number 3"),
    _fault(RefusesWithoutAWord, "a_refusal_says_why", "no code"),
    _fault(AsciiSubject, "subject_and_bodies_arrive_unchanged", "subject"),
    _fault(DropsHeaders, "header_fields_arrive", "header field"),
    _fault(MakesUpHtml, "a_message_without_html_is_sent", "HTML left"),
    _fault(NameBecomesAHeader, "a_name_adds_no_header_field", "line break"),
    _fault(TestsLookReal, "a_test_send_is_marked", "[Test]"),
    _fault(AlwaysTestAfterATest, "an_ordinary_send_is_not_marked_as_test", "[Test]"),
    _fault(BelievesAnybody, "a_call_without_signature_is_forged", "believed"),
    _fault(SignsNothingButTheHeader, "a_changed_body_is_forged", "believed"),
    _fault(UnknownWordStopsAll, "a_word_that_is_not_known_is_left_out", "were read"),
    _fault(OpensAreClicks, "reports_come_in_our_words", "read were"),
    _fault(ReportsOfNobody, "reports_come_in_our_words", "neither"),
    _fault(NaiveTimes, "times_of_reports_are_aware_and_right", "no zone"),
    _fault(TimeOfArrival, "times_of_reports_are_aware_and_right", "when it happened"),
    _fault(RandomEventIds, "the_same_report_has_the_same_id", "another id"),
    _fault(OneIdForAKind, "different_reports_have_different_ids", "same id"),
    _fault(LateReportsAreDropped, "reports_out_of_order_are_kept", "reverse order"),
    _fault(ReadsWhatItCannotCheck, "reports_it_cannot_read_are_unsupported", "Unsupported"),
    _fault(HasListsAllTheSame, "what_it_does_not_keep_is_unsupported", "Unsupported"),
    _fault(RepeatsAPage, "lists_end_and_repeat_nothing", "twice"),
    _fault(FirstPageOnly, "lists_are_complete", "leaves out"),
    _fault(IgnoresTheWorkspace, "a_workspace_shows_its_own_emails", "others' too"),
    _fault(NamesAWorkspaceThatIsNot, "an_email_belongs_to_a_workspace_that_is_listed", "not listed"),
    _fault(NaiveListTimes, "listed_times_are_aware", "no zone"),
    _fault(WritesTwiceInARush, "sends_at_one_time_leave_once_each", "got [2"),
]
