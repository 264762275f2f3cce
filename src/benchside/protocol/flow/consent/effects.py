"""What consent wants done.  Imperative; the host's pump performs them in order."""

from __future__ import annotations

from dataclasses import dataclass

from benchside.protocol.flow.consent.grant import ConsentGrant
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.desk import PromptKind
from benchside.protocol.wire.input import InputMessage, WhyHeld
from benchside.protocol.wire.session import SessionMessage

__all__ = [
    "AskTechnician",
    "ConsentEffect",
    "DropGrant",
    "HoldInput",
    "Inject",
    "LiftInput",
    "OpenChannel",
    "PassPicture",
    "Record",
    "ShowStanding",
    "TellConsole",
    "UnaskTechnician",
]


@dataclass(frozen=True)
class Record:
    """Write this into the journal; where `capability` is not None report EntryStood or EntryFailed for `entry`."""

    capability: Capability | None
    entry: int
    kind: EventKind
    details: EventDetails


@dataclass(frozen=True)
class AskTechnician:
    """Open prompt number `prompt`."""

    prompt: int
    kind: PromptKind
    capability: Capability
    purpose: str


@dataclass(frozen=True)
class UnaskTechnician:
    """Take prompt number `prompt` away."""

    prompt: int


@dataclass(frozen=True)
class TellConsole:
    """Send this on `main` (dropped when the line is down)."""

    message: SessionMessage


@dataclass(frozen=True)
class OpenChannel:
    """The grant's channel may be opened now, with keys from `secret`."""

    grant: ConsentGrant
    secret: bytes


@dataclass(frozen=True)
class DropGrant:
    """Destroy the grant's keys first, then close its channel and stop what it fed."""

    grant: ConsentGrant


@dataclass(frozen=True)
class PassPicture:
    """The picture that was just reported may leave."""

    grant: ConsentGrant


@dataclass(frozen=True)
class Inject:
    """This input may act."""

    grant: ConsentGrant
    message: InputMessage


@dataclass(frozen=True)
class LiftInput:
    """Lift every key and button that is down."""


@dataclass(frozen=True)
class HoldInput:
    """Tell the console on `control` whether and why its input does nothing."""

    why: WhyHeld


@dataclass(frozen=True)
class ShowStanding:
    """What the indicator shows has changed."""


ConsentEffect = (
    Record
    | AskTechnician
    | UnaskTechnician
    | TellConsole
    | OpenChannel
    | DropGrant
    | PassPicture
    | Inject
    | LiftInput
    | HoldInput
    | ShowStanding
)
