"""The states of a request, as a table: a pair that is not listed does not happen."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["OPEN", "RequestEvent", "RequestState", "after"]


class RequestState(StrEnum):
    """Where a request stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    IN_SESSION = "in_session"
    ENDED = "ended"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class RequestEvent(StrEnum):
    """What happens to it."""

    CLAIM = "claim"
    RELEASE = "release"
    JOIN = "join"
    """The PC accepted the code: a session runs."""
    END = "end"
    """The PC says that the session, or what was to become one, is over."""
    CANCEL = "cancel"
    EXPIRE = "expire"


OPEN = (RequestState.QUEUED, RequestState.CLAIMED, RequestState.IN_SESSION)

_TABLE: dict[RequestState, dict[RequestEvent, RequestState]] = {
    RequestState.QUEUED: {
        RequestEvent.CLAIM: RequestState.CLAIMED,
        RequestEvent.END: RequestState.CANCELLED,
        RequestEvent.CANCEL: RequestState.CANCELLED,
        RequestEvent.EXPIRE: RequestState.EXPIRED,
    },
    RequestState.CLAIMED: {
        RequestEvent.RELEASE: RequestState.QUEUED,
        RequestEvent.JOIN: RequestState.IN_SESSION,
        RequestEvent.END: RequestState.ENDED,
        RequestEvent.CANCEL: RequestState.CANCELLED,
        RequestEvent.EXPIRE: RequestState.EXPIRED,
    },
    RequestState.IN_SESSION: {
        RequestEvent.END: RequestState.ENDED,
        RequestEvent.CANCEL: RequestState.ENDED,
        RequestEvent.EXPIRE: RequestState.ENDED,
    },
    RequestState.ENDED: {},
    RequestState.CANCELLED: {},
    RequestState.EXPIRED: {},
}


def after(state: RequestState, event: RequestEvent) -> RequestState | None:
    """Return the state after `event`, or None when that cannot happen in `state`."""
    return _TABLE[state].get(event)
