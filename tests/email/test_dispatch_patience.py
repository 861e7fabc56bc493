"""Answers of a provider are kept while the database is away, and written when it is back."""

import pytest
from sqlalchemy.exc import OperationalError

from bg_graph.email.dispatch.patience import until_written


async def test_an_answer_is_written_again_until_the_database_is_back() -> None:
    faults: list[Exception] = [OperationalError("UPDATE", {}, OSError()), ConnectionRefusedError(), TimeoutError()]
    tried = []

    async def write() -> str:
        tried.append(len(faults))
        if faults:
            raise faults.pop()
        return "written"

    assert await until_written(write) == "written"
    assert tried == [3, 2, 1, 0]


async def test_a_fault_of_our_own_is_not_repeated_for_ever() -> None:
    async def write() -> None:
        raise ValueError("no column of this name")

    with pytest.raises(ValueError, match="no column"):
        await until_written(write)
