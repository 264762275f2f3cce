"""A cover that the technician has drawn: moved and sized by mouse and arrow keys, taken away by a click."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QWidget

from benchside.desk.look.theme import make_font
from benchside.desk.look.tokens import SMALL_PX
from benchside.desk.models.covers import MIN_SIDE_PX
from benchside.desk.views.look import Look

__all__ = ["CoverBox", "paint_cover"]

STEP_PX, FINE_STEP_PX = 16, 1
_FILL, _STRIPE, _INK = "#262C34", "#3C4653", "#FFFFFF"
"""As the engineer sees a cover, in both appearances: dark, with a hatch, and words in white."""
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


def paint_cover(painter: QPainter, box: QRect, text: str) -> None:
    """Draw a cover with words on it, where they fit."""
    painter.fillRect(box, QColor(_FILL))
    painter.fillRect(box, QBrush(QColor(_STRIPE), Qt.BrushStyle.BDiagPattern))
    font = make_font(SMALL_PX)
    metrics = QFontMetrics(font)
    if text and metrics.horizontalAdvance(text) + 16 <= box.width() and metrics.height() + 8 <= box.height():
        words = metrics.boundingRect(text)
        words.moveCenter(box.center())
        painter.fillRect(words.adjusted(-8, -4, 8, 4), QColor(_FILL))
        painter.setFont(font)
        painter.setPen(QColor(_INK))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


class CoverBox(QPushButton):
    """Signals carry its number and logical pixels."""

    taken_away = Signal(int)
    pushed = Signal(int, int, int)
    stretched = Signal(int, int, int)

    def __init__(self, parent: QWidget, look: Look, number: int) -> None:
        super().__init__(parent)
        self._look = look
        self._number = number
        self._from: QPoint | None = None
        self._is_dragged = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clicked.connect(lambda: self.taken_away.emit(self._number))

    def say(self, number: int, count: int) -> None:
        """Its place among all covers, for a screen reader."""
        self.setAccessibleName(self._look.texts("cover.box", number=number, count=count))
        self.setAccessibleDescription(self._look.texts("cover.box.how"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move it, with Shift they size it, with Control finely; Delete takes it away."""
        if event.key() in _ARROWS:
            right, down = _ARROWS[Qt.Key(event.key())]
            step = FINE_STEP_PX if event.modifiers() & Qt.KeyboardModifier.ControlModifier else STEP_PX
            wanted = self.stretched if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else self.pushed
            wanted.emit(self._number, right * step, down * step)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.taken_away.emit(self._number)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._from, self._is_dragged = event.globalPosition().toPoint(), False
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move it along."""
        if self._from is None:
            return
        moved = event.globalPosition().toPoint() - self._from
        if self._is_dragged or moved.manhattanLength() > MIN_SIDE_PX:
            self._is_dragged = True
            self._from = event.globalPosition().toPoint()
            self.pushed.emit(self._number, moved.x(), moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click takes it away."""
        began, self._from = self._from, None
        if began is not None and event.button() is Qt.MouseButton.LeftButton and not self._is_dragged:
            self.taken_away.emit(self._number)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw hatch, words and ring."""
        del event
        painter = QPainter(self)
        paint_cover(painter, self.rect(), self._look.texts("cover.box.how"))
        has_focus = self.hasFocus()
        painter.setPen(QPen(QColor(_INK), 4 if has_focus else 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = 2 if has_focus else 1
        painter.drawRect(self.rect().adjusted(inset, inset, -inset, -inset))
        if has_focus:
            painter.setPen(QPen(QColor(self._look.tokens.primary), 2))
            painter.drawRect(self.rect().adjusted(5, 5, -6, -6))
        painter.end()
