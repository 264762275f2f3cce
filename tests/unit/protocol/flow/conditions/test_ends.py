"""What began before a restart ends: however often the PC is switched off, and however wrong its clock is."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace
from tests.fakes.board_world import START_UTC_MS, BoardWorld, key

from benchside.protocol.flow.conditions.event import Started, Stopped, Ticked
from benchside.protocol.flow.conditions.projection import replay
from benchside.protocol.flow.conditions.track import FOLDED_AT_LEAST
from benchside.protocol.flow.conditions.unsaid import Unsaid
from benchside.protocol.wire.condition import ChangeKind, ConditionState, SignalState
from benchside.protocol.wire.notice import Shelve

K = ChangeKind
DAY_S = 86_400.0
EMPTY_BATTERY_UTC_MS = 1_262_304_000_000
"""2010: what a clock says that begins anew at each start."""


@pytest.fixture
def world() -> BoardWorld:
    return BoardWorld()


def boot(world: BoardWorld, *, at_utc_ms: int | None = None, off_s: float = 0.0) -> list[str]:
    """Start again from the journal; the clock says `at_utc_ms`, or is right."""
    last_utc_ms = world.changes[-1].at_utc_ms if world.changes else None
    world.now += off_s
    world.utc_ms = world.utc_ms + round(off_s * 1000) if at_utc_ms is None else at_utc_ms
    world.begin(replay(world.changes), tuple(world.kept.values()))
    return world.step(Started(last_utc_ms=last_utc_ms))


def day(world: BoardWorld, *, up_s: float, off_s: float) -> list[str]:
    world.step(Stopped())
    return [*boot(world, off_s=off_s), *world.wait(up_s)]


def test_a_pulse_of_a_day_ends_on_a_pc_that_is_off_each_night(world: BoardWorld) -> None:
    world.pulse("daily")
    world.wait(10 * 3600)
    assert "cleared" not in day(world, off_s=13 * 3600, up_s=3599)
    assert world.wait(1) == ["cleared"]


def test_a_pulse_that_ended_overnight_is_over_at_the_start(world: BoardWorld) -> None:
    world.pulse("daily")
    assert "cleared" in day(world, off_s=25 * 3600, up_s=0)


def test_a_pulse_that_came_again_has_all_its_time_from_then(world: BoardWorld) -> None:
    """Nothing but the sum tells of the second."""
    world.pulse("daily")
    world.wait(20 * 3600)
    assert world.pulse("daily") == []
    assert "cleared" not in day(world, off_s=5 * 3600, up_s=18 * 3600)
    assert "cleared" in world.wait(3600)


def test_a_kill_moves_no_end_of_a_pulse(world: BoardWorld) -> None:
    world.pulse("daily")
    world.wait(20 * 3600)
    world.pulse("daily")
    for _ in range(23):
        boot(world, off_s=3600)
    assert "cleared" not in world.wait(3599)
    assert "cleared" in world.wait(1)


def test_pulses_of_what_was_on_are_summed_up_as_pulses(world: BoardWorld) -> None:
    world.on("daily")
    world.pulse("daily")
    for _ in range(2):
        assert "cleared" not in day(world, off_s=6 * 3600, up_s=5 * 3600)
    assert "cleared" in day(world, off_s=6 * 3600, up_s=0)


def test_a_pulse_that_flaps_ends_as_the_newest_says(world: BoardWorld) -> None:
    for _ in range(4):
        world.pulse("daily")
        world.off("daily")
        world.wait(1)
    world.pulse("daily")
    world.wait(700)
    state = world.board.states[key("daily")]
    assert state.is_pulse
    assert replay(world.changes)[key("daily")] == state
    assert "cleared" in day(world, off_s=DAY_S, up_s=0)


@pytest.mark.parametrize("stopped", [True, False])
def test_a_clock_that_went_back_lengthens_no_pulse(world: BoardWorld, stopped: bool) -> None:
    world.pulse("daily")
    world.wait(10 * 3600)
    world.say(SignalState.ON, key(subject="D:"))
    days = 0
    while world.board.states[key("daily")].is_active:
        if stopped:
            world.step(Stopped())
        boot(world, at_utc_ms=EMPTY_BATTERY_UTC_MS)
        world.wait(5 * 3600)
        world.say(SignalState.ON, key(subject="D:"), free=days)
        days += 1
        assert days <= 3, "14 h were left"
    assert days == 3


def test_a_clock_put_right_while_it_runs_shortens_no_pulse(world: BoardWorld) -> None:
    boot(world, at_utc_ms=EMPTY_BATTERY_UTC_MS)
    world.pulse("daily")
    world.utc_ms = START_UTC_MS
    world.step(Ticked())
    world.wait(3600)
    world.step(Stopped())
    assert "cleared" not in [*boot(world, off_s=3600), *world.wait(22 * 3600 - 60)]
    assert "cleared" in world.wait(60)


def test_a_flood_of_pulses_is_not_written_down_one_by_one(world: BoardWorld) -> None:
    world.pulse("daily")
    news = 0
    for _ in range(10 * FOLDED_AT_LEAST):
        world.utc_ms += 1
        world.now += 0.001
        before = dict(world.kept)
        world.pulse("daily")
        news += world.kept != before
    assert news == FOLDED_AT_LEAST


def test_a_shelf_of_a_minute_ends_though_the_clock_begins_anew(world: BoardWorld) -> None:
    world.on()
    world.act(Shelve(key=key(), by="Eva", why="known", for_s=60))
    boot(world, at_utc_ms=EMPTY_BATTERY_UTC_MS)
    assert "unshelved" not in world.wait(59)
    assert "unshelved" in world.wait(1)


@pytest.mark.parametrize("stopped", [True, False])
def test_a_shelf_ends_over_many_short_days_of_a_clock_that_begins_anew(world: BoardWorld, stopped: bool) -> None:
    world.on()
    world.act(Shelve(key=key(), by="Eva", why="known", for_s=8 * 3600))
    days = 0
    while world.board.states[key()].shelved_until_utc_ms is not None:
        if stopped:
            world.step(Stopped())
        boot(world, at_utc_ms=EMPTY_BATTERY_UTC_MS)
        world.wait(3 * 3600)
        world.say(SignalState.ON, key(subject="D:"), free=days)
        days += 1
        assert days <= 3
    assert days == 3


def test_a_shelf_does_not_grow_where_the_clock_goes_back_a_little(world: BoardWorld) -> None:
    world.on()
    world.act(Shelve(key=key(), by="Eva", why="known", for_s=600))
    world.wait(100)
    world.step(Stopped())
    boot(world, at_utc_ms=START_UTC_MS)
    assert "unshelved" not in world.wait(499)
    assert "unshelved" in world.wait(1)


def test_a_clock_put_right_after_two_starts_ends_a_shelf_as_it_says(world: BoardWorld) -> None:
    """Switched off for seven hours of the eight, and started twice with a clock that is years behind."""
    world.on()
    world.act(Shelve(key=key(), by="Eva", why="known", for_s=8 * 3600))
    for _ in range(2):
        boot(world, at_utc_ms=EMPTY_BATTERY_UTC_MS)
        world.wait(600)
    assert world.board.states[key()].shelved_until_utc_ms == START_UTC_MS + 8 * 3_600_000, "as was said"
    world.utc_ms = START_UTC_MS + 7 * 3_600_000
    world.step(Ticked())
    assert "unshelved" not in world.wait(3599)
    assert "unshelved" in world.wait(1)


def test_journals_of_before_are_read(world: BoardWorld) -> None:
    """They have neither the end of a pulse in what was kept at a cut, nor in sums, nor beside."""
    world.pulse("daily")
    old = msgspec.convert(
        {
            name: value
            for name, value in msgspec.to_builtins(world.board.states[key("daily")]).items()
            if name != "pulse_until_utc_ms"
        },
        ConditionState,
    )
    assert old.pulse_until_utc_ms is None
    world.begin({old.key: old}, ())
    world.step(Started(last_utc_ms=world.utc_ms))
    assert "cleared" not in world.wait(DAY_S - 1)
    assert "cleared" in world.wait(1)
    row = {"key": ["test.one", "C:", "daily"], "state": "pulse", "severity": "warning", "values": {}, "count": 1}
    world.begin({}, (msgspec.convert(row, Unsaid),))
    assert "raised" in world.step(Started(last_utc_ms=world.utc_ms))


def test_no_jump_takes_an_end_out_of_what_can_be_written(world: BoardWorld) -> None:
    world.pulse("daily")
    world.act(Shelve(key=key("daily"), by="Eva", why="known", for_s=60))
    for by_s in (-(2**53), 2**53):
        jumped = replace(world.changes[0], kind=K.CLOCK_JUMPED, key=None, values={"by_s": by_s}, texts={})
        (state,) = replay([*world.changes, jumped]).values()
        assert msgspec.json.decode(msgspec.json.encode(state), type=ConditionState) == state
    for nonsense in ("ten", 1.5):
        jumped = replace(jumped, values={"by_s": nonsense})
        assert replay([*world.changes, jumped]) == replay(world.changes)
