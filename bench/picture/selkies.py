"""Selkies (PyPI), for one row of reference: H.264 by x264 over a WebSocket, with its own settings.

Its page scales the picture to the window, so the window's page is made exactly as large as the PC's screen.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from examples.demo.children import free_port
from examples.demo.seat import wait_for_port
from playwright.sync_api import Page
from project.peers import SELKIES, SELKIES_VERSION

from bench.picture import reference
from bench.picture.browser import ShownPage
from bench.picture.namespace import Namespaces
from bench.picture.pages import HEIGHT, WIDTH
from bench.picture.result import Result
from bench.picture.room import Room
from bench.picture.viewing import PORTS
from bench.picture.way import Shape

OPTIONS = {
    "mode": "websockets", "addr": "127.0.0.1", "audio-enabled": "false", "microphone-enabled": "false",
    "gamepad-enabled": "false", "webcam-enabled": "false", "enable-clipboard": "false", "enable-basic-auth": "false",
    "manual-resolution": "true", "manual-width": str(WIDTH), "manual-height": str(HEIGHT),
    "ui-show-sidebar": "false", "ui-show-core-buttons": "false", "use-css-scaling": "false",
    "file-transfers": "none", "command-enabled": "false",
}  # fmt: skip
"""Only what leaves out other things than the picture, and keeps the PC's own size."""


def main(namespaces: Namespaces | None, *, quick: bool = False) -> Result:
    if not (SELKIES / "bin" / "selkies").exists():
        return Result(notes=[f"selkies: no figures, version {SELKIES_VERSION} could not be installed on this machine"])
    return reference.measure(namespaces, Selkies, quick=quick)


class Selkies:
    name = "selkies"

    def __init__(self, room: Room) -> None:
        self._room = room
        self.display = room.engineer_display()
        self._rounds = 0

    @contextlib.contextmanager
    def viewing(self, shape: Shape | None) -> Iterator[None]:
        lab, port = self._room.lab, free_port(*PORTS)
        self._rounds += 1
        words = [word for name, value in OPTIONS.items() for word in (f"--{name}", value)]
        server = lab.children.start(
            "selkies", [SELKIES / "bin" / "selkies", *words, "--port", str(port)],
            env={**lab.pc, "HOME": str(lab.folder)},
        )  # fmt: skip
        wait_for_port(port, server)
        with self._room.side(shape):
            page = ShownPage(
                f"http://127.0.0.1:{self._room.door(shape, port)}/",
                lab.folder / f"selkies-{self._rounds}",
                self.display,
                open_page,
            )
        try:
            yield
        finally:
            page.close()
            lab.children.stop(server)

    def hold_still(self) -> None:
        """Never measured in turns."""

    def go_on(self) -> None:
        """Never measured in turns."""


def open_page(page: Page) -> None:
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.reload()
    page.wait_for_function(
        "() => [...document.querySelectorAll('video, canvas')].some((each) => each.clientWidth > 600)"
    )
