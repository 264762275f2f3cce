"""The live scatter plot, painted by hand as instrument programs do."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from examples.instrument.analyser import Event

BACKGROUND = QColor("#0e141b")
GRID = QColor("#22303d")
AXIS = QColor("#8fa3b5")
GATE = QColor("#e7b84a")
POPULATION_COLOURS = tuple(QColor(c) for c in ("#57c7ff", "#8ee06b", "#ff8f6b", "#5d6f80"))
GATES = ((0.30, 0.07, 0.25, 0.19, "LYM"), (0.44, 0.23, 0.23, 0.21, "MON"), (0.43, 0.40, 0.38, 0.50, "GRA"))
MARGIN_PX = (46, 12, 24, 34)  # left, top, right, bottom


class ScatterPlot(QWidget):
    """Forward against side scatter. `show_events` is the only way to change it."""

    def __init__(self) -> None:
        super().__init__()
        self._events: tuple[Event, ...] = ()
        self.setAccessibleName("Scatter plot")
        self.setMinimumSize(QSize(360, 260))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def show_events(self, events: Iterable[Event]) -> None:
        self._events = tuple(events)
        self.setAccessibleDescription(f"{len(self._events)} events")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            # An open painter on a destroyed widget would take the program with it.
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), BACKGROUND)
        left, top, right, bottom = MARGIN_PX
        area = QRectF(left, top, self.width() - left - right, self.height() - top - bottom)
        small = QFont(self.font())
        small.setPixelSize(11)
        painter.setFont(small)
        for step in range(0, 11, 2):
            x = area.left() + area.width() * step / 10
            y = area.bottom() - area.height() * step / 10
            painter.setPen(QPen(GRID, 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(AXIS)
            painter.drawText(QRectF(x - 20, area.bottom() + 3, 40, 14), Qt.AlignmentFlag.AlignCenter, f"{step * 100}")
            painter.drawText(QRectF(16, y - 7, 26, 14), Qt.AlignmentFlag.AlignRight, f"{step * 100}")
        painter.drawText(
            QRectF(area.left(), area.bottom() + 16, area.width(), 16), Qt.AlignmentFlag.AlignCenter, "FSC (lin)"
        )
        painter.save()
        painter.translate(8, area.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-60, -8, 120, 16), Qt.AlignmentFlag.AlignCenter, "SSC (lin)")
        painter.restore()
        self._paint_events(painter, area)
        self._paint_gates(painter, area)

    def _paint_events(self, painter: QPainter, area: QRectF) -> None:
        for number, colour in enumerate(POPULATION_COLOURS):
            painter.setPen(QPen(colour, 2))
            points = [
                QPointF(area.left() + e.forward * area.width(), area.bottom() - e.side * area.height())
                for e in self._events
                if e.population == number
            ]
            if points:
                painter.drawPoints(points)

    def _paint_gates(self, painter: QPainter, area: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(GATE, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for x, y, width, height, name in GATES:
            gate = QRectF(
                area.left() + x * area.width(),
                area.bottom() - (y + height) * area.height(),
                width * area.width(),
                height * area.height(),
            )
            painter.drawRoundedRect(gate, 8, 8)
            inside = sum(x <= e.forward <= x + width and y <= e.side <= y + height for e in self._events)
            share = 100 * inside / max(1, len(self._events))
            painter.drawText(gate.topLeft() + QPointF(6, 14), f"{name}  {share:.1f} %")
