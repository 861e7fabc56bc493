"""What an exam sends, and what it sees of what left."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bg_graph.plugins.email import Message

SUBJECT = "Grüße für 王小明: 20 % & „mehr“"
"""Beyond ASCII, with marks that some systems take for their own."""
_PLAIN = "Dear reader,\n\nzoals u weet: {{braces}}, %s, a lone = and ünïcödé 🙂.\n.\nA line that begins with a dot.\n"
_HTML = '<p>Dear reader,</p>\n<p>ünïcödé 🙂 &amp; <a href="https://example.com/?a=1&amp;b=%20">a link</a></p>\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that left, as the system got it. What the exam can't see there is None."""

    address: str
    """To whom."""
    subject: str | None = None
    plain: str | None = None
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header fields, decoded."""


def message_for(number: int, *, size: int = 0) -> Message:
    """The message of one recipient, told apart from all others; `size` characters more of text."""
    more = f"{number:08d}" * (size // 8)
    return Message(
        subject=f"{SUBJECT} {number}",
        plain=f"{_PLAIN}This is number {number}.\n{more}\n",
        html=f"{_HTML}<p>This is number {number}.</p>\n",
        headers={"X-Exam": f"number-{number}"},
    )


def as_lines(text: Any) -> str:
    """A text with the line ends of the network and blank lines at its end taken away: systems may set these."""
    return str(text).replace("\r\n", "\n").rstrip()
