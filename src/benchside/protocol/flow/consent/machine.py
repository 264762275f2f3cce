"""Carries the consent table out: one step an event, effects in the order in which they must happen."""

from __future__ import annotations

from collections.abc import Callable

from benchside.protocol.errors import CallerError, Refusal
from benchside.protocol.flow.consent import effects as fx
from benchside.protocol.flow.consent import events as ev
from benchside.protocol.flow.consent.acts import ConsentActs
from benchside.protocol.flow.consent.guards import GUARDS
from benchside.protocol.flow.consent.slot import Slot
from benchside.protocol.flow.consent.table import Stage
from benchside.protocol.wire.audit import EventKind
from benchside.protocol.wire.capability import Capability, GrantEnd
from benchside.protocol.wire.session import SessionPaused

__all__ = ["ConsentMachine"]

_Effects = list[fx.ConsentEffect]


class ConsentMachine(ConsentActs):
    """Consent of one session on the PC.

    `step(event, now)` returns what must be done; `deadline()` the next moment at which `step` must be
    called with MomentCame.  `offered`: what this PC may grant at all.
    """

    def step(self, event: ev.ConsentEvent, now: float) -> _Effects:
        """Take one event at `now` (seconds, monotonic) and return the effects in order."""
        effects: _Effects = []
        match event:
            case ev.PauseChosen():
                self._pause(event.paused, effects)
            case ev.LineFell():
                self._line_fell(now, effects)
            case ev.LineStood():
                self._line_stood(now, effects)
            case ev.SessionOver():
                self._session_over(effects)
            case ev.MonitorsKnown():
                self.monitors = frozenset(event.monitors)
            case _:
                self._apply(self.slots[event.capability], event, now, effects)
        self._serve_queue(now, effects)
        self._hold_or_let_go(effects)
        return effects

    def deadline(self) -> float | None:
        """Return the next moment at which something ends or is due; None: nothing waits for time."""
        moments: list[float] = []
        for slot in self.slots.values():
            if slot.prompt:
                moments.append(slot.silence_at)
            if slot.stands:
                moments.append(slot.ends_at)
            if slot.stage is Stage.GRANTED and not self.prompt_is_open:
                if not slot.renewal_asked:
                    moments.append(slot.ends_at - self.limits.renew_before_s)
                if slot.capability is Capability.CONTROL:
                    moments.append(slot.still_there_at)
        return min(moments, default=None)

    # -- the table -------------------------------------------------------------------------------

    def _apply(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        try:
            rules = self._table[slot.stage, type(event)]
        except KeyError:
            raise CallerError(f"consent has no rule for {type(event).__name__} in stage {slot.stage}") from None
        for rule in rules:
            if all(GUARDS[name](self, slot, event, now) for name in rule.guards):
                act: Callable[[Slot, ev.CapabilityEvent, float, _Effects], None] = getattr(self, f"_{rule.act}")
                if rule.to is not None:
                    slot.stage = rule.to
                act(slot, event, now, effects)
                return
        raise CallerError(f"consent's rules for {type(event).__name__} in stage {slot.stage} have no last resort")

    def _serve_queue(self, now: float, effects: _Effects) -> None:
        """Open the next prompt that waits, when none is open."""
        for slot in self.slots.values():
            if slot.stage is Stage.QUEUED and not self.prompt_is_open:
                self._apply(slot, ev.MomentCame(slot.capability), now, effects)

    def _ignore(self, slot: Slot, event: ev.CapabilityEvent, now: float, effects: _Effects) -> None:
        """Nothing happens, on purpose."""

    # -- the whole session -----------------------------------------------------------------------

    def _pause(self, paused: bool, effects: _Effects) -> None:
        if self.is_over or paused == self.is_paused:
            return
        self.is_paused = paused
        kind = EventKind.SESSION_PAUSED if paused else EventKind.SESSION_RESUMED
        self._record(None, kind, effects)
        effects.append(fx.TellConsole(SessionPaused(paused=paused)))
        effects.append(fx.ShowStanding())

    def _line_fell(self, now: float, effects: _Effects) -> None:
        if self.is_over or not self.line_is_up:
            return
        self.line_is_up = False
        effects.append(fx.LiftInput())
        for slot in self.slots.values():
            slot.channel_is_up = False
            if slot.is_underway:
                slot.stage = Stage.NONE
                slot.awaited_entry = 0
                self._count_withdrawn(slot, now)
                self._close_prompt(slot, effects)
                self._withdrawn.append(slot.capability)
        self._record(None, EventKind.LINE_LOST, effects)
        effects.append(fx.ShowStanding())

    def _line_stood(self, now: float, effects: _Effects) -> None:
        if self.is_over or self.line_is_up:
            return
        self.line_is_up = True
        self._record(None, EventKind.LINE_BACK, effects)
        for capability in self._withdrawn:
            # the question went down with the line; it may come again when its time has come
            slot = self.slots[capability]
            again_in_s = None if slot.noes > self.limits.asked_again else max(0.0, slot.again_at - now)
            self._tell_refused(slot, Refusal.WAIT, effects, again_in_s)
        self._withdrawn.clear()
        if self.is_paused:
            effects.append(fx.TellConsole(SessionPaused(paused=True)))
        effects.append(fx.ShowStanding())

    def _session_over(self, effects: _Effects) -> None:
        if self.is_over:
            return
        self.is_over = True
        grants = [slot.grant for slot in self.slots.values() if slot.grant is not None]
        effects.extend(fx.DropGrant(grant) for grant in grants)
        effects.append(fx.LiftInput())
        for slot in self.slots.values():
            if slot.grant is not None:
                cause, grant = GrantEnd.SESSION_ENDED.value, slot.grant.grant.hex()
                self._record(slot, EventKind.GRANT_ENDED, effects, cause=cause, grant=grant)
            slot.forget_grant()
            slot.stage = Stage.OVER
            self._close_prompt(slot, effects)
            slot.awaited_entry = 0
