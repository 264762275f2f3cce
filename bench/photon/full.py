"""Puts a browser's window over the whole screen, and tells where its page begins there."""

from __future__ import annotations

import time

from playwright.sync_api import Page

WITHIN_S = 20.0


def fill_screen(page: Page) -> None:
    """Return when the window has the whole width of the screen; TimeoutError.

    The browser's own doing: a page that asks for full screen gets only the tab while a program drives it.
    Its bar that warns of a missing sandbox may stay.
    """
    browser = page.context.new_cdp_session(page)
    window = browser.send("Browser.getWindowForTarget")["windowId"]
    browser.send("Browser.setWindowBounds", {"windowId": window, "bounds": {"windowState": "fullscreen"}})
    browser.detach()
    until = time.monotonic() + WITHIN_S
    # Asked again and again: the console's Content-Security-Policy lets no text become a program in the page.
    while not page.evaluate("() => innerWidth === screen.width && outerHeight === screen.height"):
        if time.monotonic() > until:
            raise TimeoutError(f"expected the browser in full screen within {WITHIN_S} s")
        time.sleep(0.05)


def page_origin(page: Page) -> tuple[int, int]:
    """Where the page's first pixel is on the screen, once `fill_screen` has returned."""
    x, y = page.evaluate("() => [screenX, screenY + outerHeight - innerHeight]")
    return int(x), int(y)
