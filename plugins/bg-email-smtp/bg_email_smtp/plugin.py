"""The plugin `smtp`, to which the entry point leads."""

from types import MappingProxyType

from bg_email_smtp.provider import SmtpProvider
from bg_email_smtp.settings import SmtpSettings
from bg_graph.plugins.plugin import Plugin

PLUGIN = Plugin(
    name="smtp",
    version="1.0.0",
    title="SMTP: hands messages to a mail server",
    settings=SmtpSettings,
    provides=MappingProxyType({"email": SmtpProvider}),
)
