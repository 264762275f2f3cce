"""What is said at a start, and what is taken back because nobody is left who could."""

from __future__ import annotations

from benchside.notifier.beginning import BROKEN, DISK_FULL, at_start, standing
from benchside.notifier.watched import Watched
from benchside.notifier.words import CatalogueFault
from benchside.protocol.flow.conditions.unsaid import Unsaid
from benchside.protocol.wire.condition import ConditionKey, ConditionState, Severity, Signal, SignalState

ON, OFF, PULSE = SignalState.ON, SignalState.OFF, SignalState.PULSE
LINE = ConditionKey("line.link", "lis", "not_connected")
LOCAL = ConditionKey("local.lab", "Pump 3", "low")
DRIVE = ConditionKey("pc.disk", "D:", "space_low")


def state(key: ConditionKey, *, is_active: bool = True, is_pulse: bool = False) -> ConditionState:
    return ConditionState(
        key=key, severity=Severity.SERIOUS, is_active=is_active, since_utc_ms=1, changed_utc_ms=1, is_pulse=is_pulse
    )


def unsaid(key: ConditionKey, said: SignalState) -> Unsaid:
    return Unsaid(key, said, Severity.SERIOUS, {}, 1)


def test_what_is_on_or_about_to_be_stands() -> None:
    ended, over, came = (ConditionKey("pc.x", "PC", code) for code in ("ended", "over", "came"))
    states = {LINE: state(LINE), ended: state(ended), over: state(over, is_active=False)}
    states[LOCAL] = state(LOCAL, is_pulse=True)
    waiting = [unsaid(ended, OFF), unsaid(came, ON), unsaid(DRIVE, PULSE)]
    assert standing(states, waiting) == [LINE, came]


def test_a_watch_that_was_removed_leaves_nothing_behind() -> None:
    lost = ConditionKey("benchside.notifier", "line-lis", "watch_lost")
    states = {key: state(key) for key in (LINE, LOCAL, DRIVE, lost)}
    signals = at_start(states, [LINE, LOCAL, DRIVE], [Watched("checks", "checks", {})], (), is_whole=True)
    assert [signal.key for signal in signals if signal.state is ON] == []
    assert {signal.key for signal in signals} == {DISK_FULL, BROKEN, lost, LINE}
    kept = at_start(states, [LINE], [Watched("line", "lis", {})], (), is_whole=True)
    assert {signal.key for signal in kept} == {DISK_FULL, BROKEN}


def test_what_is_wrong_with_catalogues_and_journal_is_said() -> None:
    old, new = (ConditionKey("benchside.catalogue", name, "unreadable") for name in ("old.toml", "new.toml"))
    fault = CatalogueFault("new.toml", "unreadable", "a slip")
    signals = at_start({old: state(old)}, [], (), (fault,), is_whole=False)
    assert Signal(new, ON) in signals
    assert Signal(old, OFF) in signals
    assert Signal(BROKEN, ON) in signals
