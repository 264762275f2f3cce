"""Takes one picture after the other: when pace, processor, line and consent allow it, the long ones in a thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from benchside.host.capture.contract import Capture
from benchside.host.channel import Opened
from benchside.host.together import in_records
from benchside.media.damage import Box
from benchside.media.engine import HEAVY_PX, Draft, Engine, Plan
from benchside.media.governor import Governor
from benchside.media.pacing import Pacing
from benchside.media.scene import STREAM_LINGERS_S, Grabbed, LineState, SceneMessage
from benchside.media.tiles import opaque_words
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.picture import (
    VIEW,
    PictureBegin,
    PictureEnd,
    PictureShown,
    PictureState,
    ViewMessage,
    ViewReady,
)

__all__ = ["Shutter"]


class Shutter:
    """The pictures of one open epoch of `view`."""

    def __init__(
        self,
        opened: Opened,
        capture: Capture,
        governor: Governor,
        *,
        may_pass: Callable[[], bool],
        on_display_lost: Callable[[], None],
    ) -> None:
        """`may_pass` asks consent, for each picture before it is taken and again before it goes out."""
        self._opened = opened
        self._capture = capture
        self._governor = governor
        self._may_pass = may_pass
        self._on_display_lost = on_display_lost
        self._loop = asyncio.get_running_loop()
        self._pacing = Pacing(self._loop.time())
        self._engine = Engine()
        self._thread: ThreadPoolExecutor | None = None
        self._is_open = False
        self._is_writing = False  # the other thread has the scenes
        self._is_whole = True
        self._takes_together = False
        self._covers = 0
        self._told: PictureState | None = None  # how far the viewer was told that the picture is
        self._timer: asyncio.TimerHandle | None = None
        self._writable: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Take pictures from now on."""
        self._is_open = True

    def close(self) -> None:
        """Take no more, and send none that is being written."""
        self._is_open = False
        if self._timer is not None:
            self._timer.cancel()
        if self._writable is not None:
            self._writable.cancel()
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def start_whole(self, monitors: Iterable[tuple[int, Box]], ready: ViewReady) -> None:
        """Start these monitors anew, for a viewer that can take what `ready` says."""
        self._is_whole = True
        self._takes_together = ready.together
        self._pacing.start_anew()
        self._engine.lay_out(monitors, ready.video)
        self._pacing.damage_arrived(self._loop.time())
        self.take()

    def recover(self) -> None:
        """What is covered has changed: what is being written shows it as it was, and must not go out."""
        self._covers += 1

    def damaged(self, box: Box) -> None:
        """Something may have changed here; `take` follows."""
        self._engine.damaged(box)
        self._pacing.damage_arrived(self._loop.time())

    def shown(self, picture: PictureShown) -> None:
        """The viewer shows this picture; PeerError when that cannot be."""
        self._pacing.picture_shown(picture.sequence, self._loop.time(), picture.took_ms / 1000)
        self.take()

    def take(self) -> None:
        """Take one picture of all damage, or of what has rested, if it may be now; else see to it that it is later."""
        now = self._loop.time()
        if not self._is_open or self._is_writing or self._opened.is_forgotten or not self._is_due(now):
            return
        if self._opened.link.is_congested:
            # What is sealed cannot be taken back, so it must not wait here; the damage can, and is fresh then.
            self._wait_until_writable()
            return
        if not self._pacing.may_capture(now):
            self._arm(self._pacing.deadline())
            return
        if not self._governor.may_work(now, time.process_time()):
            self._arm(self._governor.deadline())
            return
        if not self._may_pass():
            return  # the damage stays and goes out when consent lets pictures pass again
        may_refine = self._pacing.may_refine
        plan = self._engine.plan(now, self._pacing.picture_bytes, may_refine=may_refine)
        if plan is None:
            self._pacing.picture_unchanged(now)
            self._go_on()
        elif (grabbed := self._grab(plan)) is not None:
            self._write(plan, grabbed, now)

    # what and when

    def _is_due(self, now: float) -> bool:
        """Whether there is damage, or something has rested; arms the timer for what will have."""
        if self._engine.is_damaged:
            return True
        rests_at = self._engine.rests_at()
        if rests_at is None:
            if self._engine.has_video:
                self._end_idle_streams(now)
            return False
        if rests_at > now:
            self._arm(rests_at)
            return False
        if not self._pacing.may_refine:
            return False  # the next acknowledgement comes here again
        self._pacing.damage_arrived(now)
        return True

    def _grab(self, plan: Plan) -> list[Grabbed] | None:
        try:
            return [Grabbed(spot.box, opaque_words(self._capture.grab(spot.box))) for spot in plan.spots]
        except UnavailableError:
            self.close()
            self._on_display_lost()
            return None

    def _write(self, plan: Plan, grabbed: list[Grabbed], now: float) -> None:
        line = LineState(
            rate=self._pacing.rate,
            budget_bytes=self._pacing.picture_bytes,
            pictures_per_s=self._pacing.pictures_per_s,
            cores=self._governor.cores,
        )
        if plan.area_px < HEAVY_PX:
            self._send(self._engine.write(plan, grabbed, line, now))
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        self._is_writing = True
        covers = self._covers
        writing = self._loop.run_in_executor(self._thread, self._engine.write, plan, grabbed, line, now)
        writing.add_done_callback(lambda done: self._written(done, covers))

    def _written(self, writing: asyncio.Future[Draft], covers: int) -> None:
        self._is_writing = False
        if writing.cancelled() or not self._is_open:
            return
        self._send(writing.result(), is_stale=covers != self._covers)

    # sending

    def _send(self, draft: Draft, *, is_stale: bool = False) -> None:
        now = self._loop.time()
        if self._opened.is_forgotten:
            return
        if not self._engine.is_current(draft.plan):
            self._go_on()  # the monitors are others now
            return
        if is_stale or not self._may_pass():
            self._engine.take_back(draft)
            self._pacing.damage_arrived(now)
            if is_stale:
                self._go_on()
            return
        self._engine.settle(draft)
        if draft.messages or self._told not in (None, self._engine.state):
            # Also when nothing is new but how far the picture is: a viewer that was told "behind" waits for the rest.
            self._send_picture(draft.messages)
        else:
            self._pacing.picture_unchanged(now)
        self._go_on()

    def _send_picture(self, messages: list[SceneMessage]) -> None:
        sequence = self._pacing.next_sequence
        self._told = self._engine.state
        parts = [PictureBegin(sequence, self._is_whole), *messages, PictureEnd(sequence, self._told)]
        size = sum(self._say(record) for record in (in_records(parts) if self._takes_together else parts))
        self._is_whole = False
        self._pacing.picture_sent(sequence, size, self._loop.time())

    def _go_on(self) -> None:
        """There may be more: what the budget left, what came meanwhile, what will have rested."""
        if self._engine.is_damaged:
            self._pacing.damage_arrived(self._loop.time())
            self._arm(self._pacing.deadline())
        else:
            self._loop.call_soon(self.take)

    def _end_idle_streams(self, now: float) -> None:
        if not self._opened.link.is_congested and self._may_pass():
            for message in self._engine.end_idle_streams(now):
                self._say(message)
        if self._engine.has_video:
            self._arm(now + STREAM_LINGERS_S)

    def _arm(self, due: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else self._loop.call_at(max(due, self._loop.time()), self.take)

    def _wait_until_writable(self) -> None:
        if self._writable is None or self._writable.done():
            self._writable = self._loop.create_task(self._take_when_writable(), name="picture waits for its line")

    async def _take_when_writable(self) -> None:
        await self._opened.link.writable()
        self._writable = None
        self.take()

    def _say(self, message: ViewMessage) -> int:
        data = VIEW.encode(message)
        self._opened.send(data)
        return len(data)
