"""What was heard and is in no change yet outlives a kill."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.board_world import ENTRIES, BoardWorld, key

from benchside.protocol.flow.conditions.event import Signalled, Stopped
from benchside.protocol.flow.conditions.projection import replay
from benchside.protocol.flow.conditions.track import FOLDED_AT_LEAST, MAX_FLIPS
from benchside.protocol.wire.condition import ConditionKey, Severity, Signal, SignalState
from benchside.protocol.wire.notice import PutOutOfService


@pytest.fixture
def world() -> BoardWorld:
    return BoardWorld()


def test_what_waits_for_its_delay_is_raised_after_a_kill(world: BoardWorld) -> None:
    assert world.on("slow") == []
    world.die_and_start()
    assert world.wait(61) == ["raised"]
    assert world.kept == {}
    assert world.counted() == 1


def test_what_waits_to_be_cleared_is_cleared_after_a_kill(world: BoardWorld) -> None:
    world.on("slow")
    world.wait(60)
    assert world.off("slow") == []
    world.die_and_start()
    assert world.wait(301) == ["cleared"]
    assert world.counted() == 2


def test_what_went_while_it_flapped_is_gone_after_a_kill(world: BoardWorld) -> None:
    for _ in range(MAX_FLIPS):
        world.on()
        world.off()
    assert world.board.states[key()].is_flapping
    world.die_and_start()
    assert world.wait(601) == ["steady", "cleared"]
    assert world.counted() == 2 * MAX_FLIPS


def test_a_value_that_was_not_told_yet_is_told_after_a_kill(world: BoardWorld) -> None:
    world.on(free=4)
    assert world.on(free=3) == []
    world.die_and_start()
    world.wait(1)
    assert world.board.states[key()].values == {"free": 3}
    assert world.counted() == 2


def test_a_signal_that_stays_after_a_pulse_does_not_end_with_it(world: BoardWorld) -> None:
    world.pulse()
    world.on("pulse")
    world.die_and_start()
    world.wait(1000)
    assert world.board.states[key("pulse")].is_active


def test_what_is_on_while_it_is_out_of_service_is_raised_when_it_is_back(world: BoardWorld) -> None:
    world.act(PutOutOfService(key=key(), by="root", why="known", back=False))
    assert world.on() == []
    world.die_and_start()
    assert world.act(PutOutOfService(key=key(), by="root", why="known", back=True)) == ["in_service", "raised"]


def test_a_flood_is_not_written_down_signal_by_signal(world: BoardWorld) -> None:
    world.on()
    news = 0
    for _ in range(10 * FOLDED_AT_LEAST):
        world.board.step(Signalled(Signal(key(), SignalState.ON)), world.now, world.utc_ms)
        news += len(world.board.unsaid())
    assert news == FOLDED_AT_LEAST


def test_an_end_in_order_leaves_only_what_is_otherwise_than_it_stands(world: BoardWorld) -> None:
    world.on()
    world.on()
    world.on("slow")
    assert world.step(Stopped()) == ["folded", "folded", "stopped"]
    assert [(each.key, each.state, each.count) for each in world.kept.values()] == [(key("slow"), SignalState.ON, 0)]


_KEYS = st.builds(ConditionKey, st.just("test.one"), st.just("C:"), st.sampled_from([*ENTRIES]))
_SIGNALS = st.builds(
    Signal,
    _KEYS,
    st.sampled_from([*SignalState]),
    st.dictionaries(st.sampled_from(["free", "other"]), st.integers(0, 3), max_size=2),
    st.one_of(st.none(), st.sampled_from([*Severity])),
    st.integers(1, 3),
)
_KILLED_FOR_S = st.sampled_from([0.0, 1.0, 4000.0])
_WAITS_S = st.sampled_from([0.1, 1.0, 9.9, 30.0, 60.0, 299.0, 600.0])


@pytest.mark.slow
@given(st.lists(st.one_of(_SIGNALS, _SIGNALS, st.tuples(_KILLED_FOR_S), _WAITS_S), max_size=30))
@settings(max_examples=150, deadline=None)
def test_however_often_it_is_killed_nothing_is_lost_or_doubled(story: list[Signal | tuple[float] | float]) -> None:
    world, heard = BoardWorld(), 0
    newest: dict[ConditionKey, SignalState] = {}
    for happening in story:
        match happening:
            case Signal():
                heard += happening.count * world.board.hears(happening)
                newest[happening.key] = happening.state
                world.step(Signalled(happening))
            case tuple():
                world.die_and_start(for_s=happening[0])
            case _:
                world.wait(happening)
        assert replay(world.changes) == world.board.states
    world.wait(200_000)
    active = {key for key, state in world.board.states.items() if state.is_active}
    assert active == {key for key, state in newest.items() if state is SignalState.ON}
    world.step(Stopped())
    assert not any(each.count for each in world.kept.values())
    assert world.counted() == heard
