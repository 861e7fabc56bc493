"""What the maintenance job does to one group: brings in, moves and takes out SYSTEM members, and nobody else."""

from collections.abc import Iterable, Mapping, Sequence, Set
from uuid import UUID

from bg_graph.buying_groups.rules.conditions import AutoAssigns, PersonFacts, first_role
from bg_graph.buying_groups.rules.membership import GroupState, MembershipChange, MembershipSource, change_of


def maintain(
    definitions: Sequence[AutoAssigns], people: Iterable[PersonFacts], group: GroupState
) -> tuple[MembershipChange, ...]:
    """The changes that the job makes, by the account's people and the template's definitions in priority order.

    Members that a user or a journey brought in, and persons whom one of them took out, are left as they are; so is
    an archived group. A second run on the result changes nothing. Source: domain.md, "Rules of membership".
    """
    roles = {person.person_id: first_role(definitions, person) for person in people}
    return maintain_roles({person_id: role for person_id, role in roles.items() if role}, group, among=roles.keys())


def maintain_roles(wanted: Mapping[UUID, UUID], group: GroupState, *, among: Set[UUID]) -> tuple[MembershipChange, ...]:
    """The same, where it is known already which role auto-assignment gives to whom `among` the account's people."""
    if group.archived:
        return ()
    present = {person_id: group.members[person_id].role_id for person_id in group.members.keys() & among}
    changed = {person_id for person_id, _ in wanted.items() ^ present.items()} - _not_the_jobs(group)
    return tuple(
        change_of(group, person_id, wanted.get(person_id), MembershipSource.SYSTEM) for person_id in sorted(changed)
    )


def _not_the_jobs(group: GroupState) -> set[UUID]:
    """Persons whom precedence keeps from the job: a higher source brought them in or took them out."""
    higher = {
        person_id for person_id, member in group.members.items() if member.source.outranks(MembershipSource.SYSTEM)
    }
    removed = {person_id for person_id, source in group.marks.items() if source.outranks(MembershipSource.SYSTEM)}
    return higher | (removed - group.members.keys())
