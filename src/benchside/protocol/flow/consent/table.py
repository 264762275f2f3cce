"""The consent of one capability as a table: stage x event -> the first rule whose guards all hold.

Each cell ends in a rule without guards or says IGNORED; a pair that is not listed is a bug in our code.
`python3 tasks.py docs` draws docs/consent.md from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from benchside.protocol.flow.consent import events as ev

__all__ = ["IGNORED", "TABLE", "Rule", "Stage", "Table"]


class Stage(StrEnum):
    """How far one capability has come."""

    NONE = "none"
    """Not asked, or over."""
    NOTING = "noting"
    """Asked; the journal is taking the question."""
    QUEUED = "queued"
    """Waits for the prompt that is open now."""
    PROMPTED = "prompted"
    """The technician is being asked."""
    RECORDING = "recording"
    """The technician said yes; the journal is taking it."""
    GRANTED = "granted"
    """There is a grant; its channel may be up."""
    RENEWING = "renewing"
    """Granted, and the technician is being asked whether it goes on."""
    OVER = "over"
    """The session has ended."""


@dataclass(frozen=True)
class Rule:
    """`guards`: names in guards.py; `act`: a method of the machine; `to`: the next stage (None: it stays)."""

    guards: tuple[str, ...]
    act: str
    to: Stage | None = None


IGNORED = (Rule((), "ignore"),)
"""What came has no meaning here and changes nothing: late answers, doubled clicks, a hostile console's tries."""

_S = Stage
_DROP_INPUT = (Rule((), "drop_input"),)
_DROP_PICTURE = (Rule((), "drop_picture"),)

_ASKED_FRESH = (
    Rule(("not_offered",), "refuse_not_authorised"),
    Rule(("asked_too_often",), "refuse_too_often"),
    Rule(("asked_too_soon",), "refuse_too_soon"),
    Rule(("needs_view",), "refuse_needs_view"),
    Rule(("line_is_down",), "ignore"),
    Rule((), "note_question", _S.NOTING),
)
_ANSWERED_GRANT = (
    Rule(
        ("is_open_prompt", "says_yes", "scope_is_whole", "within_silence"),
        "record_yes",
        _S.RECORDING,
    ),
    Rule(("is_open_prompt",), "take_no", _S.NONE),
    Rule((), "ignore"),
)
_ANSWERED_RENEWAL = (
    Rule(("is_open_prompt", "says_yes", "within_silence", "within_grant"), "renew", _S.GRANTED),
    Rule(("is_open_prompt", "asks_still_there"), "end_unanswered", _S.NONE),
    Rule(("is_open_prompt",), "let_run_out", _S.GRANTED),
    Rule((), "ignore"),
)
_PICTURE = (
    Rule(
        ("is_view", "is_this_grant", "within_grant", "not_paused", "channel_is_up", "monitors_are_granted"),
        "pass_picture",
    ),
    Rule((), "drop_picture"),
)
_INPUT = (
    Rule(
        (
            "is_control", "is_this_grant", "within_grant", "not_paused", "no_prompt_is_open", "channel_is_up",
            "pointer_is_granted",
        ),
        "inject",
    ),
    Rule((), "drop_input"),
)  # fmt: skip
_CHANNEL_STOOD = (
    Rule(("is_this_grant", "epoch_is_new"), "take_channel"),
    Rule((), "refuse_channel"),
)
_REFUSE_CHANNEL = (Rule((), "refuse_channel"),)

Table = Mapping[tuple[Stage, type[ev.CapabilityEvent]], tuple[Rule, ...]]

TABLE: Table = {
    # asked
    (_S.NONE, ev.ConsoleAsked): _ASKED_FRESH,
    (_S.NOTING, ev.ConsoleAsked): (Rule((), "refuse_already_asked"),),
    (_S.QUEUED, ev.ConsoleAsked): (Rule((), "refuse_already_asked"),),
    (_S.PROMPTED, ev.ConsoleAsked): (Rule((), "refuse_already_asked"),),
    (_S.RECORDING, ev.ConsoleAsked): (Rule((), "refuse_already_asked"),),
    (_S.GRANTED, ev.ConsoleAsked): (Rule((), "refuse_already_granted"),),
    (_S.RENEWING, ev.ConsoleAsked): (Rule((), "refuse_already_granted"),),
    (_S.OVER, ev.ConsoleAsked): IGNORED,
    # given back
    (_S.NONE, ev.ConsoleGaveBack): IGNORED,
    (_S.NOTING, ev.ConsoleGaveBack): (Rule((), "withdraw", _S.NONE),),
    (_S.QUEUED, ev.ConsoleGaveBack): (Rule((), "withdraw", _S.NONE),),
    (_S.PROMPTED, ev.ConsoleGaveBack): (Rule((), "withdraw", _S.NONE),),
    (_S.RECORDING, ev.ConsoleGaveBack): (Rule((), "withdraw", _S.NONE),),
    (_S.GRANTED, ev.ConsoleGaveBack): (Rule((), "end_given_back", _S.NONE),),
    (_S.RENEWING, ev.ConsoleGaveBack): (Rule((), "end_given_back", _S.NONE),),
    (_S.OVER, ev.ConsoleGaveBack): IGNORED,
    # the technician's answer
    (_S.NONE, ev.TechnicianAnswered): IGNORED,
    (_S.NOTING, ev.TechnicianAnswered): IGNORED,
    (_S.QUEUED, ev.TechnicianAnswered): IGNORED,
    (_S.PROMPTED, ev.TechnicianAnswered): _ANSWERED_GRANT,
    (_S.RECORDING, ev.TechnicianAnswered): IGNORED,
    (_S.GRANTED, ev.TechnicianAnswered): IGNORED,
    (_S.RENEWING, ev.TechnicianAnswered): _ANSWERED_RENEWAL,
    (_S.OVER, ev.TechnicianAnswered): IGNORED,
    # the technician takes it back: at any stage it is a no
    (_S.NONE, ev.TechnicianRevoked): IGNORED,
    (_S.NOTING, ev.TechnicianRevoked): (Rule((), "take_no", _S.NONE),),
    (_S.QUEUED, ev.TechnicianRevoked): (Rule((), "take_no", _S.NONE),),
    (_S.PROMPTED, ev.TechnicianRevoked): (Rule((), "take_no", _S.NONE),),
    (_S.RECORDING, ev.TechnicianRevoked): (Rule((), "take_no", _S.NONE),),
    (_S.GRANTED, ev.TechnicianRevoked): (Rule((), "end_revoked", _S.NONE),),
    (_S.RENEWING, ev.TechnicianRevoked): (Rule((), "end_revoked", _S.NONE),),
    (_S.OVER, ev.TechnicianRevoked): IGNORED,
    # the journal
    (_S.NONE, ev.EntryStood): IGNORED,
    (_S.NOTING, ev.EntryStood): (
        Rule(("is_awaited_entry", "no_prompt_is_open"), "ask", _S.PROMPTED),
        Rule(("is_awaited_entry",), "queue", _S.QUEUED),
        Rule((), "ignore"),
    ),
    (_S.QUEUED, ev.EntryStood): IGNORED,
    (_S.PROMPTED, ev.EntryStood): IGNORED,
    (_S.RECORDING, ev.EntryStood): (
        Rule(("is_awaited_entry",), "grant", _S.GRANTED),
        Rule((), "ignore"),
    ),
    (_S.GRANTED, ev.EntryStood): IGNORED,
    (_S.RENEWING, ev.EntryStood): IGNORED,
    (_S.OVER, ev.EntryStood): IGNORED,
    (_S.NONE, ev.EntryFailed): IGNORED,
    (_S.NOTING, ev.EntryFailed): (Rule(("is_awaited_entry",), "refuse_journal", _S.NONE), Rule((), "ignore")),
    (_S.QUEUED, ev.EntryFailed): IGNORED,
    (_S.PROMPTED, ev.EntryFailed): IGNORED,
    (_S.RECORDING, ev.EntryFailed): (Rule(("is_awaited_entry",), "refuse_journal", _S.NONE), Rule((), "ignore")),
    (_S.GRANTED, ev.EntryFailed): IGNORED,
    (_S.RENEWING, ev.EntryFailed): IGNORED,
    (_S.OVER, ev.EntryFailed): IGNORED,
    # channels
    (_S.NONE, ev.ChannelStood): _REFUSE_CHANNEL,
    (_S.NOTING, ev.ChannelStood): _REFUSE_CHANNEL,
    (_S.QUEUED, ev.ChannelStood): _REFUSE_CHANNEL,
    (_S.PROMPTED, ev.ChannelStood): _REFUSE_CHANNEL,
    (_S.RECORDING, ev.ChannelStood): _REFUSE_CHANNEL,
    (_S.GRANTED, ev.ChannelStood): _CHANNEL_STOOD,
    (_S.RENEWING, ev.ChannelStood): _CHANNEL_STOOD,
    (_S.OVER, ev.ChannelStood): _REFUSE_CHANNEL,
    (_S.NONE, ev.ChannelFell): IGNORED,
    (_S.NOTING, ev.ChannelFell): IGNORED,
    (_S.QUEUED, ev.ChannelFell): IGNORED,
    (_S.PROMPTED, ev.ChannelFell): IGNORED,
    (_S.RECORDING, ev.ChannelFell): IGNORED,
    (_S.GRANTED, ev.ChannelFell): (Rule((), "lose_channel"),),
    (_S.RENEWING, ev.ChannelFell): (Rule((), "lose_channel"),),
    (_S.OVER, ev.ChannelFell): IGNORED,
    # what wants to pass
    (_S.NONE, ev.PictureTaken): _DROP_PICTURE,
    (_S.NOTING, ev.PictureTaken): _DROP_PICTURE,
    (_S.QUEUED, ev.PictureTaken): _DROP_PICTURE,
    (_S.PROMPTED, ev.PictureTaken): _DROP_PICTURE,
    (_S.RECORDING, ev.PictureTaken): _DROP_PICTURE,
    (_S.GRANTED, ev.PictureTaken): _PICTURE,
    (_S.RENEWING, ev.PictureTaken): _PICTURE,
    (_S.OVER, ev.PictureTaken): _DROP_PICTURE,
    (_S.NONE, ev.InputCame): _DROP_INPUT,
    (_S.NOTING, ev.InputCame): _DROP_INPUT,
    (_S.QUEUED, ev.InputCame): _DROP_INPUT,
    (_S.PROMPTED, ev.InputCame): _DROP_INPUT,
    (_S.RECORDING, ev.InputCame): _DROP_INPUT,
    (_S.GRANTED, ev.InputCame): _INPUT,
    (_S.RENEWING, ev.InputCame): _DROP_INPUT,
    (_S.OVER, ev.InputCame): _DROP_INPUT,
    # time
    (_S.NONE, ev.MomentCame): IGNORED,
    (_S.NOTING, ev.MomentCame): IGNORED,
    (_S.QUEUED, ev.MomentCame): (Rule(("no_prompt_is_open",), "ask", _S.PROMPTED), Rule((), "ignore")),
    (_S.PROMPTED, ev.MomentCame): (Rule(("silence_is_over",), "take_silence", _S.NONE), Rule((), "ignore")),
    (_S.RECORDING, ev.MomentCame): IGNORED,
    (_S.GRANTED, ev.MomentCame): (
        Rule(("grant_is_over",), "end_expired", _S.NONE),
        Rule(("still_there_is_due", "no_prompt_is_open"), "ask_still_there", _S.RENEWING),
        Rule(("renewal_is_due", "no_prompt_is_open"), "ask_renewal", _S.RENEWING),
        Rule((), "ignore"),
    ),
    (_S.RENEWING, ev.MomentCame): (
        Rule(("grant_is_over",), "end_expired", _S.NONE),
        Rule(("silence_is_over", "asks_still_there"), "end_unanswered", _S.NONE),
        Rule(("silence_is_over",), "let_run_out", _S.GRANTED),
        Rule((), "ignore"),
    ),
    (_S.OVER, ev.MomentCame): IGNORED,
}
