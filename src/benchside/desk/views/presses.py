"""Tells a person's press from a program's, for the few buttons where it matters."""

from __future__ import annotations

import logging
from typing import Protocol

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtGui import QInputDevice, QKeyEvent, QMouseEvent, QPointerEvent

from benchside.desk.look.button import Button
from benchside.desk.models.guard import Source

__all__ = ["InputSources", "Presses", "ReservedButton"]

_log = logging.getLogger(__name__)


class InputSources(Protocol):
    """What the OS knows about the device behind the last press (platform/inputs)."""

    def fileno(self) -> int:
        """Return the descriptor that is readable when `process` has something to do."""

    def process(self) -> None:
        """Take in what the OS has to say, without waiting."""

    def last_button_is_synthetic(self) -> bool:
        """Return whether a program made the last press of a mouse button."""

    def last_key_is_synthetic(self) -> bool:
        """Return whether a program made the last press of a key."""


class Presses(QObject):
    """Asks InputSources; where the OS cannot tell (no XInput 2), presses count as a person's, and that is logged."""

    def __init__(self, sources: InputSources | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sources = sources
        if sources is None:
            _log.warning("this display does not tell which device a press came from; every press counts as a person's")
            return
        notifier = QSocketNotifier(sources.fileno(), QSocketNotifier.Type.Read, self)
        notifier.activated.connect(sources.process)

    def of_button(self, event: QPointerEvent) -> Source:
        """Return who made the press of a mouse button, or the touch, that `event` tells of.

        Ask once for each press: the OS answers once.  Of a release it knows nothing.
        """
        if self._sources is None:
            return Source.PERSON
        self._sources.process()
        is_synthetic = self._sources.last_button_is_synthetic()
        # XTEST has no touch screen, and what a touch screen sends has no raw event of a button
        touch = event.device().type() is QInputDevice.DeviceType.TouchScreen
        return Source.PROGRAM if is_synthetic and not touch else Source.PERSON

    def of_key(self) -> Source:
        """Return who made the last press of a key.  Ask once for each."""
        if self._sources is None:
            return Source.PERSON
        self._sources.process()
        return Source.PROGRAM if self._sources.last_key_is_synthetic() else Source.PERSON


class ReservedButton(Button):
    """A button that an engineer with control cannot press: for what makes more possible again."""

    presses: Presses | None = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a press, if it is a person's."""
        if self.presses is None or self.presses.of_button(event) is Source.PERSON:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press by key, if it is a person's."""
        if self.presses is None or self.presses.of_key() is Source.PERSON:
            super().keyPressEvent(event)
