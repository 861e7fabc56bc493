"""What the SMTP provider needs to know."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpOptions:
    """The mail server, how to reach it, and for how long to wait."""

    host: str
    """Name or address of the server; its certificate must be for this name."""
    port: int = 587
    sender: str
    """From whom messages come that name nobody."""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is protected; the certificate is always checked."""
    ca_file: Path | None = None
    """Certificates (PEM) that are trusted instead of the machine's own."""
    user: str | None = None
    """Name to log in with; None for no login."""
    password: SecretStr | None = field(default=None, repr=False)
    hello: str | None = None
    """Name that we give ourselves; None for the machine's."""
    connections: int = 4
    """Connections at one time."""
    idle: float = 30.0
    """Seconds after which an unused connection is closed."""
    timeout: float = 20.0
    """Seconds waited for the connection, and for each answer."""
