"""Keys that are really pressed, all the way: the associate's display with its layout, Chromium, the console, and what a
program on the PC's display gets with another layout."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import xcffib.xproto
import xcffib.xtest
from playwright.sync_api import Browser, Page, sync_playwright
from project.chromium import find_chromium
from tests.fakes.console_world import World, controlling, until
from tests.fakes.keyboards import KEYBOARDS, Stroke
from tests.fakes.qt_program import Program, focused, held
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.host.inject.linux import X11Injector
from benchside.host.inject.names import keycode_of

pytestmark = [pytest.mark.system, pytest.mark.long]

KEY_PRESS, KEY_RELEASE = 2, 3
HOLDS = {"Shift": 50, "AltGraph": 108}
"""Keycodes of a PC keyboard on X: the left Shift and the right Alt."""

DEAD_KEYS = {
    "es": [(("Quote", ""), ("KeyA", "á")), (("BracketLeft", ""), ("KeyE", "è")), (("Quote", "Shift"), ("KeyU", "ü"))],
    "de": [(("Equal", ""), ("KeyE", "é")), (("Backquote", ""), ("KeyA", "â")), (("Equal", "Shift"), ("KeyE", "è"))],
    "fr": [(("BracketLeft", ""), ("KeyE", "ê")), (("BracketLeft", "Shift"), ("KeyI", "ï"))],
    "us": [],
}


@pytest.fixture(scope="module")
def desk() -> Iterator[XServer]:
    """The associate's display."""
    with XServer(size="1700x1100") as server:
        yield server


@pytest.fixture(scope="module")
def browser(desk: XServer) -> Iterator[Browser]:
    program = find_chromium()
    assert program is not None, "the test set-up installs a Chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(program), headless=False, env={**os.environ, **desk.environment}, args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def pc() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture(scope="module")
def field(pc: XServer) -> Iterator[Program]:
    program = focused(pc)
    yield program
    program.close()


class Hands:
    """Presses real keys on the associate's display."""

    def __init__(self, desk: XServer) -> None:
        self._client = XClient(desk.name)
        self._xtest = self._client.connection(xcffib.xtest.key)
        children = self._client.core.QueryTree(self._client.root).reply().children
        shown = [each for each in children if self._client.core.GetWindowAttributes(each).reply().map_state == 2]
        self._client.focus(max(shown, key=self._area))

    def _area(self, window: int) -> int:
        size = self._client.core.GetGeometry(window).reply()
        return int(size.width * size.height)

    def strike(self, code: str, modifier: str) -> None:
        keycode = keycode_of(code)
        assert keycode is not None
        keys = [HOLDS[modifier], keycode] if modifier else [keycode]
        for each in keys:
            self._xtest.FakeInput(KEY_PRESS, each, 0, self._client.root, 0, 0, 0)
        for each in reversed(keys):
            self._xtest.FakeInput(KEY_RELEASE, each, 0, self._client.root, 0, 0, 0)
        self._client.sync()

    def close(self) -> None:
        self._client.close()


@pytest.mark.parametrize(("theirs", "ours"), [("us", "de"), ("es", "fr"), ("de", "us"), ("fr", "es"), ("fr", "fr")])
def test_what_is_pressed_here_is_what_is_written_there(
    page: Page, world: World, desk: XServer, pc: XServer, field: Program, theirs: str, ours: str
) -> None:
    desk.run("setxkbmap", theirs)
    pc.run("setxkbmap", ours)
    controlling(page, world)
    page.bring_to_front()
    page.get_by_test_id("keyboard").focus()
    hands, injector = Hands(desk), X11Injector(pc.name)
    injector.key("F12", "F12", True)
    injector.key("F12", "F12", False)
    done, typed = 0, ""
    strokes = [each for each in KEYBOARDS[theirs].strokes() if not each.code.startswith("Numpad")]
    dead = [Stroke(text, f"{first[0]} {first[1]} {code}", "") for first, (code, text) in DEAD_KEYS[theirs]]
    try:
        for start in range(0, len(strokes) + len(dead), 6):
            for stroke in [*strokes, *dead][start : start + 6]:
                if " " in stroke.code:
                    before, modifier, code = stroke.code.split(" ")
                    hands.strike(before, modifier)
                    hands.strike(code, "")
                else:
                    hands.strike(stroke.code, stroke.modifier)
                typed += stroke.key

            def came(typed: str = typed) -> bool:
                downs = [str(each["key"]) for each in world.input() if each["t"] == "key" and each["down"]]
                return "".join(key for key in downs if len(key) == 1) == typed

            until(page, came)
            for message in world.input()[done:]:
                if message["t"] == "key":
                    injector.key(str(message["key"]), str(message["code"]), bool(message["down"]))
                elif message["t"] == "release":
                    injector.release_all()
            done = len(world.input())
            field.text(typed)
    finally:
        hands.close()
        injector.close()
    assert held(pc) == ([], 0)
    assert held(desk) == ([], 0)
