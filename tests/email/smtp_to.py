"""The SMTP provider as the tests want it: connected to a port of this machine, at a moment that stands still."""

from bg_email_smtp.provider import SmtpProvider
from bg_email_smtp.settings import SmtpSettings
from tests.email.messages import AT
from tests.plugins.lent import lent


def smtp_to(port: int, **options: object) -> SmtpProvider:
    usual = {"tls": "none", "timeout": 0.4, "sender": "News <news@example.com>", "host": "127.0.0.1", "port": port}
    return SmtpProvider(SmtpSettings(**{**usual, **options}), lent("smtp"), clock=lambda: AT)
