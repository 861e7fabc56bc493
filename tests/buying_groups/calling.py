"""Calling the mutations of buying groups: ids in, payloads out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from bg_graph.buying_groups.tables import BuyingGroupRow, GroupRoleRow, MemberRow, RemovalMarkRow
from bg_graph.execution.node_ids import parse_node_id
from bg_graph.store.changes import ChangeItemRow, ChangeRow
from bg_graph.tenancy.rules import Caller
from tests.screens.conftest import Answer, Ask, gid
from tests.world import World

Payload = dict[str, Any]
WRITTEN = (BuyingGroupRow, GroupRoleRow, MemberRow, RemovalMarkRow, ChangeRow, ChangeItemRow)
"""All that a call on a group may change."""

_GROUP = """buyingGroup { ...Group } changeId userErrors { code message path } } }
fragment Group on BuyingGroup { id name version memberCount completenessScore archivedAt stage { name }
    missingRoles { name } roleCompleteness { role { name } memberCount score } members { nodes { ...Row } } }
fragment Row on Member { id name role { name } source assignedAt assignedBy person { id } }"""


def mutation(field: str, more: str = "") -> str:
    """The document that calls a mutation and shows all that matters of its payload."""
    kind = f"{field[0].upper()}{field[1:]}Input"
    return f"mutation($input: {kind}!) {{ {field}(input: $input) {{ {more} {_GROUP}"


_MEMBERS = "members { ...Row } skipped { code message path }"
ASSIGN = mutation("assignMembers", _MEMBERS)
EDIT = mutation("editRoles", _MEMBERS)
REMOVE = mutation("removeMembers", "removedMemberIds skipped { code message path }")
UNDO = mutation("undoChange", "members { ...Row } changedSince { id by at kind }")


@dataclass(frozen=True)
class Calling:
    """The mutations of buying groups as a caller makes them. Ids are keys of rows, or texts that are sent as they are."""

    ask: Ask
    caller: Caller

    def by(self, caller: Caller) -> "Calling":
        """The same, as somebody else."""
        return replace(self, caller=caller)

    async def assign(
        self, group: UUID | str, roles: Iterable[tuple[Any, Any]] | Mapping[Any, Any], **terms: Any
    ) -> Payload:
        """Assign: person and role of each."""
        pairs = roles.items() if isinstance(roles, Mapping) else roles
        items = [{"personId": _id("per", person), "roleId": _id("rol", role)} for person, role in pairs]
        return await self(ASSIGN, buyingGroupId=_id("grp", group), assignments=items, **terms)

    async def edit(
        self, group: UUID | str, roles: Iterable[tuple[Any, Any]] | Mapping[Any, Any], **terms: Any
    ) -> Payload:
        """Edit roles: member and role of each."""
        pairs = roles.items() if isinstance(roles, Mapping) else roles
        items = [{"memberId": _id("mem", member), "roleId": _id("rol", role)} for member, role in pairs]
        return await self(EDIT, buyingGroupId=_id("grp", group), edits=items, **terms)

    async def remove(self, group: UUID | str, members: Sequence[Any], **terms: Any) -> Payload:
        """Remove members."""
        ids = [_id("mem", member) for member in members]
        return await self(REMOVE, buyingGroupId=_id("grp", group), memberIds=ids, **terms)

    async def undo(self, change: UUID | str, **terms: Any) -> Payload:
        """Take a call back."""
        return await self(UNDO, changeId=_id("chg", change), **terms)

    async def archive(self, group: UUID | str, **terms: Any) -> Payload:
        """Archive a group."""
        return await self(mutation("archiveBuyingGroup"), buyingGroupId=_id("grp", group), **terms)

    async def unarchive(self, group: UUID | str, **terms: Any) -> Payload:
        """Take a group back into use."""
        return await self(mutation("unarchiveBuyingGroup"), buyingGroupId=_id("grp", group), **terms)

    async def move(self, group: UUID | str, stage: UUID | str, **terms: Any) -> Payload:
        """Move a group to a stage."""
        return await self(mutation("moveStage"), buyingGroupId=_id("grp", group), stageId=_id("stg", stage), **terms)

    async def __call__(self, document: str, **given: Any) -> Payload:
        (payload,) = (await self.answer(document, **given)).data.values()
        found: Payload = payload
        return found

    async def answer(self, document: str, **given: Any) -> Answer:
        """The whole answer, with the statements that it took."""
        return await self.ask(document, caller=self.caller, input=given)


def _id(prefix: str, given: UUID | str) -> str:
    return gid(prefix, given) if isinstance(given, UUID) else given


def key_of(node_id: str) -> UUID:
    """The key of the row that a node id names."""
    parsed = parse_node_id(node_id)
    assert parsed is not None, node_id
    return parsed[1]


def told(errors: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Code and place of each user error, the place as a path below the input."""
    places = [(error["code"], error["path"]) for error in errors]
    assert all(path[0] == "input" for _, path in places)
    return [(code, ".".join(path[1:])) for code, path in places]


def faults(payload: Payload) -> list[tuple[str, str]]:
    """Code and place of each user error of a payload that says that nothing was changed."""
    assert payload["changeId"] is None
    assert not payload.get("members")
    assert not payload.get("removedMemberIds")
    return told(payload["userErrors"])


def roles_in(payload: Payload) -> dict[str, tuple[str, str]]:
    """Role and source of each member of the payload's group, by name."""
    nodes = payload["buyingGroup"]["members"]["nodes"]
    return {node["name"]: (node["role"]["name"], node["source"]) for node in nodes}


async def written(world: World) -> list[list[Any]]:
    """All that is stored of groups: to show that a call changed nothing."""
    return [await world.rows(row) for row in WRITTEN]


async def member_of(world: World, group: UUID, person: UUID) -> UUID:
    """The id of a person's membership in a group."""
    found: UUID = (await world.one(MemberRow, group_id=group, person_id=person)).id
    return found
