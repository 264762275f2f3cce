"""Views without a screen: Qt's offscreen platform, a clock that stands still, an agent that only listens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from tests.fakes.desk_states import NOW_S

from benchside.desk.models.state import DeskState
from benchside.desk.operations.conversation import Conversation
from benchside.desk.operations.memory import Memory
from benchside.desk.operations.noticing import Noticing
from benchside.desk.views.presses import Presses
from benchside.desk.views.windows import Windows
from benchside.protocol.wire.desk import DeskMessage
from benchside.protocol.wire.notice import NoticeMessage

SETTLING = 6
"""Turns of the event loop: a layout is told of its parts' sizes one level at a time, and of their new heights again."""


class FakeSources:
    """Says of every press what the test says."""

    def __init__(self) -> None:
        self.by_program = False

    def fileno(self) -> int:
        return 0

    def process(self) -> None:
        pass

    def last_button_is_synthetic(self) -> bool:
        return self.by_program

    def last_key_is_synthetic(self) -> bool:
        return self.by_program


class Desk:
    """All windows, what they sent, and the hands on the clock."""

    def __init__(self, application: QApplication, folder: Path, *, language: str = "en") -> None:
        self.application = application
        self.now_s = NOW_S
        self.sent: list[DeskMessage] = []
        self.sources = FakeSources()
        memory = Memory(folder / "desk.json")
        memory.keep(msgspec.structs.replace(memory.now, language=language, appearance="light"))
        self.conversation = Conversation(
            send=self.sent.append, clock=lambda: self.now_s, locale=language, display={}, phone=""
        )
        self.told: list[NoticeMessage] = []
        self.noticing = Noticing(send=self.told.append, locale=language)
        presses = Presses(None)
        presses.__dict__["_sources"] = self.sources  # without the descriptor that Qt would watch
        self.windows = Windows(
            application,
            self.conversation,
            self.noticing,
            presses,
            memory,
            lambda: self.now_s,
            dark_system=False,
            pause_key_is_global=True,
        )
        self.windows.main.show()

    def show(self, state: DeskState) -> None:
        """Let everything show `state`."""
        self.conversation.state = state
        for changed in self.conversation.__dict__["_watchers"]:
            changed(state)
        for _ in range(SETTLING):
            self.application.processEvents()

    def notice(self, *messages: NoticeMessage) -> None:
        """Let the notifier say `messages`."""
        for message in messages:
            self.noticing.received(message)
        for _ in range(SETTLING):
            self.application.processEvents()

    def close(self) -> None:
        """Take every window down."""
        for window in (self.windows.prompt, self.windows.pop_up, self.windows.indicator, self.windows.main):
            if window is not None:
                window.hide()
                window.deleteLater()
        self.windows.deleteLater()
        self.application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="session")
def application() -> QApplication:
    found = QApplication.instance()
    return found if isinstance(found, QApplication) else QApplication(["desk"])


@pytest.fixture
def desk(application: QApplication, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(application, tmp_path)
    yield desk
    desk.close()
