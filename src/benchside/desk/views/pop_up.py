"""The card that pops up: what is wrong, in a corner, on top, without ever taking the keyboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QColor, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from benchside.desk.look.button import Button, Kind, button_row
from benchside.desk.look.card import column
from benchside.desk.look.sign import Sign
from benchside.desk.look.text import body, strong
from benchside.desk.look.tokens import SPACE_M, SPACE_S
from benchside.desk.models.watching import tone_of
from benchside.desk.views.centre import head_of
from benchside.desk.views.floating import Floating
from benchside.desk.views.look import Look
from benchside.desk.views.place import place_in_corner
from benchside.protocol.wire.condition import Severity
from benchside.protocol.wire.notice import PopUp

__all__ = ["PopUpWindow"]

WIDTH_PX = 440
UP_FOR_MS = 30_000
"""Long enough to walk up and read; what it said stays on the page.  A critical one stays until it is read."""
_BORDER_PX = 3


class PopUpWindow(Floating):
    """`shown(number)` when it is on the screen; `opened`: the technician wants the page; `closed`: it was read."""

    shown = Signal(int)
    opened = Signal()
    closed = Signal()

    def __init__(self, look: Look, pop_up: PopUp, *, corner: str) -> None:
        super().__init__(look.tokens.surface, border_px=_BORDER_PX)
        self.pop_up = pop_up
        self._look = look
        self._corner = corner
        tone = tone_of(pop_up.severity)
        self.frame = QColor(getattr(look.tokens, {"info": "primary"}.get(tone.value, tone.value)))
        self._build(tone.value)
        self.setFixedWidth(WIDTH_PX)
        self._over = QTimer(self, singleShot=True, interval=UP_FOR_MS)
        self._over.timeout.connect(self.closed)

    def appear(self) -> None:
        """Come up; says so once it is on the screen."""
        self._rows.activate()
        self.setFixedHeight(max(self._rows.totalHeightForWidth(WIDTH_PX), 1))
        self.move(place_in_corner(self._corner, self.size(), QGuiApplication.primaryScreen().availableGeometry()))
        self.show()
        self.raise_()
        if self.pop_up.severity is not Severity.CRITICAL:
            self._over.start()
        self.shown.emit(self.pop_up.number)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closed in another way than by its buttons is closed, too."""
        event.accept()
        self.closed.emit()

    def _build(self, tone: str) -> None:
        texts, tokens, notices = self._look.texts, self._look.tokens, self.pop_up.notices
        first = notices[0]
        head = head_of(texts, self.pop_up)
        self.setWindowTitle(texts("popup.window"))
        self.setAccessibleName(". ".join((head, *(one.text for one in notices))))
        sign = Sign(tone, tokens)
        sign.setAccessibleName(texts(f"tone.{tone}"))
        words = column(strong(head), spacing=SPACE_S)
        for one in notices:
            words.addWidget(body(one.text))
        if len(notices) == 1 and first.advice:
            words.addWidget(body(first.advice, tone="quiet"))
        if self.pop_up.more:
            words.addWidget(body(texts("popup.more", count=self.pop_up.more)))
        top = QHBoxLayout()
        top.setSpacing(SPACE_M)
        top.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        rows = self._rows = QVBoxLayout(self)
        rows.setContentsMargins(SPACE_M, SPACE_M, SPACE_M, SPACE_M)
        rows.setSpacing(SPACE_M)
        rows.addLayout(top)
        rows.addLayout(
            button_row(
                self._button("popup.open", Kind.PRIMARY, self.opened.emit),
                self._button("nav.close", Kind.PLAIN, self.closed.emit),
                fill=True,
            )
        )

    def _button(self, text_id: str, kind: Kind, do: Callable[[], None]) -> Button:
        button = Button(self._look.texts(text_id), self._look.tokens, kind)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: do())
        return button
