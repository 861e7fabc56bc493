"""What the tests of buying groups share: calling their mutations as a user, as an automation, or as somebody else."""

from uuid import UUID

import pytest

from bg_graph.buying_groups.rules.membership import MembershipSource
from bg_graph.tenancy.rules import Caller, Right
from tests.buying_groups.calling import Calling
from tests.screens.conftest import Ask, ask, caller_of, schema
from tests.world import World

__all__ = ["ask", "schema"]


@pytest.fixture
def editor(world: World) -> Caller:
    """A user who may edit."""
    return caller_of(world.tenant, Right.EDIT, name="Ann")


@pytest.fixture
def calling(world: World, ask: Ask, editor: Caller) -> Calling:
    """The mutations of buying groups, called by that user."""
    return Calling(ask, editor)


@pytest.fixture
def automation(world: World, ask: Ask) -> Calling:
    """The mutations of buying groups, called by an automation."""
    return Calling(ask, caller_of(world.tenant, Right.EDIT, name="Nurture", automation=True))


@pytest.fixture
async def system_member(world: World) -> tuple[UUID, UUID]:
    """A group, and a person whom the maintenance job made a member of it."""
    group = await world.group()
    return group, await world.member(group, source=MembershipSource.SYSTEM)
