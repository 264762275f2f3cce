"""The notifier itself: joins workers, door, board, journal, pop-ups and the way to the server.

All signals that have come are taken in one turn: one step of the board each, one transaction of the journal for all,
and only then is anybody told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from benchside.notifier.attention import Attention
from benchside.notifier.beginning import DISK_FULL, at_start, standing
from benchside.notifier.cards import Cards
from benchside.notifier.carrier import Carrier
from benchside.notifier.door import Desk, Door
from benchside.notifier.journal import Journal, Projection
from benchside.notifier.record import Record
from benchside.notifier.settings import NotifierSettings
from benchside.notifier.shown import notices
from benchside.notifier.silence import OVER, Silence
from benchside.notifier.supervise import Watcher
from benchside.notifier.trim import PART_S, Trimmer
from benchside.notifier.watched import share_out
from benchside.notifier.words import Words
from benchside.platform.child.contract import Start
from benchside.platform.clock.here import steady_s
from benchside.protocol.errors import UnavailableError
from benchside.protocol.flow.conditions.board import Board
from benchside.protocol.flow.conditions.event import Act, BoardEvent, Signalled, Started, Stopped, Ticked
from benchside.protocol.flow.conditions.unsaid import Unsaid
from benchside.protocol.flow.popups import DeskThere, Quiet, ShowCard
from benchside.protocol.flow.popups import Ticked as PopupsTicked
from benchside.protocol.wire import notice as wire
from benchside.protocol.wire.condition import ConditionChange, ConditionKey, Signal, SignalState

__all__ = ["Notifier"]

log = logging.getLogger(__name__)

SHOWN_EVERY_S = 0.25
"""Windows are told of a flood four times a second; the first change goes at once."""
LOOK_EVERY_S = 60.0
"""For clocks that jump, advisories that end, and desks that show how old a watch is."""
RETRY_DISK_S = 5.0
HISTORY_AT_ONCE = 100
NOTHING: Mapping[ConditionKey, Unsaid | None] = MappingProxyType({})


@dataclass
class _Waiting:
    """Signals that came and were not taken yet."""

    signals: tuple[Signal, ...]
    done: Callable[[bool], None] | None


class Notifier:
    """Everything long-lived."""

    def __init__(
        self, settings: NotifierSettings, journal: Journal, projection: Projection, words: Words, *, was_spoilt: bool,
        start: Start | None = None,
    ) -> None:  # fmt: skip
        """`was_spoilt`: an unreadable journal was put aside.  `start`: how workers are started, None: on their own."""
        self._settings = settings
        self._journal = journal
        self._record = Record(journal)
        self._words = words
        self._loop = asyncio.get_running_loop()
        self._is_intact = projection.broken_at is None
        self._was_spoilt = was_spoilt
        self._last_utc_ms = projection.last_utc_ms
        now, utc_ms = steady_s(), _utc_ms()
        self._board = Board(words, projection.states, now=now, utc_ms=utc_ms, unsaid=projection.unsaid)
        self._attention = Attention(projection.popped.values(), now=now, utc_ms=utc_ms)
        self._popped = projection.popped
        self._standing = standing(projection.states, projection.unsaid)
        self._queue: list[_Waiting] = []
        self._is_turn_due = False
        self._shown_at = float("-inf")
        self._show_timer: asyncio.TimerHandle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._disk_timer: asyncio.TimerHandle | None = None
        self._desks: list[Desk] = []
        self._cards = Cards(lambda: self._desks, lambda: self._board.states, words)
        self._is_assay_running = False
        folders = tuple(folder for folder in (settings.state, settings.agent_state) if folder.is_dir())
        owned = share_out(self._standing, settings.watched)[0]
        self._watchers = [
            Watcher(each, self.signals_came, folders, owned.get(each.label, ()), start=start, on_ready=self._show_soon)
            for each in settings.watched
        ]
        self._silence = Silence(journal, now)
        self._carrier = Carrier(settings.agent_socket, journal, words, around=self)
        self._door = Door(
            settings.socket,
            push_users=settings.push_users,
            on_enter=self._desk_entered,
            on_message=self._desk_said,
            on_leave=self._desk_left,
            on_signals=self.signals_came,
        )

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until cancelled.  `ready`: callers can come in."""
        await self._door.open()
        self._step(Started(last_utc_ms=self._last_utc_ms))
        for card in self._attention.begin(self._board.states, self._popped, steady_s()):
            self._pop_up(card)
        self._tell_of_ourselves()
        ready()
        try:
            async with asyncio.TaskGroup() as group:
                for watcher in self._watchers:
                    group.create_task(watcher.run(), name=f"watcher {watcher.watched.label}")
                group.create_task(self._carrier.run(), name="carrier")
                group.create_task(self._look(), name="look after time")
                group.create_task(self._trim(), name="keep the journal small")
        finally:
            self._cards.close()
            self._turn()
            self._step(Stopped())
            await self._door.close()

    # -- signals ----------------------------------------------------------------------------------

    def signals_came(self, signals: tuple[Signal, ...], done: Callable[[bool], None] | None = None) -> None:
        """Take signals with all others of this turn; `done` when what follows from them is in the journal."""
        self._queue.append(_Waiting(signals, done))
        if not self._is_turn_due:
            self._is_turn_due = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._is_turn_due = False
        queue, self._queue = self._queue, []
        now, utc_ms = steady_s(), _utc_ms()
        drafts: list[ConditionChange] = []
        is_durable = False
        try:
            for waiting in queue:
                for signal in waiting.signals:
                    drafts += self._board.step(Signalled(signal), now, utc_ms)
            self._write(drafts, now)
            is_durable = not self._record.is_stuck
        finally:  # whatever went wrong, no caller waits for an answer for good
            for waiting in queue:
                if waiting.done is not None:
                    waiting.done(is_durable)
        self._tell_of_unknown_codes()

    def _step(self, event: BoardEvent) -> None:
        now = steady_s()
        self._write(self._board.step(event, now, _utc_ms()), now)

    def _write(self, drafts: list[ConditionChange], now: float) -> None:
        """Journal first, then everybody else.  A full disk silences nobody: it is said, and tried again."""
        unsaid = self._board.unsaid()
        if drafts or unsaid:
            self._keep(drafts, unsaid)
        if drafts:
            self._tell(drafts, now)
        self._arm()

    def _keep(self, drafts: list[ConditionChange], unsaid: Mapping[ConditionKey, Unsaid | None] = NOTHING) -> None:
        was_stuck = self._record.is_stuck
        try:
            written = self._record.write(drafts, unsaid)
        except UnavailableError as error:
            if not was_stuck:
                log.error("journal takes nothing", extra={"cause": str(error)})
                self._loop.call_soon(self.signals_came, (Signal(DISK_FULL, SignalState.ON),))
            if self._disk_timer is None:
                self._disk_timer = self._loop.call_later(RETRY_DISK_S, self._retry_disk)
            return
        if was_stuck:
            self._loop.call_soon(self.signals_came, (Signal(DISK_FULL, SignalState.OFF),))
        if written:
            self._board.numbered(written)
            self._carrier.changed()

    def _retry_disk(self) -> None:
        self._disk_timer = None
        if self._record.is_stuck:
            self._keep([])

    def _tell(self, drafts: list[ConditionChange], now: float) -> None:
        cards: list[ShowCard] = []
        for change in drafts:
            state = None if change.key is None else self._board.states.get(change.key)
            cards += self._attention.hear(change, state, now)
        for card in cards:
            self._pop_up(card)
        self._show_soon()

    def _pop_up(self, card: ShowCard) -> None:
        """INVARIANT: in the journal before it is on the screen, so that no restart shows it twice."""
        self._keep(self._attention.noted(card, self._board.states, _utc_ms()))
        self._cards.show(card)

    # -- time -------------------------------------------------------------------------------------

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        moments = [at for at in (self._board.deadline(), self._attention.deadline()) if at is not None]
        if moments:
            self._timer = self._loop.call_later(max(0.0, min(moments) - steady_s()), self._ring)

    def _ring(self) -> None:
        self._timer = None
        for card in self._attention.step(PopupsTicked(), steady_s()):
            self._pop_up(card)
        self._step(Ticked())

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._step(Ticked())
            self._carrier.look(_utc_ms())
            silence = self._silence.look(steady_s(), is_on=self._board.hears(OVER))
            if silence is not None:
                self.signals_came((silence,))
            self._show_soon()

    async def _trim(self) -> None:
        trimmer = Trimmer(self._journal, self._settings)
        while True:
            await asyncio.sleep(PART_S)
            try:
                signal = await trimmer.part_passed(self._board.states, kept=self._carrier.kept, utc_ms=_utc_ms())
            except UnavailableError as error:
                log.error("journal could not be cut", extra={"cause": str(error)})
                continue
            if signal is not None:
                self._carrier.changed()
                self.signals_came((signal,))

    # -- desks ------------------------------------------------------------------------------------

    def _desk_entered(self, desk: Desk) -> None:
        self._desks.append(desk)
        self._show(desk)
        self._cards.entered()
        self._popups_heard(DeskThere(any(desk.pops_up for desk in self._desks)))
        self._quiet_changed()

    def _desk_left(self, desk: Desk) -> None:
        self._desks.remove(desk)
        self._cards.left(desk)
        self._popups_heard(DeskThere(any(desk.pops_up for desk in self._desks)))
        self._quiet_changed()

    def _desk_said(self, desk: Desk, message: wire.NoticeMessage) -> None:
        match message:
            case wire.NoticesWanted():
                desk.locale = message.locale
                self._show(desk)
            case wire.QuietTold():
                desk.is_full_screen = message.full_screen
                self._cards.entered()
                self._quiet_changed()
            case wire.PopUpShown():
                log.info("pop-up shown", extra={"card": message.number})
                self._cards.shown(message.number)
            case wire.HistoryOfConditionsWanted():
                self._show_history(desk, message)
            case wire.Acknowledge() | wire.Shelve() | wire.Unshelve() | wire.ResetLatch():
                self._act(desk, message)
            case wire.PutOutOfService():
                if desk.peer.is_system or desk.peer.is_ours:
                    self._act(desk, message)
                else:
                    desk.send(wire.NoticeRefused(key=message.key, reason="not_allowed"))
            case _:
                desk.send(wire.NoticeRefused(reason="not_understood"))

    def _act(self, desk: Desk, act: Act) -> None:
        self._turn()  # what came before is decided before
        objection = self._board.objection(act)
        if objection is not None:
            desk.send(wire.NoticeRefused(key=act.key, reason=objection))
            return
        self._step(act)
        self._show_all()

    def _show_history(self, desk: Desk, asked: wire.HistoryOfConditionsWanted) -> None:
        try:
            changes = self._journal.history(before=asked.before, key=asked.key, most=HISTORY_AT_ONCE + 1)
        except UnavailableError as error:
            log.error("history cannot be read", extra={"cause": str(error)})
            desk.send(wire.NoticeRefused(key=asked.key, reason="journal"))
            return
        desk.send(
            wire.HistoryOfConditions(
                changes=tuple(changes[:HISTORY_AT_ONCE]), more=len(changes) > HISTORY_AT_ONCE, intact=self._is_intact
            )
        )

    def _popups_heard(self, event: DeskThere | Quiet) -> None:
        for card in self._attention.step(event, steady_s()):
            self._pop_up(card)
        self._arm()

    def _quiet_changed(self) -> None:
        """A full-screen program keeps others quiet only where no other desk can show them."""
        screens = [desk.is_full_screen for desk in self._desks if desk.pops_up]
        self._popups_heard(Quiet(self._is_assay_running or (bool(screens) and all(screens))))

    def _show_soon(self) -> None:
        if self._show_timer is not None or not self._desks:
            return
        wait_s = self._shown_at + SHOWN_EVERY_S - self._loop.time()
        if wait_s <= 0:
            self._show_all()
        else:
            self._show_timer = self._loop.call_later(wait_s, self._show_all)

    def _show_all(self) -> None:
        if self._show_timer is not None:
            self._show_timer.cancel()
            self._show_timer = None
        self._shown_at = self._loop.time()
        for desk in self._desks:
            self._show(desk)

    def _show(self, desk: Desk) -> None:
        now = self._loop.time()
        desk.send(
            notices(
                self._board.states,
                self._words,
                desk.locale,
                watches=[watcher.shown(now) for watcher in self._watchers],
                is_intact=self._is_intact,
                unsent=self._carrier.unsent,
            )
        )

    # -- the agent's side -------------------------------------------------------------------------

    def agent_said(self, *, is_online: bool | None, is_assay_running: bool) -> None:
        """`is_online`: None while there is no agent, which says nothing of the server for a day (silence.py)."""
        if is_assay_running != self._is_assay_running:
            self._is_assay_running = is_assay_running
            self._quiet_changed()
        if is_online is None:
            self._silence.gone(steady_s())
        else:
            self.signals_came((self._silence.heard(is_online=is_online),))

    # -- ourselves --------------------------------------------------------------------------------

    def _tell_of_ourselves(self) -> None:
        for fault in self._words.faults:
            log.warning("catalogue has a fault", extra={"cause": fault.why})
        is_whole = self._is_intact and not self._was_spoilt
        watched = self._settings.watched
        self.signals_came(
            tuple(at_start(self._board.states, self._standing, watched, self._words.faults, is_whole=is_whole))
        )

    def _tell_of_unknown_codes(self) -> None:
        if self._words.unknown:
            unknown, self._words.unknown = self._words.unknown, set()
            self.signals_came(
                tuple(
                    Signal(ConditionKey("benchside.catalogue", source[:80], "code_unknown"), SignalState.PULSE)
                    for source in sorted(unknown)
                )
            )


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000
