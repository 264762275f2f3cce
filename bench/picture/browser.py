"""A peer's page in a Chromium of its own, over the whole of an engineer's display.

The browser is played from a thread of its own: Playwright plays one browser a thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from examples.demo.children import ChildError
from examples.demo.display import Display
from examples.engineer.engineer import Engineer
from playwright.sync_api import Page

from bench.photon.full import fill_screen
from bench.picture.room import SIZE_PX

READY_WITHIN_S = 90.0


class ShownPage:
    """`open_page` gets the page at this address and returns when it shows the PC; ChildError when that fails.

    The browser belongs to the side of the line on which this is made.
    """

    def __init__(self, address: str, folder: Path, display: Display, open_page: Callable[[Page], None]) -> None:
        self._address, self._folder, self._display, self._open_page = address, folder, display, open_page
        self._is_ready, self._is_over = threading.Event(), threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._show, name="a peer's browser")
        self._thread.start()
        if not self._is_ready.wait(READY_WITHIN_S) or self._failure is not None:
            self.close()
            raise ChildError(f"the page did not show the PC: {self._failure}")

    def close(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _show(self) -> None:
        screen = self._display.environment
        try:
            with Engineer(self._address, self._folder, headless=False, display=screen, size=SIZE_PX) as browser:
                browser.page.goto(self._address)
                fill_screen(browser.page)
                self._open_page(browser.page)
                self._is_ready.set()
                self._is_over.wait()
        except Exception as error:
            self._failure = error
            self._is_ready.set()
