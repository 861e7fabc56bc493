"""The plugin `facts`, to which the entry point leads."""

from types import MappingProxyType

from bg_graph.plugins.plugin import Plugin
from bg_summary_facts.provider import MODEL, FactsProvider

PLUGIN = Plugin(
    name="facts",
    version=MODEL.version,
    title="Summaries from the facts alone, without a network",
    provides=MappingProxyType({"summary": FactsProvider}),
)
