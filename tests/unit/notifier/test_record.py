"""What waits for room on the disk is folded up, and everything stands the same after it, however it stood before."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.board_world import BoardWorld

from benchside.notifier.journal import Journal
from benchside.notifier.record import Record, folded_up
from benchside.protocol.errors import UnavailableError
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.flow.conditions.event import Act, Signalled, Started, Stopped
from benchside.protocol.flow.conditions.projection import States, apply, replay
from benchside.protocol.wire.condition import (
    ChangeKind,
    ConditionChange,
    ConditionKey,
    Severity,
    Signal,
    SignalState,
)
from benchside.protocol.wire.notice import Acknowledge, PutOutOfService, ResetLatch, Shelve, Unshelve

K = ChangeKind
KEY = ConditionKey("test.one", "Pump", "leak")
UNTIL = 9_000_000_000_000


def said(*kinds: ChangeKind, at: int = 0) -> list[ConditionChange]:
    """Changes of KEY, one each second, as a board writes them."""
    more: dict[ChangeKind, dict[str, object]] = {
        K.RAISED: {"severity": Severity.CRITICAL, "texts": {"en": "leak"}, "count": 1},
        K.CHANGED: {"severity": Severity.CRITICAL, "texts": {"en": "more"}},
        K.FLAPPING: {"severity": Severity.CRITICAL, "texts": {"en": "leak"}, "count": 1},
        K.CLEARED: {"count": 1},
        K.ACKNOWLEDGED: {"by": "Eva"},
        K.SHELVED: {"by": "Eva", "why": "known", "until_utc_ms": UNTIL},
    }
    return [drafted(kind, (at + number) * 1000, KEY, **more.get(kind, {})) for number, kind in enumerate(kinds)]


def after(states: States, changes: list[ConditionChange]) -> States:
    states = dict(states)
    for change in changes:
        apply(states, change)
    return states


LIVES = [
    (),
    (K.RAISED,),
    (K.RAISED, K.ACKNOWLEDGED),
    (K.RAISED, K.SUPPRESSED),
    (K.RAISED, K.ACKNOWLEDGED, K.SUPPRESSED),
    (K.RAISED, K.SHELVED, K.ACKNOWLEDGED),
    (K.RAISED, K.CLEARED),
    (K.RAISED, K.LATCHED, K.ACKNOWLEDGED),
    (K.FLAPPING, K.ACKNOWLEDGED),
    (K.RAISED, K.OUT_OF_SERVICE),
    (K.RAISED, K.SHELVED, K.CLEARED, K.ACKNOWLEDGED),
]


@pytest.mark.parametrize("before", LIVES, ids=lambda life: "-".join(life) or "nothing")
@pytest.mark.parametrize(
    "waiting",
    [
        (K.CLEARED, K.RAISED),
        (K.CLEARED, K.RAISED, K.CLEARED),
        (K.LATCHED, K.RAISED),
        (K.ACKNOWLEDGED, K.CLEARED, K.RAISED),
        (K.SUPPRESSED, K.ACKNOWLEDGED, K.CLEARED, K.RAISED),
        (K.SHELVED, K.ACKNOWLEDGED, K.CLEARED, K.SHELVED),
        (K.SHELVED, K.ACKNOWLEDGED, K.CLEARED, K.RAISED, K.ACKNOWLEDGED, K.CLEARED, K.SHELVED),
        (K.SHELVED, K.ACKNOWLEDGED, K.CLEARED, K.OUT_OF_SERVICE, K.UNSHELVED),
        (K.CLEARED, K.RAISED, K.CLEARED, K.RAISED, K.ACKNOWLEDGED, K.FOLDED, K.CLEARED),
        (K.ACKNOWLEDGED, K.CLEARED, K.FLAPPING, K.STEADY, K.CLEARED, K.RAISED),
    ],
    ids=lambda waiting: "-".join(waiting),
)
def test_each_end_of_a_life_is_kept_that_shows(before: tuple[ChangeKind, ...], waiting: tuple[ChangeKind, ...]) -> None:
    states, changes = replay(said(*before)), said(*waiting, at=100)
    assert after(states, folded_up(changes)) == after(states, changes)


def test_a_leak_that_came_again_while_the_disk_was_full_is_known_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody had acknowledged the one before."""
    journal = Journal(tmp_path / "notices.db")
    record = Record(journal)
    record.write(said(K.RAISED, K.ACKNOWLEDGED))

    def refuse(*_: object) -> list[ConditionChange]:
        raise UnavailableError("expected the journal to take changes, got a full disk")

    other = ConditionKey("test.one", "x", "y")
    flood = [drafted(kind, 9, other, count=1) for kind in (K.RAISED, K.CLEARED)]
    with monkeypatch.context() as full:
        full.setattr(journal, "append", refuse)
        for changes in (said(K.CLEARED, K.RAISED, K.CLEARED, at=100), *(flood for _ in range(2100))):
            with pytest.raises(UnavailableError):
                record.write(changes)
    assert len(record.write([])) < 1000
    state = journal.project().states[KEY]
    assert (state.is_active, state.is_acknowledged, state.since_utc_ms) == (False, False, 101_000)


_KEYS = st.sampled_from([ConditionKey("test.one", "C:", code) for code in ("plain", "latched", "root", "pulse")])
_STEPS = st.one_of(
    st.builds(Signal, _KEYS, st.sampled_from([*SignalState]), severity=st.sampled_from([None, *Severity])),
    st.builds(Signal, _KEYS, st.sampled_from([*SignalState])),
    st.builds(Acknowledge, key=_KEYS, by=st.just("Eva")),
    st.builds(Shelve, key=_KEYS, by=st.just("Eva"), why=st.just("known"), for_s=st.sampled_from([60, 6000])),
    st.builds(Unshelve, key=_KEYS, by=st.just("Eva")),
    st.builds(ResetLatch, key=_KEYS, by=st.just("Eva")),
    st.builds(PutOutOfService, key=_KEYS, by=st.just("root"), why=st.just("known"), back=st.booleans()),
    st.sampled_from([1.0, 50.0, 700.0]),
    st.sampled_from([-7200, 7200]),
)


def lived(story: list[Signal | Act | float | int]) -> list[ConditionChange]:
    world = BoardWorld()
    for happening in story:
        match happening:
            case float():
                world.wait(happening)
            case int():  # a restart with another clock
                world.step(Stopped())
                last_utc_ms, world.utc_ms = world.utc_ms, world.utc_ms + happening * 1000
                world.begin(replay(world.changes), tuple(world.kept.values()))
                world.step(Started(last_utc_ms))
            case Signal():
                world.step(Signalled(happening))
            case _:
                world.act(happening)
    return world.changes


@pytest.mark.slow
@given(st.lists(_STEPS, max_size=60), st.floats(0, 1))
@settings(max_examples=150, deadline=None)
def test_fewer_changes_say_the_same_whatever_was_before(story: list[Signal | Act | float | int], where: float) -> None:
    changes = lived(story)
    if not changes:
        return
    cut = int(where * (len(changes) - 1))
    states, waiting = replay(changes[:cut]), changes[cut:]
    fewer = folded_up(waiting)
    assert after(states, fewer) == after(states, waiting) == replay(changes)
    assert sum(change.count or 0 for change in fewer) == sum(change.count or 0 for change in waiting)
    assert after(states, folded_up(fewer)) == replay(changes), "it may be folded up again and again"
