"""The exam of e-mail providers. Inherit it in a test: `plugin` and `settings` are needed; all else that can be given
(`sent`, `refused`, `inbound`, `down_settings` ...) makes further checks possible.
"""

from bg_graph.plugins.testing.emails.contents import ContentChecks
from bg_graph.plugins.testing.emails.lists import ListChecks
from bg_graph.plugins.testing.emails.reports import Report, ReportChecks
from bg_graph.plugins.testing.emails.sending import SendingChecks
from bg_graph.plugins.testing.sent import Sent

__all__ = ["EmailProviderExam", "Report", "Sent"]


class EmailProviderExam(SendingChecks, ContentChecks, ListChecks, ReportChecks):
    """Examines an e-mail provider."""
