"""The budget of attention."""

from __future__ import annotations

import pytest

from benchside.protocol.flow.popups import (
    BUDGET_S,
    CARDS_APART_S,
    MAX_WAITING,
    Arose,
    DeskThere,
    Ended,
    Popped,
    Popups,
    Quiet,
    ShowCard,
    Ticked,
)
from benchside.protocol.wire.condition import ConditionKey, Severity

S = Severity


def key(number: int = 0) -> ConditionKey:
    return ConditionKey("test.one", str(number), "plain")


@pytest.fixture
def popups() -> Popups:
    popups = Popups()
    assert popups.step(DeskThere(True), 0.0) == []
    return popups


def test_the_first_pops_up_at_once(popups: Popups) -> None:
    assert popups.step(Arose(key(), S.WARNING), 1.0) == [ShowCard((key(),), S.WARNING, 0)]


def test_the_next_ones_wait_and_become_one_card_worst_first(popups: Popups) -> None:
    popups.step(Arose(key(0), S.WARNING), 1.0)
    for number in range(1, 8):
        assert popups.step(Arose(key(number), S.SERIOUS if number == 7 else S.WARNING), 2.0) == []
    assert popups.deadline() == 1.0 + BUDGET_S
    cards = popups.step(Ticked(), 1.0 + BUDGET_S)
    assert cards == [ShowCard((key(7), key(1), key(2), key(3), key(4)), S.SERIOUS, 2)]
    assert popups.deadline() is None


def test_what_is_over_before_its_turn_is_not_shown(popups: Popups) -> None:
    popups.step(Arose(key(0), S.WARNING), 1.0)
    popups.step(Arose(key(1), S.WARNING), 2.0)
    popups.step(Ended(key(1)), 3.0)
    assert popups.deadline() is None


def test_info_never_pops_up(popups: Popups) -> None:
    assert popups.step(Arose(key(), S.INFO), 1.0) == []
    assert popups.deadline() is None


def test_critical_needs_no_budget_and_knows_no_quiet(popups: Popups) -> None:
    popups.step(Arose(key(0), S.WARNING), 0.0)
    popups.step(Quiet(True), 40.0)
    assert popups.step(Arose(key(1), S.CRITICAL), 40.0) == [ShowCard((key(1),), S.CRITICAL, 0)]


def test_the_same_critical_comes_again_after_ten_minutes_only(popups: Popups) -> None:
    shown = 0
    for second in range(600):
        popups.step(Ended(key()), second)
        shown += len(popups.step(Arose(key(), S.CRITICAL), second))
    assert shown == 1
    assert popups.deadline() == BUDGET_S
    assert len(popups.step(Ticked(), BUDGET_S)) == 1


def test_many_critical_ones_keep_half_a_minute_apart(popups: Popups) -> None:
    cards = [card for number in range(600) for card in popups.step(Arose(key(number), S.CRITICAL), float(number))]
    assert len(cards) == 600 / CARDS_APART_S


def test_critical_ones_pop_up_however_much_waits(popups: Popups) -> None:
    popups.step(Quiet(True), 0.0)
    for number in range(MAX_WAITING):
        popups.step(Arose(key(number), S.WARNING), 1.0)
    assert popups.step(Arose(key(-1), S.CRITICAL), 2.0) == [ShowCard((key(-1),), S.CRITICAL, 0)]


def test_what_is_worse_takes_the_place_of_the_newest_of_the_least(popups: Popups) -> None:
    popups.step(Quiet(True), 0.0)
    popups.step(Arose(key(0), S.SERIOUS), 1.0)
    for number in range(1, MAX_WAITING):
        popups.step(Arose(key(number), S.WARNING), 1.0)
    popups.step(Arose(key(-1), S.WARNING), 1.0)
    popups.step(Arose(key(-2), S.SERIOUS), 1.0)
    popups.step(Arose(key(1), S.SERIOUS), 1.0)
    (card,) = popups.step(Quiet(False), 2.0)
    assert card.keys == (key(0), key(1), key(-2), key(2), key(3))
    assert len(card.keys) + card.more == MAX_WAITING


def test_quiet_holds_back_until_it_ends(popups: Popups) -> None:
    popups.step(Quiet(True), 0.0)
    assert popups.step(Arose(key(), S.SERIOUS), 1.0) == []
    assert popups.deadline() is None
    assert popups.step(Quiet(False), 50.0) == [ShowCard((key(),), S.SERIOUS, 0)]


def test_quiet_leaves_others_off_a_critical_card(popups: Popups) -> None:
    popups.step(Quiet(True), 0.0)
    popups.step(Arose(key(0), S.SERIOUS), 1.0)
    assert popups.step(Arose(key(1), S.CRITICAL), 2.0) == [ShowCard((key(1),), S.CRITICAL, 0)]


def test_without_quiet_a_critical_card_takes_along_what_waits(popups: Popups) -> None:
    popups.step(Arose(key(0), S.WARNING), 0.0)
    popups.step(Arose(key(1), S.WARNING), 1.0)
    assert popups.step(Arose(key(2), S.CRITICAL), 60.0) == [ShowCard((key(2), key(1)), S.CRITICAL, 0)]


def test_without_a_desk_all_waits_for_one() -> None:
    popups = Popups()
    assert popups.step(Arose(key(), S.CRITICAL), 1.0) == []
    assert popups.deadline() is None
    assert len(popups.step(DeskThere(True), 9.0)) == 1


def test_the_budget_survives_a_restart() -> None:
    popups = Popups([Popped(key(0), S.WARNING, at=-100.0), Popped(key(1), S.CRITICAL, at=-200.0)])
    popups.step(DeskThere(True), 0.0)
    assert popups.step(Arose(key(2), S.WARNING), 0.0) == []
    assert popups.deadline() == 500.0
    assert popups.step(Arose(key(1), S.CRITICAL), 1.0) == []
    assert popups.deadline() == 400.0
    assert popups.step(Ticked(), 400.0) == [ShowCard((key(1), key(2)), S.CRITICAL, 0)]
    popups.step(Ticked(), 2000.0)
    assert popups.deadline() is None
