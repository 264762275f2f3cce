"""Cards and stacks: the few ways in which things are put beside one another."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

from benchside.desk.look.scrolling import Scrolling
from benchside.desk.look.tokens import SPACE_L, SPACE_M, SPACE_S

__all__ = ["Card", "clear", "column", "row", "rule", "scroll"]


class Card(QFrame):
    """A surface with a column of things on it.  `kind`: plain, sunken, or a tone."""

    def __init__(self, kind: str = "plain", *, padding: int = SPACE_M, spacing: int = SPACE_S) -> None:
        super().__init__()
        self.setProperty("card", kind)
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(padding, padding, padding, padding)
        self.rows.setSpacing(spacing)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """As high as its texts are at this width: no higher is it made, so a hint of less would cut lines off."""
        hint = super().sizeHint()
        is_laid_out = self.testAttribute(Qt.WidgetAttribute.WA_Resized)
        return QSize(hint.width(), self.rows.totalHeightForWidth(self.width())) if is_laid_out else hint

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width is another height."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()

    def restyle(self, kind: str) -> None:
        """Take the colours of another kind."""
        if self.property("card") != kind:
            self.setProperty("card", kind)
            self.style().unpolish(self)
            self.style().polish(self)


def column(*widgets: QWidget, spacing: int = SPACE_S) -> QVBoxLayout:
    """Return `widgets` one under another."""
    layout = QVBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for widget in widgets:
        layout.addWidget(widget)
    return layout


def row(*widgets: QWidget, spacing: int = SPACE_S, fill: bool = False) -> QHBoxLayout:
    """Return `widgets` side by side; with `fill` they share the whole width alike."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for widget in widgets:
        layout.addWidget(widget, 1 if fill else 0)
    return layout


def rule() -> QFrame:
    """Return a thin line across."""
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedHeight(1)
    return line


def scroll(inside: QLayout, *, margin: int = SPACE_L) -> Scrolling:
    """Return an area that scrolls `inside` up and down when the window is too low, and never sideways."""
    inner = QWidget()
    inside.setContentsMargins(margin, margin, margin, margin)
    inner.setLayout(inside)
    return Scrolling(inner)


def clear(layout: QLayout) -> None:
    """Take everything out of `layout`, for a part of a page that is drawn again."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)
