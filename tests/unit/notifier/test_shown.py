"""What desks are shown fits a message, however long the words are."""

from __future__ import annotations

from benchside.notifier.shown import notices
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
