"""The first page: the state at a glance, and *Request help*."""

from __future__ import annotations

from PySide6.QtCore import Signal

from benchside.desk.look.button import Button, Kind, button_row
from benchside.desk.look.card import Card, clear, column
from benchside.desk.look.text import body, small, strong
from benchside.desk.look.tokens import SPACE_M, SPACE_XS
from benchside.desk.models.glance import closed_gates, glance, say_refusal, say_what_next
from benchside.desk.models.state import DeskState
from benchside.desk.views.look import Look
from benchside.desk.views.page import Notice, Page, PhoneCard
from benchside.protocol.wire.session import SessionEnd

__all__ = ["HomePage"]

_CLOSED_REQUESTS = (SessionEnd.CANCELLED, SessionEnd.CODE_EXPIRED)
"""These end a request before there was a session."""
_CALM = (SessionEnd.STOPPED, SessionEnd.LEFT, SessionEnd.CANCELLED)
_GRAVE = (SessionEnd.PEER_FAULT, SessionEnd.JOURNAL_FAILED, SessionEnd.PROGRAM_ERROR)


class HomePage(Page):
    """`ask`: the technician wants help.  `seen`: the outcome was read.  `opened`: help can be asked from now on."""

    ask = Signal()
    seen = Signal()
    opened = Signal()

    def __init__(self, look: Look) -> None:
        texts = look.texts
        super().__init__(look, texts("home.title"))
        self._refused = Notice(look, "warn")
        understood = Button(texts("over.seen"), look.tokens)
        understood.clicked.connect(self.seen)
        self._refused.below.addLayout(button_row(understood))
        self._outcome = Notice(look)
        done = Button(texts("over.seen"), look.tokens)
        done.clicked.connect(self.seen)
        self._outcome.below.addLayout(button_row(done))
        self._status = Notice(look)
        self._gates = column(spacing=SPACE_XS)
        self._status.below.addLayout(self._gates)
        self._gates_shown: object = None
        self._request = Button(texts("home.request"), look.tokens, Kind.PRIMARY)
        self._request.setMinimumHeight(74)
        self._request.setMinimumWidth(280)
        self._request.setAccessibleDescription(texts("home.request.hint"))
        self._request.setEnabled(False)
        self._request.clicked.connect(self.ask)
        self._hint = small(texts("home.request.hint"))
        self._phone = PhoneCard(look)
        self._instruments = Card("plain")
        self._instruments_shown: object = None
        self.rows.addLayout(column(self._refused, self._outcome, self._status, spacing=SPACE_M))
        self.rows.addLayout(button_row(self._request))
        self.rows.addLayout(column(self._hint, self._phone, self._instruments, spacing=SPACE_M))
        self.rows.addStretch(1)

    def refresh(self, state: DeskState, now_s: float) -> None:
        """Show what is and what can be done."""
        texts = self.look.texts
        seen = glance(state, now_s)
        self._status.say(seen.tone, texts.say(seen.title), texts.say(seen.why))
        is_opened = seen.may_ask and not self._request.isEnabled()
        self._request.setEnabled(seen.may_ask)
        self._request.setVisible(seen.may_ask)
        self._hint.setVisible(seen.may_ask)
        if is_opened:
            self.opened.emit()
        self._phone.call(state.phone if seen.calls_phone else "")
        self._refused.setVisible(state.refused is not None)
        if state.refused is not None:
            reason = state.refused.reason
            number = state.welcome.number if state.welcome is not None else ""
            self._refused.say("warn", texts.say(say_refusal(reason)), texts.say(say_what_next(reason, number)))
        self._show_outcome(state.outcome)
        self._show_gates(state)
        self._show_instruments(state)

    def take_focus(self) -> None:
        """*Request help* is what this page is for."""
        self._request.setFocus()

    def _show_outcome(self, outcome: SessionEnd | None) -> None:
        self._outcome.setVisible(outcome is not None)
        if outcome is None:
            return
        tone = "good" if outcome in _CALM else "danger" if outcome in _GRAVE else "warn"
        head = "over.title.request" if outcome in _CLOSED_REQUESTS else "over.title"
        self._outcome.say(tone, self.look.texts(head), self.look.texts(f"over.{outcome}"))

    def _show_gates(self, state: DeskState) -> None:
        gates = closed_gates(state)
        if gates == self._gates_shown:
            return
        self._gates_shown = gates
        clear(self._gates)
        for gate in gates:
            self._gates.addSpacing(SPACE_XS)
            self._gates.addWidget(strong(self.look.texts.say(gate.why)))
            self._gates.addWidget(body(self.look.texts.say(gate.owner)))

    def _show_instruments(self, state: DeskState) -> None:
        instruments = state.welcome.instruments if state.welcome is not None else ()
        if instruments == self._instruments_shown:
            return
        self._instruments_shown = instruments
        clear(self._instruments.rows)
        self._instruments.setVisible(bool(instruments))
        self._instruments.rows.addWidget(small(self.look.texts("home.instruments")))
        for instrument in instruments:
            line = self.look.texts("home.instrument", model=instrument.model, serial=instrument.serial)
            self._instruments.rows.addWidget(body(line))
