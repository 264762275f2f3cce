"""A large tick box: one sentence that is so or is not."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QSizePolicy

from benchside.desk.look.theme import make_font
from benchside.desk.look.tokens import STRONG_PX, TARGET_PX, Tokens
from benchside.desk.models.guard import Source
from benchside.desk.views.presses import Presses

__all__ = ["TickCard"]

_EDGE_PX = 1
_PAD_PX = 14
_BOX_PX = 24


class TickCard(QCheckBox):
    """With `presses`, a program's press does nothing: only a person ticks it, or takes the tick away."""

    def __init__(self, text: str, tokens: Tokens, presses: Presses | None = None) -> None:
        super().__init__(text)
        self._tokens = tokens
        self._presses = presses
        self._strong = make_font(STRONG_PX, strong=True)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """The box and the sentence, at least a target high."""
        width = QFontMetrics(self._strong).horizontalAdvance(self.text())
        return QSize(width + _BOX_PX + 3 * _PAD_PX + 2 * _EDGE_PX, TARGET_PX + 2 * _EDGE_PX)

    def minimumSizeHint(self) -> QSize:
        """The sentence is never cut."""
        return self.sizeHint()

    def hitButton(self, position: QPoint) -> bool:
        """The whole card is the target."""
        del position
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a press, if it is a person's."""
        if self._presses is None or self._presses.of_button(event) is Source.PERSON:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press by key, if it is a person's."""
        if self._presses is None or self._presses.of_key() is Source.PERSON:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw card, box, tick, sentence and the ring."""
        del event
        t = self._tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QRectF(self.rect()).adjusted(_EDGE_PX, _EDGE_PX, -_EDGE_PX, -_EDGE_PX)
        ticked = self.isChecked()
        painter.setBrush(QColor(t.primary_soft if ticked else t.sunken if self.underMouse() else t.surface))
        painter.setPen(QPen(QColor(t.primary if ticked else t.line_strong), 2 if ticked else 1))
        painter.drawRoundedRect(card, 8, 8)
        box = QRectF(card.left() + _PAD_PX, card.center().y() - _BOX_PX / 2, _BOX_PX, _BOX_PX)
        painter.setBrush(QColor(t.primary if ticked else t.surface))
        painter.setPen(QPen(QColor(t.primary if ticked else t.line_strong), 2))
        painter.drawRoundedRect(box, 4, 4)
        if ticked:
            painter.setPen(QPen(QColor(t.on_primary), 3))
            across, down = box.width(), box.height()
            painter.drawPolyline(
                [
                    QPointF(box.left() + 0.22 * across, box.top() + 0.54 * down),
                    QPointF(box.left() + 0.42 * across, box.top() + 0.74 * down),
                    QPointF(box.left() + 0.78 * across, box.top() + 0.28 * down),
                ]
            )
        painter.setFont(self._strong)
        painter.setPen(QColor(t.text))
        left = box.right() + _PAD_PX
        painter.drawText(
            QRectF(left, card.top(), card.right() - left, card.height()), Qt.AlignmentFlag.AlignVCenter, self.text()
        )
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(t.text), 3))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 8, 8)
        painter.end()
