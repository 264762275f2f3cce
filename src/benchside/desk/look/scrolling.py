"""An area that scrolls up and down, with a bar of its own beside it.

Not the bar that Qt puts inside the area: to a screen reader that one is a part of the area while it is seen, and gone
when the page turns.  Qt 6.11 crashes when it is asked for a part that has just gone
(`QAccessibleAbstractScrollArea::child` takes any number), so the area must always have the same parts.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QScrollBar, QWidget

__all__ = ["Scrolling"]


class Scrolling(QWidget):
    """Shows `inner` as wide as there is room, and never scrolls sideways."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        inner.setObjectName("scrolled")
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(inner)
        self.bar = QScrollBar(Qt.Orientation.Vertical)
        self._inside = self.area.verticalScrollBar()
        self._inside.rangeChanged.connect(self._follow)
        self._inside.valueChanged.connect(self.bar.setValue)
        self.bar.valueChanged.connect(self._inside.setValue)
        # its place is kept when it is not needed: text that wraps anew without it would need it again
        kept = self.bar.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(kept)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.area, 1)
        line.addWidget(self.bar)
        self._follow(self._inside.minimum(), self._inside.maximum())

    def _follow(self, least: int, most: int) -> None:
        self.bar.setRange(least, most)
        self.bar.setPageStep(self._inside.pageStep())
        self.bar.setSingleStep(self._inside.singleStep())
        self.bar.setValue(self._inside.value())
        self.bar.setVisible(most > least)
