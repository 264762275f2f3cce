"""Tells a person's press from a program's, for the few buttons where it matters."""

from __future__ import annotations

import logging
from typing import Protocol

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtGui import QInputDevice, QInputEvent, QKeyEvent, QMouseEvent, QPointerEvent

from benchside.desk.look.button import Button
from benchside.desk.models.guard import Source

__all__ = ["InputSources", "Presses", "ReservedButton"]

_log = logging.getLogger(__name__)

_MAX_LATE_MS = 60_000
"""A stamp of over a minute ago is on another clock: of a display elsewhere, or of a test that makes its own events."""
_STAMPS = 0x1_0000_0000
"""A display's time is in 32 bits of milliseconds."""


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

    def made_at(self, event: QInputEvent, now: float) -> float:
        """Return when `event` was made: `now`, less what it lay here while the desk was busy.

        `now` is on the system's monotonic clock, which an X server stamps events with.  Elsewhere (Windows) the
        toolkit's stamps are on a clock of its own, and `now` comes back.
        """
        late_ms = (int(now * 1000) - event.timestamp()) % _STAMPS
        return now - late_ms / 1000 if self._sources is not None and late_ms <= _MAX_LATE_MS else now


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
