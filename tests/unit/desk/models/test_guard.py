"""The guard of the prompts: what is a person's answer, and what is not."""

from __future__ import annotations

import pytest

from benchside.desk.models.guard import BURST_AFTER_S, BURST_BEFORE_S, DEAF_S, PromptGuard, Source, Verdict

OPENED = 100.0
HEARS = OPENED + DEAF_S
PERSON, PROGRAM = Source.PERSON, Source.PROGRAM


@pytest.fixture
def guard() -> PromptGuard:
    return PromptGuard(opened_at=OPENED, under_pointer=False)


def click(guard: PromptGuard, at: float, source: Source = PERSON, *, down: bool = True, up: bool = True) -> Verdict:
    guard.mouse_pressed(at, source, on_allow=down)
    return guard.mouse_released(at + 0.05, source, on_allow=up)


def press_allow(guard: PromptGuard, at: float, source: Source = PERSON, *, auto_repeat: bool = False) -> Verdict:
    guard.key_allowed(at, source, auto_repeat=auto_repeat, now=at)
    deadline = guard.deadline()
    return Verdict.NOTHING if deadline is None else guard.settle(deadline)


def test_a_click_on_allow_allows(guard: PromptGuard) -> None:
    assert click(guard, HEARS) is Verdict.ALLOW


def test_nothing_counts_in_the_first_700_ms(guard: PromptGuard) -> None:
    early = HEARS - 0.001
    assert not guard.hears(early, PERSON)
    guard.mouse_pressed(early, PERSON, on_allow=True)
    assert guard.mouse_released(HEARS + 1, PERSON, on_allow=True) is Verdict.NOTHING
    assert guard.mouse_denied(early, PERSON) is Verdict.NOTHING
    assert press_allow(guard, early) is Verdict.NOTHING
    assert guard.key_denied(early, PERSON, auto_repeat=False) is Verdict.NOTHING
    assert guard.accessibility_pressed(early, allow=True) is Verdict.NOTHING
    assert guard.accessibility_pressed(early, allow=False) is Verdict.NOTHING


def test_presses_of_programs_never_count(guard: PromptGuard) -> None:
    assert click(guard, HEARS, PROGRAM) is Verdict.NOTHING
    assert guard.mouse_denied(HEARS, PROGRAM) is Verdict.NOTHING
    assert press_allow(guard, HEARS, PROGRAM) is Verdict.NOTHING
    assert guard.key_denied(HEARS, PROGRAM, auto_repeat=False) is Verdict.NOTHING
    assert click(guard, HEARS + 1) is Verdict.ALLOW


def test_a_program_cannot_finish_a_persons_click(guard: PromptGuard) -> None:
    guard.mouse_pressed(HEARS, PERSON, on_allow=True)
    assert guard.mouse_released(HEARS, PROGRAM, on_allow=True) is Verdict.NOTHING


@pytest.mark.parametrize(("down", "up"), [(True, False), (False, True), (False, False)])
def test_press_and_release_must_both_be_on_allow(guard: PromptGuard, down: bool, up: bool) -> None:
    assert click(guard, HEARS, down=down, up=up) is Verdict.NOTHING


def test_a_release_without_a_press_is_nothing(guard: PromptGuard) -> None:
    assert guard.mouse_released(HEARS, PERSON, on_allow=True) is Verdict.NOTHING


def test_one_press_is_one_release(guard: PromptGuard) -> None:
    click(guard, HEARS, up=False)
    assert guard.mouse_released(HEARS + 1, PERSON, on_allow=True) is Verdict.NOTHING


def test_a_prompt_under_the_pointer_wants_the_pointer_moved() -> None:
    guard = PromptGuard(opened_at=OPENED, under_pointer=True)
    assert click(guard, HEARS) is Verdict.NOTHING
    guard.pointer_moved(OPENED)
    assert click(guard, HEARS + 1) is Verdict.ALLOW


def test_a_prompt_under_the_pointer_may_be_denied_at_once() -> None:
    guard = PromptGuard(opened_at=OPENED, under_pointer=True)
    assert guard.mouse_denied(HEARS, PERSON) is Verdict.DENY


def test_a_key_on_allow_counts_only_after_it_stood_alone(guard: PromptGuard) -> None:
    guard.key_allowed(HEARS, PERSON, auto_repeat=False, now=HEARS)
    assert guard.deadline() == pytest.approx(HEARS + BURST_AFTER_S)
    assert guard.settle(HEARS + BURST_AFTER_S - 0.001) is Verdict.NOTHING
    assert guard.settle(HEARS + BURST_AFTER_S) is Verdict.ALLOW
    assert guard.deadline() is None


def test_a_key_just_before_makes_a_burst(guard: PromptGuard) -> None:
    guard.key_pressed(HEARS)
    assert press_allow(guard, HEARS + BURST_BEFORE_S - 0.001) is Verdict.NOTHING


def test_a_key_long_before_does_not(guard: PromptGuard) -> None:
    guard.key_pressed(HEARS)
    assert press_allow(guard, HEARS + BURST_BEFORE_S) is Verdict.ALLOW


def test_a_key_before_the_700_ms_were_over_counts_for_the_burst(guard: PromptGuard) -> None:
    guard.key_pressed(HEARS - 0.1)
    assert press_allow(guard, HEARS) is Verdict.NOTHING


def test_a_key_just_after_takes_the_answer_back(guard: PromptGuard) -> None:
    guard.key_allowed(HEARS, PERSON, auto_repeat=False, now=HEARS)
    guard.key_pressed(HEARS + BURST_AFTER_S - 0.001)
    assert guard.deadline() is None
    assert guard.settle(HEARS + 1) is Verdict.NOTHING


def test_a_scanner_that_ends_with_enter_never_allows(guard: PromptGuard) -> None:
    at = HEARS
    for _ in range(13):
        guard.key_pressed(at)
        at += 0.02
    assert press_allow(guard, at) is Verdict.NOTHING


def test_a_scanner_that_sends_only_enters_never_allows(guard: PromptGuard) -> None:
    verdicts = set()
    for press in range(20):
        guard.key_allowed(HEARS + press * 0.05, PERSON, auto_repeat=False, now=HEARS + press * 0.05)
        verdicts.add(guard.settle(HEARS + press * 0.05))
    deadline = guard.deadline()
    assert verdicts == {Verdict.NOTHING}
    assert deadline is None


def test_a_held_key_does_not_allow(guard: PromptGuard) -> None:
    assert press_allow(guard, HEARS, auto_repeat=True) is Verdict.NOTHING
    assert guard.key_denied(HEARS, PERSON, auto_repeat=True) is Verdict.NOTHING


def test_no_needs_no_waiting(guard: PromptGuard) -> None:
    guard.key_pressed(HEARS)
    assert guard.key_denied(HEARS + 0.01, PERSON, auto_repeat=False) is Verdict.DENY


@pytest.mark.parametrize("allow", [True, False])
def test_the_accessibility_interface_may_answer(guard: PromptGuard, allow: bool) -> None:
    assert guard.accessibility_pressed(HEARS, allow=allow) is (Verdict.ALLOW if allow else Verdict.DENY)


def test_a_prompt_is_answered_once(guard: PromptGuard) -> None:
    assert guard.mouse_denied(HEARS, PERSON) is Verdict.DENY
    assert click(guard, HEARS + 1) is Verdict.NOTHING
    assert guard.accessibility_pressed(HEARS + 1, allow=True) is Verdict.NOTHING
    assert press_allow(guard, HEARS + 5) is Verdict.NOTHING


def test_no_overtakes_a_yes_that_waits(guard: PromptGuard) -> None:
    guard.key_allowed(HEARS, PERSON, auto_repeat=False, now=HEARS)
    assert guard.key_denied(HEARS + 0.1, PERSON, auto_repeat=False) is Verdict.DENY
    assert guard.settle(HEARS + 1) is Verdict.NOTHING


def test_settling_with_nothing_pending_is_nothing(guard: PromptGuard) -> None:
    assert guard.settle(HEARS) is Verdict.NOTHING


def test_a_press_from_before_it_could_be_seen_does_not_count_when_it_is_heard_later(guard: PromptGuard) -> None:
    guard.drawn(OPENED + 2)
    assert click(guard, HEARS + 1) is Verdict.NOTHING
    assert guard.mouse_denied(OPENED + 2 + DEAF_S - 0.01, PERSON) is Verdict.NOTHING
    assert click(guard, OPENED + 2 + DEAF_S) is Verdict.ALLOW


def test_a_prompt_that_was_drawn_at_once_hears_no_earlier(guard: PromptGuard) -> None:
    guard.drawn(OPENED - 1)
    assert not guard.hears(HEARS - 0.001, PERSON)


def test_a_scanner_that_a_busy_desk_hears_late_is_a_burst_all_the_same(guard: PromptGuard) -> None:
    guard.key_pressed(HEARS)
    guard.key_allowed(HEARS + 0.02, PERSON, auto_repeat=False, now=HEARS + BURST_BEFORE_S + 1)
    assert guard.deadline() is None


def test_a_person_whom_a_busy_desk_hears_all_at_once_is_no_burst(guard: PromptGuard) -> None:
    late = HEARS + 3
    guard.key_pressed(HEARS)
    guard.key_allowed(HEARS + 1, PERSON, auto_repeat=False, now=late)
    assert guard.deadline() == late + BURST_AFTER_S
    assert guard.settle(late) is Verdict.NOTHING
    assert guard.settle(late + BURST_AFTER_S) is Verdict.ALLOW


def test_an_old_stamp_makes_no_burst_forgotten(guard: PromptGuard) -> None:
    guard.key_pressed(HEARS + 1)
    guard.key_pressed(OPENED)
    guard.key_allowed(HEARS + 1.1, PERSON, auto_repeat=False, now=HEARS + 1.1)
    assert guard.deadline() is None


def test_a_pointer_that_moved_before_the_prompt_has_not_seen_it() -> None:
    guard = PromptGuard(opened_at=OPENED, under_pointer=True)
    guard.pointer_moved(OPENED - 0.1)
    assert click(guard, HEARS) is Verdict.NOTHING
    guard.pointer_moved(OPENED + 0.1)
    assert click(guard, HEARS) is Verdict.ALLOW
