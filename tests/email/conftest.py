"""What the tests of e-mails' contents and catalogs are given."""

from pathlib import Path

import pytest
import strawberry

from bg_graph.plugins.email import EmailAbility
from tests.email.emails_world import Emails, ToldProvider, emails_of
from tests.screens.conftest import schema
from tests.world import World

__all__ = ["schema"]


@pytest.fixture
def emails(world: World, tmp_path: Path, schema: strawberry.Schema) -> Emails:
    """A tenant whose e-mails are kept here."""
    folder = tmp_path / "emails"
    folder.mkdir()
    return emails_of(world, folder, schema, ToldProvider(), "told")


@pytest.fixture
def far(world: World, tmp_path: Path, schema: strawberry.Schema) -> Emails:
    """A tenant whose e-mails are kept by the provider."""
    provider = ToldProvider(abilities=frozenset({EmailAbility.EVENTS}))
    return emails_of(world, tmp_path, schema, provider, "far")
