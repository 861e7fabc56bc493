"""Opens connections to the mail server: TCP, TLS with a checked certificate, login; tells what went wrong on the way.

Whatever fails here, no message was begun.
"""

import asyncio
import re
import socket
import ssl
from pathlib import Path

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException, SMTPTimeoutError

from bg_email_smtp.outcomes import said
from bg_email_smtp.settings import SmtpSettings
from bg_graph.plugins.errors import Misconfigured, ProviderError, Unavailable

_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


class Connector:
    """Opens connections as the settings say."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._where = f"the mail server {settings.host}:{settings.port}"
        self._tls: ssl.SSLContext | None = None

    async def connect(self) -> SMTP:
        """A connection that is protected and logged in as the settings say. Raises Unavailable or Misconfigured."""
        settings = self._settings
        if settings.tls != "none" and self._tls is None:
            self._tls = await asyncio.to_thread(_tls_context, settings.ca_file)
        smtp = SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.user,
            password=settings.password.get_secret_value() if settings.password else None,
            local_hostname=settings.hello or own_name(),
            timeout=settings.timeout,
            use_tls=settings.tls == "tls",
            start_tls=settings.tls == "starttls",
            tls_context=self._tls,
        )
        try:
            await smtp.connect()
            if smtp.is_ehlo_or_helo_needed:
                await smtp.ehlo()
        except (SMTPException, OSError, ValueError) as fault:
            smtp.close()
            raise self._told(fault) from None
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _told(self, fault: Exception) -> ProviderError:
        wrong_certificate = next((cause for cause in _causes(fault) if _is_about_certificate(cause)), None)
        if wrong_certificate is not None:
            reason = getattr(wrong_certificate, "verify_message", "") or "it can't be checked"
            return Misconfigured(
                f"the certificate of {self._where} is not trusted: {reason}. "
                "plugins.smtp.host must be the name in it, and plugins.smtp.ca_file hold who issued it"
            )
        match fault:
            case SMTPResponseException(code=code, message=text):
                return self._answered(fault, code, str(text))
            case SMTPTimeoutError() | OSError():
                return Unavailable(f"{self._where} can't be reached: {fault}")
            case _:  # it does not offer what the settings ask for
                return Misconfigured(
                    f"{self._where} can't be used as plugins.smtp.tls and plugins.smtp.user say: {fault}"
                )

    def _answered(self, fault: SMTPResponseException, code: int, text: str) -> ProviderError:
        if not 500 <= code <= 599:
            return Unavailable(f"{self._where} answered {said(code, text)}")
        if isinstance(fault, SMTPAuthenticationError):
            return Misconfigured(
                f"{self._where} refused the login of plugins.smtp.user and plugins.smtp.password: {said(code, text)}"
            )
        return Misconfigured(f"{self._where} refused us: {said(code, text)}")


def own_name() -> str:
    """The name that this machine gives itself, without asking a name server."""
    name = socket.gethostname()
    return name if _HOST_NAME.fullmatch(name) else "localhost"


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as fault:
        reason = (
            fault.strerror if isinstance(fault, FileNotFoundError | PermissionError) else "it holds no certificates"
        )
        raise Misconfigured(f"plugins.smtp.ca_file {ca_file} can't be used: {reason}") from None


def _causes(fault: BaseException | None) -> list[BaseException]:
    return [] if fault is None else [fault, *_causes(fault.__cause__)]


def _is_about_certificate(fault: BaseException) -> bool:
    return isinstance(fault, ssl.SSLCertVerificationError | ssl.CertificateError)
