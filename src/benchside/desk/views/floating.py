"""A small window that floats above everything, framed in a colour that says something, and never takes the keyboard."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

__all__ = ["Floating"]


class Floating(QWidget):
    """Past the window manager: nobody can cover, minimise or move it by accident."""

    def __init__(self, surface: str, *, border_px: int) -> None:
        """`surface`: the colour inside; the frame's is `frame`, which may change."""
        super().__init__(
            None,
            Qt.WindowType.Tool
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.X11BypassWindowManagerHint
            | Qt.WindowType.WindowDoesNotAcceptFocus,
        )
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self._surface = QColor(surface)
        self._border_px = border_px
        self.frame = QColor(surface)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A frame in its colour."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.frame)
        edge = self._border_px
        painter.fillRect(self.rect().adjusted(edge, edge, -edge, -edge), self._surface)
        painter.end()
