"""A console that speaks is not asked to; a PC that stood still is noticed."""

from __future__ import annotations

from benchside.host.pulse import JUMP_S, PING_AFTER_S, Pulse
from benchside.protocol.flow.session import SILENT_AFTER_S


def test_a_silent_console_is_asked_twice_before_it_counts_as_lost() -> None:
    pulse, asked = Pulse(0.0), []
    for beat in range(1, 200):
        now = beat * 0.25
        if now < 20.0 and now % 1.0 == 0:
            pulse.hear(now)
        if pulse.ping_is_due(now):
            asked.append(now)
    assert asked[0] >= 19.0 + PING_AFTER_S, "none while it speaks once a second"
    assert sum(at < 19.0 + SILENT_AFTER_S for at in asked) == 2


def test_a_jump_is_told_once() -> None:
    pulse = Pulse(0.0)
    assert not pulse.has_jumped(0.25)
    assert not pulse.has_jumped(0.25 + JUMP_S)
    assert pulse.has_jumped(0.5 + 2 * JUMP_S)
    assert not pulse.has_jumped(0.75 + 2 * JUMP_S)
