"""What a worker's checks have said is on: whose it is, and when it is over without a word of theirs."""

from __future__ import annotations

from benchside.notifier.watch.contract import Check
from benchside.notifier.watch.told import Told
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState

LOW_C, LOW_D = ConditionKey("pc.disk", "C:", "space_low"), ConditionKey("pc.disk", "D:", "space_low")
OLD = ConditionKey("pc.antivirus", "PC", "signatures_old")
ON, OFF = SignalState.ON, SignalState.OFF


def check(*there: str) -> Check:
    conditions = frozenset({("pc.disk", "space_low")})
    return Check("disk", 60, 5, tuple, conditions, lambda key: key.subject in there)


def test_what_no_check_tells_of_any_more_is_over_at_once() -> None:
    told = Told([LOW_C, OLD])
    assert told.begin([check()]) == [Signal(OLD, OFF)]
    assert told.begin([check()]) == []


def test_that_a_check_failed_is_over_when_it_was_switched_off() -> None:
    mine, others = (ConditionKey("pc.watch", name, "check_failed") for name in ("disk", "smart"))
    assert Told([mine, others]).begin([check()]) == [Signal(others, OFF)]


def test_what_was_not_mentioned_and_is_not_there_is_over_once() -> None:
    told = Told([LOW_D])
    assert told.looked(check("C:"), [Signal(LOW_C, ON)]) == [Signal(LOW_D, OFF)]
    assert told.looked(check("C:"), []) == []
    assert told.looked(check(), []) == [Signal(LOW_C, OFF)]
    assert told.looked(check(), []) == []


def test_what_was_mentioned_is_as_it_was_mentioned() -> None:
    told = Told([LOW_C, LOW_D])
    assert told.looked(check(), [Signal(LOW_C, ON), Signal(LOW_D, OFF)]) == []
    assert told.looked(check(), []) == [Signal(LOW_C, OFF)]
