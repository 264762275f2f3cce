"""Starts the desk: `benchside desk`."""

from __future__ import annotations

import argparse
import hashlib
import logging
import signal
import sys
import time
from pathlib import Path

import msgspec
from PySide6.QtCore import QLocale, QSocketNotifier, Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from benchside.desk.look.mark import MARK
from benchside.desk.look.theme import system_is_dark
from benchside.desk.operations.conversation import Conversation
from benchside.desk.operations.instance import Instance
from benchside.desk.operations.link import LocalLink
from benchside.desk.operations.memory import Memory
from benchside.desk.operations.noticing import Noticing
from benchside.desk.texts import LANGUAGES
from benchside.desk.views.centre import Centre
from benchside.desk.views.presses import InputSources, Presses
from benchside.desk.views.windows import Windows
from benchside.logs.setup import start_logging
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.desk import DESK
from benchside.protocol.wire.notice import NOTICE
from benchside.settings.desktop import (
    DESK_SOCKET,
    NOTICE_SOCKET,
    display_values,
    has_wayland,
    instance_path,
    state_folder,
)

__all__ = ["main", "read_options", "stay_alive"]

_log = logging.getLogger(__name__)

ALIVE_EVERY_MS = 20_000
"""As wire/notice.py says: after 45 s of silence the notifier takes a desk for hung, so that one beat may be late."""
SCREEN_EVERY_MS = 2000
"""A question of 50 us to the display; a pop-up that comes a second too early into a full screen is no harm."""


def main(argv: list[str]) -> int:
    """Run the desk until the log-in ends; 0 also when another desk was brought to the front instead."""
    options = read_options(argv)
    start_logging("desk")
    # Qt's loop does not return to Python for a signal; the desk holds nothing that must be put away first
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # only X lets a window of ours stay on top and stand where it must
    application = QApplication(["benchside", "-platform", "xcb"] if has_wayland() else ["benchside"])
    application.setApplicationName("Benchside")
    application.setDesktopFileName("benchside")
    application.setWindowIcon(QIcon(str(MARK)))
    application.setQuitOnLastWindowClosed(False)
    dark_system = system_is_dark(application.palette())
    mark = hashlib.sha256(str(options.socket.absolute()).encode()).hexdigest()[:12]
    instance = Instance(instance_path(mark))
    if instance.raise_other():
        return 0
    memory = Memory(options.state_dir / "desk.json")
    _choose_language(memory, options.language)
    link = LocalLink(options.socket, DESK, "agent")
    notice_link = LocalLink(options.notices, NOTICE, "notifier")
    noticing = Noticing(send=notice_link.send, locale=memory.now.language)
    conversation = Conversation(
        send=link.send,
        clock=time.monotonic,
        locale=memory.now.language,
        display=display_values(),
        phone=memory.now.phone,
    )
    on_x = application.platformName() == "xcb"
    presses = Presses(_open_sources() if on_x else None)
    keys = _Keys(on_x)
    windows = Windows(
        application, conversation, noticing, presses, memory, time.monotonic,
        dark_system=dark_system, pause_key_is_global="pause" in keys.held, centre=_open_centre(),
    )  # fmt: skip
    keys.connect(pause=conversation.pause, front=windows.take_keyboard)
    hints = application.styleHints()
    if hasattr(hints, "colorSchemeChanged"):  # from Qt 6.5 on
        hints.colorSchemeChanged.connect(lambda scheme: windows.follow_system(is_dark=scheme is Qt.ColorScheme.Dark))
    screen = _watch_screen(noticing)
    alive = stay_alive(noticing)
    instance.hold(windows.main.bring_to_front)
    link.start(conversation)
    notice_link.start(noticing)
    if not options.hidden:
        windows.main.bring_to_front()
    code = application.exec()
    alive.stop()
    if screen is not None:
        screen.stop()
    link.close()
    notice_link.close()
    return code


def read_options(argv: list[str]) -> argparse.Namespace:
    """Return what the command line says; ends the program with a sentence when it says something unknown."""
    parser = argparse.ArgumentParser(prog="benchside desk", description="the technician's window")
    parser.add_argument("--socket", type=Path, default=DESK_SOCKET, help=f"the agent's socket (default {DESK_SOCKET})")
    parser.add_argument(
        "--notices", type=Path, default=NOTICE_SOCKET, help=f"the notifier's socket (default {NOTICE_SOCKET})"
    )
    parser.add_argument(
        "--language", choices=LANGUAGES, help="the window's language (default: the last, or the system's)"
    )
    parser.add_argument("--state-dir", type=Path, default=state_folder(), help="where the window keeps its settings")
    parser.add_argument("--hidden", action="store_true", help="start without showing the window, as at log-in")
    return parser.parse_args(argv)


def _choose_language(memory: Memory, wanted: str | None) -> None:
    language = wanted or memory.now.language
    if not language:
        system = QLocale.system().name()[:2]
        language = system if system in LANGUAGES else LANGUAGES[0]
    memory.keep(msgspec.structs.replace(memory.now, language=language))


def _watch_screen(noticing: Noticing) -> QTimer | None:
    """Tell the notifier whether a full-screen program has the screen; where nobody can tell, none has."""
    from benchside.platform.foreground.here import Foreground  # needs an X display on Linux

    try:
        foreground = Foreground()
    except UnavailableError as error:
        _log.warning("full-screen programs cannot be told from others: %s", error)
        return None
    timer = QTimer(interval=SCREEN_EVERY_MS)
    timer.timeout.connect(lambda: noticing.tell_quiet(full_screen=foreground.is_full_screen()))
    timer.start()
    return timer


def stay_alive(noticing: Noticing) -> QTimer:
    """Return a running timer that tells the notifier that this desk is still here; the caller stops it."""
    timer = QTimer(interval=ALIVE_EVERY_MS)
    timer.timeout.connect(noticing.stay)
    timer.start()
    return timer


def _open_centre() -> Centre | None:
    """Return a Linux desktop's notification service; Qt's own way there is a balloon of Qt's, or has actions."""
    if sys.platform != "linux":
        return None
    from benchside.platform.centre.linux import DBusCentre  # there is D-Bus on Linux only

    return DBusCentre("Benchside")


def _open_sources() -> InputSources | None:
    try:
        from benchside.platform.inputs.linux import InputSources as XInputSources  # only where there is X

        return XInputSources()
    except (ImportError, UnavailableError) as error:
        _log.warning("presses of programs cannot be told from those of people: %s", error)
        return None


class _Keys:
    """The two keys that work from anywhere: Pause, and Ctrl+Alt+B for the front."""

    def __init__(self, on_x: bool) -> None:
        self._actions: dict[str, object] = {}
        self.held: frozenset[str] = frozenset()
        if not on_x or sys.platform != "linux":
            return
        from benchside.platform.display.linux import Display
        from benchside.platform.hotkey.linux import ALT, CONTROL, KEYSYM_B, KEYSYM_PAUSE, HotKeys, Stroke

        strokes = {"pause": Stroke(KEYSYM_PAUSE), "front": Stroke(KEYSYM_B, CONTROL | ALT)}
        try:
            self._keys = HotKeys(Display(), strokes, self._pressed)
        except UnavailableError as error:
            _log.warning("no keys of our own on this display: %s", error)
            return
        self.held = self._keys.held
        self._notifier = QSocketNotifier(self._keys.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._keys.process)

    def connect(self, **actions: object) -> None:
        """Say what each key does."""
        self._actions = actions

    def _pressed(self, name: str) -> None:
        action = self._actions.get(name)
        if callable(action):
            action()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
