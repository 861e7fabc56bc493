"""The stages a group moves through: when a stage model is sound, and which moves it allows."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.rules.publication import PublicationStatus


class Destination(StrEnum):
    """How a group ends: won, which is final, or lost, from which there may be a way back."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: its key (an id, or a name while a set-up file is read), and the keys of the stages allowed next.

    Without a destination it is a stage on the way.
    """

    key: Hashable
    name: str
    destination: Destination | None = None
    entry: bool = False
    next: tuple[Hashable, ...] = ()


class StageModelCode(StrEnum):
    """What is wrong with a stage model, or why it can't be edited or published."""

    LIVE_IS_FIXED = "LIVE_IS_FIXED"
    NO_ENTRY_STAGE = "NO_ENTRY_STAGE"
    NO_SUCCESS_STAGE = "NO_SUCCESS_STAGE"
    STAGE_NAME_MISSING = "STAGE_NAME_MISSING"
    STAGE_NAME_TAKEN = "STAGE_NAME_TAKEN"
    NO_NEXT_STAGE = "NO_NEXT_STAGE"
    NEXT_STAGE_UNKNOWN = "NEXT_STAGE_UNKNOWN"
    NEXT_STAGE_ITSELF = "NEXT_STAGE_ITSELF"
    SUCCESS_IS_FINAL = "SUCCESS_IS_FINAL"


@dataclass(frozen=True, slots=True)
class StageModelFault:
    """One fault of a stage model: code, message, and the stage's place in the list (None: the model itself)."""

    code: StageModelCode
    message: str
    index: int | None = None


class MoveCode(StrEnum):
    """Why a move is refused."""

    NOT_FOUND = "NOT_FOUND"
    NO_STAGE_MODEL = "NO_STAGE_MODEL"
    STAGE_NOT_IN_MODEL = "STAGE_NOT_IN_MODEL"
    STAGE_NOT_CLEARED = "STAGE_NOT_CLEARED"
    NOT_AN_ENTRY_STAGE = "NOT_AN_ENTRY_STAGE"
    SUCCESS_IS_FINAL = "SUCCESS_IS_FINAL"
    MOVE_NOT_ALLOWED = "MOVE_NOT_ALLOWED"


@dataclass(frozen=True, slots=True)
class Moved:
    """The group goes to this stage."""

    to: Hashable


@dataclass(frozen=True, slots=True)
class NotMoved:
    """The group is there already: nothing changes."""


@dataclass(frozen=True, slots=True)
class MoveRefused:
    """The stage model does not allow the move."""

    code: MoveCode
    message: str


def edit_faults(status: PublicationStatus) -> tuple[StageModelFault, ...]:
    """Why a stage model can't be edited or deleted: a LIVE one is immutable. Source: domain.md, "Words"."""
    if status is PublicationStatus.DRAFT:
        return ()
    message = "A live stage model can't be changed; duplicate it and change the duplicate."
    return (StageModelFault(StageModelCode.LIVE_IS_FIXED, message),)


def stage_model_faults(stages: Sequence[Stage]) -> tuple[StageModelFault, ...]:
    """All faults that keep a stage model from being published, at once. Source: domain.md, "Words" (stage model)."""
    faults: list[StageModelFault] = []
    if not any(stage.entry for stage in stages):
        faults.append(StageModelFault(StageModelCode.NO_ENTRY_STAGE, "At least one stage must be an entry stage."))
    if not any(stage.destination is Destination.SUCCESS for stage in stages):
        faults.append(StageModelFault(StageModelCode.NO_SUCCESS_STAGE, "At least one stage must be a success stage."))
    keys = frozenset(stage.key for stage in stages)
    names: set[str] = set()
    for index, stage in enumerate(stages):
        faults.extend(StageModelFault(code, message, index) for code, message in _name_faults(stage, names))
        faults.extend(StageModelFault(code, message, index) for code, message in _next_faults(stage, keys))
    return tuple(faults)


def next_stages(stages: Iterable[Stage], present: Hashable | None) -> tuple[Hashable, ...]:
    """The stages to which a group may move from its present one, in the model's order; from none: the entry stages.

    Source: domain.md, "Words" (stage model).
    """
    listed = list(stages)
    if present is None:
        return tuple(stage.key for stage in listed if stage.entry)
    here = next((stage for stage in listed if stage.key == present), None)
    if here is None or here.destination is Destination.SUCCESS:
        return ()
    return tuple(stage.key for stage in listed if stage.key in here.next and stage.key != present)


def move(stages: Sequence[Stage], present: Hashable | None, target: Hashable | None) -> Moved | NotMoved | MoveRefused:
    """Decide a move of a group from its present stage (None: none yet). Source: domain.md, "Words" (stage model)."""
    if target == present:
        return NotMoved()
    if target is None:
        return MoveRefused(MoveCode.STAGE_NOT_CLEARED, "A stage once set is not cleared; move to another stage.")
    by_key = {stage.key: stage for stage in stages}
    if target not in by_key:
        return MoveRefused(MoveCode.STAGE_NOT_IN_MODEL, "The stage model of this group has no such stage.")
    if target in next_stages(stages, present):
        return Moved(target)
    return _refusal(by_key[target], by_key.get(present))


def _refusal(target: Stage, here: Stage | None) -> MoveRefused:
    if here is None:
        message = f"{target.name} is not an entry stage; the first stage must be one."
        return MoveRefused(MoveCode.NOT_AN_ENTRY_STAGE, message)
    if here.destination is Destination.SUCCESS:
        return MoveRefused(MoveCode.SUCCESS_IS_FINAL, f"{here.name} is a success stage, and final.")
    message = f"The stage model does not allow a move from {here.name} to {target.name}."
    return MoveRefused(MoveCode.MOVE_NOT_ALLOWED, message)


def _name_faults(stage: Stage, names: set[str]) -> list[tuple[StageModelCode, str]]:
    """Faults of a stage's name; `names` are the keys of the stages before it, and gains this one's."""
    name = text_key(stage.name)
    if not name:
        return [(StageModelCode.STAGE_NAME_MISSING, "A stage needs a name.")]
    if name in names:
        return [(StageModelCode.STAGE_NAME_TAKEN, f"Two stages are named {stage.name.strip()}; names must differ.")]
    names.add(name)
    return []


def _next_faults(stage: Stage, keys: frozenset[Hashable]) -> list[tuple[StageModelCode, str]]:
    faults = []
    if stage.destination is Destination.SUCCESS and stage.next:
        message = f"{stage.name} is a success stage, and final: it can't have a next stage."
        faults.append((StageModelCode.SUCCESS_IS_FINAL, message))
    if stage.destination is None and not stage.next:
        message = f"{stage.name} needs at least one next stage, or must be a success or failure stage."
        faults.append((StageModelCode.NO_NEXT_STAGE, message))
    if stage.key in stage.next:
        faults.append((StageModelCode.NEXT_STAGE_ITSELF, f"{stage.name} can't be its own next stage."))
    if any(key not in keys for key in stage.next):
        message = f"{stage.name} names a next stage that the model does not have."
        faults.append((StageModelCode.NEXT_STAGE_UNKNOWN, message))
    return faults
