"""Every setting of an installation, typed, with its default and its meaning; read from a file, the environment and flags.

What belongs to one tenant (roles, templates, weights) is no setting: it stands in the tenant's set-up file.
"""

from bg_graph.settings.email import EmailSettings
from bg_graph.settings.faults import SettingFault, WrongSettings, meant
from bg_graph.settings.known import PREFIX, SettingInfo, fence_settings, known_settings
from bg_graph.settings.loading import (
    DEFAULT_FILE,
    OTHER_VARIABLES,
    Judge,
    check_together,
    load_settings,
    settings_file,
)
from bg_graph.settings.plugin_reading import chain_of
from bg_graph.settings.plugins import (
    FenceSettings,
    Given,
    PluginTable,
    PluginTables,
    ProviderSettings,
    TenantTable,
    plugin_tables,
)
from bg_graph.settings.section import Section
from bg_graph.settings.sections import (
    DatabaseSettings,
    JobSettings,
    LimitSettings,
    LiveSettings,
    LoggingSettings,
    ServerSettings,
    Settings,
    sections,
)
from bg_graph.settings.summaries import SummarySettings

__all__ = [
    "DEFAULT_FILE",
    "OTHER_VARIABLES",
    "PREFIX",
    "DatabaseSettings",
    "EmailSettings",
    "FenceSettings",
    "Given",
    "JobSettings",
    "Judge",
    "LimitSettings",
    "LiveSettings",
    "LoggingSettings",
    "PluginTable",
    "PluginTables",
    "ProviderSettings",
    "Section",
    "ServerSettings",
    "SettingFault",
    "SettingInfo",
    "Settings",
    "SummarySettings",
    "TenantTable",
    "WrongSettings",
    "chain_of",
    "check_together",
    "fence_settings",
    "known_settings",
    "load_settings",
    "meant",
    "plugin_tables",
    "sections",
    "settings_file",
]
