"""Messages as bytes: what was asked for arrives, and nobody can add a header field."""

import re
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.plugins.email import Recipient, Refused
from bg_graph.plugins.mime.addresses import UnusableAddress, address_of, one_line
from bg_graph.plugins.mime.envelopes import Envelope, envelope_of
from tests.email.messages import AT, MAILING, key_of, parsed, recipient

UNSUBSCRIBE = f"<https://graph.example.com/unsubscribe/{'a' * 120}>"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def envelope(**said: Any) -> Envelope:
    made = envelope_of(recipient(**said), MAILING)
    assert isinstance(made, Envelope)
    return made


def refused(**said: Any) -> Refused:
    made = envelope_of(recipient(**said), MAILING)
    assert isinstance(made, Refused)
    assert not made.bad_address
    return made


def email(**said: Any) -> EmailMessage:
    return parsed(envelope(**said).content)


def test_a_message_has_the_fields_that_it_needs():
    made = email(reply_to="Service <service@example.com>")
    assert made.keys() == [
        "Message-ID",
        "Date",
        "From",
        "To",
        "Reply-To",
        "Subject",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    ]
    assert made["message-id"] == f"<{key_of(1)}@example.com>"
    assert made["date"].datetime == AT
    assert made["from"] == "News <news@example.com>"
    assert made["to"] == "Ann Lee <ann@example.com>"
    assert made["reply-to"] == "Service <service@example.com>"


def test_html_and_text_are_two_forms_of_one_message():
    made = email(plain="Good day", html="<p>Good day</p>")
    assert made.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in made.iter_parts()] == ["text/plain", "text/html"]


def test_the_messages_own_sender_goes_before_the_usual_one_in_header_envelope_and_id():
    made = envelope(sender="Eva Groß <eva@bücher.example>")
    assert made.sender == "eva@xn--bcher-kva.example"
    assert made.message_id == f"<{key_of(1)}@xn--bcher-kva.example>"
    assert parsed(made.content)["from"] == "Eva Groß <eva@xn--bcher-kva.example>"


def test_unsubscribing_by_one_click_is_offered_where_there_is_an_address_for_it():
    content = envelope(headers={"List-Unsubscribe": UNSUBSCRIBE}).content
    assert f"\r\nList-Unsubscribe: {UNSUBSCRIBE}\r\n".encode() in content
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in content


def test_unsubscribing_by_mail_is_no_click():
    content = envelope(headers={"List-Unsubscribe": "<mailto:stop@example.com>"}).content
    assert b"List-Unsubscribe-Post" not in content


def test_the_one_click_field_is_not_doubled_where_the_host_gives_it():
    fields = {"List-Unsubscribe": UNSUBSCRIBE, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    assert envelope(headers=fields).content.count(b"List-Unsubscribe-Post") == 1


@pytest.mark.parametrize(
    "name", ["Bcc", "to", "Subject", "Content-Type", "Resent-To", "X-A: b\r\nBcc", "", "a b", "DKIM-Signature", "Ä"]
)
def test_a_field_that_is_not_the_messages_to_set_is_refused(name: str):
    assert "header field" in refused(headers={name: "x"}).message


@pytest.mark.parametrize("value", ["a\r\nBcc: x@example.com", "a\nb", "ä", "x" * 1000, "\x00"])
def test_a_value_that_is_not_one_line_of_ascii_is_refused(value: str):
    assert "one line" in refused(headers={"X-Campaign": value}).message


def test_a_field_named_twice_is_refused():
    assert "twice" in refused(headers={"X-Campaign": "a", "x-campaign": "b"}).message


ENCODED = st.sampled_from(
    [
        "=?utf-8?q?x=0D=0ABcc:_eve=40example.com?=",
        "=?utf-8?b?DQpCY2M6IGV2ZUBleGFtcGxlLmNvbQ==?=",
        "=?utf-8?q?Eve_=3Ceve=40example.com=3E=2C?=",
        "=?utf-8?q?a?= =?utf-8?q?b?=",
        "eve@example.com, <eve@example.com>",
        "x\r\nBcc: eve@example.com\r\n\r\n",
        "x" * 3000,
    ]
)


@given(TEXTS | ENCODED, TEXTS | ENCODED, TEXTS, TEXTS)
def test_no_text_adds_a_header_field_or_breaks_the_form(subject: str, name: str, plain: str, html: str):
    content = envelope(subject=subject, name=name, plain=plain, html=html).content
    made = parsed(content)
    assert sorted(made.keys()) == ["Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"]
    assert [address.addr_spec for address in made["to"].addresses] == ["ann@example.com"]
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    assert content.endswith(b"\r\n")


@given(TEXTS | ENCODED)
def test_a_subject_arrives_as_it_was_written_on_one_line(text: str):
    assert email(subject=text)["subject"] == one_line(text)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=150))
def test_bodies_arrive_as_they_were_written(text: str):
    made = email(plain=text, html=text)
    for kind in ("plain", "html"):
        arrived = made.get_body((kind,)).get_content().replace("\r\n", "\n")
        assert arrived.removesuffix("\n") == text.removesuffix("\n")


def test_lines_end_alike_whatever_they_ended_with():
    assert email(plain="a\r\nb\rc\nd").get_content() == "a\r\nb\r\nc\r\nd\r\n"


def test_the_name_may_hold_what_it_likes():
    made = email(name='Jörg "the boss" O\'Neil, Jr. <x@example.com>')
    (to,) = made["to"].addresses
    assert to.display_name == 'Jörg "the boss" O\'Neil, Jr. <x@example.com>'
    assert to.addr_spec == "ann@example.com"


def test_without_a_name_the_address_stands_alone():
    assert email(name=None)["to"] == "ann@example.com"


def test_an_international_domain_is_written_to_in_its_ascii_form():
    assert envelope(address="ann@Bücher.example").recipient == "ann@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("address", "malformed"),
    [
        ("", True),
        ("ann", True),
        ("@example.com", True),
        ("ann@", True),
        ("a nn@example.com", True),
        ("ann@exa mple.com", True),
        ("ann@-example.com", True),
        ("ann@example..com", True),
        ("ann@example.com\r\nRCPT TO:<eve@example.com>", True),
        ("<ann@example.com>", True),
        ("ann>@example.com", True),
        ("a" * 65 + "@example.com", True),
        ("ann@" + "a" * 64 + ".com", True),
        ("jörg@example.com", False),
        ('"ann lee"@example.com', False),
    ],
)
def test_an_address_that_nobody_can_be_written_to_is_refused_with_the_reason(address: str, malformed: bool):
    answer = envelope_of(recipient(address=address), MAILING)
    assert isinstance(answer, Refused)
    assert answer.bad_address is malformed
    assert answer.code == ("BAD_ADDRESS" if malformed else "ADDRESS_NOT_SUPPORTED")
    assert "example" not in answer.message


@given(st.text(max_size=80))
def test_an_address_is_refused_or_safe_in_an_envelope(text: str):
    try:
        address = address_of(text).addr_spec
    except UnusableAddress:
        return
    assert re.fullmatch(r"[!-~]+@[a-z0-9_.-]+", address)
    assert not set(address) & set('<>"\\(),:;[] ')


@pytest.mark.parametrize("address", ["a..b@example.com", "ann.@example.com", "o'neil+x=y@mail.example.co.uk"])
def test_odd_addresses_that_exist_are_written_to(address: str):
    made = envelope(address=address)
    assert made.recipient == address
    assert b"Message-ID" in made.content


def test_a_sender_that_is_no_address_is_refused():
    assert "sender" in refused(sender="nobody").message
    assert "reply_to" in refused(reply_to="nobody").message


def test_a_recipient_without_a_message_is_refused():
    answer = envelope_of(Recipient(key=key_of(1), address="ann@example.com"), MAILING)
    assert isinstance(answer, Refused)
    assert answer.code == "NO_CONTENT"


def test_characters_that_are_none_are_refused():
    for said in ({"plain": "\ud800"}, {"subject": "\ud800"}, {"name": "\ud800"}, {"html": "\ud800"}):
        assert "UTF-8" in refused(**said).message
