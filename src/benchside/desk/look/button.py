"""Buttons that draw themselves: large, one shape, and a focus ring that stands off from the control."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from benchside.desk.look.theme import make_font
from benchside.desk.look.tokens import STRONG_PX, TARGET_PX, Tokens

__all__ = ["Button", "Kind", "button_row"]

_RING_PX = 3
_GAP_PX = 2
_EDGE_PX = _RING_PX + _GAP_PX
"""The shape gives this much to the ring while it has the focus; text and layout never move."""
_RADIUS_PX = 8
_BETWEEN_PX = 12


class Kind(StrEnum):
    """What a button is for; docs/look.md says which page has which."""

    PRIMARY = "primary"
    PLAIN = "plain"
    QUIET = "quiet"
    """Without a border: navigation, and what is seldom pressed."""
    STOP = "stop"
    BAND = "band"
    """On the indicator's coloured band."""


class Button(QPushButton):
    """A push button.  Enter presses it as Space does: a technician in gloves hits the large key."""

    def __init__(self, text: str, tokens: Tokens, kind: Kind = Kind.PLAIN, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._tokens = tokens
        self._kind = kind
        self._is_current = False
        self.setFont(make_font(STRONG_PX, strong=True))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def mark_current(self, is_current: bool, description: str) -> None:
        """Underline the place where the technician is, and say it to a screen reader."""
        self._is_current = is_current
        self.setAccessibleDescription(description if is_current else "")
        self.update()

    def sizeHint(self) -> QSize:
        """Text and padding; never lower than a target."""
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self.text()) + 44
        return QSize(max(width, TARGET_PX), TARGET_PX)

    def minimumSizeHint(self) -> QSize:
        """A button never cuts its text."""
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses at once; a key that repeats itself does not press again."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw shape, text and ring."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge_px = 0.5 + (_EDGE_PX if self.hasFocus() else 0)
        box = QRectF(self.rect()).adjusted(edge_px, edge_px, -edge_px, -edge_px)
        fill, edge, ink = self._colours()
        painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(edge, 1) if edge is not None else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, _RADIUS_PX - edge_px / 2, _RADIUS_PX - edge_px / 2)
        if self._is_current:
            line = QRectF(box.left() + 16, box.bottom() - 5, box.width() - 32, 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._tokens.primary))
            painter.drawRoundedRect(line, 1.5, 1.5)
        painter.setPen(ink)
        painter.setFont(self.font())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextHideMnemonic, self.text())
        if self.hasFocus():
            ring = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
            colour = self._tokens.on_band if self._kind is Kind.BAND else self._tokens.text
            painter.setPen(QPen(QColor(colour), _RING_PX))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(ring, _RADIUS_PX, _RADIUS_PX)
        painter.end()

    def _colours(self) -> tuple[QColor | None, QColor | None, QColor]:
        """Return fill, edge and ink."""
        t = self._tokens
        down = self.isDown()
        over = self.underMouse() and self.isEnabled()
        if not self.isEnabled():
            return QColor(t.sunken), None, QColor(t.text_quiet)
        match self._kind:
            case Kind.PRIMARY:
                fill = t.primary_press if down else t.primary_hover if over else t.primary
                return QColor(fill), None, QColor(t.on_primary)
            case Kind.STOP:
                return QColor(t.stop_press if down else t.stop_hover if over else t.stop), None, QColor(t.on_stop)
            case Kind.PLAIN:
                fill = t.line if down else t.sunken if over else t.surface
                return QColor(fill), QColor(t.line_strong), QColor(t.text)
            case Kind.QUIET:
                ink = QColor(t.text if self._is_current else t.text_quiet)
                return (QColor(t.line) if down else QColor(t.sunken) if over else None), None, ink
            case Kind.BAND:
                shade = QColor(0, 0, 0, 110 if down else 70 if over else 40)
                return shade, QColor(255, 255, 255, 150), QColor(t.on_band)


def button_row(*buttons: QWidget, fill: bool = False) -> QHBoxLayout:
    """Return buttons side by side, far enough apart for a glove; with `fill` they share the width alike."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(_BETWEEN_PX)
    for button in buttons:
        layout.addWidget(button, 1 if fill else 0)
    if not fill:
        layout.addStretch(1)
    return layout
