"""Judges consent from outside: knows the rules in its own words and watches what is let through.

It never asks the machine what it thinks; it sees the events and the effects, as a person with a notebook would.
Each breach is one sentence.  `leaks` counts pictures and inputs that passed without a grant.
"""

from __future__ import annotations

from bench.session.notebook import Notes, OpenPrompt
from benchside.protocol.errors import Refusal
from benchside.protocol.flow.consent import effects as fx
from benchside.protocol.flow.consent import events as ev
from benchside.protocol.wire.audit import EventKind
from benchside.protocol.wire.capability import Capability, GrantEnd, GrantScope
from benchside.protocol.wire.desk import PromptKind
from benchside.protocol.wire.input import PointerMove
from benchside.protocol.wire.session import CapabilityRefused, GrantEnded, GrantExtended

GRANT_S, RENEW_BEFORE_S, STILL_THERE_S, SILENCE_S, AGAIN_S, NOES = 1800.0, 300.0, 1200.0, 60.0, 60.0, 3
WITHDRAWN_S, WITHDRAWN_IS_NO = 10.0, 3
REFUSED_AT_ONCE = {
    Refusal.NOT_AUTHORISED, Refusal.ASKED_TOO_OFTEN, Refusal.ASKED_TOO_SOON, Refusal.NEEDS_VIEW,
    Refusal.ALREADY_ASKED, Refusal.ALREADY_GRANTED,
}  # fmt: skip


class Judge:
    """`watch` takes one event, its moment and the effects; it returns the breaches."""

    def __init__(self, offered: frozenset[Capability]) -> None:
        self.notes = {capability: Notes() for capability in Capability}
        self.offered = offered
        self.monitors: frozenset[int] = frozenset()
        self.paused = False
        self.line = True
        self.over = False
        self.leaks = 0
        self._breaches: list[str] = []

    def watch(self, event: ev.ConsentEvent, now: float, effects: list[fx.ConsentEffect]) -> list[str]:
        """Compare what happened with what may happen."""
        self._breaches = []
        before = {capability: note.prompt for capability, note in self.notes.items()}
        granted_before = {capability: note.grant for capability, note in self.notes.items()}
        self._expect_end(event)
        for effect in effects:
            self._weigh(event, effect, now, before)
        self._weigh_omissions(event, now, effects, before, granted_before)
        self._note(event, now, before)
        return self._breaches

    def _say(self, text: str) -> None:
        self._breaches.append(text)

    # what the event itself means, before any effect

    def _expect_end(self, event: ev.ConsentEvent) -> None:
        match event:
            case ev.MonitorsKnown(monitors):
                self.monitors = frozenset(monitors)
            case ev.EntryStood(capability, entry) if entry and entry == self.notes[capability].asked_entry:
                self.notes[capability].asked_entry = 0
                self.notes[capability].waits_for_prompt = True
            case ev.PauseChosen(paused) if not self.over:
                self.paused = paused
            case ev.LineFell() if not self.over:
                self.line = False
            case ev.LineStood() if not self.over:
                self.line = True
            case ev.SessionOver():
                self.over = True

    # each effect

    def _weigh(
        self,
        event: ev.ConsentEvent,
        effect: fx.ConsentEffect,
        now: float,
        before: dict[Capability, OpenPrompt | None],
    ) -> None:
        match effect:
            case fx.PassPicture():
                self._weigh_picture(event, now)
            case fx.Inject():
                self._weigh_input(event, now, before)
            case fx.AskTechnician():
                self._weigh_prompt(effect, now)
            case fx.UnaskTechnician(prompt):
                self._weigh_closing(event, prompt, now)
            case fx.OpenChannel(grant, secret):
                self._weigh_grant(event, grant.capability, grant.grant, grant.scope, secret, now)
            case fx.DropGrant(grant):
                note = self.notes[grant.capability]
                note.grant, note.up = None, False
            case fx.Record(capability, entry, kind) if capability is not None:
                self._weigh_record(event, capability, entry, kind, now, before)
            case fx.TellConsole(CapabilityRefused() as refused):
                self._weigh_refusal(event, refused, now, before)
            case fx.TellConsole(GrantEnded() as ended):
                self._weigh_ending(event, ended, now, before)
            case fx.TellConsole(GrantExtended() as extended):
                self._weigh_extension(event, extended.capability, now, before)
            case _:
                pass

    def _weigh_closing(self, event: ev.ConsentEvent, number: int, now: float) -> None:
        for capability, note in self.notes.items():
            prompt = note.prompt
            if prompt is None or prompt.number != number:
                continue
            note.prompt = None
            if isinstance(event, ev.TechnicianAnswered) and event.prompt != number:
                self._say("a prompt was closed by an answer to another")
            early = now < prompt.opened_at + SILENCE_S
            if early and event == ev.MomentCame(capability) and note.grant is not None:
                self._say("a prompt was closed before its time")

    def _weigh_picture(self, event: ev.ConsentEvent, now: float) -> None:
        note = self.notes[Capability.VIEW]
        right = (
            isinstance(event, ev.PictureTaken)
            and event.capability is Capability.VIEW
            and note.grant is not None
            and event.grant == note.grant
            and now < note.ends_at
            and not self.paused
            and not self.over
            and note.up
            and set(event.monitors) <= set(note.grant_scope.monitors)
        )
        if not right:
            self.leaks += 1
            self._say("a picture passed without a grant that covers it")

    def _weigh_input(self, event: ev.ConsentEvent, now: float, before: dict[Capability, OpenPrompt | None]) -> None:
        note = self.notes[Capability.CONTROL]
        right = (
            isinstance(event, ev.InputCame)
            and event.capability is Capability.CONTROL
            and note.grant is not None
            and event.grant == note.grant
            and now < note.ends_at
            and not self.paused
            and not self.over
            and note.up
            and not any(before.values())
        )
        if right and isinstance(event, ev.InputCame) and isinstance(event.message, PointerMove):
            right = event.message.monitor in note.grant_scope.monitors
        if not right:
            self.leaks += 1
            self._say("input acted without a grant that covers it")

    def _weigh_prompt(self, effect: fx.AskTechnician, now: float) -> None:
        note = self.notes[effect.capability]
        if any(other.prompt for other in self.notes.values()):
            self._say("a second prompt was opened beside the first")
        match effect.kind:
            case PromptKind.GRANT:
                if not note.waits_for_prompt:
                    self._say("a prompt came for a question that the journal does not have")
                note.waits_for_prompt = False
            case PromptKind.EXTEND:
                if note.grant is None or now < note.ends_at - RENEW_BEFORE_S or note.renewal_asked:
                    self._say("the question whether to go on came too early, twice, or without a grant")
                note.renewal_asked = True
            case PromptKind.STILL_THERE:
                if effect.capability is not Capability.CONTROL or note.grant is None or now < note.still_at:
                    self._say("'still there?' came too early or without control")
        note.prompt = OpenPrompt(effect.prompt, effect.kind, now)

    def _weigh_grant(
        self, event: ev.ConsentEvent, capability: Capability, grant: bytes, scope: GrantScope, secret: bytes, now: float
    ) -> None:
        note = self.notes[capability]
        stands = isinstance(event, ev.EntryStood) and event.capability is capability
        if not stands or note.yes_entry == 0 or not isinstance(event, ev.EntryStood) or event.entry != note.yes_entry:
            self.leaks += 1
            self._say("a grant was made without a recorded yes")
        if capability is Capability.CONTROL and self.notes[Capability.VIEW].grant is None:
            self._say("control was granted without a view")
        if scope != note.scope or not scope.monitors or len(secret) != 32:
            self._say("a grant covers something else than the technician chose")
        note.grant, note.grant_scope, note.yes_entry = grant, scope, 0
        note.ends_at, note.still_at, note.renewal_asked = now + GRANT_S, now + STILL_THERE_S, False
        note.up = False

    def _weigh_record(
        self,
        event: ev.ConsentEvent,
        capability: Capability,
        entry: int,
        kind: EventKind,
        now: float,
        before: dict[Capability, OpenPrompt | None],
    ) -> None:
        note = self.notes[capability]
        if kind is EventKind.CAPABILITY_ASKED:
            may = (
                isinstance(event, ev.ConsoleAsked)
                and capability in self.offered
                and note.noes < NOES
                and now >= note.again_at
                and note.grant is None
                and self.line
                and (capability is not Capability.CONTROL or self.notes[Capability.VIEW].grant is not None)
            )
            if not may:
                self._say("a question was taken that had to be refused")
            note.asked_entry = entry
        elif kind is EventKind.CAPABILITY_GRANTED:
            prompt = before[capability]
            said_yes = (
                isinstance(event, ev.TechnicianAnswered)
                and event.capability is capability
                and event.allow
                and prompt is not None
                and event.prompt == prompt.number
                and prompt.kind is PromptKind.GRANT
                and now < prompt.opened_at + SILENCE_S
            )
            if said_yes and isinstance(event, ev.TechnicianAnswered) and capability is Capability.VIEW:
                said_yes = bool(event.scope.monitors) and self.monitors.issuperset(event.scope.monitors)
                note.scope = event.scope
            elif said_yes:
                note.scope = self.notes[Capability.VIEW].grant_scope
            if not said_yes:
                self._say("a yes was written down that nobody gave")
            note.yes_entry = entry

    def _weigh_refusal(
        self,
        event: ev.ConsentEvent,
        refused: CapabilityRefused,
        now: float,
        before: dict[Capability, OpenPrompt | None],
    ) -> None:
        capability, reason = refused.capability, refused.reason
        note, prompt = self.notes[capability], before[capability]
        if isinstance(event, ev.ConsoleAsked) and reason in REFUSED_AT_ONCE and self._may_ask(capability, now):
            self._say(f"a question was refused as {reason} without cause")
        if reason is Refusal.SILENCE and (prompt is None or now < prompt.opened_at + SILENCE_S):
            self._say("silence was taken for a no before its time")
        if reason is Refusal.JOURNAL and not (
            isinstance(event, ev.EntryFailed) and event.entry in (note.asked_entry, note.yes_entry) and event.entry
        ):
            self._say("the journal was blamed without cause")
        if reason in (Refusal.SILENCE, Refusal.DENIED):
            note.noes += 1
            note.again_at = now + AGAIN_S
        if reason not in REFUSED_AT_ONCE or not isinstance(event, ev.ConsoleAsked):
            note.asked_entry = note.yes_entry = 0
            note.waits_for_prompt = False

    def _may_ask(self, capability: Capability, now: float) -> bool:
        note = self.notes[capability]
        underway = bool(note.asked_entry or note.yes_entry or note.waits_for_prompt or note.prompt)
        return (
            not underway
            and note.grant is None
            and capability in self.offered
            and note.noes < NOES
            and now >= note.again_at
            and (capability is not Capability.CONTROL or self.notes[Capability.VIEW].grant is not None)
        )

    def _weigh_ending(
        self, event: ev.ConsentEvent, ended: GrantEnded, now: float, before: dict[Capability, OpenPrompt | None]
    ) -> None:
        note, prompt = self.notes[ended.capability], before[ended.capability]
        if ended.reason is GrantEnd.EXPIRED and now < note.ends_at:
            self._say("a grant ran out before its time")
        if ended.reason is GrantEnd.UNANSWERED:
            asked = prompt is not None and prompt.kind is PromptKind.STILL_THERE
            answered = isinstance(event, ev.TechnicianAnswered) and prompt is not None and event.prompt == prompt.number
            silent = prompt is not None and now >= prompt.opened_at + SILENCE_S
            if not asked or not (answered or silent):
                self._say("control ended as unanswered without an unanswered question")
        if ended.reason in (GrantEnd.REVOKED, GrantEnd.UNANSWERED):
            note.noes += 1
            note.again_at = now + AGAIN_S

    def _weigh_extension(
        self, event: ev.ConsentEvent, capability: Capability, now: float, before: dict[Capability, OpenPrompt | None]
    ) -> None:
        note, prompt = self.notes[capability], before[capability]
        right = (
            isinstance(event, ev.TechnicianAnswered)
            and event.allow
            and prompt is not None
            and prompt.kind is PromptKind.EXTEND
            and event.prompt == prompt.number
            and now < prompt.opened_at + SILENCE_S
            and now < note.ends_at
        )
        if not right:
            self._say("a grant was made longer without a yes in time")
        note.ends_at, note.renewal_asked = now + GRANT_S, False

    # what had to happen and did not

    def _weigh_omissions(
        self,
        event: ev.ConsentEvent,
        now: float,
        effects: list[fx.ConsentEffect],
        before: dict[Capability, OpenPrompt | None],
        granted_before: dict[Capability, bytes | None],
    ) -> None:
        match event:
            case ev.TechnicianRevoked(capability) if self.notes[capability].grant is not None:
                self._say("a revoked grant goes on")
            case ev.ConsoleGaveBack(capability) if self.notes[capability].grant is not None:
                self._say("a grant that was given back goes on")
            case ev.SessionOver() if any(note.grant for note in self.notes.values()):
                self._say("a grant outlives its session")
            case ev.MomentCame(capability):
                self._weigh_moment(capability, now, before)
            case ev.ConsoleAsked(capability) if self.line and not self.over and not effects:
                if self._may_ask(capability, now):
                    self._say("a question was swallowed")
            case ev.PictureTaken() if self._picture_must_pass(event, now):
                if not any(isinstance(effect, fx.PassPicture) for effect in effects):
                    self._say("a granted picture was held back")
            case ev.TechnicianAnswered(capability, number) if (
                prompt := before[capability]
            ) is not None and prompt.number == number:
                if self.notes[capability].prompt is not None and self.notes[capability].prompt is prompt:
                    self._say("an answered prompt stays open")
            case _:
                pass
        view_gone = granted_before[Capability.VIEW] is not None and self.notes[Capability.VIEW].grant is None
        if view_gone and self.notes[Capability.CONTROL].grant is not None:
            self._say("control outlives its view")

    def _weigh_moment(self, capability: Capability, now: float, before: dict[Capability, OpenPrompt | None]) -> None:
        note, prompt = self.notes[capability], before[capability]
        if note.grant is not None and now >= note.ends_at:
            self._say("a grant outlives its time")
        if prompt is not None and now >= prompt.opened_at + SILENCE_S and note.prompt is prompt:
            self._say("a prompt outlives its silence")
        none_open = not any(other.prompt for other in self.notes.values())
        due = note.grant is not None and not note.renewal_asked and now >= note.ends_at - RENEW_BEFORE_S
        if due and none_open and prompt is None:
            self._say("nobody asked whether the grant goes on")

    def _picture_must_pass(self, event: ev.PictureTaken, now: float) -> bool:
        note = self.notes[Capability.VIEW]
        return (
            event.capability is Capability.VIEW
            and note.grant is not None
            and event.grant == note.grant
            and now < note.ends_at
            and not self.paused
            and note.up
            and set(event.monitors) <= set(note.grant_scope.monitors)
        )

    # what the event changed for later

    def _note(self, event: ev.ConsentEvent, now: float, before: dict[Capability, OpenPrompt | None]) -> None:
        match event:
            case ev.ChannelStood(capability, grant, epoch):
                note = self.notes[capability]
                if note.grant == grant and grant is not None and epoch > note.epoch:
                    note.up, note.epoch = True, epoch
            case ev.ChannelFell(capability):
                self.notes[capability].up = False
            case ev.ConsoleGaveBack(capability) | ev.TechnicianRevoked(capability):
                note = self.notes[capability]
                if isinstance(event, ev.ConsoleGaveBack):
                    self._note_withdrawn(note, before[capability], now)
                note.asked_entry = note.yes_entry = 0
                note.waits_for_prompt = False
            case ev.LineFell():
                for capability, note in self.notes.items():
                    if note.grant is None:
                        self._note_withdrawn(note, before[capability], now)
                    note.up = False
                    note.asked_entry = note.yes_entry = 0
                    note.waits_for_prompt = False
            case _:
                pass

    def _note_withdrawn(self, note: Notes, prompt: OpenPrompt | None, now: float) -> None:
        """A question that was on the screen and was taken back: not at once again, and the third is a no."""
        if prompt is None or prompt.kind is not PromptKind.GRANT:
            return
        note.withdrawn += 1
        is_no = note.withdrawn % WITHDRAWN_IS_NO == 0
        note.noes += is_no
        note.again_at = now + (AGAIN_S if is_no else WITHDRAWN_S)
