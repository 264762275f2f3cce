"""Attempts at a code: what is counted, what must wait, and that nobody can hold a fresh code back for long."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.flow.lockout import ATTEMPTS, DAY_S, MAX_FRESH_WAIT_S, WRONG_A_DAY, Lockout, LockoutState


def refusal(lockout: Lockout, key: str, now: float) -> RefusedError:
    with pytest.raises(RefusedError) as raised:
        lockout.spend(key, now)
    return raised.value


def test_three_wrong_attempts_kill_a_code_and_only_a_new_one_helps() -> None:
    lockout = Lockout()
    assert refusal(lockout, "a", 0).reason is Refusal.CODE_DEAD
    assert lockout.new_code(0) == ATTEMPTS
    assert [lockout.spend(key, 0) for key in "abc"] == [2, 1, 0]
    assert refusal(lockout, "d", 1e9).reason is Refusal.CODE_DEAD
    assert lockout.new_code(1) == ATTEMPTS


def test_delays_double_for_each_key_and_not_for_others() -> None:
    lockout = Lockout()
    lockout.new_code(0)
    lockout.spend("a", 0)
    assert lockout.wait_s("a", 0) == 2.0
    assert refusal(lockout, "a", 1.9).wait_s == pytest.approx(0.1)
    assert lockout.spend("b", 1.9) == 1
    lockout.spend("a", 2.0)
    assert lockout.wait_s("a", 2.0) == 4.0


def test_a_refused_attempt_counts_nothing() -> None:
    lockout = Lockout()
    lockout.new_code(0)
    lockout.spend("a", 0)
    for _ in range(5):
        refusal(lockout, "a", 1.0)
    assert lockout.state.code_attempts_left == 2
    assert lockout.state.wrong_at == [0]
    assert lockout.state.keys["a"].wrong == 1


def test_a_fresh_code_is_held_back_for_a_minute_at_most_whatever_went_before() -> None:
    lockout = Lockout()
    now = 0.0
    for _ in range(12):
        lockout.new_code(now)
        now += lockout.wait_s("a", now)
        lockout.spend("a", now)
    lockout.new_code(now)
    assert lockout.wait_s("a", now) == MAX_FRESH_WAIT_S
    assert lockout.wait_s("somebody else", now) == 0.0


def test_after_ten_wrong_in_a_day_a_code_allows_one_attempt_until_the_day_is_over() -> None:
    lockout = Lockout()
    for attempt in range(WRONG_A_DAY):
        assert not lockout.is_warned(attempt * 100.0)
        lockout.new_code(attempt * 100.0)
        lockout.spend(f"key {attempt}", attempt * 100.0)
    assert lockout.is_warned(1000.0)
    assert lockout.new_code(1000.0) == 1
    assert lockout.new_code(1000.0 + DAY_S) == ATTEMPTS


def test_a_right_attempt_no_longer_counts_and_uses_the_code_up() -> None:
    lockout = Lockout()
    lockout.new_code(0)
    lockout.spend("a", 0)
    lockout.right("a")
    assert lockout.state.wrong_at == []
    assert refusal(lockout, "a", 0).reason is Refusal.CODE_DEAD
    lockout.new_code(1)
    assert lockout.wait_s("a", 1) == 0.0


def test_a_clock_set_back_neither_shortens_a_wait_nor_empties_the_day() -> None:
    lockout = Lockout()
    lockout.new_code(1000)
    lockout.spend("a", 1000)
    assert refusal(lockout, "a", 500).reason is Refusal.WAIT
    assert len(lockout.state.wrong_at) == 1


def test_a_clock_that_was_once_ahead_locks_nobody_out() -> None:
    lockout = Lockout()
    lockout.new_code(1e9)  # the PC's battery was dead, and its year wrong
    lockout.spend("a", 1e9)
    lockout.new_code(1000.0)
    assert refusal(lockout, "a", 1001.0).wait_s == pytest.approx(1.0)
    assert lockout.spend("a", 1002.0) == ATTEMPTS - 1
    for attempt in range(WRONG_A_DAY):
        lockout.new_code(2000.0 + attempt)
        lockout.spend(f"key {attempt}", 2000.0 + attempt)
    assert lockout.new_code(2100.0) == 1
    assert lockout.new_code(2100.0 + DAY_S) == ATTEMPTS


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("nsrk"), st.sampled_from("abcdef"), st.floats(0, 4000, allow_nan=False)), max_size=80
    )
)
def test_whatever_happens_the_bounds_hold_and_the_state_survives_a_restart(
    steps: list[tuple[str, str, float]],
) -> None:
    lockout, now = Lockout(), 0.0
    spent = 0
    for what, key, passed_s in steps:
        now += passed_s
        lockout = Lockout(msgspec.msgpack.decode(msgspec.msgpack.encode(lockout.state), type=LockoutState))
        match what:
            case "n":
                spent = 0
                assert lockout.new_code(now) in (1, ATTEMPTS)
                assert all(lockout.wait_s(one, now) <= MAX_FRESH_WAIT_S for one in "abcdef")
            case "k":
                lockout.kill_code()
            case "s":
                try:
                    lockout.spend(key, now)
                except RefusedError:
                    continue
                spent += 1
                assert spent <= ATTEMPTS
            case _:
                if spent:
                    lockout.right(key)
