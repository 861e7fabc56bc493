"""Which provider sends e-mail: the one that the settings choose, built with what they say."""

from bg_graph.email.built_in.outbox.provider import USUAL_SENDER, OutboxOptions, OutboxProvider
from bg_graph.email.built_in.smtp.options import SmtpOptions
from bg_graph.email.built_in.smtp.provider import SmtpProvider
from bg_graph.plugins.email import EmailProvider
from bg_graph.plugins.errors import Misconfigured
from bg_graph.settings import SettingFault, Settings, WrongSettings, check_together


def email_provider(settings: Settings) -> EmailProvider:
    """The chosen provider; its name is `settings.email.provider`. Raises WrongSettings where it can't be built by them."""
    check_together(settings)
    try:
        return _built(settings)
    except Misconfigured as fault:
        raise WrongSettings([SettingFault("email.sender", "in force", str(fault))]) from None


def _built(settings: Settings) -> EmailProvider:
    sender = settings.email.sender
    if settings.email.provider == "outbox":
        return OutboxProvider(OutboxOptions(settings.outbox.folder, sender or USUAL_SENDER))
    smtp = settings.smtp
    assert smtp.host is not None
    assert sender is not None
    return SmtpProvider(
        SmtpOptions(
            host=smtp.host,
            port=smtp.port,
            sender=sender,
            tls=smtp.tls,
            ca_file=smtp.ca_file,
            user=smtp.user,
            password=smtp.password,
            hello=smtp.hello,
            connections=smtp.connections,
            idle=smtp.idle,
            timeout=smtp.timeout,
        )
    )
