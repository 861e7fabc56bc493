"""No change that alters what is known of a subject leaves its stamps as they were, whichever way it comes in."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.buying_groups.commands.maintenance import maintain_job
from bg_graph.buying_groups.rules.default_roles import CHAMPION, INFLUENCER
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow
from bg_graph.engagement.commands import score_job
from bg_graph.imports.run import import_files
from bg_graph.plugins.summaries import Fact, SubjectKind
from bg_graph.store.ids import new_id
from bg_graph.store.scope import of_tenant
from bg_graph.summaries.facts.gathering import gather
from bg_graph.summaries.reads import held_summaries
from bg_graph.summaries.stamps import SUBJECTS, Stamps
from tests.conftest import NOW
from tests.imports.conftest import crm_id
from tests.world import World

Known = Mapping[tuple[SubjectKind, UUID], tuple[tuple[Fact, ...], Stamps]]


async def known(world: World) -> Known:
    """The facts and stamps of every subject of the tenant."""
    found = {}
    async with world.database.reading(world.tenant) as db:
        for kind, table in SUBJECTS.items():
            ids = [row.id for row in await db.rows(select(table.c.id).where(of_tenant(table)))]
            gathered = await gather(db, kind, ids, NOW)
            held = await held_summaries(db, kind, ids, caller=new_id(), language=None, chain="a", now=NOW)
            found |= {(kind, each): (gathered[each].subject.facts, held[each].stamps) for each in ids}
    return found


class Exports:
    """Exports of other systems that a tenant takes in, each different from the one before."""

    def __init__(self, world: World, folder: Path, random: Random) -> None:
        self.world, self.folder, self.random, self.number = world, folder, random, 0

    async def take_in(self, name: str, header: str, *rows: str) -> None:
        path = self.folder / name
        path.write_text("\n".join((header, *rows, "")), encoding="utf-8")
        await import_files(self.world.database, self.world.tenant, [path], clock=lambda: NOW)

    async def accounts(self) -> None:
        self.number += 1
        rows = (f"{crm_id('account', n)},Firm {n} {self.number},Trade {self.number}" for n in (1, 2))
        await self.take_in("Account.csv", "Id,Name,Industry", *rows)

    async def contacts(self) -> None:
        self.number += 1
        rows = (
            f"{crm_id('contact', n)},{crm_id('account', self.random.choice((1, 1, 2)))},Person {n},Title {self.number}"
            for n in range(1, 7)
        )
        await self.take_in("Contact.csv", "Id,AccountId,LastName,Title", *rows)

    async def activities(self) -> None:
        await self.take_in("leads.csv", "id,sfdcContactId", *(f"{n},{crm_id('contact', n)}" for n in range(1, 7)))
        at = (NOW - timedelta(days=self.random.randrange(50))).isoformat()
        header = "marketoGUID,leadId,activityDate,activityTypeId,primaryAttributeValue,attributes"
        given = [f"g{self.random.randrange(30)},{self.random.randrange(1, 7)},{at},1,Home," for _ in range(4)]
        await self.take_in("activities.csv", header, *given)

    async def deals(self) -> None:
        self.number += 1
        row = f"{crm_id('opportunity', self.number)},{crm_id('account', 1)},Deal {self.number},Open"
        await self.take_in("Opportunity.csv", "Id,AccountId,Name,StageName", row)


async def change_members(world: World, random: Random) -> None:
    """Somebody comes into a group, or leaves it."""
    group = random.choice(await world.rows(BuyingGroupRow))
    members = await world.rows(MemberRow, group_id=group.id)
    people = await world.rows(PersonRow, account_id=group.account_id)
    outside = [each.id for each in people if each.id not in {member.person_id for member in members}]
    if members and (random.random() < 0.5 or not outside):
        await world.remove(group.id, random.choice(members).person_id)
    elif outside:
        await world.member(group.id, random.choice(outside), random.choice((CHAMPION, INFLUENCER)).id)


async def job(world: World, function: Any) -> None:
    async with world.database.writing(world.tenant) as db:
        await function(db, NOW)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_alters_the_facts_alters_the_stamps(world: World, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    exports = Exports(world, tmp_path, random)
    await exports.accounts()
    await exports.contacts()
    interests = [await world.interest("A"), await world.interest("B")]
    for account in await world.rows(AccountRow):
        for interest in interests:
            await world.group(account.id, interest)
    ways = [
        exports.accounts,
        exports.contacts,
        exports.activities,
        exports.deals,
        lambda: change_members(world, random),
        lambda: change_members(world, random),
        lambda: job(world, score_job),
        lambda: job(world, maintain_job),
    ]
    before, altered = await known(world), 0
    for _ in range(30):
        await random.choice(ways)()
        after = await known(world)
        for subject in before.keys() & after.keys():
            if before[subject][0] != after[subject][0]:
                altered += 1
                assert before[subject][1] != after[subject][1], subject
        before = after
    assert altered > 20, "the changes must alter something"
