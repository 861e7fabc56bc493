"""The outbox passes the exam of e-mail providers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email import policy
from email.parser import BytesParser
from pathlib import Path

from bg_email_outbox.plugin import PLUGIN
from bg_graph.plugins.testing.email import EmailProviderExam, Sent


class TestConformance(EmailProviderExam):
    plugin = PLUGIN
    memory_calls = 300
    not_needed = ("down_settings", "slow_settings")

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        self.settings = {"folder": str(self.directory / "outbox")}
        (self.directory / "a file").write_text("in the way")
        self.wrong_settings = {"folder": str(self.directory / "a file" / "outbox")}
        yield

    def sent(self) -> Sequence[Sent]:
        return [seen(path) for path in sorted((self.directory / "outbox").rglob("*.eml"))]


def seen(path: Path) -> Sent:
    email = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    plain, html = email.get_body(("plain",)), email.get_body(("html",))
    return Sent(
        address=email["to"].addresses[0].addr_spec,
        subject=str(email["subject"]),
        plain=plain.get_content() if plain else None,
        html=html.get_content() if html else None,
        headers={name: str(value) for name, value in email.items()},
    )
