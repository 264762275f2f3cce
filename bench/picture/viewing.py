"""The products, each shown on an engineer's display of its own: Benchside, TigerVNC's viewer, and noVNC.

Each is a `Viewer`: `viewing(shape)` opens it across a line of that shape, and closes it again.  The peers run as
Debian ships them, without TLS, which is in their favour; both share the PC by x0tigervncserver.  `lossless` tells
TigerVNC's viewer to take no JPEG (Tight, and its default compression level 2), so that what it shows is exact; noVNC
has no such setting.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from examples.demo.children import Child, ChildError, free_port
from examples.demo.display import Display
from examples.demo.seat import wait_for_port
from examples.engineer.engineer import Engineer

from bench.photon.full import fill_screen
from bench.photon.novnc import SERVERS, NoVnc, family
from bench.picture.line import OPEN
from bench.picture.room import SIZE_PX, Room
from bench.picture.way import Shape
from benchside.protocol.wire.capability import Capability

PORTS = (26100, 26999)


class Viewer(Protocol):
    """One product on one display."""

    name: str
    display: Display

    def viewing(self, shape: Shape | None) -> contextlib.AbstractContextManager[None]:
        """Show the PC across a line of this shape, or beside it for None; ends with the context."""

    def hold_still(self) -> None:
        """Take nothing from what is measured meanwhile."""

    def go_on(self) -> None:
        """After `hold_still`."""


class Benchside:
    """The console in Chromium: TLS, relay, end to end encryption.  A context manager: the browser stays signed in."""

    name = "benchside"

    def __init__(self, room: Room, *, near: bool = False) -> None:
        """`near`: beside the PC, where there is no line."""
        self._room, self._near = room, near
        self.display = room.engineer_display()
        lab = room.lab
        relay = lab.world.ports[2]
        door = room.door(None if near else OPEN, relay)
        with room.side(None if near else OPEN):
            self.engineer = Engineer(
                lab.world.web_url,
                lab.folder / "engineer",
                headless=False,
                display=self.display.environment,
                size=SIZE_PX,
                options=() if door == relay else (f"--host-resolver-rules=MAP localhost:{relay} localhost:{door}",),
            )
        try:
            lab.admit(self.engineer)
        except BaseException:
            self.engineer.close()
            raise

    @contextlib.contextmanager
    def viewing(self, shape: Shape | None, *, control: bool = False) -> Iterator[None]:
        """A session, from the request for help to the technician's stop."""
        hands, engineer = self._room.lab.hands, self.engineer
        engineer.open_queue()
        if shape is not None:
            self._room.line.shape(shape)
        code = hands.request()[2]
        engineer.claim()
        engineer.enter_code(code)
        for capability in (Capability.VIEW, Capability.CONTROL) if control else (Capability.VIEW,):
            mark = self._room.lab.doorway.mark()
            engineer.ask(capability, "look at the screen")
            hands.allow(capability, mark)
            engineer.wait_granted(capability)
        engineer.wait_exact()
        fill_screen(engineer.page)
        engineer.click("full-screen")
        engineer.click("size-exact")
        try:
            yield
        finally:
            hands.stop()
            engineer.wait_over()
            hands.done()
            if not self._near:
                self._room.line.shape(OPEN)

    def hold_still(self) -> None:
        self._room.lab.hands.pause(True)

    def go_on(self) -> None:
        self._room.lab.hands.pause(False)

    def __enter__(self) -> Benchside:
        return self

    def __exit__(self, *_: object) -> None:
        self.engineer.close()


class TigerVnc:
    """TigerVNC's own viewer, in full screen."""

    def __init__(self, room: Room, *, lossless: bool = False) -> None:
        self.name = "tigervnc_lossless" if lossless else "tigervnc"
        self._room = room
        self._words = ["-AutoSelect=0", "-PreferredEncoding=Tight", "-NoJPEG=1", "-CompressLevel=2"] if lossless else []
        self.display = room.engineer_display()
        self._children: tuple[Child, ...] = ()

    @contextlib.contextmanager
    def viewing(self, shape: Shape | None) -> Iterator[None]:
        lab = self._room.lab
        server = next((name for name in SERVERS if Path("/usr/bin", name).exists()), None)
        if server is None:
            raise ChildError("expected Debian's tigervnc-scraping-server, to compare with")
        port = free_port(*PORTS)
        words = ["-SecurityTypes", "None", "-rfbport", str(port), "-localhost=1", "-AlwaysShared"]
        shared = lab.children.start("tiger-server", [server, "-display", lab.pc["DISPLAY"], *words], env=lab.pc)
        wait_for_port(port, shared)
        options = ["-FullScreen", "-RemoteResize=0", "-SecurityTypes=None", "-Shared", *self._words]
        # The viewer keeps its settings in a folder of its own, not in those of whoever runs this.
        environment = {**self.display.environment, "HOME": str(lab.folder)}
        with self._room.side(shape):
            viewer = lab.children.start(
                "tiger-viewer",
                ["xtigervncviewer", *options, f"127.0.0.1::{self._room.door(shape, port)}"],
                env=environment,
            )
        self._children = (shared, viewer)
        try:
            yield
        finally:
            self.go_on()
            for child in reversed(self._children):
                lab.children.stop(child)
            self._children = ()

    def hold_still(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for child in self._children:
            for process in family(child.pid):
                if process.is_running():
                    process.send_signal(number)


class NoVncViewer:
    """noVNC in Chromium, with its own settings: JPEG where it chooses to."""

    name = "novnc"

    def __init__(self, room: Room) -> None:
        self._room = room
        self.display = room.engineer_display()
        self._rounds = itertools.count()
        self._shown: NoVnc | None = None

    @contextlib.contextmanager
    def viewing(self, shape: Shape | None) -> Iterator[None]:
        lab = self._room.lab
        folder = lab.folder / f"novnc-{next(self._rounds)}"
        door = functools.partial(self._room.door, shape)
        shown = NoVnc(lab.children, lab.pc, self.display.environment, folder, door)
        with self._room.side(shape):
            shown.__enter__()  # its browser belongs to a thread that is started here
        self._shown = shown
        try:
            yield
        finally:
            self._shown = None
            shown.__exit__(None, None, None)

    def hold_still(self) -> None:
        if self._shown is not None:
            self._shown.hold_still()

    def go_on(self) -> None:
        if self._shown is not None:
            self._shown.go_on()
