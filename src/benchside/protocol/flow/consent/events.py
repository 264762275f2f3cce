"""What can happen to consent.  Facts, each from one side; nothing here decides."""

from __future__ import annotations

from dataclasses import dataclass

from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.input import InputMessage
from benchside.protocol.wire.session import SessionEnd

__all__ = [
    "CapabilityEvent",
    "ChannelFell",
    "ChannelStood",
    "ConsentEvent",
    "ConsoleAsked",
    "ConsoleGaveBack",
    "EntryFailed",
    "EntryStood",
    "InputCame",
    "LineFell",
    "LineStood",
    "MomentCame",
    "MonitorsKnown",
    "PauseChosen",
    "PictureTaken",
    "SessionOver",
    "TechnicianAnswered",
    "TechnicianRevoked",
    "WholeEvent",
]


@dataclass(frozen=True)
class ConsoleAsked:
    """The associate asks for a capability."""

    capability: Capability
    purpose: str


@dataclass(frozen=True)
class ConsoleGaveBack:
    """The associate no longer needs it."""

    capability: Capability


@dataclass(frozen=True)
class TechnicianAnswered:
    """The technician answered prompt number `prompt`."""

    capability: Capability
    prompt: int
    allow: bool
    scope: GrantScope


@dataclass(frozen=True)
class TechnicianRevoked:
    """The technician ends a grant."""

    capability: Capability


@dataclass(frozen=True)
class EntryStood:
    """The journal holds entry number `entry`; `fresh` is 48 new random bytes for the grant it may make."""

    capability: Capability
    entry: int
    fresh: bytes


@dataclass(frozen=True)
class EntryFailed:
    """The journal could not take entry number `entry`."""

    capability: Capability
    entry: int


@dataclass(frozen=True)
class ChannelStood:
    """The channel of grant `grant` is open in this epoch."""

    capability: Capability
    grant: bytes
    epoch: int


@dataclass(frozen=True)
class ChannelFell:
    """The channel is gone; it may come back."""

    capability: Capability


@dataclass(frozen=True)
class PictureTaken:
    """A picture of these monitors was taken for grant `grant` and would like to leave."""

    capability: Capability
    grant: bytes
    monitors: tuple[int, ...]


@dataclass(frozen=True)
class InputCame:
    """Input came on the channel of grant `grant` and would like to act."""

    capability: Capability
    grant: bytes
    message: InputMessage


@dataclass(frozen=True)
class MomentCame:
    """A deadline of this capability may have passed."""

    capability: Capability


CapabilityEvent = (
    ConsoleAsked
    | ConsoleGaveBack
    | TechnicianAnswered
    | TechnicianRevoked
    | EntryStood
    | EntryFailed
    | ChannelStood
    | ChannelFell
    | PictureTaken
    | InputCame
    | MomentCame
)


@dataclass(frozen=True)
class PauseChosen:
    """The technician holds picture and input back, or lets them go on."""

    paused: bool


@dataclass(frozen=True)
class LineFell:
    """No contact with the console."""


@dataclass(frozen=True)
class LineStood:
    """Contact again, in a new epoch of `main`."""


@dataclass(frozen=True)
class SessionOver:
    """The session ends, for whatever reason."""

    reason: SessionEnd


@dataclass(frozen=True)
class MonitorsKnown:
    """The monitors that this display has now."""

    monitors: tuple[int, ...]


WholeEvent = MonitorsKnown | PauseChosen | LineFell | LineStood | SessionOver
ConsentEvent = CapabilityEvent | WholeEvent
