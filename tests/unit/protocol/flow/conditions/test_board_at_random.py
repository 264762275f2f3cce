"""Whatever happens: the changes alone say how things stand, and no signal is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.board_world import ENTRIES, BoardWorld

from benchside.protocol.flow.conditions.event import Act, Signalled, Stopped
from benchside.protocol.flow.conditions.projection import replay
from benchside.protocol.wire.condition import ConditionKey, Severity, Signal, SignalState
from benchside.protocol.wire.notice import Acknowledge, PutOutOfService, ResetLatch, Shelve, Unshelve

_KEYS = st.builds(
    ConditionKey, st.sampled_from(["test.one", "test.two"]), st.sampled_from(["C:", "D:"]), st.sampled_from([*ENTRIES])
)
_SIGNALS = st.builds(
    Signal,
    _KEYS,
    st.sampled_from([*SignalState]),
    st.dictionaries(st.sampled_from(["free", "other"]), st.integers(0, 3), max_size=2),
    st.one_of(st.none(), st.sampled_from([*Severity])),
    st.integers(1, 50),
)
_ACTS = st.one_of(
    st.builds(Acknowledge, key=_KEYS, by=st.just("Eva")),
    st.builds(Shelve, key=_KEYS, by=st.just("Eva"), why=st.just("known"), for_s=st.sampled_from([60, 3600])),
    st.builds(Unshelve, key=_KEYS, by=st.just("Eva")),
    st.builds(ResetLatch, key=_KEYS, by=st.just("Eva")),
    st.builds(PutOutOfService, key=_KEYS, by=st.just("root"), why=st.just("known"), back=st.booleans()),
)
_WAITS = st.sampled_from([0.1, 1.0, 9.9, 30.0, 60.0, 299.0, 600.0, 4000.0])
_STORIES = st.lists(st.one_of(_SIGNALS, _SIGNALS, _ACTS, _WAITS), max_size=60)


@pytest.mark.slow
@given(_STORIES)
@settings(max_examples=60, deadline=None)
def test_changes_are_all_there_is(story: list[Signal | Act | float]) -> None:
    world = BoardWorld()
    heard = 0
    for happening in story:
        if isinstance(happening, float):
            world.wait(happening)
        elif isinstance(happening, Signal):
            heard += happening.count * _counts(world, happening)
            world.step(Signalled(happening))
        else:
            is_refused = world.board.objection(happening) is not None
            assert is_refused == (world.act(happening) == []) or not is_refused
        assert replay(world.changes) == world.board.states
    world.step(Stopped())
    assert replay(world.changes) == world.board.states
    assert world.counted() == heard


@given(_STORIES)
@settings(max_examples=30, deadline=None)
def test_in_the_end_all_is_quiet(story: list[Signal | Act | float]) -> None:
    world = BoardWorld()
    for happening in story:
        if isinstance(happening, Signal):
            world.step(Signalled(happening))
        elif not isinstance(happening, float):
            world.act(happening)
    for source in ("test.one", "test.two"):
        for subject in ("C:", "D:"):
            for code in ENTRIES:
                world.say(SignalState.OFF, ConditionKey(source, subject, code))
    world.wait(200_000)
    assert not any(state.is_active or state.is_flapping for state in world.board.states.values())
    assert world.board.deadline() is None


def _counts(world: BoardWorld, signal: Signal) -> bool:
    """OFF of what is not on is not counted; asked of the board, which is the only one that knows of waits."""
    return world.board.hears(signal)
