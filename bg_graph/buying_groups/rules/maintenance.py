"""What the maintenance job does to one group: brings in, moves and takes out SYSTEM members, and nobody else."""

from collections.abc import Iterable, Sequence

from bg_graph.buying_groups.rules.conditions import AutoAssigns, PersonFacts, first_role
from bg_graph.buying_groups.rules.membership import GroupState, MembershipChange, MembershipSource, change_of


def maintain(
    definitions: Sequence[AutoAssigns], people: Iterable[PersonFacts], group: GroupState
) -> tuple[MembershipChange, ...]:
    """The changes that the job makes, by the account's people and the template's definitions in priority order.

    Members that a user or a journey brought in, and persons whom one of them took out, are left as they are; so is
    an archived group. A second run on the result changes nothing. Source: domain.md, "Rules of membership".
    """
    if group.archived:
        return ()
    changes = (_change(definitions, person, group) for person in people if _is_the_jobs(person, group))
    return tuple(change for change in changes if change.before != change.after)


def _is_the_jobs(person: PersonFacts, group: GroupState) -> bool:
    """Whether precedence leaves this person to the job."""
    member, mark = group.members.get(person.person_id), group.marks.get(person.person_id)
    done_by = member.source if member is not None else mark
    return done_by is None or not done_by.outranks(MembershipSource.SYSTEM)


def _change(definitions: Sequence[AutoAssigns], person: PersonFacts, group: GroupState) -> MembershipChange:
    return change_of(group, person.person_id, first_role(definitions, person), MembershipSource.SYSTEM)
