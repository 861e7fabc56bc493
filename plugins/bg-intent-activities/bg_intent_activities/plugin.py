"""The plugin `activities`: the intent model that comes with bg-graph."""

from types import MappingProxyType

from bg_graph.plugins.plugin import Capability, Plugin
from bg_intent_activities.model import ActivitiesModel
from bg_intent_activities.settings import ActivitiesSettings

PLUGIN = Plugin(
    name="activities",
    version="1.0.0",
    title="Interests from what people read, and their colleagues",
    api=(1, 0),
    settings=ActivitiesSettings,
    provides=MappingProxyType({Capability.INTENT: ActivitiesModel}),
)
"""Its entry point."""
