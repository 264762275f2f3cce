"""The host's pump: owns the machines of one session, feeds them, and performs their effects in order."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable

from msgspec.structs import replace

from benchside.host.agent import AgentSide
from benchside.host.channel import Opened, PairedLink, RelayDialler
from benchside.host.desktop import Desktop
from benchside.host.lines import Lines
from benchside.host.pulse import Pulse
from benchside.host.reception import Reception
from benchside.host.visit import turn_away
from benchside.protocol.errors import PeerError, PeerFault, Refusal
from benchside.protocol.flow.consent import ConsentGrant, ConsentLimits, ConsentMachine
from benchside.protocol.flow.consent import effects as fx
from benchside.protocol.flow.consent import events as ev
from benchside.protocol.flow.entry import EntryOver, Established
from benchside.protocol.flow.session import (
    BeginConsent,
    EndSession,
    KillCode,
    LetLineBack,
    LoseLine,
    Phase,
    SessionEffect,
    SessionEvent,
    SessionMachine,
)
from benchside.protocol.wire import host as wire
from benchside.protocol.wire import session as said
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.desk import GrantShown

__all__ = ["HostedSession"]

log = logging.getLogger(__name__)


class HostedSession:
    """One session from BeginHosting to HostEnded.  `over` is set when everything is forgotten and said."""

    def __init__(self, begin: wire.BeginHosting, agent: AgentSide, dialler: RelayDialler, desktop: Desktop) -> None:
        self._begin = begin
        self._agent = agent
        self._desktop = desktop
        self._loop = asyncio.get_running_loop()
        self._reception = Reception(begin)
        self._machine = SessionMachine(self._loop.time())
        self._consent: ConsentMachine | None = None
        self._lines = Lines(dialler, self)
        self._timer: asyncio.TimerHandle | None = None
        self._passed = False
        self._pulse = Pulse(self._loop.time())
        self._is_checking = False
        self.over = asyncio.Event()

    def start(self) -> None:
        """Make the first code and wait on `main`."""
        self._desktop.attach(
            may_pass=self._may_pass,
            on_input=self._consider,
            on_lost=lambda: self.end(said.SessionEnd.DISPLAY_LOST),
            on_indicator_gone=lambda: self.end(said.SessionEnd.INDICATOR_LOST),
        )
        self.renew_code()
        self._lines.start()

    def renew_code(self) -> None:
        """Make a fresh code; only the technician's hand leads here."""
        if self._machine.phase not in (Phase.CODED, Phase.NO_CODE):
            return
        code = self._reception.make_code()
        self._perform(self._machine.step(SessionEvent.CODE_MADE, self._loop.time()))
        self._agent.send(wire.HostReady(code=code))

    def kill_code(self) -> None:
        """The code is dead: the agent counted three wrong attempts."""
        self._perform(self._machine.step(SessionEvent.CODE_DIED, self._loop.time()))

    @property
    def phase(self) -> Phase:
        """How far the session has come."""
        return self._machine.phase

    async def receive(self, paired: PairedLink) -> Opened | None:
        """Somebody came: run the handshake, and when it ends well open the session."""
        if self._machine.phase is not Phase.CODED:
            turn_away(paired, Refusal.CODE_DEAD)
            return None
        self._is_checking = True
        self._show_standing()
        try:
            outcome = await self._reception.receive(paired, self._agent)
        finally:
            self._is_checking = False
        opened = None
        if outcome.established is not None:
            opened = self._welcome(paired, outcome.established)
        elif outcome.over is not None:
            self._turned_away(outcome.over)
        self._show_standing()
        return opened

    def _turned_away(self, over: EntryOver) -> None:
        if over.counted:
            self._agent.send(wire.GuessWrong())
        else:
            details = EventDetails(associate=over.associate, cause=over.reason.value)
            self._agent.record(EventKind.ASSOCIATE_REFUSED, details)

    def _welcome(self, paired: PairedLink, established: Established) -> Opened | None:
        if self._machine.phase is not Phase.CODED:
            paired.link.close()  # the session ended in the very moment in which the code was right
            return None
        keys, opened = self._reception.welcome(paired, established)
        self._lines.take_keys(keys, opened)
        self._perform(self._machine.step(SessionEvent.ASSOCIATE_PROVED, self._loop.time()))
        self._tell(
            said.PcDescribed(
                site=self._begin.site_name,
                device=self._begin.device,
                technician=self._begin.technician,
                instruments=self._begin.instruments,
                offered=self._begin.offered,
            )
        )
        return opened

    def check_ticket(self, ticket: bytes, channel: Channel, server_ahead_ms: int) -> None:
        """Each connection checks access again."""
        self._reception.check_ticket(ticket, channel, server_ahead_ms)

    def main_said(self, plain: bytes) -> None:
        """A message on `main`."""
        message = said.SESSION.decode(plain)
        self._pulse.hear(self._loop.time())
        self._perform(self._machine.step(SessionEvent.RECORD_HEARD, self._loop.time()))
        match message:
            case said.AskCapability():
                self._consider(ev.ConsoleAsked(message.capability, message.purpose))
            case said.GiveBack():
                self._consider(ev.ConsoleGaveBack(message.capability))
            case said.LeaveSession():
                self.end(said.SessionEnd.LEFT)
            case said.Ping():
                self._tell(said.Pong(sent_ms=message.sent_ms))
            case said.Pong():
                pass
            case _:
                raise PeerError(PeerFault.OUT_OF_ORDER, "expected what a console says on main, got what a PC says")

    def main_opened(self) -> None:
        """`main` is open again: the console shows that it is there by answering."""
        self._tell(said.Ping(sent_ms=int(self._loop.time() * 1000)))

    def main_stood(self) -> None:
        """`main` is back: a record came that only the console can have sealed."""
        self._perform(self._machine.step(SessionEvent.LINE_STOOD, self._loop.time()))

    def main_fell(self) -> None:
        """`main` is gone."""
        self._perform(self._machine.step(SessionEvent.LINE_FELL, self._loop.time()))

    def channel_stood(self, grant: ConsentGrant, opened: Opened) -> Callable[[bytes], None]:
        """A grant's channel is open."""
        take = self._desktop.open_channel(grant, opened)
        self._consider(ev.ChannelStood(grant.capability, grant.grant, opened.epoch))
        self._desktop.begin_channel(grant.capability)
        return take

    def channel_fell(self, capability: Capability) -> None:
        """A grant's channel is gone."""
        self._desktop.close_channel(capability)
        self._consider(ev.ChannelFell(capability))

    def record_forged(self, channel: Channel, fault: PeerFault) -> None:
        """A record did not open: somebody on the way changed it."""
        self._agent.record(EventKind.RECORD_FORGED, EventDetails(channel=channel.value, cause=fault.value))
        self._perform(self._machine.step(SessionEvent.RECORD_FORGED, self._loop.time()))

    def console_broke_rule(self, error: PeerError) -> None:
        """The console itself broke the protocol: no retry."""
        log.warning("console broke a rule", extra={"cause": str(error)})
        self.end(said.SessionEnd.PEER_FAULT)

    def task_failed(self, name: str, error: BaseException) -> None:
        """A bug of ours ends the session rather than leaving half of it."""
        log.error("task failed", extra={"task": name}, exc_info=error)
        self.end(said.SessionEnd.PROGRAM_ERROR)

    def answered(self, message: wire.PromptAnswered) -> None:
        """The technician answered a prompt."""
        if self._consent is None:
            return
        slot = next((slot for slot in self._consent.slots.values() if slot.prompt == message.prompt), None)
        if slot is None:
            return
        scope = replace(message.scope, paste=message.scope.paste and self._begin.paste)
        if scope.window is not None and not scope.monitors:
            scope = GrantScope(monitors=tuple(sorted(self._consent.monitors)), window=scope.window)
        self._consider(ev.TechnicianAnswered(slot.capability, message.prompt, message.allow, scope))

    def revoke(self, capability: Capability) -> None:
        """The technician ends one grant."""
        self._consider(ev.TechnicianRevoked(capability))

    def pause(self, paused: bool) -> None:
        """The technician holds picture and input back, or lets them go on."""
        self._consider(ev.PauseChosen(paused))
        if not paused:
            self._desktop.resume()

    def change_policy(self, signed: bytes) -> None:
        """A newer policy came: whoever it no longer admits is out at once."""
        self._reception.change_policy(signed)
        self._look_at_policy()

    def _look_at_policy(self) -> None:
        if not self._reception.still_admits_visitor():
            self.end(said.SessionEnd.POLICY_CHANGED)

    def beat(self) -> None:
        """Four times a second: notice sleep and an expired associate, and ping a console that says nothing."""
        now = self._loop.time()
        slept = self._pulse.has_jumped(now) | self._desktop.has_slept()
        if slept and self._reception.visitor is not None:
            self.end(said.SessionEnd.PC_SLEPT)
            return
        if self._machine.phase is Phase.LIVE:
            if self._pulse.ping_is_due(now):
                self._tell(said.Ping(sent_ms=int(now * 1000)))
            self._look_at_policy()

    def end(self, reason: said.SessionEnd) -> None:
        """End the session for this reason, once, from any phase."""
        self._perform(self._machine.end(reason))

    def _consider(self, event: ev.ConsentEvent) -> None:
        """Let consent take an event and perform what follows."""
        if self._consent is None:
            return
        for effect in self._consent.step(event, self._loop.time()):
            self._carry_out(effect)
        self._arm()

    def _may_pass(self, grant: ConsentGrant, monitors: tuple[int, ...]) -> bool:
        """Ask consent whether one picture of these monitors may be taken and sent now."""
        self._passed = False
        self._consider(ev.PictureTaken(Capability.VIEW, grant.grant, monitors))
        return self._passed

    def _carry_out(self, effect: fx.ConsentEffect) -> None:
        match effect:
            case fx.PassPicture():
                self._passed = True
            case fx.Inject(grant, message):
                self._desktop.inject(grant, message)
            case fx.LiftInput():
                self._desktop.lift()
            case fx.HoldInput(why):
                self._desktop.hold(why)
            case fx.TellConsole(message):
                self._tell(message)
            case fx.Record():
                self._record(effect)
            case fx.AskTechnician():
                self._ask_technician(effect)
            case fx.UnaskTechnician(prompt):
                self._agent.send(wire.HidePrompt(prompt=prompt))
            case fx.OpenChannel(grant, secret):
                self._lines.open_grant(grant, secret)
            case fx.DropGrant(grant):
                self._lines.drop_grant(grant.capability, lambda: self._desktop.close_channel(grant.capability))
            case fx.ShowStanding():
                self._show_standing()

    def _record(self, effect: fx.Record) -> None:
        capability, entry = effect.capability, effect.entry
        if capability is None:
            self._agent.record(effect.kind, effect.details)
            return

        def then(stands: bool) -> None:
            if stands:
                self._consider(ev.EntryStood(capability, entry, os.urandom(48)))
            else:
                self._consider(ev.EntryFailed(capability, entry))

        self._agent.record(effect.kind, effect.details, then)

    def _ask_technician(self, effect: fx.AskTechnician) -> None:
        associate, consent = self._reception.shown(), self._consent
        if associate is None or consent is None:
            return
        self._agent.send(
            wire.ShowPrompt(
                prompt=effect.prompt,
                kind=effect.kind,
                capability=effect.capability,
                associate=associate,
                purpose=effect.purpose,
                monitors=self._desktop.monitors(),
                windows=self._desktop.windows(),
                silence_s=int(consent.limits.silence_s),
                grant_s=int(consent.limits.grant_s),
            )
        )

    def _perform(self, effects: list[SessionEffect]) -> None:
        for effect in effects:
            match effect:
                case BeginConsent():
                    self._begin_consent()
                case KillCode():
                    self._kill_code()
                case LoseLine():
                    self._lines.lose_all()
                    self._consider(ev.LineFell())
                case LetLineBack():
                    self._consider(ev.LineStood())
                case EndSession(reason):
                    self._finish(reason)
        self._arm()

    def _begin_consent(self) -> None:
        visitor = self._reception.visitor
        if visitor is None:
            return
        limits = ConsentLimits.of_lab(grant_s=float(self._begin.grant_s), silence_s=float(self._begin.silence_s))
        self._consent = ConsentMachine(offered=self._begin.offered, associate=visitor.entry.id, limits=limits)
        self._consider(ev.MonitorsKnown(tuple(monitor.id for monitor in self._desktop.monitors())))

    def _kill_code(self) -> None:
        if self._reception.has_code and self._reception.visitor is None:
            self._agent.send(wire.CodeOutOfTime())
        self._reception.forget_code()

    def _finish(self, reason: said.SessionEnd) -> None:
        """The end: every key is destroyed, the desktop is let go, and only then the network hears of it."""
        self._reception.forget_code()

        def between() -> None:
            self._desktop.close()
            self._consider(ev.SessionOver(reason))

        self._lines.end(said.SESSION.encode(said.SessionEnded(reason=reason)), between)
        if self._timer is not None:
            self._timer.cancel()
        self._agent.send(wire.HostEnded(reason=reason))
        self.over.set()

    def _tell(self, message: said.SessionMessage) -> None:
        self._lines.send_main(said.SESSION.encode(message))

    def _show_standing(self) -> None:
        consent = self._consent
        standing = () if consent is None else consent.standing(self._loop.time())
        self._desktop.expect_indicator(bool(standing))
        self._agent.send(
            wire.SessionStands(
                associate=self._reception.shown(),
                checking=self._is_checking,
                grants=tuple(
                    GrantShown(capability=capability, ends_in_s=int(left_s), scope=scope)
                    for capability, left_s, scope in standing
                ),
                paused=consent is not None and consent.is_paused,
                line_lost=self._machine.phase is Phase.LOST,
            )
        )

    def _arm(self) -> None:
        """One timer for the next deadline of either machine."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._machine.phase is Phase.OVER:
            return
        moments = [self._machine.deadline(), None if self._consent is None else self._consent.deadline()]
        due = min((moment for moment in moments if moment is not None), default=None)
        if due is not None:
            self._timer = self._loop.call_at(due, self._moment)

    def _moment(self) -> None:
        self._timer = None
        if self._consent is not None:
            for capability in Capability:
                self._consider(ev.MomentCame(capability))
        self._perform(self._machine.step(SessionEvent.MOMENT_CAME, self._loop.time()))
