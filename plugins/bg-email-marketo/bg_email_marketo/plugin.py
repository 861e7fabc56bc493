"""The plugin `marketo`, to which the entry point leads."""

from types import MappingProxyType

from bg_email_marketo.importing import Hooks
from bg_email_marketo.provider import MarketoProvider
from bg_email_marketo.settings import MarketoSettings
from bg_graph.plugins.plugin import Plugin

PLUGIN = Plugin(
    name="marketo",
    version="1.0.0",
    title="Marketo Engage: sends approved e-mails through requestable campaigns, imports leads and activities",
    settings=MarketoSettings,
    provides=MappingProxyType({"email": MarketoProvider}),
    hooks=Hooks(),
)
