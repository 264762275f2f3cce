"""Choices as large cards: one of several, by finger, mouse or arrow keys."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QRadioButton, QSizePolicy

from benchside.desk.look.theme import make_font
from benchside.desk.look.tokens import SMALL_PX, STRONG_PX, Tokens

__all__ = ["ChoiceCard"]

_EDGE_PX = 1
_PAD_PX = 10
_DOT_PX = 22


class ChoiceCard(QRadioButton):
    """A radio button of two lines.  `value`: what it stands for."""

    def __init__(self, head: str, second: str, value: object, tokens: Tokens) -> None:
        super().__init__(head)
        self.value = value
        self._second = second
        self._tokens = tokens
        self._head_font = make_font(STRONG_PX, strong=True)
        self._second_font = make_font(SMALL_PX)
        self.setAccessibleName(head)
        self.setAccessibleDescription(second)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        # a grid whose cards would like to be wider than it is takes it out of their heights
        self.setMinimumHeight(self.sizeHint().height())

    def sizeHint(self) -> QSize:
        """Both lines and the dot, at least a target high."""
        head = QFontMetrics(self._head_font)
        second = QFontMetrics(self._second_font)
        width = max(head.horizontalAdvance(self.text()), second.horizontalAdvance(self._second))
        height = head.height() + (second.height() if self._second else 0)
        return QSize(min(width, 420) + _DOT_PX + 3 * _PAD_PX + 2 * _EDGE_PX, max(48, height + 18) + 2 * _EDGE_PX)

    def minimumSizeHint(self) -> QSize:
        """Long titles are cut, with an ellipsis; the height is not."""
        return QSize(160, self.sizeHint().height())

    def hitButton(self, position: QPoint) -> bool:
        """The whole card is the target."""
        del position
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw card, dot, both lines and the ring."""
        del event
        t = self._tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(_EDGE_PX, _EDGE_PX, -_EDGE_PX, -_EDGE_PX)
        chosen = self.isChecked()
        painter.setBrush(QColor(t.primary_soft if chosen else t.sunken if self.underMouse() else t.surface))
        painter.setPen(QPen(QColor(t.primary if chosen else t.line_strong), 2 if chosen else 1))
        painter.drawRoundedRect(box, 8, 8)
        dot = QRectF(box.left() + _PAD_PX, box.center().y() - _DOT_PX / 2, _DOT_PX, _DOT_PX)
        painter.setBrush(QColor(t.surface))
        painter.setPen(QPen(QColor(t.primary if chosen else t.line_strong), 2))
        painter.drawEllipse(dot)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.primary))
            painter.drawEllipse(dot.adjusted(5.5, 5.5, -5.5, -5.5))
        left = dot.right() + _PAD_PX
        room = box.right() - _PAD_PX - left
        self._draw_lines(painter, box, left, room)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(t.text), 3))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 8, 8)
        painter.end()

    def _draw_lines(self, painter: QPainter, box: QRectF, left: float, room: float) -> None:
        head, second = QFontMetrics(self._head_font), QFontMetrics(self._second_font)
        height = head.height() + (second.height() if self._second else 0)
        top = box.center().y() - height / 2
        for text, font, metrics, ink in (
            (self.text(), self._head_font, head, self._tokens.text),
            (self._second, self._second_font, second, self._tokens.text_quiet),
        ):
            if text:
                painter.setFont(font)
                painter.setPen(QColor(ink))
                cut = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room))
                painter.drawText(QRectF(left, top, room, metrics.height()), Qt.AlignmentFlag.AlignVCenter, cut)
                top += metrics.height()
