"""The host's pump: owns the machines of one session, feeds them, and performs their effects in order."""

from __future__ import annotations

import asyncio
import logging
import os
import time

from benchside.host.agent import AgentSide
from benchside.host.channel import Opened, PairedLink, RelayDialler, open_epoch
from benchside.host.desktop import Desktop
from benchside.host.visit import receive_visitor, turn_away
from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError, UnavailableError
from benchside.protocol.flow.consent import ConsentGrant, ConsentLimits, ConsentMachine
from benchside.protocol.flow.consent import effects as fx
from benchside.protocol.flow.consent import events as ev
from benchside.protocol.flow.entry import EntryOver, Established, Visitor
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
from benchside.protocol.trust.code import CODE_RANDOM_BYTES, code_from_random, read_code
from benchside.protocol.trust.handshake import Meeting
from benchside.protocol.trust.policy import AuthorityPin, Place, Policy, read_policy
from benchside.protocol.trust.schedule import ChannelNonces, GrantSecret, SessionKeys
from benchside.protocol.trust.ticket import TicketFor, check_ticket, match_ticket
from benchside.protocol.wire import host as wire
from benchside.protocol.wire import session as said
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.desk import AssociateShown, GrantShown
from benchside.transport.backoff import Backoff

__all__ = ["HostedSession"]

log = logging.getLogger(__name__)

CHANNEL_OF = {Capability.VIEW: Channel.VIEW, Capability.CONTROL: Channel.CONTROL}
PING_EVERY_S = 1.0
PAIR_WITHIN_S = 20.0
"""How long a channel waits for its other end before it tries with a fresh ticket."""
JUMP_S = 10.0
"""A gap between two beats of a loop that beats ten times a second: the PC slept or was frozen."""


class HostedSession:
    """One session from BeginHosting to HostEnded.  `over` is set when everything is forgotten and said."""

    def __init__(self, begin: wire.BeginHosting, agent: AgentSide, dialler: RelayDialler, desktop: Desktop) -> None:
        self._begin = begin
        self._agent = agent
        self._dialler = dialler
        self._desktop = desktop
        self._loop = asyncio.get_running_loop()
        self._pin = AuthorityPin(key=begin.authority_key)
        self._policy: Policy = read_policy(begin.policy, self._pin, at_least_version=1)
        self._place = Place(
            region=begin.region, site=begin.site, models=tuple(instrument.model for instrument in begin.instruments)
        )
        self._machine = SessionMachine(self._loop.time())
        self._consent: ConsentMachine | None = None
        self._visitor: Visitor | None = None
        self._code = b""
        self._keys: SessionKeys | None = None
        self._secrets: dict[Capability, GrantSecret] = {}
        self._open: dict[Channel, Opened] = {}
        self._epochs: dict[Channel, int] = dict.fromkeys(Channel, 0)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._passed = False
        self._pinged_at = 0.0
        self._beat_at = self._loop.time()
        self._is_checking = False
        self.over = asyncio.Event()

    # -- the code ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Make the first code and wait on `main`."""
        self._desktop.attach(
            may_pass=self._may_pass, on_input=self._input_came, on_fault=self._broken, on_lost=self._display_lost
        )
        self.renew_code()
        self._task("main", self._keep_main())

    def renew_code(self) -> None:
        """Make a fresh code; only the technician's hand leads here."""
        if self._machine.phase not in (Phase.CODED, Phase.NO_CODE):
            return
        code = code_from_random(os.urandom(CODE_RANDOM_BYTES))
        self._code = read_code(code)
        self._perform(self._machine.step(SessionEvent.CODE_MADE, self._loop.time()))
        self._agent.send(wire.HostReady(code=code))

    # -- main -------------------------------------------------------------------------------------

    async def _keep_main(self) -> None:
        """Keep `main` open, or ready to be opened, until the session is over."""
        backoff = Backoff(first_s=0.2, most_s=3.0)
        while self._machine.phase is not Phase.OVER:
            try:
                within_s = PAIR_WITHIN_S if self._keys is not None else None
                paired = await self._dialler.pair(Channel.MAIN, within_s)
                backoff.reset()
                await (self._receive(paired) if self._keys is None else self._reopen_main(paired))
            except (UnavailableError, RefusedError, PeerError, TimeoutError) as error:
                self._note_fault(Channel.MAIN, error)
            self._lose(Channel.MAIN)
            await asyncio.sleep(backoff.next_s())

    async def _receive(self, paired: PairedLink) -> None:
        """Somebody came: run the handshake, and when it ends well the session."""
        if self._machine.phase is not Phase.CODED:
            turn_away(paired, Refusal.CODE_DEAD)
            return
        self._is_checking = True
        self._show_standing()
        try:
            outcome = await receive_visitor(
                paired,
                self._agent,
                meeting=Meeting(request_id=self._begin.request_id, device_id=self._begin.device_id),
                identity_key=self._begin.identity_key,
                code=self._code,
                policy=self._policy,
                place=self._place,
            )
        finally:
            self._is_checking = False
        if outcome.established is not None and self._machine.phase is Phase.CODED:
            await self._welcome(paired, outcome.established)
        elif outcome.over is not None:
            self._turned_away(outcome.over)
        self._show_standing()

    def _turned_away(self, over: EntryOver) -> None:
        if over.counted:
            self._agent.send(wire.GuessWrong())
        else:
            details = EventDetails(associate=over.associate, cause=over.reason.value)
            self._agent.record(EventKind.ASSOCIATE_REFUSED, details)

    async def _welcome(self, paired: PairedLink, established: Established) -> None:
        self._agent.send(wire.GuessRight())
        self._visitor = established.visitor
        self._keys = SessionKeys(request_id=self._begin.request_id, role=Role.PC, master=established.master)
        pc_nonce, console_nonce = established.visitor.nonces
        nonces = ChannelNonces(pc=pc_nonce, console=console_nonce)
        sealer, opener = self._keys.channel(Channel.MAIN, self._keys.main, epoch=0, nonces=nonces)
        self._open[Channel.MAIN] = opened = Opened(Channel.MAIN, paired.link, sealer, opener, 0)
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
        self._show_standing()
        await opened.serve(self._main_said)

    async def _reopen_main(self, paired: PairedLink) -> None:
        opened = await self._open_channel(paired, Channel.MAIN)
        self._perform(self._machine.step(SessionEvent.LINE_STOOD, self._loop.time()))
        await opened.serve(self._main_said)

    def _main_said(self, plain: bytes) -> None:
        message = said.SESSION.decode(plain)
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

    # -- the channels of grants -------------------------------------------------------------------

    async def _keep_channel(self, grant: ConsentGrant) -> None:
        """Keep a grant's channel open while the grant and the line stand."""
        channel = CHANNEL_OF[grant.capability]
        backoff = Backoff(first_s=0.1, most_s=3.0)
        while grant.capability in self._secrets:
            if self._machine.phase is not Phase.LIVE:
                await asyncio.sleep(0.1)
                continue
            try:
                paired = await self._dialler.pair(channel, PAIR_WITHIN_S)
                opened = await self._open_channel(paired, channel)
                backoff.reset()
                self._consider(ev.ChannelStood(grant.capability, grant.grant, opened.epoch))
                serve = self._desktop.open_channel(grant, opened)
                await opened.serve(serve)
            except (UnavailableError, RefusedError, PeerError, TimeoutError) as error:
                self._note_fault(channel, error)
            self._lose(channel)
            await asyncio.sleep(backoff.next_s())

    async def _open_channel(self, paired: PairedLink, channel: Channel) -> Opened:
        keys = self._keys
        capability = next((known for known, its in CHANNEL_OF.items() if its is channel), None)
        secret = keys.main if keys is not None and capability is None else self._secrets.get(capability or Capability.VIEW)
        if keys is None or secret is None:
            paired.link.abort()
            raise RefusedError(Refusal.DENIED, f"expected a grant for {channel}, got none")
        self._epochs[channel] += 1
        try:
            opened = await open_epoch(
                paired, channel, keys, secret, epoch=self._epochs[channel], check_ticket=self._check_again
            )
        except BaseException:
            paired.link.abort()
            raise
        self._open[channel] = opened
        return opened

    def _check_again(self, ticket: bytes, channel: Channel, server_ahead_ms: int) -> None:
        """Each connection checks access again: ticket, and the policy as it is now."""
        visitor = self._visitor
        if visitor is None:
            raise RefusedError(Refusal.NOT_IN_POLICY, "expected a known associate, got nobody")
        now_utc_ms = time.time_ns() // 1_000_000
        payload = check_ticket(
            ticket, ticket_keys=self._policy.ticket_keys, relay=None, now_utc_ms=now_utc_ms + server_ahead_ms
        )
        wanted = TicketFor(
            request_id=self._begin.request_id,
            device_id=self._begin.device_id,
            role=Role.CONSOLE,
            channel=channel,
            key=visitor.key,
        )
        match_ticket(payload, wanted)
        self._policy.admit(visitor.key, associate_id=visitor.entry.id, place=self._place, now_utc_ms=now_utc_ms)

    def _lose(self, channel: Channel) -> None:
        """A channel's connection ended: forget its keys and say so to the machines."""
        opened = self._open.pop(channel, None)
        if opened is None:
            return
        opened.forget()
        opened.link.abort()
        capability = next((known for known, its in CHANNEL_OF.items() if its is channel), None)
        if capability is None:
            self._perform(self._machine.step(SessionEvent.LINE_FELL, self._loop.time()))
        else:
            self._desktop.close_channel(capability)
            self._consider(ev.ChannelFell(capability))

    def _note_fault(self, channel: Channel, error: Exception) -> None:
        """Log it, and let what a hostile peer did have its consequence."""
        log.info("channel ended", extra={"channel": channel.value, "cause": str(error), "kind": type(error).__name__})
        if not isinstance(error, PeerError) or self._keys is None:
            return
        if error.fault is PeerFault.NOT_AUTHENTIC or error.fault is PeerFault.TOO_LARGE:
            self._agent.record(EventKind.RECORD_FORGED, EventDetails(channel=channel.value, cause=error.fault.value))
            self._perform(self._machine.step(SessionEvent.RECORD_FORGED, self._loop.time()))
        elif channel in self._open:
            # sealed with the session's own keys: the console itself broke the protocol
            self._broken(error)

    def _broken(self, error: PeerError) -> None:
        log.warning("console broke a rule", extra={"cause": str(error)})
        self.end(said.SessionEnd.PEER_FAULT)

    # -- orders of the technician and the agent ---------------------------------------------------

    def answered(self, message: wire.PromptAnswered) -> None:
        """The technician answered a prompt."""
        if self._consent is None:
            return
        slot = next((slot for slot in self._consent.slots.values() if slot.prompt == message.prompt), None)
        if slot is None:
            return
        scope = message.scope
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
        self._policy = read_policy(signed, self._pin, at_least_version=self._policy.version)
        visitor = self._visitor
        if visitor is not None:
            self._admit_still(visitor)

    def _admit_still(self, visitor: Visitor) -> None:
        try:
            self._policy.admit(
                visitor.key,
                associate_id=visitor.entry.id,
                place=self._place,
                now_utc_ms=time.time_ns() // 1_000_000,
            )
        except RefusedError:
            self.end(said.SessionEnd.POLICY_CHANGED)

    def beat(self) -> None:
        """Ten times a second: notice sleep, silence, an expired associate, and ping the console."""
        now = self._loop.time()
        jumped_s, self._beat_at = now - self._beat_at, now
        if self._visitor is not None and (jumped_s > JUMP_S or self._desktop.has_slept()):
            self.end(said.SessionEnd.PC_SLEPT)
            return
        if self._machine.phase is Phase.LIVE and now - self._pinged_at >= PING_EVERY_S:
            self._pinged_at = now
            self._tell(said.Ping(sent_ms=int(now * 1000)))
            if self._visitor is not None:
                self._admit_still(self._visitor)
        if self._desktop.watches_indicator and self._desktop.indicator_is_gone(now):
            self.end(said.SessionEnd.INDICATOR_LOST)

    def end(self, reason: said.SessionEnd) -> None:
        """End the session for this reason, once, from any phase."""
        self._perform(self._machine.end(reason))

    def _display_lost(self) -> None:
        self.end(said.SessionEnd.DISPLAY_LOST)

    # -- consent ----------------------------------------------------------------------------------

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

    def _input_came(self, event: ev.InputCame) -> None:
        self._consider(event)

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
                known = GrantSecret(capability=grant.capability, grant=grant.grant, secret=secret)
                self._secrets[grant.capability] = known
                self._task(grant.capability.value, self._keep_channel(grant))
            case fx.DropGrant(grant):
                self._drop(grant)
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
        visitor, consent = self._visitor, self._consent
        if visitor is None or consent is None:
            return
        self._agent.send(
            wire.ShowPrompt(
                prompt=effect.prompt,
                kind=effect.kind,
                capability=effect.capability,
                associate=AssociateShown(name=visitor.entry.name, organisation=visitor.entry.organisation),
                purpose=effect.purpose,
                monitors=self._desktop.monitors(),
                windows=self._desktop.windows(),
                silence_s=int(consent.limits.silence_s),
                grant_s=int(consent.limits.grant_s),
            )
        )

    def _drop(self, grant: ConsentGrant) -> None:
        """Keys first, then the connection and what it fed."""
        secret = self._secrets.pop(grant.capability, None)
        opened = self._open.pop(CHANNEL_OF[grant.capability], None)
        if opened is not None:
            opened.forget()
        if secret is not None:
            secret.forget()
        self._desktop.close_channel(grant.capability)
        if opened is not None:
            opened.link.close()
        task = self._tasks.pop(grant.capability.value, None)
        if task is not None:
            task.cancel()

    # -- effects of the session -------------------------------------------------------------------

    def _perform(self, effects: list[SessionEffect]) -> None:
        for effect in effects:
            match effect:
                case BeginConsent():
                    self._begin_consent()
                case KillCode():
                    self._kill_code()
                case LoseLine():
                    for channel in tuple(self._open):
                        self._lose(channel)
                    self._consider(ev.LineFell())
                case LetLineBack():
                    self._consider(ev.LineStood())
                case EndSession(reason):
                    self._finish(reason)
        self._arm()

    def _begin_consent(self) -> None:
        if self._visitor is None:
            return
        limits = ConsentLimits(grant_s=float(self._begin.grant_s), silence_s=float(self._begin.silence_s))
        self._consent = ConsentMachine(
            offered=self._begin.offered, associate=self._visitor.entry.id, limits=limits
        )
        self._consider(ev.MonitorsKnown(tuple(monitor.id for monitor in self._desktop.monitors())))

    def _kill_code(self) -> None:
        self._code = b""
        if self._visitor is None:
            self._agent.send(wire.CodeOutOfTime())

    def _finish(self, reason: said.SessionEnd) -> None:
        """The end: the farewell is sealed, then every key is destroyed, then the network hears of it."""
        main = self._open.get(Channel.MAIN)
        farewell = None
        if main is not None and not main.is_forgotten:
            farewell = main.seal(said.SESSION.encode(said.SessionEnded(reason=reason)))
        opened = list(self._open.values())
        self._open.clear()
        for channel in opened:
            channel.forget()
        for secret in self._secrets.values():
            secret.forget()
        self._secrets.clear()
        if self._keys is not None:
            self._keys.forget()
        self._code = b""
        self._desktop.close()
        self._consider(ev.SessionOver(reason))
        if main is not None and farewell is not None:
            main.link.send(farewell)
        for channel in opened:
            channel.link.close()
        for task in self._tasks.values():
            task.cancel()
        if self._timer is not None:
            self._timer.cancel()
        self._agent.send(wire.HostEnded(reason=reason))
        self.over.set()

    # -- small things -----------------------------------------------------------------------------

    def _tell(self, message: said.SessionMessage) -> None:
        main = self._open.get(Channel.MAIN)
        if main is not None:
            main.send(said.SESSION.encode(message))

    def _show_standing(self) -> None:
        consent, visitor = self._consent, self._visitor
        standing = () if consent is None else consent.standing(self._loop.time())
        self._desktop.expect_indicator(bool(standing))
        self._agent.send(
            wire.SessionStands(
                associate=None
                if visitor is None
                else AssociateShown(name=visitor.entry.name, organisation=visitor.entry.organisation),
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

    def _task(self, name: str, coroutine: object) -> None:
        old = self._tasks.pop(name, None)
        if old is not None:
            old.cancel()
        if asyncio.iscoroutine(coroutine):
            task = self._loop.create_task(coroutine, name=f"{name} channel")
            task.add_done_callback(self._task_done)
            self._tasks[name] = task

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("task failed", extra={"task": task.get_name()}, exc_info=error)
        self.end(said.SessionEnd.PROGRAM_ERROR)
