import time
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from bg_graph.accounts.tables import AccountJourneyRow, PersonRow
from bg_graph.buying_groups.tables import BuyingGroupRow, GroupRoleRow, MemberRow, RolesTemplateRow, StageRow
from bg_graph.demo.exports import Size, write_exports
from bg_graph.demo.loading import DemoNotLoaded, load_demo
from bg_graph.email.composing import Ask, Faulty, Renderer, compose
from bg_graph.email.tables import EmailRow, EmailWorkspaceRow
from bg_graph.hosting.fences.options import FenceOptions, Isolation
from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.storage import PassingStorage
from bg_graph.intent.tables import IntentSignalRow
from bg_graph.plugins.plugin import Capability
from bg_graph.setup.apply import apply_file
from bg_graph.store.changes import ChangeRow
from bg_graph.store.engine import Database
from bg_intent_activities.plugin import PLUGIN
from bg_intent_activities.settings import ActivitiesSettings
from tests.conftest import NOW
from tests.intent.predicting import job_of
from tests.world import World

HOSTED = Hosted(
    PLUGIN,
    Capability.INTENT,
    ActivitiesSettings(),
    fence=FenceOptions(isolation=Isolation.INLINE, deadline=60),
    storage=PassingStorage(),
)
INTENT = job_of(HOSTED)
"""The job with the model that comes with the product."""


def clock():
    return NOW


@pytest.mark.slow
async def test_the_small_demo_is_a_believable_tenant(world: World, tmp_path: Path):
    write_exports(tmp_path, now=NOW)
    await load_demo(world.database, world.tenant, tmp_path, intent=INTENT, clock=clock)
    groups = await world.rows(BuyingGroupRow)
    stages = {stage.id: stage.name for stage in await world.rows(StageRow)}
    by_stage = Counter(stages.get(group.stage_id) for group in groups)
    assert set(by_stage) == {None, "Identified", "Engaged", "Evaluating", "Negotiating", "Won", "Lost"}
    assert sum(group.completeness_score == 100 for group in groups) >= 5
    missing = {row.group_id for row in await world.rows(GroupRoleRow, missing=True)}
    assert 10 <= len(missing) < len(groups)

    people = await world.rows(PersonRow)
    assert max(person.engagement_score for person in people) == 100
    assert sum(person.engagement_score > 0 for person in people) > 100
    assert max(group.engagement_score for group in groups) == 100

    signals = await world.rows(IntentSignalRow)
    assert {signal.subject_kind for signal in signals} == {"ACCOUNT", "PERSON", "GROUP"}
    assert {signal.level for signal in signals if signal.subject_kind == "ACCOUNT"} == {"LOW", "MEDIUM", "HIGH"}
    assert {member.source for member in await world.rows(MemberRow)} == {"MANUAL", "JOURNEY", "SYSTEM"}
    assert len(await world.rows(AccountJourneyRow)) > 50

    far = [group for group in groups if stages.get(group.stage_id) == "Negotiating"]
    quiet = [group for group in groups if group.stage_id is None]
    assert min(group.engagement_score for group in far) > max(group.engagement_score for group in quiet)
    assert min(group.completeness_score for group in far) > max(group.completeness_score for group in quiet)


async def test_loading_again_changes_nothing(world: World, tmp_path: Path):
    write_exports(tmp_path, size=Size(12, (5, 6)), now=NOW)
    first = await load_demo(world.database, world.tenant, tmp_path, intent=INTENT, clock=clock)
    assert first.groups_moved > 3
    assert first.champions > 0
    assert first.emails_approved == 4
    before = len(await world.rows(ChangeRow))
    again = await load_demo(world.database, world.tenant, tmp_path, intent=INTENT, clock=clock)
    assert (again.groups_moved, again.champions, again.emails_approved) == (0, 0, 0)
    assert {(file.added, file.changed, file.rejected) for file in again.imported.files} == {(0, 0, 0)}
    assert len(await world.rows(ChangeRow)) == before


@pytest.mark.slow
async def test_the_small_demo_is_there_in_ten_seconds(database: Database, tenant: UUID, tmp_path: Path):
    if database.engine.dialect.name != "sqlite":
        pytest.skip("the promise is about the embedded database")
    began = time.process_time()
    write_exports(tmp_path, now=NOW)
    await load_demo(database, tenant, tmp_path, intent=INTENT, clock=clock)
    assert time.process_time() - began < 10


async def test_the_demo_s_e_mails_can_be_sent_to_each_member_at_once(world: World, tmp_path: Path):
    write_exports(tmp_path, size=Size(12, (5, 6)), now=NOW)
    await load_demo(world.database, world.tenant, tmp_path, intent=INTENT, clock=clock)
    emails, members = await world.rows(EmailRow), await world.rows(MemberRow)
    assert {row.name for row in await world.rows(EmailWorkspaceRow)} == {"Account teams", "Campaigns"}
    assert all(row.listed and row.sendable for row in emails)
    asks = [
        Ask(
            f"{email.id} {member.id}",
            email.approved_content_id,
            member.group_id,
            member.person_id,
            "https://x.example/u",
        )
        for email in emails
        for member in members
    ]
    async with world.database.reading(world.tenant) as db:
        messages = await compose(db, asks, Renderer())
    assert not [each for each in messages.values() if isinstance(each, Faulty)]
    assert all("https://x.example/u" in each.plain and "https://x.example/u" in each.html for each in messages.values())


async def test_every_row_of_the_exports_is_accepted(world: World, tmp_path: Path):
    written = write_exports(tmp_path, size=Size(12, (5, 6)), now=NOW)
    loaded = await load_demo(world.database, world.tenant, tmp_path, intent=INTENT, clock=clock)
    accepted = {Path(file.file).name: file.accepted for file in loaded.imported.files}
    assert accepted == written.rows
    assert set(loaded.imported.consequences.contact_roles) == {"assigned"}


async def test_a_tenant_with_another_set_up_of_the_same_names_is_left_alone(world: World, tmp_path: Path):
    write_exports(tmp_path / "demo", size=Size(2, (2, 3)), now=NOW)
    other = tmp_path / "other.toml"
    other.write_text('[[roles_templates]]\nname = "Security committee"\nroles = [{ role = "Other" }]\n')
    await apply_file(world.database, world.tenant, other, clock=clock)
    with pytest.raises(DemoNotLoaded, match="load it into a tenant of its own"):
        await load_demo(world.database, world.tenant, tmp_path / "demo", intent=INTENT, clock=clock)
    assert len(await world.rows(RolesTemplateRow)) == 1
    assert not await world.rows(PersonRow)
