"""Every setting of an installation, typed, with its default and its meaning; read from a file, the environment and flags.

What belongs to one tenant (roles, templates, weights) is no setting: it stands in the tenant's set-up file.
"""

from bg_graph.settings.email import EmailSettings, OutboxSettings, SmtpSettings
from bg_graph.settings.loading import (
    DEFAULT_FILE,
    OTHER_VARIABLES,
    PREFIX,
    SettingFault,
    SettingInfo,
    WrongSettings,
    check_together,
    known_settings,
    load_settings,
    settings_file,
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
    "JobSettings",
    "LimitSettings",
    "LiveSettings",
    "LoggingSettings",
    "OutboxSettings",
    "Section",
    "ServerSettings",
    "SettingFault",
    "SettingInfo",
    "Settings",
    "SmtpSettings",
    "SummarySettings",
    "WrongSettings",
    "check_together",
    "known_settings",
    "load_settings",
    "sections",
    "settings_file",
]
