"""When covers are drawn: the picture stands still meanwhile, and goes on with what was drawn already in force."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from benchside.desk.models.state import DeskState
from benchside.desk.operations.conversation import Conversation
from benchside.desk.views.covering import Covering
from benchside.desk.views.look import Look
from benchside.desk.views.presses import Presses
from benchside.protocol.wire.cover import DesktopBox

__all__ = ["Drawing"]

SETTLE_MS = 300
"""Until the programs below have painted what the question has left, so that it is in no photograph."""


class Drawing(QObject):
    """At most one `Covering` at a time.  `over` when it has closed, whatever became of it."""

    over = Signal()

    def __init__(self, conversation: Conversation, presses: Presses, clock: Callable[[], float]) -> None:
        super().__init__()
        self._conversation = conversation
        self._presses = presses
        self._clock = clock
        self._look: Look | None = None
        self._has_paused = False
        self.covering: Covering | None = None
        self._settling = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settling.timeout.connect(self.open)

    @property
    def is_open(self) -> bool:
        """Whether the technician draws, or is about to."""
        return self.covering is not None or self._settling.isActive()

    def begin(self, look: Look) -> None:
        """Hold picture and input back, if anybody has them, and open soon."""
        session = self._conversation.state.session
        if session is None or self.is_open:
            return
        self._look = look
        self._has_paused = session.is_watched and not session.paused
        if self._has_paused:
            self._conversation.set_paused(True)
        self._conversation.want_covers()
        self._settling.start()

    def open(self) -> None:
        """Photograph the screens and let the technician draw on them."""
        state = self._conversation.state
        if self._look is None or state.session is None:
            return
        self.covering = Covering(self._look, self._presses, state.covered_by_hand, state.covers, self._clock)
        self.covering.done.connect(self._keep)
        self.covering.cancelled.connect(self._close)
        self.covering.rules_wanted.connect(self._conversation.want_covers)
        self.covering.open(None if state.prompt is None else state.prompt.ends_at)

    def follow(self, state: DeskState) -> None:
        """The session may end meanwhile, and what rules cover may move."""
        if state.session is None and self.is_open:
            self._has_paused = False
            self._close()
        elif self.covering is not None:
            self.covering.see(state.covers)

    def _keep(self, areas: tuple[DesktopBox, ...]) -> None:
        self._conversation.set_covers(areas)
        self._close()

    def _close(self) -> None:
        """Take it down, and let the picture go on.  INVARIANT: what was drawn was sent before."""
        self._settling.stop()
        covering, self.covering = self.covering, None
        if covering is not None:
            covering.close()
            covering.deleteLater()
        if self._has_paused:
            self._has_paused = False
            self._conversation.set_paused(False)
        self.over.emit()
