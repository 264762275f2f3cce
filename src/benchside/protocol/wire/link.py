"""The link: an agent and the gateway, over one WebSocket that the PC dials and keeps.

    agent                                         gateway
                                             <-   LinkChallenge(nonce, server time)
    LinkHello(device, nonce, proof)          ->
                                             <-   LinkWelcome(proof, ...)        or the socket closes
    StateKept, when the welcome offered one  ->
    ... then, in any order, what follows.  Each ask of the agent has one answer with the same `ask`.
    What goes on for the notifier is in wire/carrier.py.

Proofs: HMAC-SHA256 with a key derived from the device's AES-256 key over both nonces and the device id
(benchside.protocol.trust.device).  A device that is *held* (a restored disk, a copy) is welcomed and told,
and is served nothing but pings until a person releases it.  The gateway is hostile to the PC's consent:
nothing here can grant, answer a prompt, or make the PC believe in an associate; it can deliver or not deliver.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from benchside.protocol.errors import Refusal
from benchside.protocol.wire.audit import PcEvent
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.carrier import (
    AdvisoryOffered,
    AdvisoryWithdrawn,
    NoticesAsked,
    NoticesKept,
    NoticesReported,
    WatchTold,
)
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.codec import Codec, Message
from benchside.protocol.wire.ids import Bytes16, Bytes32, TicketBytes
from benchside.protocol.wire.session import InstrumentInfo
from benchside.protocol.wire.text import Line, Name, Paragraph, Word
from benchside.protocol.wire.ticket import UtcMs

__all__ = [
    "LINK",
    "AdvisoryOffered",
    "AdvisoryWithdrawn",
    "AreYouThere",
    "AskTicket",
    "Described",
    "DeviceHeld",
    "EventsKept",
    "EventsReported",
    "HereIAm",
    "KeyChanged",
    "LinkChallenge",
    "LinkHello",
    "LinkMessage",
    "LinkPing",
    "LinkPong",
    "LinkRefused",
    "LinkWelcome",
    "NextKeyKept",
    "NextKeyProved",
    "NextKeyShare",
    "NoticesAsked",
    "NoticesKept",
    "NoticesReported",
    "PolicyOffered",
    "PolicyWanted",
    "RequestCancelled",
    "RequestClaimed",
    "RequestOpened",
    "RequestQueued",
    "RequestReleased",
    "RequestUnknown",
    "RotateKey",
    "StateKept",
    "TicketIssued",
    "TicketRefused",
    "WatchTold",
]

_Ask = Annotated[int, Meta(ge=1, le=2**53)]
_Step = Annotated[int, Meta(ge=0, le=2**53)]
OFFER_BYTES = 12 + 8 + 32 + 16
"""Nonce, step, value and tag (trust/device.py, seal_offer)."""


class LinkChallenge(Message, frozen=True, kw_only=True, tag="challenge"):
    """The gateway's nonce.  Its time is used for its own tickets only: policies expire by the PC's clock."""

    version: int
    nonce: Bytes32
    now_utc_ms: UtcMs


class LinkHello(Message, frozen=True, kw_only=True, tag="hello"):
    """Which device this is, and the proof that it holds that device's key; `proof` covers all of it.

    `instance`: random, of this start of the agent (of the first, while it is held).  `step`, `state`: where its chain
    of links stands, and the proof of that (trust/device.py).
    """

    version: int
    device_id: Bytes16
    nonce: Bytes32
    instance: Bytes16
    step: _Step
    state: Bytes32
    proof: Bytes32


class LinkRefused(Message, frozen=True, kw_only=True, tag="refused"):
    """Before the socket closes: unknown or revoked device, wrong proof, wrong version, a key that was changed since."""

    reason: Word


class LinkWelcome(Message, frozen=True, kw_only=True, tag="welcome"):
    """The server's own proof, the version of the policy it has, and the head of the PC's journal it knows.

    `offer`: the next state of the chain of links, sealed; answered by StateKept before anything else is said.
    """

    proof: Bytes32
    held: bool = False
    offer: Annotated[bytes, Meta(min_length=OFFER_BYTES, max_length=OFFER_BYTES)] | None = None
    policy_version: Annotated[int, Meta(ge=0, le=2**53)]
    journal_sequence: Annotated[int, Meta(ge=0, le=2**53)]
    journal_head: Bytes32 | None = None
    relay: Word
    relay_url: Line
    phone: Line


class StateKept(Message, frozen=True, kw_only=True, tag="state_kept"):
    """The agent has stored the state that the welcome offered, durably."""

    step: _Step


class DeviceHeld(Message, frozen=True, kw_only=True, tag="held"):
    """The device is held from now on: no request, no ticket, no session until a person decides."""

    reason: Word


class AreYouThere(Message, frozen=True, kw_only=True, tag="there"):
    """To the older of two connections: whether somebody is still at its other end, so that there are two PCs."""

    nonce: Bytes16


class HereIAm(Message, frozen=True, kw_only=True, tag="here"):
    """Answers AreYouThere, at once; proves the key of this link over its nonce (trust/device.py)."""

    proof: Bytes32


class RotateKey(Message, frozen=True, kw_only=True, tag="rotate_key"):
    """The gateway wants a new device key made (trust/rotation.py); an agent also begins by itself."""


class NextKeyShare(Message, frozen=True, kw_only=True, tag="next_key"):
    """The agent's share of the next device key."""

    share: Bytes32


class NextKeyKept(Message, frozen=True, kw_only=True, tag="next_key_kept"):
    """The gateway's share; it has stored the next key beside the one in use, and proves it."""

    share: Bytes32
    proof: Bytes32


class NextKeyProved(Message, frozen=True, kw_only=True, tag="next_key_proved"):
    """The agent has stored the next key, too."""

    proof: Bytes32


class KeyChanged(Message, frozen=True, kw_only=True, tag="key_changed"):
    """The next key is the device's key; the one before opens nothing any more."""


class Described(Message, frozen=True, kw_only=True, tag="described"):
    """What the PC is and which gates it has passed; after the welcome and when it changes."""

    site: Line
    device: Line
    instruments: Annotated[tuple[InstrumentInfo, ...], Meta(max_length=16)]
    software: Line
    policy_version: Annotated[int, Meta(ge=0, le=2**53)]
    it_review_utc_ms: UtcMs | None
    terms_version: Line | None
    offered: Annotated[tuple[Capability, ...], Meta(max_length=5)]
    sealing: Line = ""
    """How its keys rest on the PC."""


class PolicyWanted(Message, frozen=True, kw_only=True, tag="policy_wanted"):
    """The agent asks for the newest policy and the rotations after the serial it has."""

    rotation_serial: Annotated[int, Meta(ge=0, le=2**31)]


class PolicyOffered(Message, frozen=True, kw_only=True, tag="policy"):
    """A signed policy, with the rotations that lead to its key.  Believed only after its signature is checked."""

    policy: Annotated[bytes, Meta(min_length=64, max_length=4 * 1024 * 1024)]
    rotations: Annotated[tuple[Annotated[bytes, Meta(max_length=2048)], ...], Meta(max_length=64)] = ()


class RequestOpened(Message, frozen=True, kw_only=True, tag="request"):
    """A technician calls for help.  Sent again after each reconnect while the request is open."""

    request_id: Bytes16
    technician: Name
    reason: Paragraph
    instrument: Line
    opened_utc_ms: UtcMs


class RequestQueued(Message, frozen=True, kw_only=True, tag="queued"):
    """The request is in the queue that associates see."""

    request_id: Bytes16


class RequestUnknown(Message, frozen=True, kw_only=True, tag="request_refused"):
    """The server does not take the request, or no longer knows it."""

    request_id: Bytes16
    reason: Refusal


class RequestClaimed(Message, frozen=True, kw_only=True, tag="claimed"):
    """An associate took it.  `associate` is looked up in the policy before anything of it is shown."""

    request_id: Bytes16
    associate: Word


class RequestReleased(Message, frozen=True, kw_only=True, tag="released"):
    """The associate put it back into the queue."""

    request_id: Bytes16


class RequestCancelled(Message, frozen=True, kw_only=True, tag="cancelled"):
    """From the agent: the request or its session is over.

    From the gateway: it is expired (`expired`), whoever helps may not go on (`associate_out`), or the device is held
    (`device_held`) or revoked (`device_revoked`).
    """

    request_id: Bytes16
    reason: Word


class AskTicket(Message, frozen=True, kw_only=True, tag="ask_ticket"):
    """The agent needs a ticket for its host, for one connection to one channel."""

    ask: _Ask
    request_id: Bytes16
    channel: Channel


class TicketIssued(Message, frozen=True, kw_only=True, tag="ticket"):
    """Answers AskTicket."""

    ask: _Ask
    ticket: TicketBytes


class TicketRefused(Message, frozen=True, kw_only=True, tag="no_ticket"):
    """Answers AskTicket."""

    ask: _Ask
    reason: Refusal
    wait_s: Annotated[int, Meta(ge=0, le=86_400)] | None = None


class EventsReported(Message, frozen=True, kw_only=True, tag="events"):
    """Entries of the PC's journal, in order, each once; again from the last that was kept after a reconnect."""

    events: Annotated[tuple[PcEvent, ...], Meta(min_length=1, max_length=100)]


class EventsKept(Message, frozen=True, kw_only=True, tag="kept"):
    """The server has all entries up to `sequence`."""

    sequence: Annotated[int, Meta(ge=0, le=2**53)]


class LinkPing(Message, frozen=True, kw_only=True, tag="ping"):
    """From either side after 20 s of silence; 45 s without anything is a lost link."""


class LinkPong(Message, frozen=True, kw_only=True, tag="pong"):
    """Answers a LinkPing."""


LinkMessage = (
    LinkChallenge
    | LinkHello
    | LinkRefused
    | LinkWelcome
    | StateKept
    | DeviceHeld
    | AreYouThere
    | HereIAm
    | RotateKey
    | NextKeyShare
    | NextKeyKept
    | NextKeyProved
    | KeyChanged
    | Described
    | PolicyWanted
    | PolicyOffered
    | RequestOpened
    | RequestQueued
    | RequestUnknown
    | RequestClaimed
    | RequestReleased
    | RequestCancelled
    | AskTicket
    | TicketIssued
    | TicketRefused
    | EventsReported
    | EventsKept
    | NoticesAsked
    | NoticesReported
    | NoticesKept
    | AdvisoryOffered
    | AdvisoryWithdrawn
    | WatchTold
    | LinkPing
    | LinkPong
)

LINK: Codec[LinkMessage] = Codec(LinkMessage, max_bytes=5 * 1024 * 1024, name="link")
"""5 MiB: the largest policy and its rotations.  The gateway itself accepts 512 KiB from an agent."""
