"""Whatever keyboard the associate has and whatever layout the PC: what was typed is what a real program gets."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.keyboards import KEYBOARDS, Stroke
from tests.fakes.qt_program import Program, focused, held, settle, tap
from tests.fakes.xserver import XServer

from benchside.host.inject.linux import X11Injector
from benchside.media.damage import Box

pytestmark = [pytest.mark.system, pytest.mark.slow]

HOLDS = {
    "": (),
    "Shift": (("Shift", "ShiftLeft"),),
    "AltGraph": (("AltGraph", "AltRight"),),
    # So says a browser on Windows.
    "AltGraph of Windows": (("Control", "ControlLeft"), ("AltGraph", "AltRight")),
}
AT_ONCE = 8
"""A dozen characters that the layout lacks have a key at a time; a program that is slow to read them must keep up."""


@pytest.fixture(scope="module")
def server() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture(scope="module")
def program(server: XServer) -> Iterator[Program]:
    program = focused(server)
    yield program
    program.close()


@pytest.fixture
def injector(server: XServer, program: Program) -> Iterator[X11Injector]:
    server.run("setxkbmap", "us")
    injector = X11Injector(server.name)
    injector.confine([Box(0, 0, 400, 300)])
    empty(injector, program)
    yield injector
    injector.close()
    assert held(server) == ([], 0), "nothing stays pressed"


def empty(injector: X11Injector, program: Program) -> None:
    program.said.clear()
    tap(injector, "F12")
    program.wait(lambda said: any("cleared" in each for each in said))
    program.said.clear()


def strike(injector: X11Injector, stroke: Stroke, *, on_windows: bool) -> None:
    """As a browser tells it: the modifiers go down, the key with what it means under them, and all up again."""
    modifier = "AltGraph of Windows" if stroke.modifier == "AltGraph" and on_windows else stroke.modifier
    for key, code in HOLDS[modifier]:
        injector.key(key, code, True)
    tap(injector, stroke.key, stroke.code)
    for key, code in reversed(HOLDS[modifier]):
        injector.key(key, code, False)


@pytest.mark.parametrize("theirs", KEYBOARDS)
@pytest.mark.parametrize("ours", KEYBOARDS)
def test_what_is_typed_is_what_arrives(
    server: XServer, program: Program, injector: X11Injector, theirs: str, ours: str
) -> None:
    server.run("setxkbmap", ours)
    keyboard, typed = KEYBOARDS[theirs], ""
    strokes = [*keyboard.strokes(), *(Stroke(each, "", "") for each in keyboard.composed)]
    for start in range(0, len(strokes), AT_ONCE):
        for stroke in strokes[start : start + AT_ONCE]:
            strike(injector, stroke, on_windows=start % (2 * AT_ONCE) == 0)
            typed += stroke.key
        program.text(typed)


@pytest.mark.parametrize("ours", KEYBOARDS)
def test_what_no_layout_has_arrives_and_the_map_is_put_back(
    server: XServer, program: Program, injector: X11Injector, ours: str
) -> None:
    server.run("setxkbmap", ours)
    before = server.run("xkbcomp", server.name, "-")
    text, typed = "µΩ試薬😀🔬Ж→≤✓", ""
    for character in text:
        tap(injector, character)
        typed += character
        program.text(typed)
    injector.close()
    assert server.run("xkbcomp", server.name, "-") == before


def test_a_killed_host_leaves_no_character_on_a_key_that_had_none(server: XServer, program: Program) -> None:
    server.run("setxkbmap", "de")
    before = server.run("xkbcomp", server.name, "-")
    left = (
        "import os, sys\n"
        "from benchside.host.inject.linux import X11Injector\n"
        "i = X11Injector(sys.argv[1])\n"
        "for each in 'βγ試':\n"
        "    i.key(each, '', True)\n"
        "    i.key(each, '', False)\n"
        "i._display.core.GetInputFocus().reply()\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", left, server.name], check=False)
    assert server.run("xkbcomp", server.name, "-") != before
    X11Injector(server.name).close()
    assert server.run("xkbcomp", server.name, "-") == before
    subprocess.run([sys.executable, "-c", left, server.name], check=False)
    server.run("setxkbmap", "fr")
    loaded = server.run("xkbcomp", server.name, "-")
    X11Injector(server.name).close()
    assert server.run("xkbcomp", server.name, "-") == loaded, "another layout is nobody's to change"


@pytest.mark.parametrize("theirs", KEYBOARDS)
@pytest.mark.parametrize("ours", KEYBOARDS)
def test_shortcuts_are_those_of_the_letter(
    server: XServer, program: Program, injector: X11Injector, theirs: str, ours: str
) -> None:
    """Ctrl+A, Ctrl+Z on a German keyboard, Ctrl+W on a French one: the letter counts and not its place."""
    server.run("setxkbmap", ours)
    codes = {stroke.key: stroke.code for stroke in KEYBOARDS[theirs].strokes() if not stroke.modifier}
    injector.key("Control", "ControlLeft", True)
    for letter in "azwqmy":
        tap(injector, letter, codes[letter])
    injector.key("Control", "ControlLeft", False)
    wanted = [(f"Key_{letter.upper()}", ["ControlModifier"]) for letter in "azwqmy"]

    def pressed(said: list[dict[str, object]]) -> bool:
        downs = [(each["name"], each["modifiers"]) for each in said if each.get("key") == "down"]
        return [each for each in downs if each[0] != "Key_Control"] == wanted

    program.wait(pressed)


def test_alt_tab_and_ctrl_alt_keys_are_pressed_together(program: Program, injector: X11Injector) -> None:
    for keys in (
        (("Alt", "AltLeft"), ("F4", "F4")),
        (("Control", "ControlLeft"), ("Alt", "AltLeft"), ("Delete", "Delete")),
    ):
        for key, code in keys:
            injector.key(key, code, True)
        for key, code in reversed(keys):
            injector.key(key, code, False)
        name, modifiers = f"Key_{keys[-1][0]}", {f"{key}Modifier" for key, _ in keys[:-1]}
        program.wait(
            lambda said, name=name, modifiers=modifiers: any(
                each.get("key") == "down" and each["name"] == name and set(each["modifiers"]) == modifiers
                for each in said
            )
        )


def test_shift_stays_held_while_dragging(server: XServer, injector: X11Injector) -> None:
    injector.key("Shift", "ShiftLeft", True)
    injector.move(20, 20)
    injector.button(1, True)
    injector.move(60, 40)
    settle(injector)
    assert held(server)[1] & 0x101 == 0x101
    injector.button(1, False)
    injector.key("Shift", "ShiftLeft", False)


@pytest.mark.parametrize(
    ("down", "up"),
    [
        (("AltGraph", "AltRight"), ("Alt", "AltRight")),
        (("Alt", "AltRight"), ("AltGraph", "AltRight")),
        (("!", "Digit1"), ("1", "Digit1")),
        (("q", "KeyQ"), ("a", "KeyQ")),
        (("A", "KeyA"), ("Dead", "KeyA")),
    ],
)
def test_a_key_comes_up_whatever_it_is_called_then(
    server: XServer, program: Program, injector: X11Injector, down: tuple[str, str], up: tuple[str, str]
) -> None:
    injector.key(*down, True)
    injector.key(*up, False)
    settle(injector)
    assert held(server) == ([], 0)
    injector.key("Control", "ControlLeft", True)
    tap(injector, "m", "KeyM")
    injector.key("Control", "ControlLeft", False)
    program.wait(lambda said: any(each.get("name") == "Key_M" and not each["text"].isalpha() for each in said))


KEYS = [
    ("Shift", "ShiftLeft"),
    ("Shift", "ShiftRight"),
    ("Control", "ControlLeft"),
    ("Alt", "AltLeft"),
    ("Alt", "AltRight"),
    ("AltGraph", "AltRight"),
    ("Meta", "MetaLeft"),
    ("a", "KeyA"),
    ("A", "KeyA"),
    ("ä", "KeyA"),
    ("1", "Digit1"),
    ("!", "Digit1"),
    ("@", "KeyQ"),
    ("q", "KeyQ"),
    ("β", ""),
    ("Dead", "Quote"),
    ("Enter", "Enter"),
    ("F5", "F5"),
    ("1", "Numpad1"),
]
events = st.lists(st.tuples(st.sampled_from(KEYS), st.booleans()), max_size=40)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(events=events, layouts=st.lists(st.sampled_from(["us", "de", "fr", "es"]), max_size=2), ends=st.booleans())
def test_whatever_is_pressed_in_the_end_nothing_is_down(
    server: XServer, injector: X11Injector, events: list[tuple[tuple[str, str], bool]], layouts: list[str], ends: bool
) -> None:
    """The layout may change in mid-press, keys may come up under another name, or never: then all are lifted."""
    for number, ((key, code), down) in enumerate(events):
        if layouts and number % 13 == 12:
            server.run("setxkbmap", layouts.pop())
        injector.key(key, code, down)
    if ends:
        # every key that is down comes up in the end, in any order and under any name it ever had
        names = sorted(KEYS)
        random.Random(len(events)).shuffle(names)
        for key, code in names:
            injector.key(key, code, False)
    else:
        injector.release_all()
    settle(injector)
    assert injector._keyboard.pressed == frozenset()
    assert held(server) == ([], 0)


def test_a_layout_changed_in_mid_press_lifts_the_key_that_was_pressed(server: XServer, injector: X11Injector) -> None:
    if shutil.which("setxkbmap") is None:
        pytest.skip("setxkbmap is not installed")
    injector.key("q", "KeyQ", True)
    injector.key("Shift", "ShiftLeft", True)
    settle(injector)
    assert held(server)[0]
    server.run("setxkbmap", "fr")
    injector.key("q", "KeyQ", False)
    injector.key("Shift", "ShiftLeft", False)
    settle(injector)
    assert held(server) == ([], 0)
