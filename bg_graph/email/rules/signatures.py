"""The generic signature of reports that come in by webhook: a time and an HMAC-SHA256 over that time and the body.

Source: plugins.md, "Content and e-mails": timestamp + HMAC-SHA256 over the body, five minutes, replay kept out.
"""

import hmac
import re
from datetime import datetime, timedelta
from hashlib import sha256

WINDOW = timedelta(minutes=5)
"""How far the time of a call may be from ours, either way. Within it a replay comes to nothing: each report counts once."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v1=[0-9a-f]{64}")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a body sent at a time (whole seconds since 1970): `v1=` and 64 hex digits.

    The HMAC is over the digits of the time, a full stop, and the body as it is sent.
    """
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()


def signature_fault(secret: str, timestamp: str | None, given: str | None, body: bytes, now: datetime) -> str | None:
    """What is wrong with a call's signature, in words that help its sender; None where it is good."""
    if timestamp is None or given is None:
        return "BG-Timestamp and BG-Signature are needed"
    if not _TIMESTAMP.fullmatch(timestamp):
        return "BG-Timestamp is a time in whole seconds since 1970"
    if not _SIGNATURE.fullmatch(given):
        return "BG-Signature is `v1=` and 64 hex digits"
    if not hmac.compare_digest(signature(secret, timestamp, body), given):
        return "BG-Signature is not the signature of this body at this time with our secret"
    if abs(int(timestamp) - now.timestamp()) > WINDOW.total_seconds():
        return "BG-Timestamp is more than five minutes from our clock; sign each call anew when it is sent"
    return None
