"""What the SMTP provider needs to know."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from bg_graph.plugins.mime.addresses import usable_sender

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Hosts to which nothing leaves the machine."""


class SmtpSettings(BaseModel):
    """The mail server that messages are handed to, how to reach it, and for how long to wait."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        min_length=1, description="Name or address of the mail server; its certificate must be for this name."
    )
    port: int = Field(587, ge=1, le=65535, description="Its port: usually 587 with STARTTLS, 465 with TLS, 25 without.")
    sender: Annotated[str, AfterValidator(usable_sender)] = Field(
        description="From whom e-mails come that name no sender of their own: an address such as news@example.com or "
        "Example News <news@example.com>."
    )
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="How the connection is protected: `starttls` begins openly and is refused where the server can't change "
        "to TLS, `tls` is protected from the first byte, `none` is open. The server's certificate is always checked.",
    )
    ca_file: Path | None = Field(
        None,
        description="Certificates (PEM) of the authorities that are trusted to vouch for the server, instead of the "
        "machine's own.",
    )
    user: str | None = Field(None, description="Name to log in with; none where the server asks for none.")
    password: SecretStr | None = Field(
        None, min_length=1, repr=False, description="Password of that name; sent over TLS only."
    )
    hello: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9.\[\]:-]+$",
        description="Name that we give ourselves (EHLO); none takes the machine's.",
    )
    connections: int = Field(4, ge=1, le=100, description="Connections at one time, in each process.")
    idle: float = Field(30.0, gt=0, le=3600, description="Seconds after which an unused connection is closed.")
    timeout: float = Field(
        20.0,
        gt=0,
        le=3600,
        description="Seconds waited for the connection, and for each answer of the server. Where one is missing before "
        "the message was sent, it is tried again; after that, the delivery is UNKNOWN.",
    )

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        """Refuse a login that is half set, or that would be sent for all to read."""
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password must be set together")
        if self.user is not None and self.tls == "none" and self.host not in LOOPBACK:
            raise ValueError("tls must be starttls or tls where there is a password: it would be sent for all to read")
        return self
