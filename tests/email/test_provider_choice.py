"""Which provider the settings choose, and that the docs' examples are settings that hold."""

import re
from pathlib import Path

import pytest

from bg_email_outbox.provider import OutboxProvider
from bg_email_smtp.provider import SmtpProvider
from bg_graph.email.provider import email_provider
from bg_graph.settings import EmailSettings, OutboxSettings, Settings, SmtpSettings, WrongSettings, load_settings
from tests.email.mail_server import mail_server
from tests.email.messages import key_of, parsed, request

PAGE = Path(__file__).parents[2] / "docs" / "email.md"


async def test_the_outbox_is_the_default_and_keeps_messages_where_the_settings_say(tmp_path: Path):
    provider = email_provider(Settings(outbox=OutboxSettings(folder=tmp_path / "here")))
    assert isinstance(provider, OutboxProvider)
    await provider.send(request())
    assert (tmp_path / "here" / "acme" / f"{key_of(1)}.eml").exists()


async def test_the_sender_that_is_set_is_the_usual_one_of_either(tmp_path: Path):
    sender = EmailSettings(sender="Service <service@example.com>")
    await email_provider(Settings(email=sender, outbox=OutboxSettings(folder=tmp_path))).send(request())
    kept = (tmp_path / "acme" / f"{key_of(1)}.eml").read_bytes()
    assert parsed(kept)["from"] == "Service <service@example.com>"
    async with mail_server() as server:
        smtp = SmtpSettings(host="127.0.0.1", port=server.port, tls="none")
        provider = email_provider(Settings(email=EmailSettings(provider="smtp", sender=sender.sender), smtp=smtp))
        await provider.send(request())
        await provider.close()
        assert server.taken[0].mail_from == "service@example.com"


def test_settings_that_do_not_go_together_stop_the_start():
    with pytest.raises(WrongSettings, match=r"smtp\.host"):
        email_provider(Settings(email=EmailSettings(provider="smtp", sender="a@b.example")))


def test_a_sender_that_a_provider_cannot_use_stops_the_start_too():
    with pytest.raises(WrongSettings, match=r"email\.sender .*domain"):
        email_provider(Settings(email=EmailSettings(sender="a@-b.example")))


def test_the_pages_examples_are_settings_that_hold(tmp_path: Path):
    section = PAGE.read_text(encoding="utf-8").partition("\n## Providers\n")[2]
    examples = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    chosen = []
    for example in examples:
        (tmp_path / "bg-graph.toml").write_text(example, encoding="utf-8")
        settings = load_settings(
            config=tmp_path / "bg-graph.toml", environment={"BG_SMTP_PASSWORD": "word"} if "smtp" in example else {}
        )
        chosen.append(type(email_provider(settings)))
    assert chosen == [OutboxProvider, SmtpProvider]
