"""The state of this PC at a glance: one tone, one sentence, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from benchside.desk.models.duration import count_up
from benchside.desk.models.phrase import Phrase
from benchside.desk.models.state import Contact, DeskState
from benchside.protocol.errors import Refusal

__all__ = ["Gate", "Glance", "Tone", "closed_gates", "glance", "say_refusal", "say_what_next"]

_GATES_WITH_OWNER = frozenset(
    {
        Refusal.NO_IT_REVIEW,
        Refusal.NO_TERMS,
        Refusal.NO_POLICY,
        Refusal.OLD_POLICY,
        Refusal.NOT_AUTHORISED,
        Refusal.JOURNAL,
        Refusal.COVERS_UNREADABLE,
    }
)
"""For these the catalogue names who can open the gate; for any other it says to ask the vendor."""

_WITH_OWN_ADVICE = frozenset({Refusal.BUSY, Refusal.WAIT})
"""What to do about these is said in a sentence of their own; nobody has to be called."""

CALL_AFTER_S = 20.0
"""A restart of the server or a waking network card is over by then; earlier the number only worries."""


class Tone(StrEnum):
    """How good or bad something is; each also has its own sign, never colour alone."""

    GOOD = "good"
    INFO = "info"
    WARN = "warn"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Glance:
    """What the first page says on top.  `may_ask`: whether *Request help* can be pressed."""

    tone: Tone
    title: Phrase
    why: Phrase
    may_ask: bool
    calls_phone: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that has to be done before help can be requested."""

    why: Phrase
    owner: Phrase


def glance(state: DeskState, now_s: float) -> Glance:
    """Return the state in words; the worst thing first."""
    if state.contact is Contact.SEEKING:
        return Glance(Tone.INFO, Phrase("glance.seeking"), Phrase("glance.seeking.why"), False, False)
    if state.contact is Contact.AWAY:
        return Glance(Tone.DANGER, Phrase("glance.away"), Phrase("glance.away.why"), False, True)
    if state.contact is Contact.OTHER_VERSION:
        return Glance(Tone.DANGER, Phrase("glance.other_version"), Phrase("glance.other_version.why"), False, True)
    if state.welcome is not None and state.welcome.missing:
        return Glance(Tone.WARN, Phrase("glance.missing"), Phrase("glance.missing.why"), False, True)
    if not state.online:
        gone_s = now_s - state.online_since_at
        why = Phrase("glance.offline.why", {"time": count_up(gone_s)})
        return Glance(Tone.WARN, Phrase("glance.offline"), why, True, gone_s >= CALL_AFTER_S)
    return Glance(Tone.GOOD, Phrase("glance.ready"), Phrase("glance.ready.why"), True, False)


def closed_gates(state: DeskState) -> tuple[Gate, ...]:
    """Return what is missing, in the order in which to do it."""
    if state.welcome is None:
        return ()
    number = state.welcome.number
    return tuple(Gate(Phrase(f"refusal.{gate}"), _owner(gate, number)) for gate in state.welcome.missing)


def _owner(gate: Refusal, number: str) -> Phrase:
    if gate is Refusal.HELD:
        return Phrase(f"gate.{gate}", {"number": number})
    return Phrase(f"gate.{gate}" if gate in _GATES_WITH_OWNER else "gate.other")


def say_what_next(reason: Refusal, number: str = "") -> Phrase:
    """Return what to do after a refusal; `number` is the PC's own, which the vendor asks for where it is held."""
    return Phrase(f"next.{reason}") if reason in _WITH_OWN_ADVICE else _owner(reason, number)


def say_refusal(reason: Refusal) -> Phrase:
    """Return the sentence for a refusal."""
    return Phrase(f"refusal.{reason}")
