"""One call for help and the session that may follow: between the technician's desk, the host and the server."""

from __future__ import annotations

import asyncio
import logging

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from msgspec.structs import replace

from benchside.agent.around import HelpDesk, Ticketed
from benchside.agent.attempts import Attempts
from benchside.agent.belief import Belief
from benchside.agent.child import HostChild
from benchside.agent.covering import Covering
from benchside.agent.door import Desk
from benchside.agent.entries import HostEntries
from benchside.protocol.errors import PeerError, PeerFault, RefusedError, UnavailableError
from benchside.protocol.flow.session import CODE_LIFE_S
from benchside.protocol.trust.bytes import lp
from benchside.protocol.trust.keys import pss_sign
from benchside.protocol.wire import desk as shown
from benchside.protocol.wire import host as wire
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.desk import RequestPhase
from benchside.protocol.wire.session import SessionEnd

__all__ = ["Help"]

log = logging.getLogger(__name__)

PROMPT_SETTLE_S = 0.65
"""No yes counts so soon after a prompt was shown, whatever the desk says: nobody reads that fast."""
MAX_CLAIMS = 50
"""A request that went from hand to hand so often is not helped by another."""
_ANSWER_LABEL = lp("benchside/1 pc answer")


class Help:
    """Lives from the technician's request to its one outcome."""

    def __init__(
        self,
        *,
        desk: Desk,
        request: shown.OpenRequest,
        request_id: bytes,
        child: HostChild,
        identity: RSAPrivateKey,
        attempts: Attempts,
        belief: Belief,
        tickets: Ticketed,
        around: HelpDesk,
    ) -> None:
        self.desk = desk
        self.request = request
        self.request_id = request_id
        self.phase = RequestPhase.OPENING
        self.associate: shown.AssociateShown | None = None
        self._child = child
        self._identity = identity
        self._attempts = attempts
        self._belief = belief
        self._tickets = tickets
        self._around = around
        self._loop = asyncio.get_running_loop()
        self._opened_at = self._loop.time()
        self._code: shown.CodeShown | None = None
        self._code_until = 0.0
        self._guess_key: bytes | None = None
        self._guess_associate = ""
        self._visitor: shown.AssociateShown | None = None
        self._entries = HostEntries()
        self._may_sign = False
        self._main_waits = False
        self._claims = 0
        self._prompt = 0
        self._prompt_at = 0.0
        self._may_paste = False
        self._covering = Covering(child, around, request.technician)
        self._ending: SessionEnd | None = None
        self._is_over = False
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, begin: wire.BeginHosting) -> None:
        """Hand the host what it needs and listen to it."""
        self._may_paste = begin.paste
        self._covering.begin(len(begin.covers))
        self._child.attend(self._host_said)
        self._child.send(begin)
        self.show_phase(RequestPhase.OPENING)

    @property
    def is_connected(self) -> bool:
        """True once an associate is in."""
        return self.phase in (RequestPhase.IN_SESSION, RequestPhase.LINE_LOST)

    # -- the technician ---------------------------------------------------------------------------

    def desk_said(self, message: shown.DeskMessage) -> None:
        """An act of the technician on their desk."""
        match message:
            case shown.StopSession():
                self.end(SessionEnd.STOPPED)
            case shown.CancelRequest():
                self.end(SessionEnd.STOPPED if self.is_connected else SessionEnd.CANCELLED)
            case shown.AnswerPrompt():
                self._answer(message)
            case shown.SetCovers():
                self._cover(message)
            case shown.CoversWanted():
                self._child.send(wire.CoversAsked())
            case shown.SetPaused():
                self._child.send(wire.PauseHosting(paused=message.paused))
            case shown.RevokeGrant():
                self._child.send(wire.RevokeHosting(capability=message.capability))
            case shown.NewCode():
                if not self.is_connected and self._code is None:
                    self._child.send(wire.RenewCode())
            case shown.IndicatorShown():
                self._child.send(wire.WatchIndicator(window=message.window, stop=message.stop))
            case shown.IndicatorGone():
                self._child.send(wire.WatchIndicator(window=None))
            case _:
                log.info("desk said what has no meaning now", extra={"message": type(message).__name__})

    def _answer(self, message: shown.AnswerPrompt) -> None:
        if message.prompt != self._prompt or not self._prompt:
            return
        if message.allow and self._loop.time() - self._prompt_at < PROMPT_SETTLE_S:
            log.warning("a yes that came too soon after its prompt was dropped")
            return
        self._prompt = 0
        scope = replace(message.scope, paste=message.scope.paste and self._may_paste)
        self._child.send(wire.PromptAnswered(prompt=message.prompt, allow=message.allow, scope=scope))

    def _cover(self, message: shown.SetCovers) -> None:
        try:
            self._covering.change(message.areas, self._loop.time())
        except UnavailableError as error:
            log.error("journal failed", extra={"cause": str(error)})
            self.end(SessionEnd.JOURNAL_FAILED)

    def assay_changed(self, running: bool) -> None:
        """A run on the instrument began or ended."""
        self._child.send(wire.AssayChanged(running=running))

    def end(self, reason: SessionEnd) -> None:
        """End everything for this reason: the host forgets its keys first, or is killed."""
        if self._ending is None and not self._is_over:
            self._ending = reason
            self._child.stop(reason)

    def change_policy(self, signed: bytes) -> None:
        """A newer policy is in force."""
        self._child.send(wire.PolicyChanged(policy=signed))

    # -- the server -------------------------------------------------------------------------------

    def queued(self) -> None:
        """The server has the request."""
        if self.phase in (RequestPhase.OPENING, RequestPhase.CLAIMED):
            self.associate = None
            self.show_phase(RequestPhase.QUEUED)

    def takes_claim(self) -> bool:
        """Whether a claim is worth writing down: a server that repeats itself must not fill the disk."""
        if self.phase not in (RequestPhase.OPENING, RequestPhase.QUEUED) or self._claims >= MAX_CLAIMS:
            return False
        self._claims += 1
        return True

    def claimed(self, associate: shown.AssociateShown | None) -> None:
        """Somebody took it; shown only as the policy knows them."""
        if self.phase in (RequestPhase.OPENING, RequestPhase.QUEUED):
            self.associate = associate
            self.show_phase(RequestPhase.CLAIMED)
        if self._main_waits:
            self._main_waits = False
            self._task(self._fetch_ticket(Channel.MAIN))

    # -- the host ---------------------------------------------------------------------------------

    def _host_said(self, message: wire.HostMessage | None) -> None:
        try:
            self._take(message)
        except UnavailableError as error:
            log.error("journal failed", extra={"cause": str(error)})
            self.end(SessionEnd.JOURNAL_FAILED)

    def _take(self, message: wire.HostMessage | None) -> None:
        match message:
            case None:
                self._over(self._ending or SessionEnd.HOST_LOST)
            case wire.HostAlive():
                pass
            case wire.HostReady():
                self._code_made(message.code)
            case wire.WantTicket():
                self._want_ticket(message.channel)
            case wire.SpendGuess():
                self._spend(message)
            case wire.SignAnswer():
                self._sign(message.content)
            case wire.GuessRight():
                self._guess_right()
            case wire.GuessWrong():
                self._guess_wrong()
            case wire.CodeOutOfTime():
                self._code_gone("expired", EventKind.CODE_DEAD)
            case wire.RecordEntry():
                self._record(message)
            case wire.ShowPrompt():
                self._show_prompt(message)
            case wire.HidePrompt():
                self._prompt = 0
                self.desk.send(shown.PromptClosed(prompt=message.prompt))
            case wire.CoversStand():
                self.desk.send(shown.CoversShown(covers=message.covers))
            case wire.SessionStands():
                self._show_session(message)
            case wire.HostEnded():
                self._ending = self._ending or message.reason
                self._child.stop(self._ending)
            case _:
                raise PeerError(PeerFault.OUT_OF_ORDER, "expected what a host says, got what an agent says")

    def _code_made(self, code: str) -> None:
        left, warned = self._attempts.new_code()
        self._around.journalled(EventKind.CODE_MADE, EventDetails())
        self._code = shown.CodeShown(code=code, ends_in_s=int(CODE_LIFE_S), attempts_left=left, warned=warned)
        self._code_until = self._loop.time() + CODE_LIFE_S
        self.desk.send(self._code)

    def _want_ticket(self, channel: Channel) -> None:
        """The server gives no ticket before somebody claimed the request: until then the host waits."""
        if channel is Channel.MAIN and self.phase in (RequestPhase.OPENING, RequestPhase.QUEUED):
            self._main_waits = True
        else:
            self._task(self._fetch_ticket(channel))

    async def _fetch_ticket(self, channel: Channel) -> None:
        try:
            ticket = await self._tickets.ticket(self.request_id, channel)
        except RefusedError as error:
            self._child.send(wire.TicketWithheld(channel=channel, reason=error.reason))
        except UnavailableError:
            self._tickets.hurry()  # a lost line has a minute to come back; the link's own pauses may be as long
            self._child.send(wire.TicketWithheld(channel=channel, reason=None))
        else:
            ahead_ms = self._tickets.server_ahead_ms
            self._child.send(wire.TicketGiven(channel=channel, ticket=ticket, server_ahead_ms=ahead_ms))

    def _spend(self, message: wire.SpendGuess) -> None:
        """INVARIANT: on disk as wrong before the host hears that it may answer."""
        known = EventDetails(associate=message.associate, second=message.second, key=message.key.hex())
        if not self._belief.owns(message.associate, message.key):
            raise PeerError(PeerFault.WRONG_KEY, "expected an associate whose key the policy names, got another")
        try:
            left = self._attempts.spend(message.key)
        except RefusedError as error:
            details = EventDetails(associate=message.associate, key=message.key.hex(), cause=error.reason.value)
            self._around.journalled(EventKind.GUESS_REFUSED, details)
            wait_s = None if error.wait_s is None else int(error.wait_s + 0.999)
            self._child.send(wire.GuessRefused(reason=error.reason, wait_s=wait_s))
            return
        self._around.journalled(EventKind.GUESS_COUNTED, known)
        self._guess_key, self._may_sign, self._guess_associate = message.key, True, message.associate
        self._child.send(wire.GuessCounted(attempts_left=left))

    def _sign(self, content: bytes) -> None:
        """One signature for each counted guess, over an answer of this protocol and nothing else."""
        if not self._may_sign or not content.startswith(_ANSWER_LABEL):
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected one answer to sign for each counted guess, got another")
        self._may_sign = False
        self._child.send(wire.AnswerSigned(signature=pss_sign(self._identity, content)))

    def _guess_right(self) -> None:
        if self._guess_key is None:
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected a counted guess before a right one, got none")
        self._attempts.right(self._guess_key)
        self._guess_key = None
        self._around.journalled(EventKind.CODE_ACCEPTED, EventDetails(associate=self._guess_associate))
        self._visitor = self._belief.known(self._guess_associate)
        self._child.send(wire.GuessSettled())
        self._code = None
        self.desk.send(shown.CodeGone(reason="used"))

    def _guess_wrong(self) -> None:
        self._guess_key, self._may_sign = None, False
        self._around.journalled(EventKind.CODE_WRONG, EventDetails())
        if self._attempts.left <= 0:
            self._code_gone("wrong", EventKind.CODE_DEAD)
        elif self._code is not None:
            self._code = shown.CodeShown(
                code=self._code.code,
                ends_in_s=max(0, int(self._code_until - self._loop.time())),
                attempts_left=self._attempts.left,
                warned=self._code.warned,
            )
            self.desk.send(self._code)

    def _code_gone(self, why: str, kind: EventKind) -> None:
        if self._code is None:
            return
        self._code = None
        self._attempts.kill_code()
        self._around.journalled(kind, EventDetails(cause=why))
        self._child.send(wire.KillCodeNow())
        self.desk.send(shown.CodeGone(reason=why))

    def _record(self, message: wire.RecordEntry) -> None:
        self._entries.check(message.kind, self._loop.time())
        try:
            self._around.journalled(message.kind, message.details)
        except UnavailableError as error:
            log.error("journal did not take an entry", extra={"cause": str(error)})
            self._child.send(wire.EntryFailed(entry=message.entry))
            # what a host does at once (a longer grant, an end of a pause) must not outlive a journal that fails
            self.end(SessionEnd.JOURNAL_FAILED)
            return
        self._child.send(wire.EntryRecorded(entry=message.entry))

    def _show_prompt(self, message: wire.ShowPrompt) -> None:
        if self._visitor is None:
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected a right code before a prompt, got none")
        self._prompt, self._prompt_at = message.prompt, self._loop.time()
        self.desk.send(
            shown.PromptShown(
                prompt=message.prompt,
                kind=message.kind,
                capability=message.capability,
                associate=self._visitor,
                purpose=message.purpose,
                monitors=message.monitors,
                windows=message.windows,
                paste=self._may_paste and message.capability is Capability.CONTROL,
                silence_s=message.silence_s,
                grant_s=message.grant_s,
            )
        )

    def _show_session(self, message: wire.SessionStands) -> None:
        if message.associate is None:
            if message.checking:
                self.show_phase(RequestPhase.CHECKING)
            elif self.phase is RequestPhase.CHECKING:
                self.show_phase(RequestPhase.CLAIMED if self.associate else RequestPhase.QUEUED)
            return
        if self._visitor is None:
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected a right code before a session, got none")
        if not self.is_connected:
            self.desk.heard_at = self._loop.time()  # from here on its beats count
        self.associate = self._visitor
        self.desk.send(
            shown.SessionShown(
                associate=self._visitor,
                grants=message.grants,
                paused=message.paused,
                line_lost=message.line_lost,
            )
        )
        self.show_phase(RequestPhase.LINE_LOST if message.line_lost else RequestPhase.IN_SESSION)

    def _over(self, outcome: SessionEnd) -> None:
        if self._is_over:
            return
        self._is_over = True
        for task in self._tasks:
            task.cancel()
        if self._code is not None:
            self._code = None
            self._attempts.kill_code()
        if self._child.was_killed:
            self._around.journalled(EventKind.HOST_KILLED, EventDetails(cause=outcome.value))
        self._around.help_over(outcome)

    def show_phase(self, phase: RequestPhase) -> None:
        """Tell the desk where the request stands."""
        self.phase = phase
        self.desk.send(
            shown.RequestShown(
                phase=phase,
                request_id=self.request_id,
                associate=self.associate,
                waiting_s=int(self._loop.time() - self._opened_at),
            )
        )

    def _task(self, coroutine: object) -> None:
        if asyncio.iscoroutine(coroutine):
            task = self._loop.create_task(coroutine, name="help fetches a ticket")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
