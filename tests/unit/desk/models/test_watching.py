"""What the desk says of the notifier's world, in each state."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from tests.fakes.notice_states import (
    BLIND,
    DISK,
    DISK_LOW,
    DOOR_OPEN,
    LIS_AWAY,
    NEWS_SHOWN,
    ONE_POP_UP,
    PAST,
    all_shown,
)

from benchside.desk.models.glance import Tone
from benchside.desk.models.watching import Watch, WatchState, attention, learn_notices, lose_notifier, summary
from benchside.protocol.errors import PeerError
from benchside.protocol.wire.notice import NoticeAlive, NoticeRefused, NoticesShown, NoticesWanted


@pytest.mark.parametrize(
    ("name", "tone", "head", "count"),
    [
        ("nothing", Tone.GOOD, "notices.none", 0),
        ("blind", Tone.WARN, "notices.blind", 0),
        ("one", Tone.DANGER, "notices.one", 1),
        ("many", Tone.DANGER, "notices.many", 6),
        ("known", Tone.INFO, "notices.known", 0),
        ("broken", Tone.DANGER, "notices.broken", 1),
    ],
)
def test_what_is_said_on_top(name: str, tone: Tone, head: str, count: int) -> None:
    state = learn_notices(WatchState(), all_shown()[name])
    said = summary(state)
    assert (said[0], said[1].id, attention(state)) == (tone, head, count)


def test_a_condition_that_is_put_aside_suppressed_or_a_hint_wants_nobody() -> None:
    hidden = msgspec.structs.replace(DOOR_OPEN, state=msgspec.structs.replace(DOOR_OPEN.state, is_suppressed=True))
    out = msgspec.structs.replace(DOOR_OPEN, state=msgspec.structs.replace(DOOR_OPEN.state, is_out_of_service=True))
    state = learn_notices(WatchState(), NoticesShown(notices=(hidden, out, LIS_AWAY, NEWS_SHOWN)))
    assert attention(state) == 0
    assert attention(learn_notices(state, NoticesShown(notices=(hidden, DISK_LOW)))) == 1


def test_a_watch_that_is_blind_does_not_hide_what_is_wrong() -> None:
    state = learn_notices(WatchState(), NoticesShown(notices=(DISK_LOW,), watches=BLIND))
    assert summary(state)[1].id == "notices.one"


def test_what_was_shown_is_not_shown_as_true_when_the_notifier_is_gone() -> None:
    state = lose_notifier(learn_notices(WatchState(), all_shown()["many"]))
    assert state.watch is Watch.AWAY
    assert attention(state) == 0
    assert summary(state)[1].id == "notices.away"
    assert summary(WatchState())[1].id == "notices.seeking"


def test_history_grows_page_by_page_and_never_twice() -> None:
    first = replace(WatchState(), asked_of=DISK)
    one = learn_notices(first, msgspec.structs.replace(PAST, changes=PAST.changes[:5]))
    two = learn_notices(one, msgspec.structs.replace(PAST, changes=PAST.changes[3:9]))
    assert two.past is not None
    assert [change.sequence for change in two.past.changes] == [change.sequence for change in PAST.changes[:9]]


def test_a_pop_up_a_refusal_and_a_beat() -> None:
    state = learn_notices(WatchState(), ONE_POP_UP)
    assert state.pop_up == ONE_POP_UP
    refused = learn_notices(state, NoticeRefused(key=DISK, reason="gone"))
    assert refused.refused is not None
    assert learn_notices(refused, NoticeAlive()) == refused


def test_what_only_a_desk_says_is_refused() -> None:
    with pytest.raises(PeerError):
        learn_notices(WatchState(), NoticesWanted(version=1, locale="en"))
