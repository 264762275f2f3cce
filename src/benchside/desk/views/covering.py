"""Covering by hand: each screen as it stood, dimmed, to draw on; nothing of it leaves the PC while that is open.

The picture under the covers stands still: without a compositor no window is translucent, and what does not move is
easier to cover.  Programs press nothing here (`Presses`), and Windows holds the engineer's picture and input back.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QScreen,
)
from PySide6.QtWidgets import QWidget

from benchside.desk.look.button import Button, Kind, button_row
from benchside.desk.look.card import Card
from benchside.desk.look.text import body, small, strong
from benchside.desk.look.tokens import SPACE_M, SPACE_S
from benchside.desk.models.covers import MIN_SIDE_PX, CoverPlan, Place
from benchside.desk.models.duration import count_down
from benchside.desk.models.guard import Source
from benchside.desk.views.cover_box import CoverBox, paint_cover
from benchside.desk.views.look import Look
from benchside.desk.views.presses import Presses
from benchside.protocol.wire.cover import CoverShown, DesktopBox

__all__ = ["Covering"]

BAR_WIDTH_PX = 760
_MARGIN_PX = 24
_NEW_PX = (320, 160)
"""A cover made by key, in the middle of the screen: as large as a name and its line."""
REFRESH_MS = 500
_KEYS = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
_MOUSE = (
    QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick,
    QEvent.Type.MouseMove, QEvent.Type.Wheel, QEvent.Type.TouchBegin,
)  # fmt: skip
_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)


class Covering(QObject):
    """One time of covering, on all screens.  `done(areas)` or `cancelled()`, once; then `close`."""

    done = Signal(object)
    cancelled = Signal()
    rules_wanted = Signal()

    def __init__(
        self,
        look: Look,
        presses: Presses,
        by_hand: tuple[DesktopBox, ...],
        covered: tuple[CoverShown, ...],
        clock: Callable[[], float],
    ) -> None:
        super().__init__()
        screens = QGuiApplication.screens()
        self._clock = clock
        self._ends_at: float | None = None
        self.plan = CoverPlan(tuple(_native(screen) for screen in screens), by_hand, covered)
        # every screen is photographed before the first of these windows is up
        frozen = [screen.grabWindow(0) for screen in screens]
        self.screens = [CoverScreen(self, look, presses, *pair) for pair in zip(screens, frozen, strict=True)]
        self._refreshing = QTimer(self, interval=REFRESH_MS)
        self._refreshing.timeout.connect(self._refresh)

    def open(self, ends_at: float | None) -> None:
        """Show all of them.  `ends_at`: until when the question waits from which this was opened."""
        self._ends_at = ends_at
        self._refresh()
        for screen in self.screens:
            screen.show()
            screen.raise_()
        self.screens[0].take_keyboard()
        self._refreshing.start()

    def see(self, covered: tuple[CoverShown, ...]) -> None:
        """What rules cover has moved."""
        self.plan.see(covered)
        for screen in self.screens:
            screen.update()

    def changed(self, focus: int | None = None) -> None:
        """The plan is another one: show it, with the keyboard on cover number `focus`."""
        for screen in self.screens:
            screen.lay_out(focus)

    def finish(self, *, keep: bool) -> None:
        """The technician is done, or wants nothing of it."""
        areas: tuple[DesktopBox, ...] = self.plan.areas()
        if keep:
            self.done.emit(areas)
        else:
            self.cancelled.emit()

    def close(self) -> None:
        """Take the windows down."""
        self._refreshing.stop()
        for screen in self.screens:
            screen.take_down()

    def _refresh(self) -> None:
        self.rules_wanted.emit()
        left_s = None if self._ends_at is None else self._ends_at - self._clock()
        for screen in self.screens:
            screen.count(left_s)


class CoverScreen(QWidget):
    """One screen to draw on, and the bar with what can be done."""

    def __init__(self, covering: Covering, look: Look, presses: Presses, screen: QScreen, frozen: QPixmap) -> None:
        super().__init__(
            None,
            Qt.WindowType.Tool
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.X11BypassWindowManagerHint,
        )
        self._covering = covering
        self._look = look
        self._presses = presses
        self._frozen = frozen
        self._origin = screen.geometry().topLeft()
        self._ratio = screen.devicePixelRatio()
        self._drawn_from: QPoint | None = None
        self._drawn_to = QPoint()
        self._is_persons = False
        self._boxes: list[CoverBox] = []
        self._is_low = True
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setWindowTitle(look.texts("cover.window"))
        self.setAccessibleName(look.texts("cover.title"))
        self.setAccessibleDescription(look.texts("cover.how"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setGeometry(screen.geometry())
        self._build()
        self.lay_out(None)

    def take_keyboard(self) -> None:
        """From here on keys come here."""
        self.activateWindow()
        self._add.setFocus(Qt.FocusReason.OtherFocusReason)

    def take_down(self) -> None:
        """Close for good."""
        self.hide()
        self.deleteLater()

    def count(self, left_s: float | None) -> None:
        """Show how long the question still waits."""
        self._waits.setVisible(left_s is not None and left_s > 0)
        if left_s is not None:
            self._waits.setText(self._look.texts("cover.waits", time=count_down(left_s)))

    def lay_out(self, focus: int | None) -> None:
        """Put a box where each cover of the plan lies on this screen."""
        plan = self._covering.plan
        while len(self._boxes) > len(plan.by_hand):
            box = self._boxes.pop()
            box.hide()
            box.deleteLater()
        while len(self._boxes) < len(plan.by_hand):
            box = CoverBox(self, self._look, len(self._boxes))
            box.installEventFilter(self)
            box.taken_away.connect(self._take_away)
            box.pushed.connect(self._push)
            box.stretched.connect(self._stretch)
            self._boxes.append(box)
        for number, (box, place) in enumerate(zip(self._boxes, plan.by_hand, strict=True)):
            local = self._local(place)
            box.setGeometry(local)
            box.setVisible(self.rect().intersects(local))
            box.say(number + 1, len(plan.by_hand))
            if number == focus and self.rect().contains(local.center()):
                box.setFocus(Qt.FocusReason.OtherFocusReason)
        self._add.setEnabled(not plan.is_full)
        self._full.setVisible(plan.is_full)
        self._place_bar()
        self.update()

    def closeEvent(self, event: QCloseEvent) -> None:
        """It closes by its buttons alone."""
        event.ignore()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let through what a person does, to what is for pressing."""
        kind = event.type()
        if isinstance(event, QKeyEvent) and kind in _KEYS:
            if watched is not (self.focusWidget() or self):
                return False  # it was judged where it came first
            return kind == QEvent.Type.KeyPress and self._presses.of_key() is not Source.PERSON
        if kind not in _MOUSE:
            return False
        if not isinstance(watched, CoverScreen | CoverBox | Button):
            return True
        if isinstance(event, QMouseEvent) and kind in _PRESSES:
            self._is_persons = self._presses.of_button(event) is Source.PERSON
        return kind != QEvent.Type.MouseMove and not self._is_persons

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape is *Cancel*; the rest is for buttons and covers."""
        if event.key() == Qt.Key.Key_Escape:
            self._covering.finish(keep=False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a cover."""
        self.activateWindow()
        if event.button() is Qt.MouseButton.LeftButton:
            self._drawn_from = self._drawn_to = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw it larger."""
        if self._drawn_from is not None and self._is_persons:
            self._drawn_to = event.position().toPoint()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """It is drawn, unless it is too small to be meant."""
        began, self._drawn_from = self._drawn_from, None
        if began is not None and event.button() is Qt.MouseButton.LeftButton:
            number = self._covering.plan.add(self._to_native(began), self._to_native(event.position().toPoint()))
            self._covering.changed(number)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The screen as it stood, what rules cover, and what is being drawn."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._look.tokens.ground))
        painter.drawPixmap(self.rect(), self._frozen)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 70))
        for place in self._covering.plan.by_rule:
            local = self._local(place)
            if self.rect().intersects(local):
                paint_cover(painter, local.intersected(self.rect()), self._look.texts("cover.by_rule"))
        if self._drawn_from is not None:
            drawn = QRect(self._drawn_from, self._drawn_to).normalized()
            paint_cover(painter, drawn, "")
            is_small = min(drawn.width(), drawn.height()) * self._ratio < MIN_SIDE_PX
            painter.setPen(QPen(QColor("#FFFFFF"), 2, Qt.PenStyle.DashLine if is_small else Qt.PenStyle.SolidLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(drawn)
        painter.end()

    def _build(self) -> None:
        texts, tokens = self._look.texts, self._look.tokens
        self._bar = Card("plain", padding=SPACE_M, spacing=SPACE_S)
        self._bar.setParent(self)
        self._bar.setCursor(Qt.CursorShape.ArrowCursor)
        self._waits = strong("")
        self._full = small(texts("cover.full"))
        self._add = Button(texts("cover.add"), tokens)
        self._add.clicked.connect(self._add_in_the_middle)
        move = Button(texts("cover.move_bar"), tokens, Kind.QUIET)
        move.clicked.connect(self._move_bar)
        cancel = Button(texts("cover.cancel"), tokens)
        cancel.clicked.connect(lambda: self._covering.finish(keep=False))
        done = Button(texts("cover.done"), tokens, Kind.PRIMARY)
        done.clicked.connect(lambda: self._covering.finish(keep=True))
        for button in (self._add, cancel, done):
            button.setMinimumHeight(66)
        for widget in (
            strong(texts("cover.title")), body(texts("cover.how")), small(texts("cover.keys")), self._full, self._waits,
        ):  # fmt: skip
            self._bar.rows.addWidget(widget)
        self._bar.rows.addLayout(button_row(self._add, cancel, done, fill=True))
        self._bar.rows.addWidget(move)
        for child in (self, *self.findChildren(QWidget)):
            child.installEventFilter(self)

    def _place_bar(self) -> None:
        width = min(BAR_WIDTH_PX, self.width() - 2 * _MARGIN_PX)
        self._bar.rows.activate()
        height = self._bar.rows.totalHeightForWidth(width)
        top = self.height() - height - _MARGIN_PX if self._is_low else _MARGIN_PX
        self._bar.setGeometry((self.width() - width) // 2, top, width, height)
        self._bar.raise_()

    def _move_bar(self) -> None:
        self._is_low = not self._is_low
        self._place_bar()

    def _add_in_the_middle(self) -> None:
        middle = self.rect().center()
        x, y = self._to_native(QPoint(middle.x(), middle.y() // 2))
        wide, high = _NEW_PX
        number = self._covering.plan.add((x - wide // 2, y - high // 2), (x + wide // 2, y + high // 2))
        self._covering.changed(number)

    def _take_away(self, number: int) -> None:
        self._covering.plan.remove(number)
        self._covering.changed(None)
        self._add.setFocus(Qt.FocusReason.OtherFocusReason)

    def _push(self, number: int, right_px: int, down_px: int) -> None:
        self._covering.plan.move(number, round(right_px * self._ratio), round(down_px * self._ratio))
        self._covering.changed(number)

    def _stretch(self, number: int, wider_px: int, higher_px: int) -> None:
        self._covering.plan.size(number, round(wider_px * self._ratio), round(higher_px * self._ratio))
        self._covering.changed(number)

    def _to_native(self, at: QPoint) -> tuple[int, int]:
        return self._origin.x() + round(at.x() * self._ratio), self._origin.y() + round(at.y() * self._ratio)

    def _local(self, place: Place) -> QRect:
        left, top = (place.left - self._origin.x()) / self._ratio, (place.top - self._origin.y()) / self._ratio
        right, bottom = (place.right - self._origin.x()) / self._ratio, (place.bottom - self._origin.y()) / self._ratio
        return QRect(round(left), round(top), max(1, round(right - left)), max(1, round(bottom - top)))


def _native(screen: QScreen) -> Place:
    """Where a screen lies on the desktop.  Qt scales the size of a screen and leaves its corner alone."""
    at, size, ratio = screen.geometry().topLeft(), screen.geometry().size(), screen.devicePixelRatio()
    return Place(at.x(), at.y(), at.x() + round(size.width() * ratio), at.y() + round(size.height() * ratio))
