"""Checks of what leaves: it is what the host wrote, and a trial is known as one."""

from dataclasses import replace
from typing import Any

from bg_graph.plugins.email import EmailAbility, Message, Recipient
from bg_graph.plugins.testing.checks import demand, skipped
from bg_graph.plugins.testing.emails.calls import EmailCalls
from bg_graph.plugins.testing.exam import check
from bg_graph.plugins.testing.sent import Sent, as_lines, message_for


class ContentChecks(EmailCalls):
    """What leaves is what the host wrote."""

    @check()
    async def test_subject_and_bodies_arrive_unchanged(self) -> None:
        """Letters beyond ASCII, braces, dots and links are still what they were."""
        sent = await self._only(self.addressed(7, size=0))
        message = message_for(7)
        for what, given, got in (
            ("subject", message.subject, sent.subject),
            ("plain text", message.plain, sent.plain),
            ("HTML", message.html, sent.html),
        ):
            if got is None:
                skipped(f"sent(): what left, with its {what}")
            demand(as_lines(got) == as_lines(given), f"The {what} that left is not the one given: {str(got)[:80]!r}")

    @check()
    async def test_header_fields_arrive(self) -> None:
        """Header fields of the host, such as List-Unsubscribe, are part of the message."""
        sent = await self._only(self.addressed(7, size=0))
        shown = {name.casefold(): value for name, value in sent.headers.items()}
        if not shown:
            skipped("sent(): what left, with its headers")
        demand(shown.get("x-exam") == "number-7", "A header field of the message did not leave.")

    @check()
    async def test_a_message_without_html_is_sent(self) -> None:
        """Plain text alone is a message."""
        person = self.addressed(0)
        message = Message(subject="Plain", plain="Plain text alone.\n")
        sent = await self._only(replace(person, name=None, message=message))
        demand(sent.html is None or sent.html == "", "HTML left where the message has none.")

    @check()
    async def test_a_name_adds_no_header_field(self) -> None:
        """A name that holds line breaks stays a name, or is refused."""
        self.needs(EmailAbility.HOST_CONTENT)
        async with self.provider() as built:
            person = replace(self.addressed(0), name="Eve\r\nBcc: many@example.com\r\nX-Added: yes")
            await self.send(built, [person])
            headers = {name.casefold() for sent in self.left() for name in sent.headers}
        demand(not headers & {"bcc", "x-added"}, "A line break in a name became a header field.")

    @check()
    async def test_a_test_send_is_marked(self) -> None:
        """A trial is known as one by its subject."""
        self.needs(EmailAbility.TEST_SEND, EmailAbility.HOST_CONTENT)
        sent = await self._only(self.addressed(3), test=True)
        if sent.subject is None:
            skipped("sent(): what left, with its subject")
        demand("[test]" in sent.subject.casefold(), f"The subject of a test does not say [Test]: {sent.subject!r}")

    @check()
    async def test_an_ordinary_send_is_not_marked_as_test(self) -> None:
        """What is no trial does not look like one, also right after a trial."""
        self.needs(EmailAbility.TEST_SEND, EmailAbility.HOST_CONTENT)
        async with self.provider() as built:
            await self.send(built, [self.addressed(3)], test=True)
            await self.send(built, [self.addressed(4)])
            subjects = [each.subject or "" for each in self.left() if each.address == self.recipient(4).address]
        demand(not any("[test]" in each.casefold() for each in subjects), "An ordinary message says [Test].")

    async def _only(self, person: Recipient, **more: Any) -> Sent:
        """What left for one person."""
        self.needs(EmailAbility.HOST_CONTENT)
        async with self.provider() as built:
            await self.send(built, [person], **more)
            left = [each for each in self.left() if each.address == person.address]
        return left[0] if left else skipped("sent(): what left, by the address it was sent to")
