"""What a real Qt program receives, whatever the layouts: text, shortcuts, clicks, and nothing left pressed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from tests.fakes.qt_program import Program, focused, held, settle, tap
from tests.fakes.seat import Seat
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.host.inject.linux import X11Injector
from benchside.media.damage import Box
from benchside.protocol.errors import CallerError, UnavailableError

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture(scope="module", params=["Xvfb", "Xvnc"])
def server(request: pytest.FixtureRequest) -> Iterator[XServer]:
    with XServer(request.param) as server:
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
    tap(injector, "F12")
    program.wait(lambda said: said and "cleared" in said[-1])
    program.said.clear()
    yield injector
    injector.close()
    assert held(server) == ([], 0), "nothing stays pressed"


TEXTS = {
    "us": "Az09 !@#/?|{}[]\\~`'\"ñÑ€ßéÉçàüЖλ",
    "es": "Az09 !@#/?|{}[]\\~`'\"ñÑ€ßéÉçàü¿¡·",
    "de": "Az09 !@#/?|{}[]\\~`'\"ñ€ßéÉçàüÄyzYZ",
    "fr": "Az09 !@#/?|{}[]\\~`'\"ñ€ßéÉçàüùqwaM",
    "us,ru": "abcЖжёЁ€ Э",
}


@pytest.mark.parametrize("layout", TEXTS)
def test_text_arrives_as_it_is(server: XServer, program: Program, injector: X11Injector, layout: str) -> None:
    server.run("setxkbmap", layout)
    for character in TEXTS[layout]:
        tap(injector, character, "KeyQ")
    program.text(TEXTS[layout])


@pytest.mark.parametrize("layout", ["us", "de", "fr"])
def test_text_typed_with_the_associates_own_modifiers(
    server: XServer, program: Program, injector: X11Injector, layout: str
) -> None:
    """On a German keyboard / is Shift+7 and @ is AltGr+Q, which a Windows browser calls Control and AltGraph."""
    server.run("setxkbmap", layout)
    tap(injector, "a", "KeyA")
    injector.key("Shift", "ShiftLeft", True)
    tap(injector, "/", "Digit7")
    tap(injector, "B", "KeyB")
    injector.key("Shift", "ShiftLeft", False)
    injector.key("Control", "ControlLeft", True)
    injector.key("AltGraph", "AltRight", True)
    tap(injector, "@", "KeyQ")
    injector.key("AltGraph", "AltRight", False)
    injector.key("Control", "ControlLeft", False)
    tap(injector, "c", "KeyC")
    program.text("a/B@c")


def test_caps_lock_on_the_pc_changes_nothing(server: XServer, program: Program, injector: X11Injector) -> None:
    tap(injector, "CapsLock", "CapsLock")
    for character in "aBñÑ1!":
        tap(injector, character)
    program.text("aBñÑ1!")
    settle(injector)
    assert held(server)[1] == 2, "and it stays on"
    tap(injector, "CapsLock", "CapsLock")


@pytest.mark.parametrize("layout", ["us", "fr", "us,ru"])
def test_shortcuts_by_their_letter(server: XServer, program: Program, injector: X11Injector, layout: str) -> None:
    server.run("setxkbmap", layout)
    for character in "abc":
        tap(injector, character)
    program.text("abc")
    injector.key("Control", "ControlLeft", True)
    tap(injector, "a", "KeyQ")
    tap(injector, "x", "KeyX")
    tap(injector, "v", "KeyV")
    tap(injector, "v", "KeyV")
    injector.key("Control", "ControlLeft", False)
    program.text("abcabc")


def test_shortcut_with_shift_keeps_it(program: Program, injector: X11Injector) -> None:
    injector.key("Control", "ControlLeft", True)
    injector.key("Shift", "ShiftLeft", True)
    tap(injector, "Z", "KeyZ")
    injector.release_all()
    program.wait(
        lambda said: any(
            each.get("name") == "Key_Z" and set(each["modifiers"]) == {"ControlModifier", "ShiftModifier"}
            for each in said
            if each.get("key") == "down"
        )
    )


def test_named_keys(program: Program, injector: X11Injector) -> None:
    names = {
        "Enter": "Key_Return",
        "Backspace": "Key_Backspace",
        "Escape": "Key_Escape",
        "ArrowLeft": "Key_Left",
        "Home": "Key_Home",
        "PageDown": "Key_PageDown",
        "Delete": "Key_Delete",
        "F1": "Key_F1",
        "F11": "Key_F11",
        "F24": "Key_F24",
        "ContextMenu": "Key_Menu",
        "Pause": "Key_Pause",
        "Meta": "Key_Meta",
    }
    for name in names:
        tap(injector, name)
    tap(injector, "Enter", "NumpadEnter")
    wanted = [*names.values(), "Key_Enter"]
    program.wait(lambda said: [each["name"] for each in said if each.get("key") == "down"] == wanted)
    for nothing in ("Dead", "Process", "Unidentified", "AudioVolumeUp", "constructor", "\x08", "\u0378"):
        tap(injector, nothing)
    assert injector._keyboard.pressed == frozenset()


def test_more_strange_characters_than_spare_keys(program: Program, injector: X11Injector) -> None:
    text = "āēīōūǎěǐǒǔαβγδεζ"
    for number, character in enumerate(text):
        tap(injector, character)
        if number % 8 == 7:
            program.text(text[: number + 1])
    program.text(text)


def test_lent_keys_are_put_back(server: XServer, program: Program) -> None:
    before = server.run("xmodmap", "-pke") if _has("xmodmap") else server.run("xkbcomp", server.name, "-")
    injector = X11Injector(server.name)
    for character in "βγ":
        tap(injector, character)
    injector.close()
    after = server.run("xmodmap", "-pke") if _has("xmodmap") else server.run("xkbcomp", server.name, "-")
    assert "Greek_beta" not in after or "Greek_beta" in before


def _has(program: str) -> bool:
    from shutil import which

    return which(program) is not None


def test_a_layout_loaded_meanwhile_keeps_its_keys(server: XServer, program: Program, injector: X11Injector) -> None:
    tap(injector, "β")
    program.text("β")
    server.run("setxkbmap", "fr")
    tap(injector, "β")
    program.text("ββ")
    server.run("setxkbmap", "us")
    before = server.run("xkbcomp", server.name, "-")
    injector._keyboard.put_back()
    settle(injector)
    assert server.run("xkbcomp", server.name, "-") == before


def test_release_all_lifts_everything(server: XServer, injector: X11Injector) -> None:
    injector.move(10, 10)
    injector.button(1, True)
    injector.button(3, True)
    for key, code in (("Control", "ControlLeft"), ("Shift", "ShiftRight"), ("a", "KeyA"), ("F5", "F5")):
        injector.key(key, code, True)
    settle(injector)
    keys, mask = held(server)
    assert keys
    assert mask & 0x0505
    injector.release_all()
    settle(injector)
    assert held(server) == ([], 0)


def test_a_closing_connection_lifts_everything(server: XServer, program: Program) -> None:
    injector = X11Injector(server.name)
    injector.confine([Box(0, 0, 100, 100)])
    injector.move(5, 5)
    injector.button(1, True)
    injector.key("Shift", "ShiftLeft", True)
    injector.close()
    injector.close()
    assert held(server) == ([], 0)
    with pytest.raises(UnavailableError):
        injector.key("a", "KeyA", True)


def test_what_a_killed_host_left_pressed_is_lifted_and_a_persons_hand_is_not(server: XServer, program: Program) -> None:
    left = (
        "import os, sys\n"
        "from benchside.host.inject.linux import X11Injector\n"
        "from benchside.media.damage import Box\n"
        "i = X11Injector(sys.argv[1])\n"
        "i.confine([Box(0, 0, 100, 100)])\n"
        "i.move(5, 5)\n"
        "i.button(3, True)\n"
        "i.key('b', 'KeyB', True)\n"
        "i._display.core.GetInputFocus().reply()\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", left, server.name], check=False)
    keys, mask = held(server)
    assert keys == [56 // 8]
    assert mask & 0x400
    person = Seat(server) if server.has_seat else None
    if person is not None:
        person.hold(ord("a"), True)
        person.hold_button(20, 20, True)
        deadline = time.monotonic() + 2
        while len(held(server)[0]) < 2 or not held(server)[1] & 0x100:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    injector = X11Injector(server.name)
    settle(injector)
    assert held(server) == (([38 // 8], 0x100) if person is not None else ([], 0))
    if person is not None:
        person.hold(ord("a"), False)
        person.hold_button(20, 20, False)
        deadline = time.monotonic() + 2
        while held(server) != ([], 0):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        person.close()
    injector.close()


def test_pointer_stays_within_what_is_granted(server: XServer, program: Program, injector: X11Injector) -> None:
    client = XClient(server.name)

    def at() -> tuple[int, int]:
        settle(injector)
        reply = client.core.QueryPointer(client.root).reply()
        return reply.root_x, reply.root_y

    injector.confine([Box(0, 0, 100, 100), Box(200, 0, 300, 100)])
    for asked, reached in (
        ((50, 60), (50, 60)),
        ((140, 500), (99, 99)),
        ((190, 20), (200, 20)),
        ((-5, -5), (0, 0)),
        ((32767, 0), (299, 0)),
    ):
        injector.move(*asked)
        assert at() == reached
    injector.move(50, 60)
    client.core.WarpPointer(0, client.root, 0, 0, 0, 0, 390, 290)
    client.sync()
    injector.button(1, True)
    injector.button(1, False)
    click = program.wait(lambda said: next((each for each in said if "button" in each), None))
    assert click == {"button": "MouseButtonPress", "which": "LeftButton", "at": [50, 60]}
    injector.confine([])
    injector.move(10, 10)
    injector.button(1, True)
    injector.wheel(0, 3)
    assert at() == (50, 60)
    assert held(server) == ([], 0)
    with pytest.raises(CallerError):
        injector.button(10, True)
    client.close()


def test_wheel(program: Program, injector: X11Injector) -> None:
    injector.move(50, 60)
    injector.wheel(0, 2)
    injector.wheel(-1, -1)
    program.wait(
        lambda said: (
            [sum(each["wheel"][axis] for each in said if "wheel" in each) for axis in (0, 1)] == [120, -120]
            and sum("wheel" in each for each in said) >= 2
        )
    )


def test_no_display_is_unavailable() -> None:
    with pytest.raises(UnavailableError):
        X11Injector(":4077")
