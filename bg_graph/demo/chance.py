"""Repeatable chance: everything that the demo makes up depends on its seed, and on nothing else."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

Thing = TypeVar("Thing")


def chance_of(seed: int, *what: object) -> Random:
    """A source of chance of its own for each thing, so that one thing does not depend on how many came before it."""
    return Random("/".join(map(str, (seed, *what))))  # noqa: S311 - repeatable on purpose, and nothing secret


def about(chance: Random, expected: float) -> int:
    """A whole number that is the expected one on average."""
    return int(expected) + (chance.random() < expected % 1)


def happens(chance: Random, probability: float) -> bool:
    """Whether something of this probability happens."""
    return chance.random() < probability


def one_of(chance: Random, things: Sequence[Thing]) -> Thing:
    """One of the things, each as likely."""
    return things[int(chance.random() * len(things))]
