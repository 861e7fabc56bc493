"""Opens connections to the mail server: TCP, TLS with a checked certificate, login; tells what went wrong on the way.

Whatever fails here, no message was begun.
"""

import asyncio
import re
import socket
import ssl
from pathlib import Path

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException, SMTPTimeoutError

from bg_graph.email.built_in.smtp.options import SmtpOptions
from bg_graph.email.built_in.smtp.outcomes import said
from bg_graph.plugins.errors import Misconfigured, ProviderError, Unavailable

_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


class Connector:
    """Opens connections as the options say."""

    def __init__(self, options: SmtpOptions) -> None:
        self._options = options
        self._where = f"the mail server {options.host}:{options.port}"
        self._tls: ssl.SSLContext | None = None

    async def connect(self) -> SMTP:
        """A connection that is protected and logged in as the options say. Raises Unavailable or Misconfigured."""
        options = self._options
        if options.tls != "none" and self._tls is None:
            self._tls = await asyncio.to_thread(_tls_context, options.ca_file)
        smtp = SMTP(
            hostname=options.host,
            port=options.port,
            username=options.user,
            password=options.password.get_secret_value() if options.password else None,
            local_hostname=options.hello or own_name(),
            timeout=options.timeout,
            use_tls=options.tls == "tls",
            start_tls=options.tls == "starttls",
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
                "smtp.host must be the name in it, and smtp.ca_file hold who issued it"
            )
        match fault:
            case SMTPResponseException(code=code, message=text):
                return self._answered(fault, code, str(text))
            case SMTPTimeoutError() | OSError():
                return Unavailable(f"{self._where} can't be reached: {fault}")
            case _:  # it does not offer what the settings ask for
                return Misconfigured(f"{self._where} can't be used as smtp.tls and smtp.user say: {fault}")

    def _answered(self, fault: SMTPResponseException, code: int, text: str) -> ProviderError:
        if not 500 <= code <= 599:
            return Unavailable(f"{self._where} answered {said(code, text)}")
        if isinstance(fault, SMTPAuthenticationError):
            return Misconfigured(f"{self._where} refused the login of smtp.user and smtp.password: {said(code, text)}")
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
        raise Misconfigured(f"smtp.ca_file {ca_file} can't be used: {reason}") from None


def _causes(fault: BaseException | None) -> list[BaseException]:
    return [] if fault is None else [fault, *_causes(fault.__cause__)]


def _is_about_certificate(fault: BaseException) -> bool:
    return isinstance(fault, ssl.SSLCertVerificationError | ssl.CertificateError)
