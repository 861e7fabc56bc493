"""Sound stage models, and the moves that they allow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.buying_groups.rules.publication import PublicationStatus
from bg_graph.buying_groups.rules.stages import (
    Destination,
    MoveCode,
    Moved,
    MoveRefused,
    NotMoved,
    Stage,
    StageModelCode,
    edit_faults,
    move,
    next_stages,
    stage_model_faults,
)

SUCCESS, FAILURE = Destination
MODEL = (
    Stage("new", "New", entry=True, next=("talking", "lost")),
    Stage("known", "Known", entry=True, next=("talking",)),
    Stage("talking", "Talking", next=("won", "lost")),
    Stage("won", "Won", SUCCESS),
    Stage("lost", "Lost", FAILURE, next=("talking",)),
    Stage("gone", "Gone", FAILURE),
)


def codes(stages):
    return [(fault.index, fault.code) for fault in stage_model_faults(stages)]


def test_a_sound_model_has_no_fault():
    assert stage_model_faults(MODEL) == ()


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ([Stage(1, "A", next=(2,)), Stage(2, "B", SUCCESS)], [(None, StageModelCode.NO_ENTRY_STAGE)]),
        ([Stage(1, "A", entry=True, next=(2,)), Stage(2, "B", FAILURE)], [(None, StageModelCode.NO_SUCCESS_STAGE)]),
        ([Stage(1, "A", entry=True), Stage(2, "B", SUCCESS)], [(0, StageModelCode.NO_NEXT_STAGE)]),
        (
            [Stage(1, "A", entry=True, next=(2,)), Stage(2, "B", SUCCESS, next=(1,))],
            [(1, StageModelCode.SUCCESS_IS_FINAL)],
        ),
        ([Stage(1, "A", entry=True, next=(2, 3)), Stage(2, "B", SUCCESS)], [(0, StageModelCode.NEXT_STAGE_UNKNOWN)]),
        ([Stage(1, "A", entry=True, next=(1, 2)), Stage(2, "B", SUCCESS)], [(0, StageModelCode.NEXT_STAGE_ITSELF)]),
        ([Stage(1, "A", entry=True, next=(2,)), Stage(2, " a", SUCCESS)], [(1, StageModelCode.STAGE_NAME_TAKEN)]),
        ([Stage(1, "A", entry=True, next=(2,)), Stage(2, " ", SUCCESS)], [(1, StageModelCode.STAGE_NAME_MISSING)]),
    ],
)
def test_each_fault_of_a_model_is_told(stages, expected):
    assert codes(stages) == expected


def test_all_faults_of_a_model_are_told_at_once():
    assert codes([Stage(1, "A"), Stage(2, "a", FAILURE, next=(9,))]) == [
        (None, StageModelCode.NO_ENTRY_STAGE),
        (None, StageModelCode.NO_SUCCESS_STAGE),
        (0, StageModelCode.NO_NEXT_STAGE),
        (1, StageModelCode.STAGE_NAME_TAKEN),
        (1, StageModelCode.NEXT_STAGE_UNKNOWN),
    ]


def test_a_live_model_is_immutable():
    assert edit_faults(PublicationStatus.DRAFT) == ()
    assert [fault.code for fault in edit_faults(PublicationStatus.LIVE)] == [StageModelCode.LIVE_IS_FIXED]


@pytest.mark.parametrize(
    ("present", "target", "outcome"),
    [
        (None, "new", Moved("new")),
        (None, "known", Moved("known")),
        (None, "talking", MoveCode.NOT_AN_ENTRY_STAGE),
        (None, "won", MoveCode.NOT_AN_ENTRY_STAGE),
        (None, "elsewhere", MoveCode.STAGE_NOT_IN_MODEL),
        (None, None, NotMoved()),
        ("new", "talking", Moved("talking")),
        ("new", "new", NotMoved()),
        ("new", "known", MoveCode.MOVE_NOT_ALLOWED),
        ("new", "won", MoveCode.MOVE_NOT_ALLOWED),
        ("new", None, MoveCode.STAGE_NOT_CLEARED),
        ("new", "elsewhere", MoveCode.STAGE_NOT_IN_MODEL),
        ("lost", "talking", Moved("talking")),
        ("lost", "new", MoveCode.MOVE_NOT_ALLOWED),
        ("gone", "new", MoveCode.MOVE_NOT_ALLOWED),
        ("won", "won", NotMoved()),
        ("won", "talking", MoveCode.SUCCESS_IS_FINAL),
        ("won", None, MoveCode.STAGE_NOT_CLEARED),
    ],
)
def test_a_move_is_made_refused_or_changes_nothing(present, target, outcome):
    result = move(MODEL, present, target)
    assert (result.code if isinstance(result, MoveRefused) else result) == outcome


def test_a_refusal_names_the_stages():
    assert move(MODEL, "new", "won").message == "The stage model does not allow a move from New to Won."


def test_the_next_stages_are_told_in_the_order_of_the_model():
    assert next_stages(MODEL, None) == ("new", "known")
    assert next_stages(MODEL, "talking") == ("won", "lost")
    assert next_stages(MODEL, "lost") == ("talking",)
    assert next_stages(MODEL, "won") == next_stages(MODEL, "gone") == next_stages(MODEL, "elsewhere") == ()


keys = st.integers(0, 4)


@st.composite
def models(draw):
    """Any model, sound or not."""
    return [
        Stage(
            key,
            f"Stage {key}",
            draw(st.sampled_from([None, SUCCESS, FAILURE])),
            draw(st.booleans()),
            tuple(draw(st.lists(keys, unique=True, max_size=3))),
        )
        for key in range(draw(st.integers(1, 5)))
    ]


@given(models(), st.none() | keys, keys)
def test_a_move_is_made_exactly_to_the_next_stages(stages, present, target):
    assert (target in next_stages(stages, present)) == isinstance(move(stages, present, target), Moved)


@given(models(), st.lists(keys))
def test_nothing_leads_out_of_success_and_a_stage_once_set_stays_set(stages, targets):
    outcomes = {stage.key: stage.destination for stage in stages}
    present = None
    for target in [*targets, None]:
        result = move(stages, present, target)
        if isinstance(result, Moved):
            assert outcomes.get(present) is not SUCCESS
            assert result.to is not None
            present = result.to


@given(models())
def test_in_a_sound_model_a_group_on_its_way_can_always_go_on(stages):
    if stage_model_faults(stages):
        return
    assert next_stages(stages, None)
    assert all(next_stages(stages, stage.key) for stage in stages if stage.destination is None)
