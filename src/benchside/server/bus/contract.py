"""What parts of the server tell one another, and how they listen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from benchside.protocol.wire.condition import ConditionKey
from benchside.protocol.wire.link import LinkMessage
from benchside.server.notices.facts import ShownCondition

__all__ = [
    "Bus",
    "ConditionChanged",
    "News",
    "PolicyChanged",
    "RequestChanged",
    "SessionCut",
    "SignInEnded",
    "Subscription",
    "ToDevice",
    "ToDevices",
]


@dataclass(frozen=True)
class RequestChanged:
    """A request is new, or its state, its claim or its device's presence changed."""

    request_id: bytes


@dataclass(frozen=True)
class PolicyChanged:
    """A newer policy is installed."""

    version: int


@dataclass(frozen=True)
class SignInEnded:
    """A sign-in is over, by its person or an operator."""

    token_hash: bytes


@dataclass(frozen=True)
class SessionCut:
    """Whoever helps may not any more: relays let go of the session's connections."""

    request_id: bytes


@dataclass(frozen=True)
class ToDevice:
    """Hand this message to the device's agent, if it is connected."""

    device_id: bytes
    message: LinkMessage


@dataclass(frozen=True)
class ToDevices:
    """The same to many: one piece of news, whatever their number."""

    device_ids: frozenset[bytes]
    message: LinkMessage


@dataclass(frozen=True)
class ConditionChanged:
    """A condition of a PC stands otherwise now; without `shown` it has nothing to say any more."""

    device_id: bytes
    key: ConditionKey
    number: int
    shown: ShownCondition | None


News = RequestChanged | PolicyChanged | SignInEnded | SessionCut | ToDevice | ToDevices | ConditionChanged


class Subscription(Protocol):
    """News that were asked for, in order."""

    @property
    def has_overflowed(self) -> bool:
        """Whether news were dropped since `clear_overflow`: what was built from news must be built afresh."""

    def clear_overflow(self) -> None:
        """Forget the overflow and all waiting news."""

    async def next(self, timeout_s: float) -> News | None:
        """Return the next piece of news, or None after `timeout_s`.  May be cancelled; nothing is lost by it."""

    def close(self) -> None:
        """Listen no longer."""


class Bus(Protocol):
    """Delivers each piece of news to every subscription that wants it, at most once, in the publisher's order."""

    def publish(self, news: News) -> None:
        """Tell everybody who listens.  Never blocks."""

    def subscribe(self, wants: Callable[[News], bool], *, limit: int) -> Subscription:
        """Listen to what `wants` says yes to, with at most `limit` waiting; what comes beyond is dropped and marked."""
