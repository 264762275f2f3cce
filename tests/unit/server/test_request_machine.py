"""The table of a request's states."""

from __future__ import annotations

from benchside.server.broker.machine import OPEN, RequestEvent, RequestState, after


def test_every_pair_is_known_and_the_end_is_the_end() -> None:
    for state in RequestState:
        for event in RequestEvent:
            target = after(state, event)
            assert target is None or isinstance(target, RequestState)
            if state not in OPEN:
                assert target is None


def test_only_a_queued_request_is_claimed_and_only_a_claimed_one_joined_or_released() -> None:
    for event, only in (
        (RequestEvent.CLAIM, RequestState.QUEUED),
        (RequestEvent.JOIN, RequestState.CLAIMED),
        (RequestEvent.RELEASE, RequestState.CLAIMED),
    ):
        assert [state for state in RequestState if after(state, event) is not None] == [only]


def test_an_open_request_can_always_be_ended() -> None:
    for state in OPEN:
        for event in (RequestEvent.END, RequestEvent.CANCEL, RequestEvent.EXPIRE):
            target = after(state, event)
            assert target is not None
            assert target not in OPEN
