"""Folding in a worker: bounded, in order as far as it matters, exact in its sums."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchside.notifier.watch.fold import BEYOND, MAX_AT_ONCE, MAX_KEYS, Fold
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState

ON, OFF, PULSE = SignalState.ON, SignalState.OFF, SignalState.PULSE


def key(number: int = 0) -> ConditionKey:
    return ConditionKey("test.one", str(number), "plain")


def drained(fold: Fold) -> list[Signal]:
    given: list[Signal] = []
    while fold:
        given += fold.give()
    return given


def test_what_says_the_same_is_one_signal_with_the_newest_values() -> None:
    fold = Fold()
    for free in range(10):
        fold.take(Signal(key(), ON, {"free": free}))
    assert drained(fold) == [Signal(key(), ON, {"free": 9}, count=10)]


def test_what_comes_and_goes_is_said_so_in_order() -> None:
    fold = Fold()
    for state in (ON, OFF, ON):
        fold.take(Signal(key(), state))
    assert [signal.state for signal in fold.give()] == [ON]
    assert [signal.state for signal in drained(fold)] == [OFF, ON]


def test_conditions_beyond_the_limit_are_counted() -> None:
    fold = Fold()
    for number in range(MAX_KEYS + 700):
        fold.take(Signal(key(number), ON))
    assert len(fold.give()) == MAX_AT_ONCE
    rest = drained(fold)
    assert [signal.count for signal in rest if signal.key == BEYOND] == [700]
    assert fold.seen == MAX_KEYS + 700


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([*SignalState]), st.integers(1, 9)), max_size=80))
def test_sums_are_exact_and_the_last_word_stands(story: list[tuple[int, SignalState, int]]) -> None:
    fold = Fold()
    last: dict[ConditionKey, SignalState] = {}
    for number, state, count in story:
        fold.take(Signal(key(number), state, count=count))
        last[key(number)] = state
    given = drained(fold)
    assert sum(signal.count for signal in given) == sum(count for *_, count in story) == fold.seen
    assert {signal.key: signal.state for signal in given} == last


@given(st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 3), st.sampled_from([*SignalState]))), max_size=60))
def test_what_is_given_is_known_to_be(story: list[tuple[int, SignalState] | None]) -> None:
    """The last of `given` signals, whichever it was folded into, is in what came out; the next one may not be."""
    fold, told, out = Fold(), list[ConditionKey](), list[Signal]()
    for step in story:
        if step is None:
            out += fold.give()
        else:
            told.append(key(step[0]))
            fold.take(Signal(told[-1], step[1]))
        assert len(told) == fold.told >= fold.given
        for each in set(told):
            assert sum(signal.count for signal in out if signal.key == each) >= told[: fold.given].count(each)
    drained(fold)
    assert fold.given == fold.told


def test_a_condition_that_never_rests_holds_nothing_up() -> None:
    fold = Fold()
    for turn in range(40):
        for state in (ON, OFF) * 3:
            fold.take(Signal(key(), state))
        fold.give()
        assert fold, "there is always something to say"
        assert fold.given >= fold.told - 30 or turn < 5
