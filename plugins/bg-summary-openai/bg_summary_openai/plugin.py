"""The plugin `openai`, to which the entry point leads."""

from types import MappingProxyType

from bg_graph.plugins.plugin import Plugin
from bg_summary_openai.provider import OpenAIProvider
from bg_summary_openai.settings import OpenAISettings

PLUGIN = Plugin(
    name="openai",
    version="1.0.0",
    title="Summaries by a language model behind an OpenAI-compatible endpoint",
    settings=OpenAISettings,
    provides=MappingProxyType({"summary": OpenAIProvider}),
)
