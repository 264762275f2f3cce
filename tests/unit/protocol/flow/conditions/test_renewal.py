"""What takes the place of others does so slowly, or a flood of names would fill the disk."""

from __future__ import annotations

from benchside.protocol.flow.conditions.board import TOO_MANY, Board
from benchside.protocol.flow.conditions.entry import Entry
from benchside.protocol.flow.conditions.event import Signalled
from benchside.protocol.flow.conditions.renewal import PUSHED_AT_ONCE, RENEWED_AT_ONCE, RENEWED_EVERY_S, Renewal
from benchside.protocol.flow.conditions.shares import MAX_CRITICAL, MAX_OF_SOURCE, MAX_PUSHED, MAX_WORDLESS
from benchside.protocol.wire.condition import ConditionKey, Severity, Signal, SignalState, Texts, Values
from benchside.protocol.wire.notice import PutOutOfService


class _NoCatalogue:
    def entry(self, key: ConditionKey) -> Entry:
        return Entry(Severity.WARNING)

    def tell(self, key: ConditionKey, values: Values) -> Texts:
        return {"en": key.subject}


def _flood(board: Board, sources: int, signals: int) -> int:
    """Push pulses of another name each time, and return how many changes that wrote."""
    written = 0
    for number in range(signals):
        key = ConditionKey(f"local.s{number % sources}", f"Run {number}", "ended")
        written += len(board.step(Signalled(Signal(key, SignalState.PULSE)), number / 10_000, 0))
    return written


def test_a_flood_of_names_of_one_source_is_counted() -> None:
    board = Board(_NoCatalogue(), {}, now=0.0, utc_ms=0)
    assert _flood(board, 1, 3000) <= 2 * MAX_OF_SOURCE + 3 * RENEWED_AT_ONCE + 20
    assert TOO_MANY in board.states


def test_a_flood_of_names_and_sources_is_counted() -> None:
    board = Board(_NoCatalogue(), {}, now=0.0, utc_ms=0)
    assert _flood(board, 5000, 4000) <= 2 * MAX_PUSHED + 3 * PUSHED_AT_ONCE + 20
    assert TOO_MANY in board.states


def test_another_pushed_source_is_not_kept_out_by_one_that_floods() -> None:
    renewal = Renewal()
    while renewal.take("local.wild", 0.0):
        pass
    assert renewal.take("local.calm", 0.0)


def test_what_was_used_comes_back_in_time() -> None:
    renewal = Renewal()
    assert [renewal.take("log.cx", 0.0) for _ in range(RENEWED_AT_ONCE + 1)].count(True) == RENEWED_AT_ONCE
    assert not renewal.take("log.cx", RENEWED_EVERY_S / 2)
    assert renewal.take("log.cx", RENEWED_EVERY_S)
    renewal.forget("log.cx")
    assert renewal.take("log.cx", RENEWED_EVERY_S)


def test_a_flood_of_warnings_hides_nothing_critical() -> None:
    board = Board(_NoCatalogue(), {}, now=0.0, utc_ms=0)
    for number in range(MAX_OF_SOURCE + 10):
        board.step(Signalled(Signal(ConditionKey("local.x", f"{number}", "odd"), SignalState.ON)), 0.0, 0)
    for number in range(MAX_CRITICAL + 10):
        key = ConditionKey("local.x", f"critical {number}", "odd")
        board.step(Signalled(Signal(key, SignalState.ON, severity=Severity.CRITICAL)), 0.0, 0)
    assert sum(state.severity is Severity.CRITICAL for state in board.states.values()) == MAX_CRITICAL


def test_sources_without_words_are_told_of_up_to_a_number() -> None:
    board = Board(_NoCatalogue(), {}, now=0.0, utc_ms=0)
    for number in range(2 * MAX_WORDLESS):
        key = ConditionKey("benchside.catalogue", f"local.s{number}", "code_unknown")
        board.step(Signalled(Signal(key, SignalState.PULSE)), 0.0, 0)
    assert len(board.states) == MAX_WORDLESS + 1
    assert board.objection(PutOutOfService(key=key, by="root", why="x")) == "own"
