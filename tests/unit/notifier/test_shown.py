"""What desks are shown fits a message, however long the words are."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from benchside.notifier.shown import notice, notices
from benchside.notifier.words import Words
from benchside.protocol.flow.conditions.projection import States
from benchside.protocol.wire.condition import ConditionKey, ConditionState, Severity
from benchside.protocol.wire.notice import MAX_SHOWN, NOTICE

FLASK = "\U0001f9ea"


def states(count: int, text: str) -> States:
    texts = dict.fromkeys(("en", "es", "fr", "de"), text)
    keys = [ConditionKey("local.test", f"Pump {number}", "low") for number in range(count)]
    return {
        key: ConditionState(
            key=key, severity=Severity.WARNING, is_active=True, since_utc_ms=1, changed_utc_ms=1, texts=texts
        )
        for key in keys
    }


def test_short_notices_are_shown_up_to_their_limit_and_the_rest_counted() -> None:
    shown = notices(states(MAX_SHOWN + 7, "low"), Words({}, ()), "en", watches=(), is_intact=True, unsent=0)
    assert (len(shown.notices), shown.beyond) == (MAX_SHOWN, 7)


def test_long_notices_are_shown_as_far_as_they_fit_and_the_rest_counted() -> None:
    shown = notices(states(MAX_SHOWN, FLASK * 300), Words({}, ()), "en", watches=(), is_intact=True, unsent=0)
    assert 200 < len(shown.notices) < MAX_SHOWN
    assert len(shown.notices) + shown.beyond == MAX_SHOWN
    assert len(NOTICE.encode(shown)) < NOTICE.max_bytes


def test_what_only_a_restart_needs_to_know_is_not_sent_to_desks() -> None:
    """One that was begun before an update would refuse the whole message."""
    (state,) = states(1, "low").values()
    kept = replace(state, is_pulse=True, pulse_until_utc_ms=5, shelved_until_utc_ms=6, shelf_ends_utc_ms=7)
    assert notice(kept, Words({}, ()), "en").state == replace(state, is_pulse=True, shelved_until_utc_ms=6)


@pytest.mark.parametrize("how", [{"is_suppressed": True}, {"shelved_until_utc_ms": 9}])
def test_what_follows_from_another_or_is_put_aside_stands_below(how: dict[str, Any]) -> None:
    found = {}
    for key, state in states(3, "low").items():
        number = int(key.subject[-1])
        severity = Severity.CRITICAL if number == 1 else Severity.WARNING
        found[key] = replace(state, severity=severity, since_utc_ms=number + 1, **(how if number == 1 else {}))
    shown = notices(found, Words({}, ()), "en", watches=(), is_intact=True, unsent=0)
    assert [one.state.key.subject for one in shown.notices] == ["Pump 2", "Pump 0", "Pump 1"]
