"""What pops up goes to the system's own notification service, too: it stays there, and screen readers read it."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtWidgets import QSystemTrayIcon

from benchside.desk.texts import Texts
from benchside.protocol.wire.condition import Severity
from benchside.protocol.wire.notice import NoticeShown, NoticesShown, PopUp
from benchside.protocol.wire.text import clean

__all__ = ["Centre", "Telling", "TrayCentre", "head_of"]

MAX_HEAD = 120
"""A severity and what it is about; services show a line of it."""
MAX_TEXT = 1000
"""Two or three of the longest notices: what a service shows of it is less."""
MAX_FOLLOWED = 20
"""Cards whose end is still told to the service; an older one is closed there by its reader."""
MAX_TRAY_HEAD = 63
MAX_TRAY_TEXT = 255
"""Windows' own (NOTIFYICONDATAW: szInfoTitle 64, szInfo 256, both with a zero at the end)."""

_ICON = QSystemTrayIcon.MessageIcon


class Centre(Protocol):
    """A notification service.  No method waits or fails: the desk's own card is up already."""

    def tell(self, number: int, head: str, text: str, severity: Severity) -> None:
        """Have it shown; plain text."""

    def withdraw(self, number: int) -> None:
        """Have it closed, where that can be."""


class TrayCentre:
    """By the icon in the tray, which is Windows' way; without one that is shown it says nothing."""

    def __init__(self, tray: QSystemTrayIcon) -> None:
        self._tray = tray

    def tell(self, number: int, head: str, text: str, severity: Severity) -> None:
        """Have it shown, cut to what Windows takes."""
        del number
        if self._tray.isVisible() and self._tray.supportsMessages():
            icon = {Severity.INFO: _ICON.Information, Severity.WARNING: _ICON.Warning}.get(severity, _ICON.Critical)
            self._tray.showMessage(_cut(head, MAX_TRAY_HEAD), _cut(text, MAX_TRAY_TEXT), icon)

    def withdraw(self, number: int) -> None:
        """Windows closes it by itself."""


class Telling:
    """Tells each card once, and closes it there when all that it said is acknowledged, put aside or over."""

    def __init__(self, centre: Centre | None) -> None:
        """None: there is no service."""
        self._centre = centre
        self._told: dict[int, PopUp] = {}
        self._count = 0
        self._shown: NoticesShown | None = None

    def tell(self, texts: Texts, pop_up: PopUp) -> None:
        """A card has come on the screen."""
        if self._centre is None or pop_up in self._told.values():
            return
        self._count += 1
        self._told[self._count] = pop_up
        while len(self._told) > MAX_FOLLOWED:
            del self._told[next(iter(self._told))]
        head, text = clean(head_of(texts, pop_up), MAX_HEAD), _cut(_text_of(texts, pop_up), MAX_TEXT)
        self._centre.tell(self._count, head, text, pop_up.severity)

    def follow(self, shown: NoticesShown | None) -> None:
        """Look at what is shown now; a list that was cut says nothing about what is not in it."""
        if shown is self._shown:
            return
        self._shown = shown
        if self._centre is None or shown is None or shown.beyond:
            return
        open_keys = {one.state.key for one in shown.notices if _is_open(one)}
        for number, pop_up in tuple(self._told.items()):
            if not pop_up.more and open_keys.isdisjoint(one.state.key for one in pop_up.notices):
                del self._told[number]
                self._centre.withdraw(number)


def head_of(texts: Texts, pop_up: PopUp) -> str:
    """Return the head of a card: severity and subject of one notice, else how many they are."""
    count = len(pop_up.notices) + pop_up.more
    if count > 1:
        return texts("popup.many", count=count)
    first = pop_up.notices[0]
    return texts("notices.head", severity=texts(f"severity.{first.state.severity}"), subject=first.subject)


def _text_of(texts: Texts, pop_up: PopUp) -> str:
    lines = [one.text for one in pop_up.notices]
    if len(lines) == 1 and pop_up.notices[0].advice:
        lines.append(pop_up.notices[0].advice)
    if pop_up.more:
        lines.append(texts("popup.more", count=pop_up.more))
    return "\n".join(clean(line, MAX_TEXT) for line in lines)


def _is_open(notice: NoticeShown) -> bool:
    state = notice.state
    return not (state.is_acknowledged or state.shelved_until_utc_ms is not None or state.is_out_of_service)


def _cut(text: str, max_length: int) -> str:
    return text if len(text) <= max_length else text[: max_length - 1].rstrip() + "…"
