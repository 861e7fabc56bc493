"""The page on changing buying groups: each of its examples runs, one after the other, and says what the page says."""

import json
import re
from pathlib import Path
from typing import Any

from bg_graph.buying_groups.rules.default_roles import CHAMPION, INFLUENCER
from bg_graph.buying_groups.tables import BuyingGroupRow, StageRow
from bg_graph.graph.user_errors import UserErrorCode
from bg_graph.store.changes import ChangeRow
from tests.buying_groups.calling import Calling, member_of
from tests.screens.conftest import gid
from tests.world import World

PAGE = (Path(__file__).parents[2] / "docs" / "changing-groups.md").read_text(encoding="utf-8")
EXAMPLES = {
    re.findall(r"(?:mutation|query) (\w+)", each)[0]: each
    for each in re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
}


async def test_the_examples_run(world: World, calling: Calling):
    group = await world.group(await world.account(), await world.interest(stage_model_id=await world.stage_model()))
    person = await world.person(await world.account_of(group), "Ada Ash")
    (stage,) = await world.rows(StageRow, name="Discovery")
    given: dict[str, Any] = {"group": gid("grp", group), "person": gid("per", person), "stage": gid("stg", stage.id)}
    ran = set()

    async def run(name: str, **variables: Any) -> Any:
        ran.add(name)
        used = {key: value for key, value in {**given, **variables}.items() if f"${key}" in EXAMPLES[name]}
        answer = await calling.ask(EXAMPLES[name], caller=calling.caller, **used)
        (payload,) = answer.data.values()
        return payload

    assigned = await run("Assign", role=gid("rol", CHAMPION.id))
    assert (assigned["buyingGroup"]["memberCount"], assigned["userErrors"]) == (1, [])
    again = await run("Assign", role=gid("rol", CHAMPION.id))
    (refusal,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert {"userErrors": again["userErrors"]} == json.loads(refusal)
    member = gid("mem", await member_of(world, group, person))
    edited = await run("Edit", member=member, role=gid("rol", INFLUENCER.id))
    assert edited["members"] == [{"role": {"name": "Influencer"}, "source": "MANUAL"}]
    removed = await run("Remove", member=member, version=(await world.one(BuyingGroupRow)).version)
    assert (removed["removedMemberIds"], removed["userErrors"]) == ([member], [])
    history = (await run("History"))["history"]["nodes"]
    assert [each["undoable"] for each in history] == [True, False, False, False]
    undone = await run("Undo", change=removed["changeId"])
    assert (undone["buyingGroup"]["memberCount"], undone["userErrors"]) == (1, [])
    assert gid("mem", await member_of(world, group, person)) == member
    moved = await run("Move")
    assert moved["buyingGroup"]["stage"] == {"name": "Discovery"}
    assert (await run("Archive"))["buyingGroup"]["archivedAt"] is not None
    assert (await run("Unarchive"))["buyingGroup"]["archivedAt"] is None
    assert ran == set(EXAMPLES)
    assert len(await world.rows(ChangeRow, subject_id=group)) == 8


def test_the_codes_on_the_page_exist():
    codes = set(re.findall(r"`([A-Z]+_[A-Z_]+|FORBIDDEN)`", PAGE))
    assert {"CHANGED_SINCE", "FORBIDDEN", "NOT_UNDOABLE"} <= codes
    assert codes <= set(UserErrorCode.__members__)
