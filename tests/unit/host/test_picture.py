"""What a sender of pictures does on a line that is full, and with a console that asks too much."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import cast

import pytest
from tests.fakes.capture import FakeCapture

from benchside.host import shutter
from benchside.host.channel import Opened
from benchside.host.picture import MAX_MESSAGES_PER_S, WHOLE_EVERY_S, PictureSender
from benchside.media.damage import Box
from benchside.media.engine import Draft
from benchside.media.governor import Governor
from benchside.media.pacing import MAX_PICTURES_IN_FLIGHT
from benchside.media.tiles import Pixels
from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.flow.consent import ConsentGrant
from benchside.protocol.wire.capability import GrantScope
from benchside.protocol.wire.picture import (
    VIEW,
    Covered,
    CoveredArea,
    PictureBegin,
    PictureEnd,
    PictureShown,
    PictureState,
    PointerAt,
    PointerShape,
    Tile,
    Together,
    VideoAbility,
    ViewAlive,
    ViewMessage,
    ViewReady,
)


class Line:
    """A link that is full when the test says so."""

    def __init__(self) -> None:
        self._room = asyncio.Event()
        self._room.set()

    @property
    def is_congested(self) -> bool:
        return not self._room.is_set()

    async def writable(self) -> None:
        await self._room.wait()

    def fill(self) -> None:
        self._room.clear()

    def drain(self) -> None:
        self._room.set()


class View:
    """The channel's records, unsealed."""

    def __init__(self) -> None:
        self.link = Line()
        self.is_forgotten = False
        self.said: list[ViewMessage] = []

    def send(self, plain: bytes) -> None:
        self.said.append(VIEW.decode(plain))

    def pictures(self) -> list[PictureBegin]:
        return [each for each in self.said if isinstance(each, PictureBegin)]

    def of(self, kind: type[ViewMessage]) -> int:
        return sum(isinstance(each, kind) for each in self.said)


class StillPointer:
    """A pointer that changes when the test says so."""

    def __init__(self) -> None:
        self.at = (5, 5)
        self.change: Callable[[], None] = lambda: None
        self.move: Callable[[int, int], None] = lambda x_px, y_px: None

    def start(self, on_shape: Callable[[], None], on_moved: Callable[[int, int], None]) -> None:
        self.change, self.move = on_shape, on_moved
        on_shape()
        on_moved(*self.at)

    def shape(self) -> PointerShape:
        return PointerShape(width_px=0, height_px=0, hot_x_px=0, hot_y_px=0, rgba=b"")

    def position(self) -> tuple[int, int]:
        return self.at

    def stop(self) -> None:
        pass

    def attach(self, on_ready: Callable[[], None]) -> None:
        pass

    def detach(self) -> None:
        pass

    def read(self) -> bool:
        return False

    def close(self) -> None:
        pass


class Grant:
    """What a sender asks of a grant."""

    scope = GrantScope(monitors=(0,))


class Stage:
    """One sender on a clock that the test turns, with a viewer that acknowledges when told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        self.now_s = 100.0
        monkeypatch.setattr(loop, "time", lambda: self.now_s)
        self.capture, self.pointer, self.view = FakeCapture(), StillPointer(), View()
        self.is_allowed = True
        self._colour = 0
        self.sender = PictureSender(
            cast(ConsentGrant, Grant()),
            cast(Opened, self.view),
            capture=self.capture,
            pointer=self.pointer,
            governor=Governor(2, self.now_s, time.process_time(), share=1.0),
            may_pass=lambda monitors: self.is_allowed,
            on_layout=lambda: None,
            on_display_lost=lambda: None,
        )

    def draw(self) -> bytes:
        """Draw in a colour of its own; return a pixel of it as a tile has it."""
        self._colour += 0x010203
        self.capture.draw(Box(10, 10, 20, 20), self._colour)
        self.sender._read_display()
        return self._colour.to_bytes(3, "little") + b"\xff"

    def acknowledge(self) -> None:
        self.sender.take(VIEW.encode(PictureShown(self.view.pictures()[-1].sequence)))

    async def pass_time(self, seconds: float) -> None:
        """Let timers and tasks run as the clock goes on, in steps of 10 ms."""
        for _ in range(max(1, round(seconds / 0.01))):
            self.now_s += 0.01
            for _ in range(3):
                await asyncio.sleep(0)


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(monkeypatch)
    stage.sender.start()
    assert not stage.view.pictures(), "the console has not said what it can show"
    stage.sender.take(VIEW.encode(ViewReady(VideoAbility.NONE)))
    stage.acknowledge()
    await stage.pass_time(WHOLE_EVERY_S + 0.1)
    stage.view.said.clear()
    return stage


async def test_no_picture_is_taken_while_the_line_is_full(stage: Stage) -> None:
    stage.view.link.fill()
    grabs = stage.capture.grabs
    for _ in range(50):
        stage.draw()
        await stage.pass_time(0.02)
    assert stage.capture.grabs == grabs, "nothing is even read from the screen"
    assert not stage.view.pictures()
    stage.view.link.drain()
    await stage.pass_time(0.01)
    assert len(stage.view.pictures()) == 1, "one picture answers for all of it, at once"
    assert stage.view.of(Tile) == stage.view.of(PictureEnd) == 1
    stage.sender.stop()


async def test_a_pause_while_the_line_is_full_lets_nothing_more_out(stage: Stage) -> None:
    stage.view.link.fill()
    stage.draw()
    stage.is_allowed = False
    stage.view.link.drain()
    await stage.pass_time(0.5)
    assert not stage.view.pictures()
    stage.is_allowed = True
    stage.sender.resume()
    assert len(stage.view.pictures()) == 1
    stage.sender.stop()


async def test_an_animated_pointer_does_not_queue_on_a_full_line(stage: Stage) -> None:
    stage.view.link.fill()
    for step in range(100):
        stage.pointer.move(step, step)
        stage.pointer.change()
        await stage.pass_time(0.05)
    assert {type(each) for each in stage.view.said} <= {ViewAlive}
    stage.view.link.drain()
    await stage.pass_time(0.1)
    assert stage.view.of(PointerShape) == stage.view.of(PointerAt) == 1
    stage.sender.stop()


async def test_a_stopped_sender_waits_for_no_line(stage: Stage) -> None:
    stage.view.link.fill()
    stage.draw()
    stage.sender.stop()
    stage.view.link.drain()
    await stage.pass_time(0.1)
    assert not stage.view.pictures()


async def test_whole_pictures_are_asked_for_once_a_second(stage: Stage) -> None:
    ready = VIEW.encode(ViewReady(VideoAbility.NONE))
    stage.sender.take(ready)
    assert [each.whole for each in stage.view.pictures()] == [True], "the first at once"
    stage.acknowledge()
    for _ in range(90):
        stage.sender.take(ready)
        await stage.pass_time(0.01)
    assert len(stage.view.pictures()) == 1
    await stage.pass_time(0.2)
    assert [each.whole for each in stage.view.pictures()] == [True, True], "whoever asked in that second is answered"
    stage.acknowledge()
    await stage.pass_time(3 * WHOLE_EVERY_S)
    assert sum(each.whole for each in stage.view.pictures()) == 2, "once"
    stage.sender.take(ready)
    assert sum(each.whole for each in stage.view.pictures()) == 3
    stage.sender.stop()


async def test_a_flood_on_view_is_the_consoles_fault(stage: Stage) -> None:
    alive = VIEW.encode(ViewAlive())
    await stage.pass_time(1.0)
    for _ in range(MAX_MESSAGES_PER_S):
        stage.sender.take(alive)
    with pytest.raises(PeerError) as caught:
        stage.sender.take(alive)
    assert caught.value.fault is PeerFault.TOO_MANY
    stage.sender.stop()


async def test_a_viewer_that_never_acknowledges_stops_the_picture(stage: Stage) -> None:
    for _ in range(100):
        stage.draw()
        await stage.pass_time(0.02)
    assert 0 < len(stage.view.pictures()) <= MAX_PICTURES_IN_FLIGHT
    stage.acknowledge()
    assert len(stage.view.pictures()) == MAX_PICTURES_IN_FLIGHT + 1, "one picture answers for all that came meanwhile"
    stage.sender.stop()


async def test_a_viewer_that_was_told_of_more_is_told_when_there_is_none(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    grab, spot = stage.capture.grab, Box(10, 10, 20, 20)

    def grab_while_it_is_drawn_again(box: Box) -> Pixels:
        monkeypatch.setattr(stage.capture, "grab", grab)
        stage.capture.tell_damage(spot)  # it will have changed nothing
        return grab(box)

    monkeypatch.setattr(stage.capture, "grab", grab_while_it_is_drawn_again)
    stage.draw()
    await stage.pass_time(0.1)
    stage.acknowledge()
    await stage.pass_time(0.1)
    ends = [each.state for each in stage.view.said if isinstance(each, PictureEnd)]
    assert ends == [PictureState.BEHIND, PictureState.EXACT]
    stage.sender.stop()


async def test_a_viewer_that_starts_whole_is_not_waited_for(stage: Stage) -> None:
    for _ in range(40):
        stage.draw()
        await stage.pass_time(0.02)
    before = len(stage.view.pictures())
    stage.sender.take(VIEW.encode(ViewReady(VideoAbility.NONE)))
    await stage.pass_time(0.2)
    assert [each.whole for each in stage.view.pictures()[before:]] == [True]
    stage.sender.take(VIEW.encode(PictureShown(stage.view.pictures()[before - 1].sequence)))  # late, and no fault
    stage.acknowledge()
    stage.sender.stop()


async def test_what_is_covered_while_a_picture_is_written_does_not_go_out_bare(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutter, "HEAVY_PX", 1)
    loop = asyncio.get_running_loop()
    jobs: list[Callable[[], None]] = []

    def write_later(_: object, write: Callable[..., Draft], *given: object) -> asyncio.Future[Draft]:
        done: asyncio.Future[Draft] = loop.create_future()
        jobs.append(lambda: done.set_result(write(*given)))
        return done

    monkeypatch.setattr(loop, "run_in_executor", write_later)
    bare = stage.draw()
    assert len(jobs) == 1
    stage.capture.cover_by_hand([Box(0, 0, 50, 50)])
    stage.sender.cover()
    for _ in range(20):
        if jobs:
            jobs.pop(0)()
        await stage.pass_time(0.05)
    assert stage.view.pictures()
    assert not any(bare in each.data for each in stage.view.said if isinstance(each, Tile))
    stage.sender.stop()


async def test_a_pointer_that_was_not_let_pass_is_told_after(stage: Stage) -> None:
    stage.is_allowed = False
    stage.pointer.change()
    assert not stage.view.of(PointerShape)
    stage.is_allowed = True
    stage.sender.resume()
    assert stage.view.of(PointerShape) == 1
    stage.sender.stop()


async def test_a_viewer_that_acknowledges_the_future_breaks_the_rules(stage: Stage) -> None:
    with pytest.raises(PeerError) as caught:
        stage.sender.take(VIEW.encode(PictureShown(1000)))
    assert caught.value.fault is PeerFault.OUT_OF_ORDER
    stage.sender.stop()


async def test_monitors_that_were_not_granted_are_neither_named_nor_grabbed(stage: Stage) -> None:
    stage.sender.take(VIEW.encode(ViewReady(VideoAbility.NONE)))
    await stage.pass_time(0.1)
    assert all(each.monitor == 0 for each in stage.view.said if isinstance(each, Tile))
    stage.sender.stop()


async def test_what_is_covered_is_said_before_the_picture_in_which_it_is_dark(stage: Stage) -> None:
    stage.capture.cover_by_hand([Box(300, 20, 340, 60)])  # on both monitors
    stage.draw()
    await stage.pass_time(0.1)
    kinds = [type(each) for each in stage.view.said]
    assert kinds.index(Covered) < kinds.index(PictureBegin)
    (covered,) = (each for each in stage.view.said if isinstance(each, Covered))
    assert covered.areas == (CoveredArea(0, 300, 20, 20, 40, by_hand=True),)
    stage.sender.stop()


async def test_nothing_is_said_of_covers_during_a_pause(stage: Stage) -> None:
    stage.is_allowed = False
    stage.capture.cover_by_hand([Box(10, 20, 40, 60)])
    stage.draw()
    await stage.pass_time(0.1)
    assert not stage.view.of(Covered), "they may be windows that open and move"
    stage.is_allowed = True
    stage.draw()
    await stage.pass_time(0.1)
    kinds = [type(each) for each in stage.view.said]
    assert kinds.index(Covered) < kinds.index(PictureBegin)


async def test_a_viewer_that_says_so_gets_a_small_picture_in_one_record(stage: Stage) -> None:
    stage.sender.take(VIEW.encode(ViewReady(VideoAbility.NONE, together=True)))
    await stage.pass_time(WHOLE_EVERY_S)
    before = len(stage.view.said)
    stage.draw()
    (record,) = stage.view.said[before:]
    assert isinstance(record, Together)
    assert [type(part) for part in record.messages] == [PictureBegin, Tile, PictureEnd]
