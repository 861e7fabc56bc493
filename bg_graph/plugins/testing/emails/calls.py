"""What an author of an e-mail provider gives the exam, and how the exam sends."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from bg_graph.plugins.email import EmailAbility, FindRequest, ListRequest, Recipient, Refused, SendAnswer, SendRequest
from bg_graph.plugins.plugin import Capability
from bg_graph.plugins.testing.behaving import Behaviour
from bg_graph.plugins.testing.checks import NotForThis, skipped
from bg_graph.plugins.testing.sent import Sent, message_for

_SIZE = 4000  # characters of each message: what is kept from call to call shows in memory


class EmailCalls(Behaviour):
    """What an author of an e-mail provider gives the exam, and how the exam sends."""

    capability = Capability.EMAIL
    methods = ("list_workspaces", "list_emails", "send", "find_send", "read_events", "check", "close")

    _abilities: frozenset[EmailAbility] | None = None

    email_id: str = "email-1"
    """The e-mail that is sent; has to be there where the provider has e-mails of its own."""

    def recipient(self, number: int) -> Recipient:
        """Override where the system knows people: somebody who can be written to, by number. The exam sets key and message."""
        return Recipient(key="", address=f"person{number}@example.com", name=f"Persön {number}")

    def refused(self) -> Recipient | None:
        """Override to give somebody whom the system refuses for good; None where it refuses nobody by itself."""
        return Recipient(key="", address="no address at all")

    def sent(self) -> Sequence[Sent] | None:
        """Override to show what left, since the check began. None: it can't be seen."""
        return None

    # How the exam sends.

    def usual(self, number: int, tenant: str = "alpha") -> tuple[str, Any]:
        """A send to one person, with a new key."""
        return "send", self.request([self.addressed(number)], tenant)

    def strangeness(self, request: Any, answer: Any) -> str | None:
        """Whether each key was accepted once, and no other."""
        asked = Counter(recipient.key for recipient in request.recipients)
        told = Counter(each.key for each in answer)
        if told != asked:
            return (
                f"{len(asked)} keys were asked, and {len(asked & told)} of them answered, {len(told - asked)} others."
            )
        refused = [each for each in answer if isinstance(each, Refused)]
        return f"{refused[0].code} {refused[0].message}" if refused else None

    def calls_of_all_methods(self) -> list[tuple[str, Any]]:
        """One call of each method that the provider is able to do."""
        calls = [self.usual(0)]
        abilities = self.plugin_abilities()
        if EmailAbility.FIND_SEND in abilities:
            calls.append(("find_send", FindRequest(tenant="alpha", keys=(uuid4().hex,))))
        if EmailAbility.HOST_CONTENT not in abilities:
            lists = ListRequest(tenant="alpha")
            calls += [("list_workspaces", lists), ("list_emails", lists)]
        return calls

    def plugin_abilities(self) -> frozenset[EmailAbility]:
        """What the provider declares; nothing where it declares nothing that can be read."""
        if self._abilities is None:
            stated = getattr(self.inline().provider, "abilities", None)
            self._abilities = stated if isinstance(stated, frozenset) else frozenset()
        return self._abilities

    def needs(self, *abilities: EmailAbility) -> None:
        """The check is for providers with these abilities alone."""
        missing = [each for each in abilities if each not in self.plugin_abilities()]
        if missing:
            raise NotForThis(f"it does not declare {', '.join(missing)}")

    def addressed(self, number: int, *, key: str | None = None, size: int = _SIZE) -> Recipient:
        """A person with a key and, where the provider wants one, a message."""
        return self.with_message(self.recipient(number), number, key=key, size=size)

    def with_message(self, person: Recipient, number: int, *, key: str | None = None, size: int = 0) -> Recipient:
        """A person, as the host hands them over."""
        message = message_for(number, size=size) if self._writes() else None
        return replace(person, key=key or uuid4().hex, message=message)

    def request(self, recipients: Sequence[Recipient], tenant: str = "alpha", *, test: bool = False) -> SendRequest:
        """A request to send the exam's e-mail."""
        return SendRequest(tenant=tenant, email_id=self.email_id, recipients=tuple(recipients), test=test)

    async def send(self, built: Any, recipients: Sequence[Recipient], **more: Any) -> list[SendAnswer]:
        """The answers to all recipients, asked in batches as the provider wants them."""
        size = max(1, int(built.attribute("batch")))
        parts = [recipients[start : start + size] for start in range(0, len(recipients), size)]
        answers = [await built.call("send", self.request(part, **more)) for part in parts]
        return [each for part in answers for each in part]

    def left(self) -> list[Sent]:
        """What left; the check is skipped where it can't be seen."""
        sent = self.sent()
        return list(sent) if sent is not None else skipped("sent(): what left, as the system got it")

    def times(self, number: int) -> int:
        """How often a person was written to."""
        address = self.recipient(number).address
        return sum(each.address == address for each in self.left())

    def _writes(self) -> bool:
        return EmailAbility.HOST_CONTENT in self.plugin_abilities()
