"""A group in which every text that comes from outside is a hostile one."""

from uuid import UUID

from bg_graph.accounts.tables import PersonRow
from bg_graph.buying_groups.rules.default_roles import DECISION_MAKER, INFLUENCER
from bg_graph.buying_groups.tables import MemberRow
from bg_graph.plugins.summaries import SubjectKind
from tests.world import World


async def hostile_group(world: World, text: str) -> dict[SubjectKind, UUID]:
    """The group with its account, one of two members, and that person."""
    account = await world.account(text, industry=text)
    group = await world.group(account, await world.interest(text))
    first, second = await world.people(account, 2, "Ada", job_title=text)
    for person, name in ((first, text), (second, f"{text} 2")):
        await world.change(PersonRow, person, name=name)
        await world.score(person, 81)
        await world.activity(person, text, topics=[text, "Pricing"])
    await world.members(group, {first: DECISION_MAKER.id, second: INFLUENCER.id})
    await world.signal(group, text, subject_kind="GROUP", kind="KEYWORD", category="c", product="p")
    member = (await world.one(MemberRow, group_id=group, person_id=first)).id
    return {
        SubjectKind.GROUP: group,
        SubjectKind.ACCOUNT: account,
        SubjectKind.MEMBER: member,
        SubjectKind.PERSON: first,
    }
