"""Earlier sessions with their steps in plain words, and whether the journal is intact."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QLocale, Signal
from PySide6.QtWidgets import QWidget

from benchside.desk.look.button import Button, Kind, button_row
from benchside.desk.look.card import Card, clear, column, row, rule
from benchside.desk.look.text import body, small, strong
from benchside.desk.look.tokens import SPACE_M, SPACE_XS
from benchside.desk.models.past import PastSession, phrase_session
from benchside.desk.models.state import Contact, DeskState, History
from benchside.desk.views.look import Look
from benchside.desk.views.page import Notice, Page

__all__ = ["HistoryPage"]


class HistoryPage(Page):
    """`more`: the technician wants the page before what is shown."""

    more = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look, look.texts("history.title"))
        self._intact = Notice(look, "good")
        self._list = column(spacing=SPACE_M)
        self._more = Button(look.texts("history.more"), look.tokens)
        self._more.clicked.connect(self.more)
        self._shown: History | None = None
        self.rows.addWidget(self._intact)
        self.rows.addLayout(self._list)
        self.rows.addLayout(button_row(self._more))
        self.rows.addStretch(1)

    def refresh(self, state: DeskState, now_s: float) -> None:
        """Show what the journal told."""
        del now_s
        texts = self.look.texts
        history = state.history
        if history is None:
            key = "history.loading" if state.contact is Contact.HERE else "history.away"
            self._intact.say("info", "", texts(key))
            self._more.hide()
            return
        if history == self._shown:
            return
        self._shown = history
        if history.intact:
            self._intact.say("good", "", texts("history.intact"))
        else:
            self._intact.say("danger", "", texts("history.broken"))
        self._more.setVisible(history.more)
        clear(self._list)
        if not history.sessions:
            self._list.addWidget(body(texts("history.none"), tone="quiet"))
        for session in history.sessions:
            self._list.addWidget(_SessionCard(self.look, phrase_session(session)))


class _SessionCard(Card):
    """One earlier session; its steps unfold."""

    def __init__(self, look: Look, past: PastSession) -> None:
        super().__init__("plain", spacing=SPACE_XS)
        texts = look.texts
        self._look = look
        self._locale = QLocale(texts.language)
        self._past = past
        self._steps: QWidget | None = None
        when = self._moment(past.started_utc_ms, with_date=True)
        helped = texts("history.helped_by", associate=past.associate) if past.associate else texts("history.nobody")
        self.rows.addWidget(strong(when))
        if past.technician:
            self.rows.addWidget(body(texts("history.asked_by", technician=past.technician, reason=past.reason)))
        self.rows.addWidget(body(helped))
        self.rows.addWidget(small(texts.say(past.outcome)))
        self._toggle = Button(texts("history.details"), look.tokens, Kind.PLAIN)
        self._toggle.setAccessibleDescription(when)
        self._toggle.clicked.connect(self._unfold)
        self.rows.addLayout(button_row(self._toggle))

    def _moment(self, at_utc_ms: int, *, with_date: bool) -> str:
        moment = QDateTime.fromMSecsSinceEpoch(at_utc_ms)
        if with_date:
            day = self._locale.toString(moment.date(), QLocale.FormatType.LongFormat)
            return self._look.texts("history.moment", date=day, time=moment.time().toString("HH:mm"))
        return moment.time().toString("HH:mm:ss")

    def _unfold(self) -> None:
        texts = self._look.texts
        if self._steps is None:
            self._steps = QWidget()
            rows = column(rule(), spacing=SPACE_XS)
            self._steps.setLayout(rows)
            for step in self._past.lines:
                at = small(self._moment(step.at_utc_ms, with_date=False), wraps=False)
                at.setFixedWidth(80)
                words = texts.say(step.text)
                if step.cause is not None:
                    words = texts("history.line", text=words, cause=texts.say(step.cause))
                line = row(at)
                line.addWidget(small(words, tone=None), 1)
                rows.addLayout(line)
            self._steps.hide()
            self.rows.addWidget(self._steps)
        opens = not self._steps.isVisible()
        self._steps.setVisible(opens)
        self._toggle.setText(texts("history.details.hide" if opens else "history.details"))
