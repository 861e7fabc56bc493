"""Which provider sends e-mail: the one that the settings choose, built with what they say."""

from bg_graph.email.built_in.outbox.provider import USUAL_SENDER, OutboxOptions, OutboxProvider
from bg_graph.plugins.email import EmailProvider
from bg_graph.settings import Settings, check_together


def email_provider(settings: Settings) -> EmailProvider:
    """The chosen provider; its name is `settings.email.provider`. Raises WrongSettings where they do not go together."""
    check_together(settings)
    return OutboxProvider(OutboxOptions(settings.outbox.folder, settings.email.sender or USUAL_SENDER))
