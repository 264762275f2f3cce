"""The board: delays, latches, flapping, floods, acts, suppression, clocks."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.fakes.board_world import START_UTC_MS, BoardWorld, TestCatalogue, key

from benchside.protocol.flow.conditions.board import CLOCK_JUMPED, TOO_MANY, Board
from benchside.protocol.flow.conditions.event import Signalled, Started, Stopped, Ticked
from benchside.protocol.flow.conditions.projection import is_shown, replay
from benchside.protocol.flow.conditions.shares import MAX_ADVISED, MAX_CONDITIONS, MAX_OF_SOURCE, MAX_PUSHED
from benchside.protocol.wire.condition import ChangeKind, Severity, Signal, SignalState
from benchside.protocol.wire.notice import Acknowledge, PutOutOfService, ResetLatch, Shelve, Unshelve

K = ChangeKind


@pytest.fixture
def world() -> BoardWorld:
    return BoardWorld()


def test_on_raises_and_off_clears(world: BoardWorld) -> None:
    assert world.on(free=4) == ["raised"]
    state = world.board.states[key()]
    assert (state.is_active, state.severity, state.texts) == (True, Severity.WARNING, {"en": "C: plain 4"})
    assert world.off() == ["cleared"]
    assert not world.board.states[key()].is_active
    assert is_shown(world.board.states[key()]), "nobody has acknowledged it"
    assert world.act(Acknowledge(key=key(), by="Eva")) == ["acknowledged"]
    assert key() not in world.board.states


def test_delays_must_pass_without_interruption(world: BoardWorld) -> None:
    assert world.on("slow") == []
    assert world.wait(59) == []
    assert world.off("slow") == []
    assert world.wait(59) == []
    assert world.on("slow") == []
    assert world.wait(60) == ["raised"]
    assert world.off("slow") == []
    assert world.wait(299) == []
    assert world.on("slow") == []
    assert world.wait(1000) == []
    assert world.off("slow") == []
    assert world.wait(300) == ["cleared"]


def test_a_latched_condition_stays_until_somebody_has_looked(world: BoardWorld) -> None:
    assert world.on("latched") == ["raised"]
    assert world.board.objection(ResetLatch(key=key("latched"), by="Eva")) == "still_active"
    assert world.off("latched") == ["latched"]
    assert world.act(Acknowledge(key=key("latched"), by="Eva")) == ["acknowledged"]
    assert is_shown(world.board.states[key("latched")])
    assert world.on("latched") == ["raised"], "it came again"
    assert world.off("latched") == ["latched"]
    assert world.act(ResetLatch(key=key("latched"), by="Eva")) == ["latch_reset"]
    assert world.board.objection(ResetLatch(key=key("latched"), by="Eva")) == "not_latched"
    assert world.act(Acknowledge(key=key("latched"), by="Eva")) == ["acknowledged"]
    assert world.board.states == {}


def test_a_pulse_clears_by_itself_after_the_last(world: BoardWorld) -> None:
    assert world.pulse() == ["raised"]
    assert world.wait(29) == []
    assert world.pulse() == []
    assert world.wait(29) == []
    assert world.wait(1) == ["cleared"]
    assert world.counted() == 2


def test_a_pulse_of_no_length_comes_and_goes_at_once(world: BoardWorld) -> None:
    assert world.pulse("plain") == ["raised", "cleared"]


def test_a_pulse_goes_on_after_a_restart(world: BoardWorld) -> None:
    world.pulse()
    again = BoardWorld(replay(world.changes))
    assert again.wait(30) == ["cleared"]


def test_what_flaps_is_said_once_and_again_when_it_is_steady(world: BoardWorld) -> None:
    said = [world.on(), world.off(), world.on(), world.off(), world.on(), world.off()]
    assert [kind for kinds in said for kind in kinds] == ["raised", "cleared"] * 3
    assert world.on() == ["flapping"]
    for _ in range(300):
        assert [*world.off(), *world.wait(1), *world.on(), *world.wait(1)] in ([], ["folded"])
    assert world.board.states[key()].is_flapping
    assert world.wait(598) == []
    assert world.wait(2) == ["steady"]
    assert world.board.states[key()].is_active
    assert world.off() == ["cleared"]
    assert world.counted() == 6 + 1 + 600 + 1


def test_what_flaps_and_ends_off_is_cleared_when_it_is_steady(world: BoardWorld) -> None:
    for _ in range(4):
        world.on()
        world.off()
    assert world.board.states[key()].is_flapping
    assert world.wait(600) == ["steady", "cleared"]


def test_slow_coming_and_going_is_no_flapping(world: BoardWorld) -> None:
    for _ in range(20):
        assert world.on() == ["raised"]
        assert world.wait(101) == []
        assert world.off() == ["cleared"]
        assert world.wait(101) == []


def test_values_are_told_every_ten_seconds_at_most(world: BoardWorld) -> None:
    world.on(free=9)
    assert world.on(free=8) == []
    assert world.on(free=7) == []
    assert world.wait(10) == ["changed"]
    change = world.changes[-1]
    assert (change.values, change.texts, change.count) == ({"free": 7}, {"en": "C: plain 7"}, 2)
    world.wait(10)
    assert world.on(free=6) == ["changed"]
    assert world.on(free=6) == []
    assert world.wait(1000) == []


def test_values_beside_the_allow_list_go_nowhere(world: BoardWorld) -> None:
    world.on(patient=4711, free=1)
    assert world.changes[-1].values == {"free": 1}


def test_a_worse_severity_takes_the_acknowledgement_back(world: BoardWorld) -> None:
    world.on()
    world.act(Acknowledge(key=key(), by="Eva"))
    world.wait(20)
    assert world.step(Signalled(Signal(key(), SignalState.ON, severity=Severity.CRITICAL))) == ["changed"]
    assert not world.board.states[key()].is_acknowledged


def test_a_flood_is_one_line_a_minute_with_its_exact_count(world: BoardWorld) -> None:
    world.on()
    kinds: list[str] = []
    for _ in range(180):
        for _ in range(100):
            kinds += world.on()
        kinds += world.wait(1)
    kinds += world.wait(3600)
    assert set(kinds) == {"folded"}
    assert len(kinds) <= 4
    assert world.counted() == 1 + 18_000
    assert world.board.states[key()].count == 18_001


def test_a_check_that_repeats_itself_writes_one_line_an_hour(world: BoardWorld) -> None:
    kinds = world.on()
    for _ in range(600):
        kinds += [*world.wait(60), *world.on()]
    assert kinds.count("folded") <= 10
    assert len(kinds) <= 11


def test_off_of_what_is_not_on_says_nothing(world: BoardWorld) -> None:
    for _ in range(100):
        assert world.off() == []
    assert world.wait(7200) == []
    assert world.board.deadline() is None


def test_conditions_beyond_a_sources_share_are_counted_in_one(world: BoardWorld) -> None:
    for number in range(MAX_OF_SOURCE + 500):
        world.say(SignalState.ON, key(subject=f"invented {number}"))
    assert world.board.states[TOO_MANY].is_active
    assert world.say(SignalState.ON, key(source="pc.disk")) == ["raised"], "another source has its own share"
    world.step(Stopped())
    assert len(world.board.states) == MAX_OF_SOURCE + 2
    assert world.counted() == MAX_OF_SOURCE + 501


@pytest.mark.slow
def test_a_program_that_invents_sources_leaves_room_for_the_rest(world: BoardWorld) -> None:
    for number in range(MAX_CONDITIONS + 1):
        world.say(SignalState.ON, key(source=f"local.{number}"))
    assert len(world.board.states) == MAX_PUSHED + 1
    assert world.say(SignalState.ON, key(source="pc.disk")) == ["raised"]


def test_at_a_full_share_the_oldest_that_is_over_goes_and_no_other(world: BoardWorld) -> None:
    world.say(SignalState.ON, key(subject="lasts", source="vendor"))
    world.say(SignalState.ON, key("latched", subject="latched", source="vendor"))
    world.say(SignalState.OFF, key("latched", subject="latched", source="vendor"))
    world.say(SignalState.ON, key(source="pc.disk"))
    world.say(SignalState.OFF, key(source="pc.disk"))
    for number in range(2 * MAX_ADVISED):
        advisory = key(subject=f"withdrawn {number}", source="vendor")
        world.say(SignalState.ON, advisory)
        world.say(SignalState.OFF, advisory)
        world.wait(1)
    left = {each.subject for each in world.board.states if each.source == "vendor"}
    newest = {f"withdrawn {number}" for number in range(MAX_ADVISED + 2, 2 * MAX_ADVISED)}
    assert left == newest | {"lasts", "latched"}
    assert key(source="pc.disk") in world.board.states
    assert TOO_MANY not in world.board.states
    assert replay(world.changes).keys() == world.board.states.keys()
    gone = world.last(K.ACKNOWLEDGED)
    assert gone.by is None, "in nobody's name"


def test_what_is_forgotten_is_counted_and_forgotten_oldest_first_after_a_restart(world: BoardWorld) -> None:
    for number in range(MAX_ADVISED):
        advisory = key("pulse", subject=f"{number}", source="vendor")
        world.step(Signalled(Signal(advisory, SignalState.PULSE)))
        world.step(Signalled(Signal(advisory, SignalState.PULSE)))
    world.wait(30)
    numbered = [replace(change, sequence=number) for number, change in enumerate(world.changes, 1)]
    again = BoardWorld(replay(numbered))
    again.step(Signalled(Signal(key(subject="new", source="vendor"), SignalState.PULSE)))
    assert key("pulse", subject="0", source="vendor") not in again.board.states
    assert key("pulse", subject="1", source="vendor") in again.board.states
    assert world.counted() == 2 * MAX_ADVISED


@pytest.mark.slow
def test_conditions_that_are_over_make_room(world: BoardWorld) -> None:
    for number in range(MAX_OF_SOURCE + 50):
        subject = key(subject=f"passing {number}")
        world.say(SignalState.ON, subject)
        world.say(SignalState.OFF, subject)
        world.act(Acknowledge(key=subject, by="Eva"))
        world.wait(1)
    assert TOO_MANY not in world.board.states
    world.wait(601)
    assert world.board.states == {}
    assert world.board.deadline() is None


def test_shelving_ends_by_itself(world: BoardWorld) -> None:
    world.on()
    shelve = Shelve(key=key(), by="Eva", why="known", for_s=3600)
    assert world.act(shelve) == ["shelved"]
    state = world.board.states[key()]
    assert state.shelved_until_utc_ms == START_UTC_MS + 3_600_000
    assert (state.shelved_by, state.shelved_why) == ("Eva", "known")
    assert world.off() == ["cleared"]
    assert world.act(Acknowledge(key=key(), by="Eva")) == ["acknowledged"]
    assert world.on() == ["raised"]
    assert world.board.states[key()].shelved_until_utc_ms is not None
    assert "unshelved" in world.wait(3600)


YEARS_MS = 10 * 365 * 86_400_000


def test_a_clock_that_jumps_ten_years_moves_no_shelf(world: BoardWorld) -> None:
    world.on()
    world.act(Shelve(key=key(), by="Eva", why="known", for_s=3600))
    for jump_ms in (YEARS_MS, -2 * YEARS_MS, YEARS_MS):
        world.utc_ms += jump_ms
        assert "unshelved" not in world.wait(60)
    assert "unshelved" in world.wait(3600 - 180)


def test_a_restart_with_a_wrong_clock_makes_no_shelf_longer_than_the_right_clock_says(world: BoardWorld) -> None:
    """As with an empty battery: the PC starts years ago, and is put right by the network a minute later."""
    world.on()
    world.act(Shelve(key=key(), by="Eva", why="known", for_s=3600))
    again = BoardWorld()
    again.utc_ms -= YEARS_MS
    again.board = Board(TestCatalogue(), world.board.states, now=again.now, utc_ms=again.utc_ms)
    again.step(Started(last_utc_ms=world.utc_ms))
    assert "unshelved" not in again.wait(60)
    again.utc_ms += YEARS_MS
    assert "unshelved" not in again.wait(0)
    assert "unshelved" in again.wait(3600)


def test_shelving_ends_by_hand_and_goes_on_after_a_restart(world: BoardWorld) -> None:
    world.on()
    assert world.board.objection(Unshelve(key=key(), by="Eva")) == "not_shelved"
    world.act(Shelve(key=key(), by="Eva", why="known", for_s=600))
    again = BoardWorld(replay(world.changes))
    assert again.wait(599) == []
    assert again.wait(1) == ["unshelved"]
    assert world.act(Unshelve(key=key(), by="Eva")) == ["unshelved"]


def test_out_of_service_is_not_watched_until_it_is_put_back(world: BoardWorld) -> None:
    world.on()
    out = PutOutOfService(key=key(), by="root", why="fan is being replaced")
    assert world.act(out) == ["out_of_service"]
    assert not is_shown(world.board.states[key()])
    assert world.board.objection(out) == "already"
    assert world.on() == []
    assert world.off() == []
    assert world.on() == []
    back = PutOutOfService(key=key(), by="root", why="done", back=True)
    assert world.act(back) == ["in_service", "raised"]
    assert world.counted() == 4
    assert world.board.objection(back) == "in_service"


def test_a_pulse_during_out_of_service_is_over_when_it_is_back(world: BoardWorld) -> None:
    world.act(PutOutOfService(key=key("pulse"), by="root", why="test"))
    world.pulse()
    world.wait(31)
    assert world.act(PutOutOfService(key=key("pulse"), by="root", why="test", back=True)) == ["in_service"]


def test_the_product_itself_cannot_be_put_out_of_service(world: BoardWorld) -> None:
    assert world.board.objection(PutOutOfService(key=TOO_MANY, by="root", why="x")) == "own"


def test_acts_on_what_is_not_there_are_refused(world: BoardWorld) -> None:
    acknowledge = Acknowledge(key=key(), by="Eva")
    assert world.board.objection(acknowledge) == "gone"
    assert world.act(acknowledge) == []
    world.on()
    world.act(acknowledge)
    assert world.board.objection(acknowledge) == "already"


def test_nobody_acknowledges_what_they_have_not_seen(world: BoardWorld) -> None:
    world.on()
    seen = world.board.states[key()]
    shown = Acknowledge(key=key(), by="Eva", since_utc_ms=seen.since_utc_ms, severity=seen.severity)
    assert world.board.objection(shown) is None
    for before in (replace(shown, severity=Severity.INFO), replace(shown, since_utc_ms=seen.since_utc_ms - 1)):
        assert world.board.objection(before) == "newer"
        assert world.act(before) == []
    assert world.board.objection(replace(shown, severity=Severity.CRITICAL)) is None, "it became better"
    assert world.act(shown) == ["acknowledged"]


def test_a_cause_suppresses_what_follows_from_it(world: BoardWorld) -> None:
    elsewhere = key("plain", subject="D:")
    other = key("slow", source="test.two")
    world.on("plain")
    world.say(SignalState.ON, elsewhere)
    world.say(SignalState.ON, other)
    world.wait(60)
    assert world.on("root") == ["raised", "suppressed", "suppressed"]
    assert world.board.states[key("plain")].is_suppressed
    assert world.board.states[other].is_suppressed
    assert not world.board.states[elsewhere].is_suppressed
    assert world.off("plain") == ["cleared", "unsuppressed"]
    assert world.on("plain") == ["raised", "suppressed"]
    assert sorted(world.off("root")) == ["cleared", "unsuppressed", "unsuppressed"]


def test_suppression_goes_on_after_a_restart(world: BoardWorld) -> None:
    world.on("root")
    again = BoardWorld(replay(world.changes))
    assert again.step(Started()) == ["started"]
    assert again.on("plain") == ["raised", "suppressed"]


def test_a_clock_that_jumps_moves_no_delay_and_is_told(world: BoardWorld) -> None:
    world.step(Started())
    world.on("slow")
    world.utc_ms += 10 * 365 * 24 * 3600 * 1000
    assert world.step(Ticked()) == ["clock_jumped", "raised", "cleared"]
    assert world.last(K.CLOCK_JUMPED).values == {"by_s": 315_360_000}
    assert world.last(K.RAISED).key == CLOCK_JUMPED
    assert world.wait(59) == []
    assert world.wait(1) == ["raised"]


def test_small_corrections_of_the_clock_are_no_jump(world: BoardWorld) -> None:
    world.step(Started())
    world.utc_ms -= 250_000
    assert world.step(Ticked()) == []


def test_a_clock_that_went_back_while_nobody_looked_is_told(world: BoardWorld) -> None:
    assert world.step(Started(last_utc_ms=START_UTC_MS + 3_600_000))[0] == "clock_jumped"


def test_stopping_writes_what_was_folded(world: BoardWorld) -> None:
    world.on()
    world.on()
    world.on()
    assert world.step(Stopped()) == ["folded", "stopped"]
    assert world.counted() == 3


def test_numbers_of_the_journal_reach_the_states(world: BoardWorld) -> None:
    world.on()
    world.board.numbered([replace(world.changes[0], sequence=17)])
    assert world.board.states[key()].sequence == 17


def test_a_flapping_condition_goes_on_after_a_restart(world: BoardWorld) -> None:
    for _ in range(4):
        world.on()
        world.off()
    again = BoardWorld(replay(world.changes))
    assert again.off() == []
    assert again.wait(600) == ["steady", "cleared"]


def test_catalogue_of_the_tests_answers_for_all() -> None:
    assert TestCatalogue().entry(key("unheard")).severity is Severity.WARNING
