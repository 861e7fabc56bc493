"""Who may be sent to, for which reason not, and what makes a request the same as another."""

from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.accounts.rules import AddressMark, text_key
from bg_graph.email.rules.sending import Recipient, SkipReason, fingerprint, key_has_form, skip_reason, skip_reasons

IDS = [UUID(int=number) for number in range(1, 6)]


def recipient(
    address: str | None = "ann@acme.test",
    *marks: str,
    invalid: bool = False,
    suspended: bool = False,
    gone: bool = False,
) -> Recipient:
    key = None if address is None else text_key(address)
    return Recipient(address, key, invalid, suspended, gone, frozenset(map(AddressMark, marks)))


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (recipient(), None),
        (recipient(None), "NO_ADDRESS"),
        (recipient(" "), "NO_ADDRESS"),
        (recipient("ann"), "INVALID"),
        (recipient("ann@acme.test\r\nBcc: all@acme.test"), "INVALID"),
        (recipient(invalid=True), "INVALID"),
        (recipient("ann@acme.test", "BOUNCED"), "INVALID"),
        (recipient(suspended=True), "SUSPENDED"),
        (recipient(gone=True), "UNSUBSCRIBED"),
        (recipient("ann@acme.test", "UNSUBSCRIBED"), "UNSUBSCRIBED"),
        (recipient("ann@acme.test", "COMPLAINED"), "UNSUBSCRIBED"),
        (recipient(None, invalid=True, suspended=True, gone=True), "NO_ADDRESS"),
        (recipient(invalid=True, suspended=True, gone=True), "INVALID"),
        (recipient(suspended=True, gone=True), "SUSPENDED"),
    ],
)
def test_the_first_reason_that_applies_is_told(who: Recipient, reason: str | None) -> None:
    assert skip_reason(who) == reason


def test_the_same_address_is_written_to_once() -> None:
    reasons = skip_reasons([recipient(), recipient("ANN@acme.test "), recipient("bob@acme.test")])
    assert reasons == [None, SkipReason.SAME_ADDRESS, None]


@pytest.mark.parametrize("domain", ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example"])
def test_a_domain_in_its_two_spellings_is_one_address(domain: str) -> None:
    reasons = skip_reasons(
        [recipient("ann@bücher.example"), recipient(f"ann@{domain}"), recipient("ann@bucher.example")]
    )
    assert reasons == [None, SkipReason.SAME_ADDRESS, None]


def test_a_domain_that_has_no_spelling_in_ascii_is_compared_as_it_is() -> None:
    long = f"ann@{'ü' * 70}.example"
    assert skip_reasons([recipient(long), recipient(long)]) == [None, SkipReason.SAME_ADDRESS]


def test_an_earlier_recipient_who_was_skipped_does_not_make_a_later_one_the_same_address() -> None:
    reasons = skip_reasons([recipient(suspended=True), recipient(), recipient()])
    assert reasons == [SkipReason.SUSPENDED, None, SkipReason.SAME_ADDRESS]


def test_another_reason_comes_before_the_same_address() -> None:
    assert skip_reasons([recipient(), recipient(gone=True)]) == [None, SkipReason.UNSUBSCRIBED]


@given(st.lists(st.sampled_from(IDS), min_size=1), st.randoms())
def test_members_are_a_set_to_a_fingerprint(members: list[UUID], chance: Random) -> None:
    shuffled = [*members, chance.choice(members)]
    chance.shuffle(shuffled)
    same = fingerprint(IDS[0], members, IDS[1], IDS[2])
    assert fingerprint(IDS[0], shuffled, IDS[1], IDS[2]) == same


def test_each_part_of_a_request_is_in_its_fingerprint() -> None:
    a, b, c, d, e = IDS
    different = [
        fingerprint(a, [b, c], d, e),
        fingerprint(b, [b, c], d, e),
        fingerprint(a, [b], d, e),
        fingerprint(a, [b, d], d, e),
        fingerprint(a, [b, c], a, e),
        fingerprint(a, [b, c], d, a),
        fingerprint(a, [b, c, None], d, e),
    ]
    assert len(set(different)) == len(different)


@pytest.mark.parametrize(
    ("key", "right"),
    [
        ("a", True),
        ("é-1 2", True),
        ("x" * 200, True),
        ("x" * 201, False),
        ("", False),
        ("  ", False),
        ("a\n", False),
        ("\x00", False),
    ],
)
def test_an_idempotency_key_is_1_to_200_printable_characters(key: str, right: bool) -> None:
    assert key_has_form(key) is right
