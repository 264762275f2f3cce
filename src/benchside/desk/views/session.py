"""The session's page: who is connected, what is allowed, and how to end it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal

from benchside.desk.look.button import Button, Kind, button_row
from benchside.desk.look.card import Card
from benchside.desk.look.text import body, small, strong
from benchside.desk.look.tokens import SPACE_M
from benchside.desk.models.state import DeskState
from benchside.desk.views.grants import GrantLines
from benchside.desk.views.look import Look
from benchside.desk.views.page import Notice, Page, PhoneCard
from benchside.desk.views.presses import Presses, ReservedButton
from benchside.desk.views.tick import TickCard
from benchside.protocol.wire.desk import RequestPhase

__all__ = ["SessionPage"]


class SessionPage(Page):
    """`stop`, `paused(bool)` and `revoked(capability)` as on the indicator; `answer`: take me to the question."""

    stop = Signal()
    paused = Signal(bool)
    revoked = Signal(str)
    answer = Signal()
    covering_wanted = Signal()
    assay_told = Signal(bool)

    def __init__(self, look: Look, presses: Presses, *, pause_key_is_global: bool) -> None:
        """`pause_key_is_global`: the Pause key is ours on the whole desktop, and the page may say so."""
        texts = look.texts
        super().__init__(look, texts("waiting.title"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._question = Notice(look, "info")
        self._question.say("info", texts("session.question"), "")
        answer = Button(texts("session.answer"), look.tokens, Kind.PRIMARY)
        answer.clicked.connect(self.answer)
        self._question.below.addLayout(button_row(answer))
        self._held = Notice(look, "warn")
        self._organisation = body("", tone="quiet")
        self._second = body("", tone="quiet")
        self._nothing = body(texts("session.nothing"))
        self._grants = GrantLines(look)
        self._grants.revoked.connect(self.revoked)
        self._allowed = Card("plain", spacing=SPACE_M)
        self._allowed.rows.addWidget(strong(texts("session.allowed")))
        self._allowed.rows.addWidget(self._nothing)
        self._allowed.rows.addWidget(self._grants)
        self._stop = Button(texts("session.stop"), look.tokens, Kind.STOP)
        self._stop.setMinimumSize(220, 74)
        self._stop.setAccessibleDescription(texts("session.stop.hint"))
        self._stop.clicked.connect(self.stop)
        self._pause = Button(texts("session.pause"), look.tokens)
        self._pause.setMinimumSize(180, 74)
        self._pause.clicked.connect(lambda: self.paused.emit(True))
        self._resume = ReservedButton(texts("session.resume"), look.tokens)
        self._resume.presses = presses
        self._resume.setMinimumSize(180, 74)
        self._resume.clicked.connect(lambda: self.paused.emit(False))
        self._cover = ReservedButton(texts("cover.open"), look.tokens)
        self._cover.presses = presses
        self._cover.setAccessibleDescription(texts("cover.open.hint"))
        self._cover.clicked.connect(self.covering_wanted)
        self._assay = TickCard(texts("assay.tick"), look.tokens, presses)
        self._assay.clicked.connect(self.assay_told)
        self._phone = PhoneCard(look)
        self.rows.addWidget(self._organisation)
        self.rows.addWidget(self._second)
        self.rows.addWidget(self._question)
        self.rows.addWidget(self._held)
        self.rows.addWidget(self._allowed)
        self.rows.addLayout(button_row(self._stop, self._pause, self._resume))
        self.rows.addWidget(small(texts("session.keys" if pause_key_is_global else "session.keys.window")))
        self.rows.addLayout(button_row(self._cover))
        self.rows.addWidget(self._assay)
        self.rows.addWidget(small(texts("assay.tick.hint")))
        self.rows.addWidget(self._phone)
        self.rows.addStretch(1)

    def refresh(self, state: DeskState, now_s: float) -> None:
        """Show the session as it stands."""
        texts = self.look.texts
        session = state.session
        who = session.associate if session is not None else state.associate
        is_lost = state.phase is RequestPhase.LINE_LOST or (session is not None and session.line_lost)
        is_paused = session is not None and session.paused
        head = texts("session.title", name=who.name) if who is not None else texts("waiting.title")
        self.heading.setText(head)
        self.setAccessibleName(head)
        self._organisation.setText(who.organisation if who is not None else "")
        second = None if who is None else who.second
        self._second.setVisible(second is not None)
        self._second.setText("" if second is None else texts("session.second", name=second))
        self._question.setVisible(state.prompt is not None)
        self._held.setVisible(is_lost or is_paused)
        if is_lost:
            self._held.say("warn", texts("session.title.lost"), texts("session.lost"))
        elif is_paused:
            self._held.say("warn", "", texts("session.paused"))
        grants = session.grants if session is not None else ()
        self._nothing.setVisible(not grants)
        self._grants.setVisible(bool(grants))
        self._grants.refresh(grants, now_s)
        self._pause.setVisible(not is_paused)
        self._pause.setEnabled(bool(grants))
        self._resume.setVisible(is_paused)
        self._cover.setEnabled(session is not None)
        self._assay.setChecked(state.assay_running)
        self._phone.call(state.phone if is_lost else "")

    def take_focus(self) -> None:
        """No button: an Enter that was meant for another window, or a scanner's, must not stop the session."""
        self.setFocus()
