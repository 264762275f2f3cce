"""The agent itself: joins the door, the link, the journal and the one call for help that may be open."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable

from benchside.agent.assay import AssayFlag
from benchside.agent.attempts import Attempts
from benchside.agent.begin import begin_hosting
from benchside.agent.belief import Belief
from benchside.agent.child import HostChild
from benchside.agent.describe import described, request_opened
from benchside.agent.door import Desk, Door
from benchside.agent.help import Help
from benchside.agent.history import ChainCheck, close_unfinished, follow_server, page_of_history
from benchside.agent.identity import DeviceFile, DeviceFolder
from benchside.agent.journal import Journal
from benchside.agent.link import Link
from benchside.agent.notices import Notices
from benchside.agent.readiness import Readiness
from benchside.agent.settings import AgentSettings
from benchside.agent.standing import Standing
from benchside.protocol.errors import Refusal, UnavailableError
from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.wire import desk as shown
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.cover import CoverRule
from benchside.protocol.wire.desk import RequestPhase
from benchside.protocol.wire.session import SessionEnd
from benchside.protocol.wire.text import clean

__all__ = ["Agent"]

log = logging.getLogger(__name__)

REPORT_AT_ONCE = 100
DESK_SILENT_S = 0.7
"""A desk beats five times a second while somebody views or controls; two beats and a half is a hung window."""
LOOK_EVERY_S = 0.2
SLEPT_AFTER_S = 10.0
"""A gap in our own looking: the PC slept, or was frozen as if it did."""
GATES_EVERY_S = 2.0


class Agent:
    """Everything long-lived on the PC."""

    def __init__(self, settings: AgentSettings, folder: DeviceFolder, journal: Journal, standing: Standing) -> None:
        """Read all files; UnavailableError when the PC is not enrolled or a file is spoilt."""
        self._settings = settings
        self._folder = folder
        self._journal = journal
        self._device: DeviceFile = folder.device()
        self._identity = folder.identity()
        self._belief = Belief(folder, journal)
        self._chain = ChainCheck(folder.journal_path)
        self._attempts = Attempts(journal)
        self._help: Help | None = None
        self._is_opening = False
        self._desks: list[Desk] = []
        self._loop = asyncio.get_running_loop()
        self._link_changed_at = self._loop.time()
        self._kept = 0
        self._reported = 0
        self._standing = standing
        self._readiness = Readiness(folder, self._belief, standing)
        self._assay = AssayFlag(folder.folder)
        self._notices = Notices(lambda it: self._link.send(it), lambda: self._link.is_up and not standing.is_held)
        self._door = Door(
            settings.socket,
            desk_users=settings.desk_users,
            on_enter=self._desk_entered,
            on_message=self._desk_said,
            on_leave=self._desk_left,
            on_assay=self._assay_told,
            on_carrier=self._notices.serve,
        )
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, link: Link, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until cancelled; then end what is open, and leave nothing behind.  `ready`: desks can come in."""
        self._link = link
        close_unfinished(self._journal)
        await self._door.open()
        ready()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(link.run(), name="link")
                group.create_task(self._look(), name="look after desk and gates")
        finally:
            if self._help is not None:
                self._help.end(SessionEnd.AGENT_LOST)
                await asyncio.sleep(0.3)
            await self._door.close()

    # -- desks ------------------------------------------------------------------------------------

    def _desk_entered(self, desk: Desk) -> None:
        desk.heard_at = self._loop.time()
        self._desks.append(desk)
        desk.send(self._welcome())
        desk.send(self._link_shown())
        desk.send(shown.AssayShown(running=self._assay.is_running))
        busy = self._help is not None
        desk.send(shown.RequestShown(phase=RequestPhase.IDLE) if not busy else shown.DeskRefused(reason=Refusal.BUSY))

    def _desk_left(self, desk: Desk) -> None:
        if desk in self._desks:
            self._desks.remove(desk)
        if self._help is not None and self._help.desk is desk:
            self._help.end(SessionEnd.DESK_LOST)

    def _desk_said(self, desk: Desk, message: shown.DeskMessage) -> None:
        desk.heard_at = self._loop.time()
        match message:
            case shown.DeskAlive():
                pass
            case shown.OpenRequest():
                self._task(self._open_request(desk, message), "open a request")
            case shown.SetAssay():
                self._assay_told(message.running)
            case shown.HistoryWanted():
                self._task(self._show_history(desk, message.before), "show history")
            case _ if self._help is not None and self._help.desk is desk:
                self._help.desk_said(message)
            case shown.IndicatorShown() | shown.IndicatorGone():
                pass  # a fact that is told just after the end too; nothing is refused
            case _:
                desk.send(shown.DeskRefused(reason=Refusal.NO_REQUEST))

    async def _show_history(self, desk: Desk, before: int | None) -> None:
        intact = await self._chain.is_intact()
        desk.send(page_of_history(self._journal, before, intact=intact))

    def _assay_told(self, running: bool) -> bool:
        """A run began or ended: in the journal first, then host and desks know.  Returns what is flagged now."""
        if running == self._assay.is_running:
            return running
        try:
            self.journalled(EventKind.ASSAY_STARTED if running else EventKind.ASSAY_ENDED, EventDetails())
            self._assay.change(running)
        except UnavailableError as error:
            log.error("flag of a run was not kept", extra={"cause": str(error)})
            return self._assay.is_running
        if self._help is not None:
            self._help.assay_changed(running)
        self._show_all(shown.AssayShown(running=running))
        return running

    async def _open_request(self, desk: Desk, request: shown.OpenRequest) -> None:
        self._readiness.look()
        missing = self._readiness.missing(self._device.instruments)
        covers = self._readiness.rules(self._device.instruments)
        policy = self._belief.signed
        if missing or policy is None or covers is None:
            reason = missing[0] if missing else Refusal.NO_POLICY
            self._journal.append(EventKind.REQUEST_REFUSED, None, EventDetails(cause=reason.value))
            self._report()
            desk.send(shown.DeskRefused(reason=reason))
            return
        if self._help is not None or self._is_opening:
            desk.send(shown.DeskRefused(reason=Refusal.BUSY))
            return
        self._is_opening = True
        try:
            await self._start_help(desk, request, policy, covers)
        except UnavailableError as error:
            log.error("request could not be opened", extra={"cause": str(error)})
            desk.send(shown.DeskRefused(reason=Refusal.JOURNAL))
        finally:
            self._is_opening = False

    async def _start_help(
        self, desk: Desk, request: shown.OpenRequest, policy: bytes, covers: tuple[CoverRule, ...]
    ) -> None:
        request_id = os.urandom(16)
        self._journal.append(
            EventKind.REQUEST_OPENED,
            request_id,
            EventDetails(
                technician=clean(request.technician, 80),
                reason=clean(request.reason, 1000),
                instrument=request.instrument or None,
            ),
        )
        try:
            begin = await begin_hosting(
                self._device,
                self._settings,
                self._link.out,
                request_id=request_id,
                technician=request.technician,
                identity_key=public_bytes(self._identity.public_key()),
                policy=policy,
                authority_key=self._belief.pin.key,
                covers=covers,
                assay_running=self._assay.is_running,
            )
            child = await HostChild.start(desk.hello.display, desk.peer)
        except UnavailableError:
            close_unfinished(self._journal, SessionEnd.HOST_LOST)
            raise
        self._help = Help(
            desk=desk,
            request=request,
            request_id=request_id,
            child=child,
            identity=self._identity,
            attempts=self._attempts,
            belief=self._belief,
            tickets=self._link,
            around=self,
        )
        self._help.start(begin)
        if self._assay.is_running:  # flagged before, so that the session's own account has it too
            self.journalled(EventKind.ASSAY_STARTED, EventDetails())
        if desk not in self._desks:  # it left while the host was starting
            self._help.end(SessionEnd.DESK_LOST)
        self._announce()  # before its events, so that the server knows what they belong to
        self._report()
        self._link.hurry()

    # -- around one call for help -----------------------------------------------------------------

    def journalled(self, kind: EventKind, details: EventDetails) -> None:
        """Write an entry of the open request, durably."""
        self._journal.append(kind, None if self._help is None else self._help.request_id, details)
        self._report()

    def help_over(self, outcome: SessionEnd) -> None:
        """The call is over: journal, server and desk hear of its one outcome."""
        done, self._help = self._help, None
        if done is None:
            return
        try:
            self._journal.append(EventKind.SESSION_ENDED, done.request_id, EventDetails(cause=outcome.value))
        except UnavailableError as error:
            log.error("journal did not take the outcome", extra={"cause": str(error)})
        self._report()
        self._link.send(wire.RequestCancelled(request_id=done.request_id, reason=outcome.value))
        done.desk.send(shown.SessionOver(outcome=outcome))
        self._show_all(shown.RequestShown(phase=RequestPhase.IDLE))

    def _announce(self) -> None:
        """Put the open request into the server's queue, or repeat it after a reconnect."""
        if self._help is not None:
            self._link.send(request_opened(self._help.request_id, self._help.request))

    # -- the link ---------------------------------------------------------------------------------

    def link_up(self, welcome: wire.LinkWelcome) -> None:
        """The server is there: say what it must know."""
        self._link_changed_at = self._loop.time()
        if welcome.held:
            self.link_held()
            self._show_link()
            return
        if self._standing.note_free():
            self._show_all(self._welcome())
        follow_server(self._journal, welcome.journal_sequence, welcome.journal_head)
        self._kept = self._reported = min(welcome.journal_sequence, self._journal.last_sequence())
        self._describe()
        if welcome.policy_version > self._belief.version:
            self._link.send(wire.PolicyWanted(rotation_serial=self._belief.pin.rotation_serial))
        self._announce()
        self._report()
        self._show_link()

    def link_held(self) -> None:
        """This device is held: whatever is open ends, and nothing can be asked until a person has decided."""
        if self._standing.note_held():
            self._show_all(self._welcome())
        if self._help is not None:
            self._help.end(SessionEnd.DEVICE_HELD)

    def link_down(self) -> None:
        """No contact."""
        self._link_changed_at = self._loop.time()
        self._notices.link_down()
        self._show_link()

    def link_said(self, message: wire.LinkMessage) -> None:
        """What the server says; nothing in it can grant anything."""
        match message:
            case wire.PolicyOffered():
                self._consider_policy(message)
            case wire.EventsKept():
                self._kept = max(self._kept, min(message.sequence, self._reported))
                self._report()
            case wire.RequestQueued() | wire.RequestReleased():
                if (asked := self._asked(message.request_id)) is not None:
                    asked.queued()
            case wire.RequestClaimed():
                self._claimed(message)
            case wire.RequestUnknown():
                self._request_refused(message)
            case wire.RequestCancelled():
                if (asked := self._asked(message.request_id)) is not None:
                    asked.end(SessionEnd.POLICY_CHANGED if message.reason == "associate_out" else SessionEnd.CANCELLED)
            case _ if not self._notices.link_said(message):
                log.info("server said what has no meaning here", extra={"message": type(message).__name__})

    def _asked(self, request_id: bytes) -> Help | None:
        """Return the call for help with this id, when it is the open one."""
        return self._help if self._help is not None and self._help.request_id == request_id else None

    def _claimed(self, message: wire.RequestClaimed) -> None:
        asked = self._asked(message.request_id)
        if asked is not None and asked.takes_claim():
            self.journalled(EventKind.REQUEST_CLAIMED, EventDetails(associate=message.associate))
        if asked is not None:
            asked.claimed(self._belief.known(message.associate))

    def _request_refused(self, message: wire.RequestUnknown) -> None:
        asked = self._asked(message.request_id)
        if asked is None:
            return
        asked.desk.send(shown.DeskRefused(reason=message.reason))
        asked.end(SessionEnd.CANCELLED)

    def _consider_policy(self, message: wire.PolicyOffered) -> None:
        is_taken = self._belief.consider(message)
        self._report()
        if not is_taken:
            return
        self._device = self._folder.device()
        if self._help is not None:
            self._help.change_policy(message.policy)
        self._describe()
        self._show_all(self._welcome())

    def _describe(self) -> None:
        version, sealing = self._belief.version, self._folder.sealing
        self._link.send(described(self._device, self._readiness.gates, policy_version=version, sealing=sealing))

    def _report(self) -> None:
        """Send the journal on, one batch at a time; the rest waits on disk."""
        if not self._link.is_up or self._reported > self._kept:
            return
        events = self._journal.after(self._kept, REPORT_AT_ONCE)
        if events:
            self._reported = events[-1].sequence
            self._link.send(wire.EventsReported(events=tuple(events)))

    # -- looking after things ---------------------------------------------------------------------

    async def _look(self) -> None:
        """Notice a hung desk within a second, and gates that an administrator opened meanwhile."""
        gates_at = 0.0
        while True:
            began_at = self._loop.time()
            await asyncio.sleep(LOOK_EVERY_S)
            now = self._loop.time()
            self._notices.look(self._device, is_assay_running=self._assay.is_running, now=now)
            open_help = self._help
            if open_help is not None and open_help.is_connected and now - began_at > SLEPT_AFTER_S:
                open_help.end(SessionEnd.PC_SLEPT)
            if open_help is not None and open_help.is_connected and now - open_help.desk.heard_at > DESK_SILENT_S:
                open_help.end(SessionEnd.DESK_LOST)
            if now - gates_at >= GATES_EVERY_S:
                gates_at = now
                self._look_at_gates()

    def _look_at_gates(self) -> None:
        if self._readiness.look():
            self._describe()
            self._report()
            self._show_all(self._welcome())

    def _welcome(self) -> shown.DeskWelcome:
        device = self._device
        return shown.DeskWelcome(
            version=shown.DESK_VERSION,
            site=device.site_name,
            device=device.device,
            phone=device.phone,
            instruments=device.instruments,
            missing=self._readiness.missing(device.instruments),
            number=self._standing.number,
        )

    def _link_shown(self) -> shown.LinkShown:
        return shown.LinkShown(online=self._link.is_up, since_s=int(self._loop.time() - self._link_changed_at))

    def _show_link(self) -> None:
        self._show_all(self._link_shown())

    def _show_all(self, message: shown.DeskMessage) -> None:
        for desk in self._desks:
            desk.send(message)

    def _task(self, coroutine: object, name: str) -> None:
        if asyncio.iscoroutine(coroutine):
            task = self._loop.create_task(coroutine, name=name)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
