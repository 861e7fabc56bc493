"""What docs/email.md says of sending and of events is what the product does."""

import re

import orjson
import strawberry
from graphql import parse, validate

from bg_graph.email.commands.events import ACTIVITY_KINDS
from bg_graph.email.rules.reports import MOST_EVENTS, Reports, read_reports
from bg_graph.email.rules.sending import SkipReason
from bg_graph.email.rules.signatures import signature
from bg_graph.plugins.email import EventKind
from scripts.house import ROOT

PAGE = (ROOT / "docs" / "email.md").read_text(encoding="utf-8")
SECTIONS = {part.split("\n", 1)[0]: part for part in PAGE.split("\n## ")}
EVENTS, SENDING, GUARANTEED = SECTIONS["Events"], SECTIONS["Sending an e-mail"], SECTIONS["What is guaranteed"]


def test_the_body_shown_is_read_and_its_signature_is_the_one_shown() -> None:
    (body,) = re.findall(r"^body='(.*)'$", EVENTS, re.MULTILINE)
    ((secret, timestamp, header),) = re.findall(
        r"`([^`]+)`, the timestamp `(\d+)` and .*?`(v1=\w+)`", EVENTS, re.DOTALL
    )
    assert signature(secret, timestamp, body.encode()) == header
    reports = read_reports(orjson.loads(body))
    assert isinstance(reports, Reports)
    assert len(reports.events) == 1


def test_the_page_names_every_kind_activity_and_limit() -> None:
    assert not [kind for kind in EventKind if f"`{kind}`" not in EVENTS]
    assert not [kind for kind in ACTIVITY_KINDS.values() if f"`{kind}`" not in EVENTS]
    assert f"1 to {MOST_EVENTS:,}" in EVENTS


def test_the_page_names_every_reason_for_skipping() -> None:
    assert not [reason for reason in SkipReason if f"`{reason}`" not in SENDING]


def test_what_is_shown_to_ask_is_valid(schema: strawberry.Schema) -> None:
    for section in (SENDING, GUARANTEED):
        (document,) = re.findall(r"```graphql\n(.*?)```", section, re.DOTALL)
        assert validate(schema._schema, parse(document)) == []
