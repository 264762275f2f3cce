"""What a lab covers never leaves the capture: windows by rule wherever they go, and places drawn by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer
from xcffib.xproto import Atom

from benchside.host.capture import covers, linux_covers
from benchside.host.capture.covers import COVER_BGRX, Cover
from benchside.host.capture.linux import X11Capture
from benchside.media.damage import Box, Region
from benchside.media.tiles import Pixels
from benchside.protocol.wire.capability import GrantScope
from benchside.protocol.wire.cover import CoverArea, CoverRule, WhenMissing, WindowMatch

pytestmark = pytest.mark.system

SECRET, PLAIN = 0xFF00FF, 0x2040C0
SCREEN = Box(0, 0, 640, 480)
ALL = GrantScope(monitors=(0,))
MAX_WAIT_S = 15.0


@pytest.fixture(scope="module")
def server() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture
def lab(server: XServer) -> Iterator[XClient]:
    client = XClient(server.name)
    yield client
    client.close()


@pytest.fixture
def capture(server: XServer) -> Iterator[X11Capture]:
    capture = X11Capture(server.name)
    yield capture
    capture.close()


def rule(area: CoverArea | None = None, missing: WhenMissing = WhenMissing.NOTHING, **match: str) -> CoverRule:
    window = WindowMatch(**match) if match else None
    return CoverRule(name="r", window=window, area=area or CoverArea(), missing=missing)


def start(capture: X11Capture, *rules: CoverRule) -> list[str]:
    told: list[str] = []
    capture.cover_by_rule(rules)
    capture.start(ALL, lambda box: told.append("damage"), lambda: told.append("layout"), lambda: told.append("covers"))
    return told


def shows(pixels: Pixels, colour: int) -> bool:
    return bool((pixels[:, :, :3] == [*colour.to_bytes(3, "little")]).all(axis=2).any())


def is_flat(capture: X11Capture, box: Box) -> bool:
    return bool((capture.grab(box) == COVER_BGRX).all())


def read(capture: X11Capture) -> None:
    while capture.read():
        pass


def wait(capture: X11Capture, fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + MAX_WAIT_S
    while not fact():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
        read(capture)


def test_a_window_is_covered_by_its_title_or_its_class(lab: XClient, capture: X11Capture) -> None:
    by_title = lab.window(10, 10, 100, 50, SECRET, title="Worklist 7")
    by_class = lab.window(200, 10, 100, 50, SECRET)
    lab.core.ChangeProperty(0, by_class, Atom.WM_CLASS, Atom.STRING, 8, 10, "lims\0Lims\0")
    lab.window(400, 10, 100, 50, PLAIN, title="Analyser")
    lab.sync()
    start(capture, rule(title="worklist*"), rule(program_class="Lims"))
    screen = capture.grab(SCREEN)
    assert not shows(screen, SECRET)
    assert shows(screen, PLAIN)
    assert set(capture.covers()) == {Cover(Box(10, 10, 110, 60), False), Cover(Box(200, 10, 300, 60), False)}
    lab.destroy(by_title)


def test_a_part_of_a_window_is_covered_and_the_rest_is_seen(lab: XClient, capture: X11Capture) -> None:
    window = lab.window(10, 10, 100, 50, PLAIN, title="Worklist")
    lab.fill(window, 0, 0, 30, 50, SECRET)
    start(capture, rule(CoverArea(width=30), title="Worklist"))
    screen = capture.grab(SCREEN)
    assert not shows(screen, SECRET)
    assert shows(screen, PLAIN)
    assert is_flat(capture, Box(10, 10, 40, 60))


def test_a_window_that_opens_or_takes_a_name_is_covered_in_the_very_next_grab(
    lab: XClient, capture: X11Capture
) -> None:
    told = start(capture, rule(title="Patient*"))
    assert capture.covers() == ()
    window = lab.window(10, 10, 100, 50, SECRET, title="Patient 1")
    assert not shows(capture.grab(SCREEN), SECRET)
    read(capture)
    assert "covers" in told
    lab.core.ChangeProperty(0, window, Atom.WM_NAME, Atom.STRING, 8, 6, "Log in")
    lab.sync()
    wait(capture, lambda: shows(capture.grab(SCREEN), SECRET))
    lab.core.ChangeProperty(0, window, Atom.WM_NAME, Atom.STRING, 8, 9, "Patient 2")
    lab.sync()
    assert not shows(capture.grab(SCREEN), SECRET)
    lab.destroy(window)


def test_a_window_is_found_inside_of_frames_that_move(lab: XClient, capture: X11Capture) -> None:
    frame = lab.window(10, 10, 120, 90, PLAIN)
    wrapper = lab.window(10, 20, 100, 60, PLAIN, parent=frame)
    lab.window(0, 0, 100, 60, SECRET, parent=wrapper, title="Worklist")
    start(capture, rule(title="Worklist"))
    assert is_flat(capture, Box(10, 10, 130, 100))
    lab.move(wrapper, 10, 25)
    assert not shows(capture.grab(SCREEN), SECRET)
    lab.move(frame, 300, 200)
    assert not shows(capture.grab(SCREEN), SECRET)
    assert is_flat(capture, Box(300, 200, 420, 290))


def test_a_window_that_is_dragged_fast_never_shows_a_pixel(server: XServer, lab: XClient, capture: X11Capture) -> None:
    window = lab.window(0, 0, 160, 120, SECRET, title="Worklist")
    lab.window(560, 400, 60, 60, PLAIN)
    start(capture, rule(title="Worklist"))
    over, moves = threading.Event(), [0]

    def drag() -> None:
        hand = XClient(server.name)
        while not over.is_set():
            moves[0] += 1
            hand.move(window, moves[0] * 7 % 400, moves[0] * 5 % 300)
            time.sleep(0.001)
        hand.close()

    dragging = threading.Thread(target=drag)
    dragging.start()
    try:
        leaks = seen = 0
        until = time.monotonic() + 1.5
        while time.monotonic() < until or moves[0] < 100:
            screen = capture.grab(SCREEN)
            leaks += shows(screen, SECRET)
            seen += shows(screen, PLAIN)
            read(capture)
    finally:
        over.set()
        dragging.join()
    assert leaks == 0
    assert seen > 0, "what was not covered came through while the window moved"
    wait(capture, lambda: len(capture.covers()) == 1 and not shows(capture.grab(SCREEN), SECRET))
    lab.destroy(window)


def test_what_a_window_left_is_shown_after_a_while(lab: XClient, capture: X11Capture) -> None:
    lab.window(0, 0, 640, 480, PLAIN)
    window = lab.window(10, 10, 100, 50, SECRET, title="Worklist")
    told = start(capture, rule(title="Worklist"))
    lab.move(window, 300, 300)
    assert is_flat(capture, Box(10, 10, 110, 60))
    wait(capture, lambda: not is_flat(capture, Box(10, 10, 110, 60)))
    told.clear()
    lab.unmap(window)
    assert is_flat(capture, Box(300, 300, 400, 350))
    wait(capture, lambda: capture.covers() == ())
    assert told.index("covers") < told.index("damage")


def test_covered_damage_is_not_told_and_what_is_beside_is(lab: XClient, capture: X11Capture) -> None:
    window = lab.window(10, 10, 200, 100, PLAIN, title="Worklist")
    damage = Region()
    capture.cover_by_rule([rule(CoverArea(width=100), title="Worklist")])
    capture.start(ALL, damage.add, lambda: None)
    capture.grab(SCREEN)
    damage.clear()
    lab.fill(window, 0, 0, 100, 100, SECRET)
    lab.fill(window, 150, 0, 10, 10, SECRET)
    wait(capture, lambda: bool(damage))
    assert damage.bounds == Box(160, 10, 170, 20)
    capture.grab(SCREEN)
    damage.clear()
    lab.fill(window, 20, 20, 50, 50, PLAIN)
    lab.fill(window, 190, 0, 5, 5, SECRET)
    wait(capture, lambda: bool(damage))
    assert damage.bounds == Box(200, 10, 205, 15)


def test_places_drawn_by_hand_are_covered_until_they_are_taken_away(lab: XClient, capture: X11Capture) -> None:
    lab.window(0, 0, 640, 480, SECRET)
    told = start(capture)
    read(capture)
    told.clear()
    place = Box(100, 100, 200, 200)
    capture.cover_by_hand([place, Box(600, 400, 900, 900)])
    assert is_flat(capture, place), "in the very next grab, read or not"
    read(capture)
    assert told[0] == "covers"
    assert capture.covers() == (Cover(Box(100, 100, 200, 200), True), Cover(Box(600, 400, 640, 480), True))
    capture.stop()
    capture.start(ALL, lambda box: None, lambda: None)
    assert is_flat(capture, place), "also when the view starts anew"
    capture.cover_by_hand([])
    assert not (capture.grab(place) == COVER_BGRX).any()


def test_covers_are_told_before_anything_is_shared(lab: XClient, capture: X11Capture) -> None:
    window = lab.window(10, 10, 100, 50, SECRET, title="Worklist")
    capture.cover_by_rule([rule(title="Worklist")])
    capture.cover_by_hand([Box(300, 300, 310, 310)])
    assert capture.covers() == (Cover(Box(10, 10, 110, 60), False), Cover(Box(300, 300, 310, 310), True))
    lab.move(window, 50, 10)
    assert Cover(Box(50, 10, 150, 60), False) in capture.covers()


def test_without_its_window_a_rule_may_cover_everything(lab: XClient, capture: X11Capture) -> None:
    lab.window(0, 0, 640, 480, SECRET)
    start(capture, rule(missing=WhenMissing.WHOLE_SCREEN, title="Worklist"))
    assert is_flat(capture, SCREEN)
    window = lab.window(10, 10, 100, 50, PLAIN, title="Worklist")
    wait(capture, lambda: shows(capture.grab(SCREEN), SECRET))
    lab.unmap(window)
    assert is_flat(capture, SCREEN)


def test_with_a_compositor_a_rule_for_a_window_covers_everything(lab: XClient, capture: X11Capture) -> None:
    lab.window(0, 0, 640, 480, SECRET)
    start(capture, rule(title="Worklist"))
    assert shows(capture.grab(SCREEN), SECRET)
    name = "_NET_WM_CM_S0"
    atom = lab.core.InternAtom(False, len(name), name).reply().atom
    owner = lab.window(0, 0, 1, 1, 0, input_only=True)
    lab.core.SetSelectionOwner(owner, atom, 0)
    lab.sync()
    assert is_flat(capture, SCREEN)
    lab.destroy(owner)
    wait(capture, lambda: shows(capture.grab(SCREEN), SECRET))


def test_too_many_windows_cover_everything(lab: XClient, capture: X11Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linux_covers, "MAX_WINDOWS", 3)
    monkeypatch.setattr(covers, "LINGER_S", 0.0)
    lab.window(0, 0, 640, 480, SECRET)
    start(capture, rule(title="Worklist"))
    assert shows(capture.grab(SCREEN), SECRET)
    for place in range(4):
        lab.window(place * 10, 0, 5, 5, PLAIN)
    assert is_flat(capture, SCREEN)
    capture.cover_by_hand([Box(0, 0, 10, 10)])
    assert is_flat(capture, SCREEN), "however often it is worked out"


def test_nothing_is_asked_while_other_windows_move(lab: XClient, capture: X11Capture) -> None:
    lab.window(10, 10, 100, 50, SECRET, title="Worklist")
    other = lab.window(300, 300, 50, 50, PLAIN, title="Analyser")
    told = start(capture, rule(title="Worklist"))
    capture.grab(SCREEN)
    read(capture)
    told.clear()
    lab.move(other, 350, 350)
    wait(capture, lambda: "damage" in told)
    assert "layout" not in told
    assert "covers" not in told
    assert np.array_equal(capture.grab(Box(350, 350, 351, 351))[0, 0, :3], [0xC0, 0x40, 0x20])
