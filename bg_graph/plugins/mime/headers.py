"""Header fields as bytes, written by ourselves: the standard library decodes what looks like an encoded word in a value
that it is given, line breaks included, so that a name out of a CRM could begin a field of its own.
"""

import re
from email.header import Header
from email.headerregistry import Address

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_LINE = 76
_FOLD = "\r\n "
_LONGEST_WORD = 200
_SHORT_NAME = 60


def text_field(name: str, text: str) -> bytes:
    """A field that holds a text of one line, encoded where it is not plain ASCII, folded where it is long."""
    return _field(name, _encoded(text, len(name) + 2))


def address_field(name: str, address: Address) -> bytes:
    """A field that holds an address with the name of whom it belongs to."""
    shown = _phrase(address.display_name, len(name) + 2)
    if not shown:
        return _field(name, address.addr_spec)
    is_short = len(name) + len(shown) + len(address.addr_spec) < _LINE - 4
    return _field(name, f"{shown}{' ' if is_short else _FOLD}<{address.addr_spec}>")


def bare_field(name: str, value: str) -> bytes:
    """A field whose value is ASCII of one line, and stays as it is: folding would tear long addresses."""
    return _field(name, value)


def _field(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode("ascii")


def _phrase(text: str, used: int) -> str:
    if len(text) > _SHORT_NAME or not _is_plain(text):
        return _encoded(text, used, plain=False)
    if _ATOMS.fullmatch(text) or not text:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _encoded(text: str, used: int, *, plain: bool | None = None) -> str:
    charset = "us-ascii" if (_is_plain(text) if plain is None else plain) else "utf-8"
    header = Header(text, charset, maxlinelen=_LINE, header_name="x" * (used - 2))
    return header.encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    """It needs no encoding, and would not be taken for something encoded."""
    return text.isascii() and "=?" not in text and all(len(word) <= _LONGEST_WORD for word in text.split(" "))
