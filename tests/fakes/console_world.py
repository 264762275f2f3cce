"""What a test does with the console's own world (console/tests/world): the technician's side, and the associate's."""

from __future__ import annotations

import json
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable

from playwright.sync_api import Page, expect

CODE = "c9jp-wrv8-edmp*"
"""As somebody may type the world's code."""
WITHIN_MS = 30_000


class World:
    """The other side: what a test tells the technician, the operator and the network to do."""

    def __init__(self, url: str) -> None:
        self.url = url

    def do(self, word: str, **more: object) -> object:
        body = json.dumps({"do": word, **more}).encode()
        request = urllib.request.Request(f"{self.url}/world", data=body, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["result"]

    def input(self) -> list[dict[str, object]]:
        """What the PC got on `control` so far."""
        found = self.do("received")
        assert isinstance(found, list)
        return found

    def view(self, *messages: dict[str, object]) -> int:
        """The PC says this on `view`; returns the number of its newest picture."""
        given = [
            {name: b64encode(value).decode() if isinstance(value, bytes) else value for name, value in each.items()}
            for each in messages
        ]
        found = self.do("view", messages=given)
        assert isinstance(found, int)
        return found

    def picture(self, *changes: dict[str, object], state: int = 0, whole: bool = False) -> int:
        """One picture of these changes; returns its number."""
        return self.view({"t": "begin", "whole": whole}, *changes, {"t": "end", "state": state})

    def shown(self) -> list[int]:
        """The pictures that the console has acknowledged."""
        found = self.do("shown")
        assert isinstance(found, list)
        return found

    def readies(self) -> list[int]:
        """What video the console said it decodes, each time it asked for a whole picture."""
        found = self.do("readies")
        assert isinstance(found, list)
        return found

    def viewers(self) -> int:
        """How often a console came to `view` and asked for the picture."""
        found = self.do("viewers")
        assert isinstance(found, int)
        return found


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for a fact of the world's, which the page cannot show."""
    ends_at = time.monotonic() + WITHIN_MS / 1000
    while not holds():
        assert time.monotonic() < ends_at, "it did not come to that"
        page.wait_for_timeout(20)


def comes_again(page: Page, world: World, word: str) -> None:
    """Do that to the line, and wait until the console has come to `view` anew."""
    before = world.viewers()
    world.do(word)
    until(page, lambda: world.viewers() > before)


def showing(page: Page, world: World) -> None:
    """The associate sees the first screen."""
    claim(page)
    connect(page)
    granted(page, world, "view")
    state(page, "exact")


def drawn(page: Page, world: World, picture: int) -> None:
    """Wait until that picture is on the page."""
    until(page, lambda: picture in world.shown())


def sign_in(page: Page, world: World) -> None:
    page.goto(world.url)
    page.get_by_test_id("sign-in-account").fill("m.ferrer")
    page.get_by_test_id("sign-in-password").fill("given-password")
    page.get_by_test_id("sign-in-submit").click()
    expect(page.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")


def claim(page: Page) -> None:
    page.get_by_test_id("request-claim").first.click()
    page.get_by_test_id("code").wait_for()


def connect(page: Page, code: str = CODE) -> None:
    page.get_by_test_id("code").fill(code)
    page.get_by_test_id("code-submit").click()


def granted(page: Page, world: World, capability: str) -> None:
    page.get_by_test_id(f"{capability}-ask").click()
    expect(page.get_by_test_id(f"capability-{capability}")).to_have_attribute("data-state", "asking")
    world.do("yes")
    expect(page.get_by_test_id(f"capability-{capability}")).to_have_attribute("data-state", "granted")


def controlling(page: Page, world: World) -> None:
    showing(page, world)
    granted(page, world, "control")


def state(page: Page, word: str) -> None:
    expect(page.get_by_test_id("viewer-state")).to_have_attribute("data-state", word, timeout=WITHIN_MS)
