"""Rights, and the names of tokens."""

import uuid

import pytest

from bg_graph.tenancy.rules import Caller, Right, UnknownRight, WrongName, checked_token_name, rights_named


def caller(*rights: Right) -> Caller:
    return Caller(uuid.uuid4(), "acme", uuid.uuid4(), "Ann", frozenset(rights))


@pytest.mark.parametrize("right", Right)
def test_an_admin_has_every_right(right: Right) -> None:
    assert caller(Right.ADMIN).may(right)


@pytest.mark.parametrize("right", [right for right in Right if right is not Right.EDIT])
def test_one_right_does_not_bring_another(right: Right) -> None:
    assert caller(Right.EDIT).may(Right.EDIT)
    assert not caller(Right.EDIT).may(right)


def test_rights_are_named_in_any_case() -> None:
    assert rights_named(["Read", " SEND "]) == {Right.READ, Right.SEND}


def test_an_unknown_right_is_named_beside_those_that_there_are() -> None:
    with pytest.raises(UnknownRight, match="no right 'wirte'; there are read, edit, send, approve, admin"):
        rights_named(["read", "wirte"])


def test_a_token_without_rights_is_refused() -> None:
    with pytest.raises(UnknownRight, match="at least one"):
        rights_named([])


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "a\nb", "x" * 201])
def test_a_token_is_refused_a_name_that_a_log_can_not_show(name: str) -> None:
    with pytest.raises(WrongName, match="printable"):
        checked_token_name(name)
