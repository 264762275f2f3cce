"""The inherited socket between the agent and the host of one session.

The agent starts the host with one end of a socket pair as its standard input: nobody else can speak on
it.  Frames as on the desk's socket.  The agent holds the long-lived keys and the journal; the host holds
the session's keys and forgets them when told, or when this socket ends.

    agent                                         host
    BeginHosting(...)                        ->
                                             <-   HostReady(code)
                                             <-   WantTicket(main) ; TicketGiven ->
                                             <-   SpendGuess(key)  ; GuessCounted | GuessRefused ->
                                             <-   SignAnswer(content) ; AnswerSigned ->
                                             <-   GuessRight ; GuessSettled ->  | GuessWrong (counted as wrong already)
                                             <-   ShowPrompt ; PromptAnswered ->
                                             <-   RecordEntry(entry) ; EntryRecorded ->    before the effect
    EndHosting(reason)                       ->
                                             <-   HostEnded(reason)        or it is killed 250 ms later
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from benchside.protocol.errors import Refusal
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.capability import Capability, GrantScope, MonitorInfo, WindowInfo
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.codec import Codec, Message
from benchside.protocol.wire.cover import (
    MAX_HAND_COVERS,
    MAX_RULES,
    MAX_SHOWN_COVERS,
    CoverRule,
    CoverShown,
    DesktopBox,
)
from benchside.protocol.wire.desk import AssociateShown, BoxInWindow, GrantShown, PromptKind
from benchside.protocol.wire.ids import Bytes16, Fingerprint, Signature4096, SpkiBytes, TicketBytes
from benchside.protocol.wire.policy import Region, SiteRules
from benchside.protocol.wire.session import InstrumentInfo, SessionEnd
from benchside.protocol.wire.text import Line, Name, Word

__all__ = [
    "HOST",
    "AgentAlive",
    "AnswerSigned",
    "AssayChanged",
    "BeginHosting",
    "CodeOutOfTime",
    "CoverByHand",
    "CoversAsked",
    "CoversStand",
    "EndHosting",
    "EntryFailed",
    "EntryRecorded",
    "GuessCounted",
    "GuessRefused",
    "GuessRight",
    "GuessSettled",
    "GuessWrong",
    "HidePrompt",
    "HostAlive",
    "HostEnded",
    "HostMessage",
    "HostReady",
    "KillCodeNow",
    "PauseHosting",
    "PolicyChanged",
    "PromptAnswered",
    "RecordEntry",
    "RenewCode",
    "RevokeHosting",
    "SessionStands",
    "ShowPrompt",
    "SignAnswer",
    "SpendGuess",
    "TicketGiven",
    "TicketWithheld",
    "WantTicket",
    "WatchIndicator",
]

_Entry = Annotated[int, Meta(ge=1, le=2**53)]
_Prompt = Annotated[int, Meta(ge=1, le=2**53)]
_Seconds = Annotated[int, Meta(ge=0, le=86_400)]
_Percent = Annotated[int, Meta(ge=1, le=100)]
_Code = Annotated[str, Meta(min_length=13, max_length=13)]


class BeginHosting(Message, frozen=True, kw_only=True, tag="begin"):
    """All that a host needs to know; sent once, first."""

    request_id: Bytes16
    device_id: Bytes16
    identity_key: SpkiBytes
    policy: Annotated[bytes, Meta(min_length=64, max_length=4 * 1024 * 1024)]
    authority_key: SpkiBytes
    region: Region
    site: Word
    site_name: Line
    device: Line
    technician: Name
    instruments: Annotated[tuple[InstrumentInfo, ...], Meta(max_length=16)]
    offered: Annotated[tuple[Capability, ...], Meta(max_length=5)]
    relay: Word
    relay_url: Line
    ca_file: Annotated[str, Meta(max_length=512)] | None
    proxy: Annotated[str, Meta(max_length=2000)]
    """The ways to the relay, best first, as transport/way_out.py reads them."""
    proxy_user: Annotated[str, Meta(max_length=200)]
    proxy_password: Annotated[str, Meta(max_length=200)]
    grant_s: _Seconds
    silence_s: _Seconds
    covers: Annotated[tuple[CoverRule, ...], Meta(max_length=MAX_RULES)]
    """The rules of all instruments of this PC; they stay in force until the session's end."""
    paste: bool
    """The lab lets the technician also allow pasting text."""
    rules: SiteRules
    """What the hospital's IT set on this PC; holds beside the policy's rules for the site."""
    assay_running: bool
    cpu_share_percent: _Percent
    """What the host may use of the whole machine, and what while a run is flagged."""
    cpu_share_in_assay_percent: _Percent


class HostReady(Message, frozen=True, kw_only=True, tag="ready"):
    """The host made a code; the agent hands it to the desk and forgets it with the code's life."""

    code: _Code


class RenewCode(Message, frozen=True, kw_only=True, tag="renew_code"):
    """The technician's hand asked for another code; answered by HostReady."""


class WantTicket(Message, frozen=True, kw_only=True, tag="want_ticket"):
    """For one connection to one channel."""

    channel: Channel


class TicketGiven(Message, frozen=True, kw_only=True, tag="ticket"):
    """Answers WantTicket.  `server_ahead_ms`: how far the server's clock is before this PC's; tickets live by it."""

    channel: Channel
    ticket: TicketBytes
    server_ahead_ms: Annotated[int, Meta(ge=-(2**52), le=2**52)]


class TicketWithheld(Message, frozen=True, kw_only=True, tag="no_ticket"):
    """Answers WantTicket: refused, or no link to the server at the moment (`reason` is None)."""

    channel: Channel
    reason: Refusal | None


class SpendGuess(Message, frozen=True, kw_only=True, tag="spend_guess"):
    """An associate in the policy, with this key, has proved it and wants to try the code."""

    associate: Word
    key: Fingerprint
    second: Word | None = None
    """Who agreed to the session, where the site's rules ask for it; goes into the journal."""


class GuessCounted(Message, frozen=True, kw_only=True, tag="guess_counted"):
    """The attempt is on disk as wrong; the host may answer once."""

    attempts_left: Annotated[int, Meta(ge=0, le=3)]


class GuessRefused(Message, frozen=True, kw_only=True, tag="guess_refused"):
    """No attempt now."""

    reason: Refusal
    wait_s: _Seconds | None


class GuessRight(Message, frozen=True, kw_only=True, tag="guess_right"):
    """The console's confirmation was right: the code is used up, the attempt no longer counts as wrong."""


class GuessSettled(Message, frozen=True, kw_only=True, tag="guess_settled"):
    """Answers GuessRight once it is journalled: now the PC may confirm to the console."""


class GuessWrong(Message, frozen=True, kw_only=True, tag="guess_wrong"):
    """The run that was counted failed; the code may be dead now."""


class CodeOutOfTime(Message, frozen=True, kw_only=True, tag="code_out_of_time"):
    """Ten minutes are over; the host has forgotten the code."""


class KillCodeNow(Message, frozen=True, kw_only=True, tag="kill_code"):
    """The code is dead (three wrong attempts): the host forgets it."""


class SignAnswer(Message, frozen=True, kw_only=True, tag="sign_answer"):
    """The content that the device's identity signs: one for each counted guess, of the answer's form only."""

    content: Annotated[bytes, Meta(min_length=64, max_length=8192)]


class AnswerSigned(Message, frozen=True, kw_only=True, tag="answer_signed"):
    """Answers SignAnswer."""

    signature: Signature4096


class RecordEntry(Message, frozen=True, kw_only=True, tag="record"):
    """Write this into the journal; the effect waits for EntryRecorded."""

    entry: _Entry
    kind: EventKind
    details: EventDetails


class EntryRecorded(Message, frozen=True, kw_only=True, tag="recorded"):
    """The entry is on disk."""

    entry: _Entry


class EntryFailed(Message, frozen=True, kw_only=True, tag="not_recorded"):
    """The journal cannot be written: nothing that needs it happens."""

    entry: _Entry


class ShowPrompt(Message, frozen=True, kw_only=True, tag="show_prompt"):
    """Ask the technician; one at a time."""

    prompt: _Prompt
    kind: PromptKind
    capability: Capability
    associate: AssociateShown
    purpose: Line
    monitors: Annotated[tuple[MonitorInfo, ...], Meta(max_length=16)]
    windows: Annotated[tuple[WindowInfo, ...], Meta(max_length=64)]
    silence_s: _Seconds
    grant_s: _Seconds


class HidePrompt(Message, frozen=True, kw_only=True, tag="hide_prompt"):
    """The prompt's time is over or its question is gone."""

    prompt: _Prompt


class PromptAnswered(Message, frozen=True, kw_only=True, tag="prompt_answered"):
    """The technician's answer."""

    prompt: _Prompt
    allow: bool
    scope: GrantScope


class SessionStands(Message, frozen=True, kw_only=True, tag="stands"):
    """For the indicator: who, which grants, paused, line.  `associate` is None until the code was right."""

    associate: AssociateShown | None
    checking: bool
    grants: Annotated[tuple[GrantShown, ...], Meta(max_length=5)]
    paused: bool
    line_lost: bool


class PauseHosting(Message, frozen=True, kw_only=True, tag="pause"):
    """Hold picture and input back, or let them go on."""

    paused: bool


class RevokeHosting(Message, frozen=True, kw_only=True, tag="revoke"):
    """End this grant now."""

    capability: Capability


class CoverByHand(Message, frozen=True, kw_only=True, tag="cover_by_hand"):
    """All that the technician covers from now on; in force before the next picture."""

    areas: Annotated[tuple[DesktopBox, ...], Meta(max_length=MAX_HAND_COVERS)]


class CoversAsked(Message, frozen=True, kw_only=True, tag="covers_asked"):
    """Say CoversStand now."""


class CoversStand(Message, frozen=True, kw_only=True, tag="covers_stand"):
    """What is covered now, by rule and by hand; said when asked and when it changes."""

    covers: Annotated[tuple[CoverShown, ...], Meta(max_length=MAX_SHOWN_COVERS)]


class AssayChanged(Message, frozen=True, kw_only=True, tag="assay"):
    """A run on the instrument has begun or ended."""

    running: bool


class WatchIndicator(Message, frozen=True, kw_only=True, tag="watch"):
    """The desk's indicator is this window (None: it is not up)."""

    window: Annotated[int, Meta(ge=1, le=2**53)] | None
    stop: BoxInWindow | None = None


class PolicyChanged(Message, frozen=True, kw_only=True, tag="policy"):
    """A newer policy: an associate that it no longer admits loses the session at once."""

    policy: Annotated[bytes, Meta(min_length=64, max_length=4 * 1024 * 1024)]


class EndHosting(Message, frozen=True, kw_only=True, tag="end"):
    """Forget the keys first, tell the network after, answer HostEnded, exit."""

    reason: SessionEnd


class HostEnded(Message, frozen=True, kw_only=True, tag="host_ended"):
    """The keys are gone; also said when the host ends by itself."""

    reason: SessionEnd


class HostAlive(Message, frozen=True, kw_only=True, tag="host_alive"):
    """Every 100 ms from the host's only loop.  The agent kills one that is silent for 2 s, or 250 ms after a stop."""


class AgentAlive(Message, frozen=True, kw_only=True, tag="agent_alive"):
    """Every 200 ms; a host that hears nothing for 900 ms ends everything."""


HostMessage = (
    BeginHosting
    | HostReady
    | RenewCode
    | WantTicket
    | TicketGiven
    | TicketWithheld
    | SpendGuess
    | GuessCounted
    | GuessRefused
    | GuessRight
    | GuessSettled
    | GuessWrong
    | CodeOutOfTime
    | KillCodeNow
    | SignAnswer
    | AnswerSigned
    | RecordEntry
    | EntryRecorded
    | EntryFailed
    | ShowPrompt
    | HidePrompt
    | PromptAnswered
    | SessionStands
    | PauseHosting
    | RevokeHosting
    | CoverByHand
    | CoversAsked
    | CoversStand
    | AssayChanged
    | WatchIndicator
    | PolicyChanged
    | EndHosting
    | HostEnded
    | HostAlive
    | AgentAlive
)

HOST: Codec[HostMessage] = Codec(HostMessage, max_bytes=5 * 1024 * 1024, name="host")
"""5 MiB: the policy."""
