"""Addresses as they may stand in a message and in an envelope: plain ASCII, international domain names in their ASCII form.

Letters beyond ASCII before the @ would need each server on the way to take them (SMTPUTF8): such addresses are refused.
"""

import re
from email.headerregistry import Address
from email.utils import parseaddr

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class UnusableAddress(Exception):
    """Nobody can be written to at this address. `reason` says why, without the address itself."""

    def __init__(self, reason: str, *, malformed: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.malformed = malformed
        """It is no address at all; else it is one that these providers do not support."""


def address_of(text: str, name: str | None = None) -> Address:
    """The address with the name of whom it belongs to. Raises UnusableAddress."""
    local, at, domain = text.strip().rpartition("@")
    if not at or not local or not domain:
        raise UnusableAddress("the address has not the form name@domain", malformed=True)
    if not local.isascii():
        raise UnusableAddress("letters beyond ASCII before the @ are not supported", malformed=False)
    if local.startswith('"'):
        raise UnusableAddress("quotes before the @ are not supported", malformed=False)
    if not _LOCAL.fullmatch(local):
        raise UnusableAddress("the part before the @ has characters that are not allowed there", malformed=True)
    return Address(one_line(name or ""), local, ascii_domain(domain))


def sender_of(text: str) -> Address:
    """The address in a text such as `Example News <news@example.com>`. Raises UnusableAddress."""
    name, address = parseaddr(one_line(text))
    return address_of(address, name)


def usable_sender(text: str) -> str:
    """The same text where it is a sender's address; a validator of settings. Raises ValueError that says what is wrong."""
    try:
        sender_of(text)
    except UnusableAddress as fault:
        message = f"the sender can't be used: {fault.reason}; it is an address such as News <news@example.com>"
        raise ValueError(message) from None
    return text


def ascii_domain(domain: str) -> str:
    """A domain name in its ASCII form (`bücher.example` is `xn--bcher-kva.example`). Raises UnusableAddress."""
    try:
        name = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not 0 < len(name) <= 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise UnusableAddress("the part after the @ is no domain name", malformed=True)
    return name


def one_line(text: str) -> str:
    """A text whose line breaks and other control characters are spaces: it can't begin a header field of its own."""
    return " ".join(_CONTROLS.sub(" ", text).split())
