"""The acts of the consent table: what each rule changes, and which effects it asks for."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from benchside.protocol.errors import CallerError, Refusal
from benchside.protocol.flow.consent import effects as fx
from benchside.protocol.flow.consent import events as ev
from benchside.protocol.flow.consent.grant import make_grant
from benchside.protocol.flow.consent.limits import ConsentLimits
from benchside.protocol.flow.consent.slot import Slot
from benchside.protocol.flow.consent.table import TABLE, Stage, Table
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.capability import Capability, GrantEnd, GrantScope
from benchside.protocol.wire.desk import PromptKind
from benchside.protocol.wire.input import WhyHeld
from benchside.protocol.wire.session import (
    CapabilityAsked,
    CapabilityGranted,
    CapabilityRefused,
    GrantEnded,
    GrantExtended,
)

__all__ = ["ConsentActs"]

_Effects = list[fx.ConsentEffect]


class ConsentActs:
    """The state of consent and one method for each act that the table names."""

    limits: ConsentLimits
    offered: frozenset[Capability]
    slots: dict[Capability, Slot]
    monitors: frozenset[int]
    is_paused: bool
    line_is_up: bool
    is_over: bool

    def __init__(
        self,
        *,
        offered: Iterable[Capability],
        associate: str,
        limits: ConsentLimits | None = None,
        table: Table = TABLE,
    ) -> None:
        """`associate`: the id for the journal; `table` is for the tests that remove a guard."""
        self.limits = limits or ConsentLimits()
        self.offered = frozenset(offered)
        self.slots = {capability: Slot(capability) for capability in Capability}
        self.monitors: frozenset[int] = frozenset()
        self.is_paused = False
        self.line_is_up = True
        self.is_over = False
        self._associate = associate
        self._table = table
        self._entries = 0
        self._prompts = 0
        self._held = WhyHeld.NOTHING
        self._withdrawn: list[Capability] = []

    # -- what guards and indicator read ----------------------------------------------------------

    @property
    def prompt_is_open(self) -> bool:
        """True while the technician is being asked anything."""
        return any(slot.prompt for slot in self.slots.values())

    def standing(self, now: float) -> tuple[tuple[Capability, float, GrantScope], ...]:
        """Return each running grant: capability, seconds left, scope."""
        return tuple(
            (slot.capability, max(0.0, slot.ends_at - now), slot.grant.scope)
            for slot in self.slots.values()
            if slot.grant is not None
        )

    # -- asking ----------------------------------------------------------------------------------

    def _note_question(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        if isinstance(event, ev.ConsoleAsked):
            slot.purpose = event.purpose
        slot.awaited_entry = self._record(slot, EventKind.CAPABILITY_ASKED, effects, purpose=slot.purpose)

    def _queue(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        slot.awaited_entry = 0
        self._tell_asked(slot, effects)

    def _ask(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        slot.awaited_entry = 0
        self._open_prompt(slot, PromptKind.GRANT, now, effects)
        self._tell_asked(slot, effects)

    def _tell_asked(self, slot: Slot, effects: _Effects) -> None:
        within = int(self.limits.silence_s)
        effects.append(fx.TellConsole(CapabilityAsked(capability=slot.capability, answer_within_s=within)))

    def _refuse(self, slot: Slot, reason: Refusal, effects: _Effects, *, again_in_s: float | None = None) -> None:
        self._record(slot, EventKind.CAPABILITY_REFUSED, effects, cause=reason.value)
        self._tell_refused(slot, reason, effects, again_in_s)

    def _tell_refused(self, slot: Slot, reason: Refusal, effects: _Effects, again_in_s: float | None) -> None:
        again = None if again_in_s is None else max(0, int(again_in_s + 0.999))
        effects.append(fx.TellConsole(CapabilityRefused(capability=slot.capability, reason=reason, again_in_s=again)))

    def _refuse_not_authorised(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._refuse(slot, Refusal.NOT_AUTHORISED, effects)

    def _refuse_too_often(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._refuse(slot, Refusal.ASKED_TOO_OFTEN, effects)

    def _refuse_too_soon(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._refuse(slot, Refusal.ASKED_TOO_SOON, effects, again_in_s=slot.again_at - now)

    def _refuse_needs_view(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._refuse(slot, Refusal.NEEDS_VIEW, effects, again_in_s=0)

    def _refuse_already_asked(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._refuse(slot, Refusal.ALREADY_ASKED, effects, again_in_s=0)

    def _refuse_already_granted(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._refuse(slot, Refusal.ALREADY_GRANTED, effects, again_in_s=0)

    def _refuse_journal(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        slot.awaited_entry = 0
        self._tell_refused(slot, Refusal.JOURNAL, effects, 0)

    def _withdraw(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        """The question goes away without an answer; one that was on the screen does not come back at once."""
        again_in_s = self._count_withdrawn(slot, now)
        self._close_prompt(slot, effects)
        slot.awaited_entry = 0
        self._tell_refused(slot, Refusal.NO_REQUEST, effects, again_in_s)

    def _count_withdrawn(self, slot: Slot, now: float) -> float | None:
        """Count a question that vanishes; return in how many seconds it may come again, None: never."""
        if not slot.prompt:
            return 0.0
        slot.withdrawn += 1
        if slot.withdrawn % self.limits.withdrawn_is_no == 0:
            return self._count_no(slot, now)
        slot.again_at = now + self.limits.withdrawn_s
        return self.limits.withdrawn_s

    # -- answers ---------------------------------------------------------------------------------

    def _record_yes(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._close_prompt(slot, effects)
        said = event.scope if isinstance(event, ev.TechnicianAnswered) else GrantScope()
        if slot.capability is Capability.VIEW:
            slot.scope = replace(said, paste=False)
        elif (view := self.slots[Capability.VIEW].grant) is not None:
            slot.scope = replace(view.scope, paste=said.paste and slot.capability is Capability.CONTROL)
        slot.awaited_entry = self._record(
            slot,
            EventKind.CAPABILITY_GRANTED,
            effects,
            purpose=slot.purpose,
            scope=_scope_text(slot.scope),
            seconds=str(int(self.limits.grant_s)),
        )

    def _take_no(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._no(slot, Refusal.DENIED, now, effects)

    def _take_silence(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._no(slot, Refusal.SILENCE, now, effects)

    def _no(self, slot: Slot, reason: Refusal, now: float, effects: _Effects) -> None:
        self._close_prompt(slot, effects)
        slot.awaited_entry = 0
        again_in_s = self._count_no(slot, now)
        self._record(slot, EventKind.CAPABILITY_DENIED, effects, cause=reason.value)
        self._tell_refused(slot, reason, effects, again_in_s)

    def _count_no(self, slot: Slot, now: float) -> float | None:
        """Count a no; return in how many seconds the question may come again, None: never."""
        slot.noes += 1
        slot.again_at = now + self.limits.again_after_s
        return None if slot.noes > self.limits.asked_again else self.limits.again_after_s

    def _grant(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        if not isinstance(event, ev.EntryStood) or len(event.fresh) != 48:
            raise CallerError("a grant needs 48 fresh bytes with the entry that stands")
        slot.awaited_entry = 0
        grant = make_grant(slot.capability, event.fresh[:16], slot.scope)
        slot.grant = grant
        slot.ends_at = now + self.limits.grant_s
        slot.still_there_at = now + self.limits.still_there_s
        slot.renewal_asked = False
        secret = event.fresh[16:]
        effects.append(fx.OpenChannel(grant, secret))
        effects.append(
            fx.TellConsole(
                CapabilityGranted(
                    capability=slot.capability,
                    grant=grant.grant,
                    secret=secret,
                    ends_in_s=int(self.limits.grant_s),
                    scope=GrantScope(monitors=grant.scope.monitors, paste=grant.scope.paste),
                )
            )
        )
        effects.append(fx.ShowStanding())

    # -- going on --------------------------------------------------------------------------------

    def _ask_renewal(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        slot.renewal_asked = True
        self._open_prompt(slot, PromptKind.EXTEND, now, effects)

    def _ask_still_there(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._open_prompt(slot, PromptKind.STILL_THERE, now, effects)

    def _renew(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._close_prompt(slot, effects)
        slot.still_there_at = now + self.limits.still_there_s
        if slot.kind is not PromptKind.EXTEND or slot.grant is None:
            return
        slot.ends_at = now + self.limits.grant_s
        slot.renewal_asked = False
        seconds = int(self.limits.grant_s)
        self._record(slot, EventKind.GRANT_EXTENDED, effects, seconds=str(seconds))
        effects.append(
            fx.TellConsole(GrantExtended(capability=slot.capability, grant=slot.grant.grant, ends_in_s=seconds))
        )
        effects.append(fx.ShowStanding())

    def _let_run_out(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._close_prompt(slot, effects)

    # -- ends ------------------------------------------------------------------------------------

    def _end_revoked(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._count_no(slot, now)
        self._end(slot, GrantEnd.REVOKED, effects)

    def _end_given_back(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._end(slot, GrantEnd.GIVEN_BACK, effects)

    def _end_expired(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._end(slot, GrantEnd.EXPIRED, effects)

    def _end_unanswered(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        self._count_no(slot, now)
        self._end(slot, GrantEnd.UNANSWERED, effects)

    def _end(self, slot: Slot, reason: GrantEnd, effects: _Effects) -> None:
        """End a grant: keys first, then the rest.  A view takes the control with it."""
        grant = slot.grant
        if grant is None:
            raise CallerError("a capability without a grant cannot end")
        slot.forget_grant()
        effects.append(fx.DropGrant(grant))
        if slot.capability is Capability.CONTROL:
            effects.append(fx.LiftInput())
        self._close_prompt(slot, effects)
        self._record(slot, EventKind.GRANT_ENDED, effects, cause=reason.value, grant=grant.grant.hex())
        effects.append(fx.TellConsole(GrantEnded(capability=slot.capability, grant=grant.grant, reason=reason)))
        effects.append(fx.ShowStanding())
        control = self.slots[Capability.CONTROL]
        if slot.capability is Capability.VIEW and control.stands:
            control.stage = Stage.NONE
            self._end(control, GrantEnd.VIEW_ENDED, effects)
        elif slot.capability is Capability.VIEW and control.is_underway:
            control.stage = Stage.NONE
            self._close_prompt(control, effects)
            control.awaited_entry = 0
            self._refuse(control, Refusal.NEEDS_VIEW, effects, again_in_s=0)

    # -- what passes -----------------------------------------------------------------------------

    def _take_channel(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        if isinstance(event, ev.ChannelStood):
            slot.epoch = event.epoch
        slot.channel_is_up = True
        if slot.capability is Capability.CONTROL:
            effects.append(fx.HoldInput(self._why_held()))

    def _refuse_channel(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        """A channel without its grant carries nothing: it stays down and every picture and input is dropped."""

    def _lose_channel(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        slot.channel_is_up = False
        if slot.capability is Capability.CONTROL:
            effects.append(fx.LiftInput())

    def _pass_picture(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        if slot.grant is not None:
            effects.append(fx.PassPicture(slot.grant))

    def _drop_picture(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        """The picture stays on the PC; the host keeps its damage for later."""

    def _inject(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        if slot.grant is not None and isinstance(event, ev.InputCame):
            effects.append(fx.Inject(slot.grant, event.message))

    def _drop_input(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        """Input that may not act is forgotten, never stored up for later."""

    # -- prompts, held input, journal ------------------------------------------------------------

    def _open_prompt(self, slot: Slot, kind: PromptKind, now: float, effects: _Effects) -> None:
        self._prompts += 1
        slot.prompt, slot.kind = self._prompts, kind
        slot.silence_at = now + self.limits.silence_s
        effects.append(fx.AskTechnician(slot.prompt, kind, slot.capability, slot.purpose))

    def _close_prompt(self, slot: Slot, effects: _Effects) -> None:
        if slot.prompt:
            effects.append(fx.UnaskTechnician(slot.prompt))
            slot.prompt = 0

    def _why_held(self) -> WhyHeld:
        if self.is_paused:
            return WhyHeld.PAUSED
        return WhyHeld.PROMPT if self.prompt_is_open else WhyHeld.NOTHING

    def _hold_or_let_go(self, effects: _Effects) -> None:
        why = self._why_held()
        if why is self._held:
            return
        if self._held is WhyHeld.NOTHING:
            effects.insert(0, fx.LiftInput())
        self._held = why
        if self.slots[Capability.CONTROL].channel_is_up:
            effects.append(fx.HoldInput(why))

    def _record(self, slot: Slot | None, kind: EventKind, effects: _Effects, **details: str) -> int:
        self._entries += 1
        capability = None if slot is None else slot.capability
        known = EventDetails(
            associate=self._associate, capability=None if capability is None else capability.value, **details
        )
        effects.append(fx.Record(capability, self._entries, kind, known))
        return self._entries


def _scope_text(scope: GrantScope) -> str:
    """Return the scope for the journal; a window's title stays out of it."""
    place = "one window" if scope.window is not None else _monitors_text(scope)
    return f"{place}; pasting text" if scope.paste else place


def _monitors_text(scope: GrantScope) -> str:
    return "monitors " + ", ".join(str(monitor + 1) for monitor in scope.monitors)
