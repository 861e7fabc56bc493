"""How a buying group's name is made (it is never typed), and the words by which names are found."""

import unicodedata

from bg_graph.accounts.rules import text_key


def group_name(solution_interest: str, account: str) -> str:
    """The name of the group of this account for this interest. Source: domain.md, "Words" (buying group)."""
    return f"{solution_interest.strip()} for {account.strip()}"


def name_words(name: str) -> frozenset[str]:
    """The words by whose beginnings a name is found: runs of letters and digits of its key; none of these: its parts.

    A search takes its text apart by the same function. Source: domain.md, "Members tab" (search across a tenant).
    """
    key = text_key(name)
    words = "".join(character if _is_of_word(character) else " " for character in key).split()
    return frozenset(words or key.split())


def _is_of_word(character: str) -> bool:
    # Vowel signs of many scripts are marks, which isalnum() takes for breaks.
    return character.isalnum() or unicodedata.category(character).startswith("M")
