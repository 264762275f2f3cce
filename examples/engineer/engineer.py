"""An associate in a real Chromium: signs in, claims, types the code, asks, looks, clicks.

Used by the scripted demo, the system tests and the benchmarks. Every verb waits until the console shows that it
is done, and fails with a picture of the page when it does not.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from playwright.sync_api import Browser, Error, Page, Playwright, sync_playwright
from project.chromium import find_chromium

from examples import authenticator

WITHIN_S = 30.0
CHROMIUM_OPTIONS = (
    "--no-sandbox",  # a container's root cannot have it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)


class EngineerError(Exception):
    """The console did not show what a verb waits for; the text says what, and where the picture is."""


class Engineer:
    """One browser with a profile of its own. A context manager: leaving it closes the browser."""

    def __init__(
        self,
        web_url: str,
        folder: Path,
        *,
        headless: bool = True,
        display: dict[str, str] | None = None,
        size: tuple[int, int] = (1920, 1080),
        language: str = "en",
        dark: bool = False,
        options: tuple[str, ...] = (),
    ) -> None:
        """`folder` keeps the profile and pictures of failures; with `display` the browser is on that screen.

        `options` are more of Chromium's own.
        """
        self.web_url = web_url
        self._folder = folder
        program = find_chromium()
        if program is None:
            raise EngineerError("there is no Chromium; `python3 tasks.py demo` installs one")
        self._playwright: Playwright = sync_playwright().start()
        self._context = self._playwright.chromium.launch_persistent_context(
            str(folder / "profile"),
            executable_path=str(program),
            headless=headless,
            env=None if display is None else dict(display),
            args=[*CHROMIUM_OPTIONS, *options, f"--window-size={size[0]},{size[1]}"],
            ignore_https_errors=True,
            viewport={"width": size[0], "height": size[1]} if headless else None,
            no_viewport=None if headless else True,
            locale={"en": "en-GB", "es": "es-ES"}[language],
            color_scheme="dark" if dark else "light",
        )
        self.page: Page = self._context.pages[0] if self._context.pages else self._context.new_page()
        self.page.set_default_timeout(WITHIN_S * 1000)

    def __enter__(self) -> Engineer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._context.close()
        self._playwright.stop()

    @property
    def browser(self) -> Browser | None:
        return self._context.browser

    def see(self, test_id: str, state: str | None = None, within_s: float = WITHIN_S) -> None:
        """Waits until this part is visible (and in this state)."""
        selector = f"[data-testid={test_id}]" + (f"[data-state={state}]" if state else "")
        self._try(
            f"show {test_id} {state or ''}", lambda: self.page.wait_for_selector(selector, timeout=within_s * 1000)
        )

    def click(self, test_id: str) -> None:
        self._try(f"press {test_id}", lambda: self.page.get_by_test_id(test_id).first.click())

    def fill(self, test_id: str, text: str) -> None:
        self._try(f"fill {test_id}", lambda: self.page.get_by_test_id(test_id).fill(text))

    def sign_in(
        self,
        account: str,
        password: str,
        new_password: str | None = None,
        at_factor: Callable[[], None] | None = None,
    ) -> None:
        """With a new password also sets the second factor up; `at_factor` is called while its page is shown."""
        self._try("open the console", lambda: self.page.goto(self.web_url))
        self.fill("sign-in-account", account)
        self.fill("sign-in-password", password)
        self.click("sign-in-submit")
        if new_password is not None:
            self.fill("password-old", password)
            self.fill("password-new", new_password)
            self.fill("password-again", new_password)
            self.click("password-submit")
            changed = self.page.get_by_test_id("password-submit")
            self._try("take the new password", lambda: changed.wait_for(state="detached"))
            self.see("factor-secret")
            if at_factor is not None:
                at_factor()
            self.set_factor()
        self.see("sign-out")

    def set_factor(self) -> None:
        """Sets the second factor up, as with an authenticator application that takes the key as text."""
        self.fill(
            "factor-code", authenticator.code(self.page.get_by_test_id("factor-secret").inner_text(), time.time())
        )
        self.click("factor-submit")
        done = self.page.get_by_test_id("factor-submit")
        self._try("take the second factor", lambda: done.wait_for(state="detached"))

    def make_key(self) -> str:
        """Makes the browser's key and returns its fingerprint, to be compared by a person."""
        self._try("open the key's page", lambda: self.page.goto(f"{self.web_url}/key"))
        self.click("key-make")
        self.see("fingerprint")
        return re.sub(r"\s+", " ", self.page.get_by_test_id("fingerprint").inner_text()).strip()

    def wait_for_policy(self) -> None:
        """Waits until the server's policy names this key."""
        until = time.monotonic() + WITHIN_S
        while True:
            self._try("open the key's page", lambda: self.page.goto(f"{self.web_url}/key"))
            self.see("key-state")
            if self.page.locator("[data-testid=key-state][data-state=in_policy]").count():
                return
            if time.monotonic() > until:
                self._fail("expected the policy to name this key")
            time.sleep(0.3)

    def open_queue(self) -> None:
        self._try("open the queue", lambda: self.page.goto(self.web_url))
        self.see("queue-live", "live")

    def open_fleet(self, state: str = "shown") -> None:
        """Opens the fleet's page, with the conditions that are in this state of the page's own choice."""
        self._try("open the fleet", lambda: self.page.goto(f"{self.web_url}/fleet"))
        self._try("choose a state", lambda: self.page.get_by_test_id("fleet-state").select_option(state))

    def see_condition(self, words: str) -> str:
        """Waits until the fleet's page has a condition that says these words; returns its line."""
        line = self.page.get_by_test_id("conditions").locator("tbody tr", has_text=words).first
        self._try(f"show the condition {words!r}", lambda: line.wait_for(timeout=WITHIN_S * 1000))
        return " · ".join(line.inner_text().split("\n"))

    def see_condition_gone(self, words: str) -> None:
        """Waits until the fleet's page, which follows by itself, has no condition that says these words."""
        self.see("fleet-live")
        line = self.page.get_by_test_id("conditions").locator("tbody tr", has_text=words)
        self._try(f"let go of the condition {words!r}", lambda: line.first.wait_for(state="detached"))

    def read_reason(self) -> str:
        """Waits for a request in the queue; returns what it says is wrong."""
        self.see("request")
        return self.page.get_by_test_id("request").first.locator(".reason").inner_text()

    def claim(self) -> None:
        """Waits for a request and takes it."""
        self.click("request-claim")
        self.see("code")

    def enter_code(self, code: str) -> None:
        self.fill("code", code)
        self.click("code-submit")
        self.see("viewer")

    def ask(self, capability: str, purpose: str) -> None:
        self.fill(f"{capability}-purpose", purpose)
        self.click(f"{capability}-ask")

    def wait_granted(self, capability: str) -> None:
        self.see(f"capability-{capability}", "granted")
        if capability == "control":
            ready = "[data-testid=keyboard]:not([disabled])"
            self._try("open the control channel", lambda: self.page.wait_for_selector(ready, state="attached"))

    def wait_exact(self) -> None:
        self.see("viewer-state", "exact")

    def click_pc(self, x_px: float, y_px: float) -> None:
        """Clicks on a pixel of the first granted monitor, wherever the page shows it."""
        x, y = self.where(x_px, y_px)
        self._try("click on the PC", lambda: self.page.mouse.click(x, y))

    def where(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Where the page shows this pixel of the PC, in pixels of the page."""
        canvas = self.page.locator("[data-testid=screen] canvas").first
        box = canvas.bounding_box()
        if box is None:
            raise EngineerError("expected the PC's screen on the page, got none")
        size = canvas.evaluate("element => [element.width, element.height]")
        return box["x"] + (x_px + 0.5) * box["width"] / size[0], box["y"] + (y_px + 0.5) * box["height"] / size[1]

    def type_pc(self, text: str) -> None:
        self._try("type on the PC", lambda: self.page.keyboard.type(text, delay=15))

    def wait_over(self) -> str:
        """Waits until the console says that the session is over, and returns its outcome."""
        self.see("session-over")
        return self.page.get_by_test_id("session-over").get_attribute("data-outcome") or ""

    def picture(self, name: str) -> Path:
        path = self._folder / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def _try(self, what: str, act: Callable[[], object]) -> None:
        try:
            act()
        except Error as error:
            self._fail(f"the console did not {what.strip()}: {str(error).splitlines()[0]}", error)

    def _fail(self, text: str, cause: Exception | None = None) -> None:
        try:
            where = f"; see {self.picture('failure')}"
        except Error:
            where = ""
        raise EngineerError(text + where) from cause
