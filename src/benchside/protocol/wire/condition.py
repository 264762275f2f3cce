"""Conditions: what is wrong now at a PC or its instruments, what adapters signal, and the journal of every change.

The model is that of OPC UA Part 9 (OPC 10000-9, 5.5 to 5.8), with its words: a condition is *active* or not,
*acknowledged*, *shelved* until a moment, *latched* until somebody resets it, *suppressed* by a rule, *out of service*.

    adapter, check, program  --Signal-->  notifier  --ConditionChange, in a chain-->  journal --> desk, server

A signal says how things are, again and again if its source likes; a change is a fact that is written down once.
Values are an allow-list of the catalogue (R66): a value that the catalogue of its code does not name goes nowhere.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.protocol.wire.codec import Codec
from benchside.protocol.wire.ids import Bytes16, Bytes32
from benchside.protocol.wire.text import GOOD_LINE, Line, Name, Word
from benchside.protocol.wire.ticket import UtcMs

__all__ = [
    "BATCH",
    "CHANGE",
    "MAX_BATCH",
    "ChangeKind",
    "ConditionChange",
    "ConditionKey",
    "ConditionState",
    "ConditionTold",
    "NoticeBatch",
    "Severity",
    "Signal",
    "SignalState",
    "Texts",
    "Values",
]

MAX_BATCH = 100
"""Changes that travel together: some 40 kB before they are compressed."""


class Severity(StrEnum):
    """How bad, lowest first; beside it the range of OPC UA severities (OPC 10000-9, 5.5.2) that reads as this."""

    INFO = "info"
    """1 to 200: good to know; never pops up."""
    WARNING = "warning"
    """201 to 500: will be a problem."""
    SERIOUS = "serious"
    """501 to 800: work is affected."""
    CRITICAL = "critical"
    """801 to 1000: results, samples or the instrument are in danger; pops up at once, whatever runs."""

    @property
    def rank(self) -> int:
        """0 for INFO to 3 for CRITICAL."""
        return tuple(Severity).index(self)


_ValueName = Annotated[str, Meta(min_length=1, max_length=32, pattern="^[a-z][a-z0-9_]*\\Z")]
_Text = Annotated[str, Meta(max_length=120, pattern=GOOD_LINE)]
_Real = Annotated[float, Meta(ge=-1e15, le=1e15)]
"""Not NaN and not infinite: no sentence can say them."""
Values = Annotated[
    dict[_ValueName, _Text | Annotated[int, Meta(ge=-(2**53), le=2**53)] | _Real | bool], Meta(max_length=12)
]
"""What a notice's sentence may name: numbers, and short texts of one line."""
_Language = Annotated[str, Meta(pattern="^[a-z]{2}\\Z")]
_Sentence = Annotated[str, Meta(max_length=300, pattern=GOOD_LINE)]
Texts = Annotated[dict[_Language, _Sentence], Meta(max_length=4)]
"""One sentence in each language that the catalogue has."""


class ConditionKey(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, order=True):
    """Which condition: who says it, about what, and what.  `pc.disk`, `C:`, `space_low`."""

    source: Word
    subject: Name
    code: Word


class SignalState(StrEnum):
    """What a signal says of its condition."""

    ON = "on"
    OFF = "off"
    PULSE = "pulse"
    """It happened and is over: active until its catalogue's `off_after_s` has passed without another."""


class Signal(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """How one condition is, as its source sees it.

    `severity`: only where the source knows better than the catalogue.
    `count`: so many signals alike, folded on the way.
    """

    key: ConditionKey
    state: SignalState
    values: Values = msgspec.field(default_factory=dict)
    severity: Severity | None = None
    count: Annotated[int, Meta(ge=1, le=2**53)] = 1


class ChangeKind(StrEnum):
    """Facts about a condition, or (without a key) about the notifier itself."""

    RAISED = "raised"
    CHANGED = "changed"
    """Another severity, or values that the sentence names, while it is active."""
    CLEARED = "cleared"
    LATCHED = "latched"
    """In place of CLEARED: the cause is gone, and it stays until LATCH_RESET."""
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    LATCH_RESET = "latch_reset"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    FLAPPING = "flapping"
    """It comes and goes too fast: active until it is steady, and said once."""
    STEADY = "steady"
    FOLDED = "folded"
    """`count` signals since the last entry changed nothing that is worth a line of its own."""
    POPPED_UP = "popped_up"
    STARTED = "started"
    STOPPED = "stopped"
    CLOCK_JUMPED = "clock_jumped"
    """`values`: by_s."""
    CUT = "cut"
    """Entries up to `count` were removed for age; the chain goes on from their last head."""


class ConditionChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An entry of the notifier's journal; `head` is the chain after it (trust/conditions.py)."""

    sequence: Annotated[int, Meta(ge=1, le=2**53)]
    kind: ChangeKind
    at_utc_ms: UtcMs
    key: ConditionKey | None = None
    severity: Severity | None = None
    texts: Texts = msgspec.field(default_factory=dict)
    """The sentence as it was told; with RAISED, CHANGED and FLAPPING."""
    values: Values = msgspec.field(default_factory=dict)
    by: Name | None = None
    """The person who did it, as they call themselves: personal."""
    why: Line | None = None
    until_utc_ms: UtcMs | None = None
    """With SHELVED; with RAISED, CHANGED, FLAPPING, STEADY and FOLDED of a pulse: when it clears if no other comes."""
    count: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    """So many signals led here since the last entry of this condition; with CUT, up to which entry."""
    head: Bytes32


class ConditionState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a condition stands: the projection of its changes.  Shown while it is active, latched or not acknowledged."""

    key: ConditionKey
    severity: Severity
    is_active: bool
    since_utc_ms: UtcMs
    """When it was raised last."""
    changed_utc_ms: UtcMs
    texts: Texts = msgspec.field(default_factory=dict)
    values: Values = msgspec.field(default_factory=dict)
    is_latched: bool = False
    is_acknowledged: bool = False
    acknowledged_by: Name | None = None
    shelved_until_utc_ms: UtcMs | None = None
    shelf_ends_utc_ms: UtcMs | None = None
    """The same moment by the PC's clock as it runs now, where that has jumped since; None: it has not."""
    shelved_by: Name | None = None
    shelved_why: Line | None = None
    is_suppressed: bool = False
    is_out_of_service: bool = False
    is_flapping: bool = False
    is_pulse: bool = False
    """Its last signal was a pulse: it clears by itself."""
    pulse_until_utc_ms: UtcMs | None = None
    """When, by the PC's clock as it runs now, if no other comes; None: it is over, or was written by a version that did
    not keep it."""
    count: Annotated[int, Meta(ge=0, le=2**53)] = 1
    """How often it was signalled since it was raised."""
    sequence: Annotated[int, Meta(ge=0, le=2**53)] = 0
    """The newest change's."""


class ConditionTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A condition as a request for help carries it, with its sentence in each language that the catalogue has."""

    key: ConditionKey
    severity: Severity
    texts: Texts = msgspec.field(default_factory=dict)
    since_utc_ms: UtcMs | None = None
    """When it was raised last, by the PC's clock."""


class NoticeBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to MAX_BATCH changes in order, of one journal.

    `journal`: random, made with the journal's file; a PC whose notifier lost its disk begins another, so device,
    journal and sequence together name a change for good.
    """

    journal: Bytes16
    changes: Annotated[tuple[ConditionChange, ...], Meta(min_length=1, max_length=MAX_BATCH)]


_MAX_CHANGE_BYTES = 16 * 1024
"""Of four bytes a character: 5 kB for four sentences of 300, 6 kB for twelve values of 120, 2 kB for the rest."""
CHANGE: Codec[ConditionChange] = Codec(ConditionChange, max_bytes=_MAX_CHANGE_BYTES, name="condition change")
BATCH: Codec[NoticeBatch] = Codec(NoticeBatch, max_bytes=MAX_BATCH * _MAX_CHANGE_BYTES, name="notices")
