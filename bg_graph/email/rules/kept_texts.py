"""Texts from outside, such as a provider's own words, as both databases can keep them."""

LONGEST = 2_000
"""Bytes of UTF-8 that are kept: an index of PostgreSQL takes no entry above some 2,700."""


def kept_text(text: str | None) -> str | None:
    """A text without NUL and lone surrogates, of bounded length; None for an empty one.

    What a database refuses would else be written again and again, as if the database were away.
    """
    if not text:
        return None
    return text.replace("\x00", "").encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore")
