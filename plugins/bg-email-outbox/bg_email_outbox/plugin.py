"""The plugin `outbox`, to which the entry point leads."""

from types import MappingProxyType

from bg_email_outbox import page
from bg_email_outbox.provider import OutboxProvider
from bg_email_outbox.settings import OutboxSettings
from bg_graph.plugins.plugin import Plugin

PLUGIN = Plugin(
    name="outbox",
    version="1.0.0",
    title="Outbox: keeps each message as a file, sends nothing",
    settings=OutboxSettings,
    provides=MappingProxyType({"email": OutboxProvider}),
    hooks=page,
)
