"""What an answer of a mail server means at each stage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_email_smtp.outcomes import Stage, outcome, said
from bg_graph.plugins.email import Refused
from bg_graph.plugins.errors import OutcomeUnknown, ProviderError, Unavailable

KEY = "0" * 32


def refused(stage: Stage, code: int, text: str) -> Refused:
    answer = outcome(stage, KEY, code, text)
    assert isinstance(answer, Refused)
    return answer


@pytest.mark.parametrize(
    ("code", "text", "is_bad"),
    [
        (550, "5.1.1 no such user", True),
        (551, "5.1.6 moved", True),
        (553, "5.1.3 bad syntax", True),
        (550, "5.1.10 null MX", True),
        (550, "no such user", False),
        (550, "5.7.1 policy", False),
        (550, "5.2.1 mailbox disabled", False),
        (552, "5.1.1 full", False),
        (554, "5.1.1 no", False),
        (550, "5.1.8 sender's domain does not exist", False),
        (553, "5.1.7 sender's address", False),
    ],
)
def test_an_address_is_bad_only_where_the_server_says_that_it_is(code: int, text: str, is_bad: bool):
    assert refused(Stage.RECIPIENT, code, text).bad_address is is_bad


@pytest.mark.parametrize("stage", [Stage.SENDER, Stage.DATA, Stage.END])
def test_no_other_stage_says_anything_of_the_address(stage: Stage):
    assert not refused(stage, 550, "5.1.1 no such user").bad_address


def test_the_servers_own_word_is_its_code_with_the_enhanced_one_where_there_is_one():
    assert refused(Stage.RECIPIENT, 550, "5.1.1 no such user").code == "550 5.1.1"
    assert refused(Stage.RECIPIENT, 550, "5.1.1 no such user").message == "no such user (answer to RCPT)"
    assert refused(Stage.RECIPIENT, 550, "no such user").code == "550"


@given(st.sampled_from(Stage), st.integers(-1, 999), st.text(max_size=60))
def test_nothing_is_tried_again_after_the_end_and_nothing_is_unknown_before_it(stage: Stage, code: int, text: str):
    try:
        became: object = outcome(stage, KEY, code, text)
    except ProviderError as fault:
        became = fault
    assert isinstance(became, OutcomeUnknown) <= (stage is Stage.END)
    assert isinstance(became, Unavailable) <= (stage is not Stage.END)
    if 500 <= code <= 599 and code not in (530, 534, 535, 538):
        assert isinstance(became, Refused)
    if 200 <= code <= 299 and stage is not Stage.DATA:
        assert became is None


@given(st.text(max_size=1000))
def test_what_a_server_said_is_one_printable_line(text: str):
    line = said(550, text)
    assert line.isprintable()
    assert len(line) <= 304


def test_addresses_are_left_out_of_what_a_server_said():
    assert (
        said(550, "<ann@example.com> is unknown;\nask bob@example.com") == "550 <(address)> is unknown; ask (address)"
    )
