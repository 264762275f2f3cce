"""Small drawn signs: a tone's mark, a step's place.  Shapes differ, so that colour is never needed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from benchside.desk.look.tokens import Tokens

__all__ = ["Sign"]


class Sign(QWidget):
    """One sign: good (tick), info (i), warn (triangle), danger (cross), now (dot), ahead (ring)."""

    def __init__(self, shape: str, tokens: Tokens, size_px: int = 28) -> None:
        super().__init__()
        self._shape = shape
        self._tokens = tokens
        self.setFixedSize(size_px, size_px)

    def show_shape(self, shape: str) -> None:
        """Change the sign."""
        if shape != self._shape:
            self._shape = shape
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sign on a grid of 24."""
        del event
        t = self._tokens
        colour = QColor(
            {"good": t.good, "warn": t.warn, "danger": t.danger, "ahead": t.line_strong}.get(self._shape, t.primary)
        )
        ink = QColor(t.surface)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.width() / 24, self.height() / 24)
        stroke = QPen(ink, 2.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        match self._shape:
            case "warn":
                painter.setPen(
                    QPen(colour, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
                )
                painter.drawPolygon(QPolygonF([QPointF(12, 3.5), QPointF(21.5, 20), QPointF(2.5, 20)]))
                self._exclaim(painter, ink, 9, 14, 17.6)
            case "ahead":
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(colour, 2))
                painter.drawEllipse(QRectF(5, 5, 14, 14))
            case "now":
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(colour, 2.4))
                painter.drawEllipse(QRectF(4, 4, 16, 16))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                painter.drawEllipse(QRectF(8.5, 8.5, 7, 7))
            case _:
                painter.drawEllipse(QRectF(2, 2, 20, 20))
                painter.setPen(stroke)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                if self._shape == "good":
                    painter.drawPolyline(QPolygonF([QPointF(7.2, 12.4), QPointF(10.6, 15.8), QPointF(16.8, 8.8)]))
                elif self._shape == "danger":
                    self._exclaim(painter, ink, 7, 12.8, 16.8)
                else:
                    painter.drawLine(QPointF(12, 11.4), QPointF(12, 16.6))
                    painter.drawPoint(QPointF(12, 7.6))
        painter.end()

    @staticmethod
    def _exclaim(painter: QPainter, ink: QColor, top: float, bottom: float, dot: float) -> None:
        painter.setPen(QPen(ink, 2.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(12, top), QPointF(12, bottom))
        painter.drawPoint(QPointF(12, dot))
