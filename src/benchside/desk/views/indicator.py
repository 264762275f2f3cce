"""The indicator: always on top while anybody views or controls, with *Stop*, *Pause* and *Revoke*."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QColor, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from benchside.desk.look.button import Button, Kind, button_row
from benchside.desk.look.card import column
from benchside.desk.look.text import small, strong
from benchside.desk.look.tokens import SPACE_M, SPACE_S
from benchside.desk.models.state import Session
from benchside.desk.views.floating import Floating
from benchside.desk.views.grants import GrantLines
from benchside.desk.views.look import Look
from benchside.desk.views.place import CORNERS, nearest_corner, place_in_corner
from benchside.desk.views.presses import Presses, ReservedButton
from benchside.desk.views.tick import TickCard
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.desk import BoxInWindow

__all__ = ["Indicator"]

WIDTH_PX = 400
RAISE_MS = 250
"""The host asks several times a second whether the indicator is covered; by then it is on top again."""
_BORDER_PX = 4


class Indicator(Floating):
    """`stop`, `paused(bool)`, `revoked(capability)`; `moved(corner)` so that the corner is remembered;

    `covering_wanted` and `assay_told(bool)`, which only a person presses.
    """

    stop = Signal()
    paused = Signal(bool)
    revoked = Signal(str)
    moved = Signal(str)
    covering_wanted = Signal()
    assay_told = Signal(bool)

    def __init__(self, look: Look, presses: Presses, clock: Callable[[], float], *, corner: str) -> None:
        super().__init__(look.tokens.surface, border_px=_BORDER_PX)
        self._look = look
        self._clock = clock
        self._corner = corner
        self._grabbed: QPoint | None = None
        self.frame = QColor(look.tokens.viewing)
        self._session: Session | None = None
        self._build(presses)
        self.setFixedWidth(WIDTH_PX)
        self._raising = QTimer(self, interval=RAISE_MS)
        self._raising.timeout.connect(self._stay_on_top)
        self._counting = QTimer(self, interval=1000)
        self._counting.timeout.connect(self._count)
        for screen in QGuiApplication.screens():
            screen.geometryChanged.connect(self._settle)

    def show_session(self, session: Session) -> None:
        """Show who is there and what they may; the first call brings the window up."""
        texts, tokens = self._look.texts, self._look.tokens
        self._session = session
        controls = any(grant.capability is Capability.CONTROL for grant in session.grants)
        if session.line_lost:
            colour, words = tokens.held, "indicator.lost"
        elif session.paused:
            colour, words = tokens.held, "indicator.paused"
        elif controls:
            colour, words = tokens.controlling, "indicator.control"
        else:
            colour, words = tokens.viewing, "indicator.view"
        self.frame = QColor(colour)
        self._band.setStyleSheet(f"QFrame#band {{ background: {colour}; border: 0; }}")
        self._state.setText(texts(words))
        who = session.associate
        self._who.setText(texts("indicator.who", name=who.name, organisation=who.organisation))
        self._pause.setVisible(not session.paused)
        self._resume.setVisible(session.paused)
        self._count()
        self._fit()
        if not self.isVisible():
            self.show()
            self._raising.start()
            self._counting.start()
        self.raise_()
        self.update()

    def show_assay(self, *, running: bool) -> None:
        """Whether a run is flagged, whoever flagged it."""
        self._assay.setChecked(running)

    def stop_box(self) -> BoxInWindow:
        """Where the Stop button is, in native pixels of this window."""
        ratio, place = self.devicePixelRatioF(), QRect(self._stop.mapTo(self, QPoint(0, 0)), self._stop.size())
        left, top = int(place.left() * ratio), int(place.top() * ratio)
        return BoxInWindow(left, top, left + int(place.width() * ratio), top + int(place.height() * ratio))

    def take_down(self) -> None:
        """Hide the window: nobody views or controls."""
        self._session = None
        self._raising.stop()
        self._counting.stop()
        self.hide()

    def closeEvent(self, event: QCloseEvent) -> None:
        """It cannot be closed, only made needless."""
        event.ignore()

    def changeEvent(self, event: object) -> None:
        """It cannot be minimised."""
        super().changeEvent(event)  # type: ignore[arg-type]  # Qt's own event, passed through
        if self._session is not None and self.isMinimized():
            self.showNormal()

    def event(self, event: QEvent) -> bool:
        """Fit the height again when lines came or went."""
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag; who drags does not matter, since it always lands in a corner on the screen."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._grabbed = event.globalPosition().toPoint() - self.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer, never beyond the screen."""
        if self._grabbed is None:
            return
        screen = (QGuiApplication.screenAt(event.globalPosition().toPoint()) or self.screen()).geometry()
        at = event.globalPosition().toPoint() - self._grabbed
        self.move(
            min(max(at.x(), screen.left()), screen.right() + 1 - self.width()),
            min(max(at.y(), screen.top()), screen.bottom() + 1 - self.height()),
        )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let it fall into the nearest corner."""
        del event
        if self._grabbed is not None:
            self._grabbed = None
            self._go_to(nearest_corner(self.geometry(), self.screen().geometry()))

    def _build(self, presses: Presses) -> None:
        texts, tokens = self._look.texts, self._look.tokens
        self.setWindowTitle(texts("indicator.window"))
        self.setAccessibleName(texts("indicator.window"))
        self._state = strong("", tone="band")
        self._who = small("", tone="band")
        move = Button("⤢", tokens, Kind.BAND)
        move.setAccessibleName(texts("indicator.move"))
        move.setToolTip(texts("indicator.move"))
        move.clicked.connect(self._next_corner)
        move.setFixedWidth(58)
        self._band = QFrame()
        self._band.setObjectName("band")
        band = QHBoxLayout(self._band)
        band.setContentsMargins(SPACE_M - 2, SPACE_S, SPACE_S, SPACE_S)
        words = column(self._state, self._who, spacing=0)
        words.addStretch(1)
        band.addLayout(words, 1)
        band.addWidget(move)
        self._grants = GrantLines(self._look)
        self._grants.revoked.connect(self.revoked)
        stop = self._stop = Button(texts("session.stop"), tokens, Kind.STOP)
        stop.setMinimumHeight(66)
        stop.setAccessibleDescription(texts("session.stop.hint"))
        stop.clicked.connect(self.stop)
        self._pause = Button(texts("session.pause"), tokens)
        self._pause.setMinimumHeight(66)
        self._pause.clicked.connect(lambda: self.paused.emit(True))
        self._resume = ReservedButton(texts("session.resume"), tokens)
        self._resume.presses = presses
        self._resume.setMinimumHeight(66)
        self._resume.clicked.connect(lambda: self.paused.emit(False))
        inside = QVBoxLayout()
        inside.setContentsMargins(SPACE_M - 4, SPACE_S, SPACE_M - 4, SPACE_S)
        inside.setSpacing(SPACE_S)
        inside.addLayout(button_row(stop, self._pause, self._resume, fill=True))
        cover = self._cover = ReservedButton(texts("cover.short"), tokens)
        cover.setAccessibleName(texts("cover.open"))
        cover.presses = presses
        cover.setAccessibleDescription(texts("cover.open.hint"))
        cover.clicked.connect(self.covering_wanted)
        self._assay = TickCard(texts("assay.short"), tokens, presses)
        self._assay.setAccessibleName(texts("assay.tick"))
        self._assay.setAccessibleDescription(texts("assay.tick.hint"))
        self._assay.clicked.connect(self.assay_told)
        inside.addWidget(self._grants)
        # one row: the indicator must hide as little of the instrument as it can
        below = button_row(cover, self._assay, fill=True)
        below.setStretch(0, 0)
        inside.addLayout(below)
        rows = self._rows = QVBoxLayout(self)
        rows.setContentsMargins(_BORDER_PX, _BORDER_PX, _BORDER_PX, _BORDER_PX)
        rows.setSpacing(0)
        rows.addWidget(self._band)
        rows.addLayout(inside)

    def _count(self) -> None:
        if self._session is not None:
            self._grants.refresh(self._session.grants, self._clock())

    def _stay_on_top(self) -> None:
        if self.isMinimized() or not self.isVisible():
            self.showNormal()
        self.raise_()

    def _fit(self) -> None:
        self._rows.activate()
        height = self._rows.totalHeightForWidth(WIDTH_PX)
        if height > 0 and height != self.height():
            self.setFixedHeight(height)
        self._settle()

    def _settle(self) -> None:
        if self._grabbed is None:
            self.move(place_in_corner(self._corner, self.size(), self.screen().geometry()))

    def _next_corner(self) -> None:
        place = CORNERS.index(self._corner) if self._corner in CORNERS else -1
        self._go_to(CORNERS[(place + 1) % len(CORNERS)])

    def _go_to(self, corner: str) -> None:
        self._corner = corner
        self._settle()
        self.moved.emit(corner)
