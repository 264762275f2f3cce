"""From changes to cards: only what is new, or worse than what was told, is worth an interruption."""

from __future__ import annotations

from msgspec.structs import replace

from benchside.notifier.attention import Attention
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.flow.popups import DeskThere, Quiet, ShowCard
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, ConditionState, Severity

K = ChangeKind
KEY = ConditionKey("pc.disk", "C:", "space_low")
ACTIVE = ConditionState(key=KEY, severity=Severity.WARNING, is_active=True, since_utc_ms=1000, changed_utc_ms=1000)
WORSE = replace(ACTIVE, severity=Severity.CRITICAL)
CARD = [ShowCard((KEY,), Severity.WARNING, 0)]


def attention() -> Attention:
    made = Attention((), now=0.0, utc_ms=0)
    made.step(DeskThere(True), 0.0)
    return made


def test_what_is_raised_pops_up_once() -> None:
    ours = attention()
    assert ours.hear(drafted(K.RAISED, 0, KEY), ACTIVE, 0.0) == CARD
    assert ours.hear(drafted(K.CHANGED, 0, KEY), ACTIVE, 5000.0) == []
    assert ours.hear(drafted(K.FLAPPING, 0, KEY), ACTIVE, 5000.0) == []


def test_what_gets_worse_pops_up_again() -> None:
    ours = attention()
    ours.hear(drafted(K.RAISED, 0, KEY), ACTIVE, 0.0)
    assert ours.hear(drafted(K.CHANGED, 0, KEY), WORSE, 60.0) == [ShowCard((KEY,), Severity.CRITICAL, 0)]


def test_what_comes_again_pops_up_again_when_the_budget_allows() -> None:
    ours = attention()
    ours.hear(drafted(K.RAISED, 0, KEY), ACTIVE, 0.0)
    ours.hear(drafted(K.CLEARED, 0, KEY), replace(ACTIVE, is_active=False), 1.0)
    assert ours.hear(drafted(K.RAISED, 0, KEY), ACTIVE, 700.0) == CARD


def test_what_nobody_wants_to_hear_of_does_not_pop_up() -> None:
    for state in (
        replace(ACTIVE, is_suppressed=True),
        replace(ACTIVE, shelved_until_utc_ms=10**12),
        replace(ACTIVE, is_acknowledged=True),
        replace(ACTIVE, is_out_of_service=True),
    ):
        assert attention().hear(drafted(K.RAISED, 0, KEY), state, 0.0) == []


def test_what_is_acknowledged_while_it_waits_is_taken_off() -> None:
    ours = attention()
    ours.step(Quiet(True), 0.0)
    assert ours.hear(drafted(K.RAISED, 0, KEY), ACTIVE, 0.0) == []
    ours.hear(drafted(K.ACKNOWLEDGED, 0, KEY), replace(ACTIVE, is_acknowledged=True), 1.0)
    assert ours.step(Quiet(False), 2.0) == []


def test_changes_of_the_notifier_itself_pop_nothing_up() -> None:
    assert attention().hear(drafted(K.STARTED, 0), None, 0.0) == []


def popped(at_utc_ms: int, severity: Severity = Severity.WARNING) -> dict[ConditionKey, ConditionChange]:
    return {KEY: drafted(K.POPPED_UP, at_utc_ms, KEY, severity=severity)}


def test_after_a_restart_only_what_never_popped_up_does() -> None:
    states = {KEY: ACTIVE}
    told = attention()
    assert told.begin(states, popped(1000), 0.0) == []
    assert told.hear(drafted(K.CHANGED, 0, KEY), ACTIVE, 0.0) == []
    assert attention().begin(states, popped(999), 0.0) == CARD


def test_what_got_worse_before_a_restart_and_was_not_told_pops_up_after_it() -> None:
    assert attention().begin({KEY: WORSE}, popped(2000), 0.0) == [ShowCard((KEY,), Severity.CRITICAL, 0)]
    assert attention().begin({KEY: WORSE}, popped(2000, Severity.CRITICAL), 0.0) == []


def test_the_budget_is_read_from_the_journal_unless_the_clock_jumped() -> None:
    past = drafted(K.POPPED_UP, 1_000_000, KEY, severity=Severity.WARNING)
    for utc_ms, cards in ((1_060_000, []), (1_000_000 + 10**12, CARD), (0, CARD)):
        ours = Attention([past], now=100.0, utc_ms=utc_ms)
        ours.step(DeskThere(True), 100.0)
        assert ours.hear(drafted(K.RAISED, 0, KEY), ACTIVE, 100.0) == cards


def test_what_popped_up_is_written_with_its_severity() -> None:
    card = ShowCard((KEY, ConditionKey("gone", "x", "y")), Severity.CRITICAL, 3)
    noted = Attention.noted(card, {KEY: ACTIVE}, 5)
    assert [(change.kind, change.severity) for change in noted] == [
        (K.POPPED_UP, Severity.WARNING),
        (K.POPPED_UP, Severity.CRITICAL),
    ]
