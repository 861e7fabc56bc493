"""Which provider sends e-mail: the one that the settings choose, built with what they say."""

import logging

from bg_email_outbox.plugin import PLUGIN as OUTBOX
from bg_email_smtp.plugin import PLUGIN as SMTP
from pydantic import ValidationError

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.email import EmailProvider
from bg_graph.settings import SettingFault, Settings, WrongSettings, check_together


def email_provider(settings: Settings) -> EmailProvider:
    """The chosen provider; its name is `settings.email.provider`. Raises WrongSettings where it can't be built by them."""
    check_together(settings)
    plugin = OUTBOX if settings.email.provider == "outbox" else SMTP
    given = (settings.outbox if plugin is OUTBOX else settings.smtp).model_dump(exclude_none=True)
    if settings.email.sender:
        given["sender"] = settings.email.sender
    try:
        own = plugin.settings.model_validate(given)
    except ValidationError as fault:
        raise WrongSettings([SettingFault("email.sender", "in force", str(fault.errors()[0]["msg"]))]) from None
    context = ProviderContext(plugin=plugin.name, logger=logging.getLogger(plugin.name), storage=None)  # type: ignore[arg-type]
    made: EmailProvider = plugin.provides["email"](own, context)
    return made
