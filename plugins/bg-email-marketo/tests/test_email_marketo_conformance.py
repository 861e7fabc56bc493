"""The Marketo provider passes the exam of e-mail providers, against a small Marketo on a real socket."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bg_email_marketo.plugin import PLUGIN
from bg_graph.plugins.email import Recipient
from bg_graph.plugins.testing.email import EmailProviderExam, Sent
from tests.email.marketo_server import Marketo, marketo_server, settings_for

PEOPLE = 100


class TestConformance(EmailProviderExam):
    plugin = PLUGIN
    memory_calls = 300
    not_needed = ("inbound(reports)", "inbound")
    marketo: Marketo

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        with marketo_server() as self.marketo, marketo_server() as slow:
            self.settings = settings_for(self.marketo, page_size=3)
            self.down_settings = self.settings | {"endpoint": "http://127.0.0.1:9"}
            self.wrong_settings = self.settings | {"client_secret": "not-the-secret"}
            self.slow_settings = self.settings | {"endpoint": slow.url, "timeout": 30.0}
            slow.delay = 12.0
            self._fill()
            yield

    def _fill(self) -> None:
        for number in range(PEOPLE):
            self.marketo.lead(f"person{number}@example.com")
        self.marketo.lead("gone@example.com", unsubscribed=True)
        ids = [self.marketo.email(f"E-mail {place}", workspace=("Europe", "Asia")[place % 2]) for place in range(8)]
        self.email_id = ids[0]
        self.marketo.campaign("Send E-mail 0", sends=ids[0], workspace="Europe")
        self.known_emails, self.known_workspaces = ids, ["Europe", "Asia"]

    def recipient(self, number: int) -> Recipient:
        return Recipient(key="", address=f"person{number % PEOPLE}@example.com")

    def refused(self) -> Recipient | None:
        return Recipient(key="", address="gone@example.com")

    def sent(self) -> Sequence[Sent]:
        leads = [lead["id"] for trigger in self.marketo.triggered for lead in trigger["leads"]]
        return [Sent(address=self.marketo.leads[lead]["email"]) for lead in leads]

    def forget(self) -> None:
        self.marketo.forget()
        self.storage._kept.clear()
