"""The page on which help is requested: name, reason, instrument."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QLabel, QLineEdit, QPlainTextEdit, QWidget

from benchside.desk.look.button import Button, Kind, button_row
from benchside.desk.look.card import clear, column
from benchside.desk.look.text import small, strong
from benchside.desk.look.tokens import SPACE_S, SPACE_XS
from benchside.desk.models.duration import count_down
from benchside.desk.models.glance import say_refusal
from benchside.desk.models.state import DeskState
from benchside.desk.models.watching import tone_of
from benchside.desk.operations.conversation import MAX_NAME, MAX_REASON
from benchside.desk.views.announce import announce
from benchside.desk.views.choice import ChoiceCard
from benchside.desk.views.look import Look
from benchside.desk.views.page import Notice, Page
from benchside.desk.views.tick import TickCard
from benchside.protocol.wire.condition import ConditionTold
from benchside.protocol.wire.notice import NoticeShown
from benchside.protocol.wire.session import InstrumentInfo

__all__ = ["AskPage"]


class AskPage(Page):
    """`asked(name, reason, instrument)` once all three are there; `back` to the first page."""

    asked = Signal(str, str, str)
    back = Signal()
    assay_told = Signal(bool)

    def __init__(self, look: Look) -> None:
        texts = look.texts
        super().__init__(look, texts("ask.title"))
        self._refused = Notice(look, "warn")
        self.condition: ConditionTold | None = None
        """What is wrong, where help is asked for with a notice."""
        self._about = Notice(look)
        self._about.hide()
        self._name = QLineEdit()
        self._name.setMaxLength(MAX_NAME)
        self._reason = QPlainTextEdit()
        self._reason.setTabChangesFocus(True)
        self._reason.setFixedHeight(112)
        self._reason.textChanged.connect(self._limit_reason)
        self._group = QButtonGroup(self)
        self._choices = column(spacing=SPACE_S)
        self._instrument_label = strong(texts("ask.instrument"))
        self._instrument_wrong = self._wrong(texts("ask.instrument.missing"))
        self._instruments: tuple[InstrumentInfo, ...] = ()
        self.rows.addWidget(self._refused)
        self.rows.addWidget(self._about)
        self._name_wrong = self._field(self._name, "ask.name")
        self._reason_wrong = self._field(self._reason, "ask.reason")
        which = column(self._instrument_label, spacing=SPACE_S)
        which.addLayout(self._choices)
        which.addWidget(self._instrument_wrong)
        self.rows.addLayout(which)
        self._assay = TickCard(texts("assay.tick"), look.tokens)
        self._assay.setAccessibleDescription(texts("assay.tick.hint"))
        self._assay.clicked.connect(self.assay_told)
        self.rows.addLayout(column(self._assay, small(texts("assay.tick.hint")), spacing=SPACE_XS))
        send = Button(texts("ask.send"), look.tokens, Kind.PRIMARY)
        send.setMinimumWidth(220)
        send.clicked.connect(self._send)
        back = Button(texts("nav.back"), look.tokens)
        back.clicked.connect(self.back)
        self._name.returnPressed.connect(self._reason.setFocus)
        self.rows.addLayout(button_row(send, back))
        self.rows.addStretch(1)

    def refresh(self, state: DeskState, now_s: float) -> None:
        """Show the instruments to choose from, and a refusal if there was one."""
        refused = state.refused
        self._refused.setVisible(refused is not None)
        if refused is not None:
            left_s = 0.0 if refused.wait_until_at is None else refused.wait_until_at - now_s
            wait = self.look.texts("ask.refused.wait", time=count_down(left_s)) if left_s > 0 else ""
            self._refused.say("warn", self.look.texts.say(say_refusal(refused.reason)), wait)
        self._assay.setChecked(state.assay_running)
        instruments = state.welcome.instruments if state.welcome is not None else ()
        if instruments != self._instruments:
            self._instruments = instruments
            self._show_instruments()

    def take_focus(self) -> None:
        """The name comes first."""
        self._name.setFocus()

    def clear_fields(self) -> None:
        """Forget name, reason and notice: the next person at a shared log-in must not find them."""
        self._name.clear()
        self._reason.clear()
        self.condition = None
        self._about.hide()

    def about(self, notice: NoticeShown) -> None:
        """Ask for help with `notice`: its sentence is the reason until the technician writes another."""
        state = notice.state
        self.condition = ConditionTold(
            key=state.key, severity=state.severity, texts=state.texts, since_utc_ms=state.since_utc_ms
        )
        self._reason.setPlainText(notice.text)
        self._about.say(tone_of(state.severity).value, self.look.texts("ask.about"), notice.text)
        self._about.show()

    def _field(self, field: QWidget, text_id: str) -> QLabel:
        """Add a field with label and hint; return the label of the sentence for when it is empty."""
        texts = self.look.texts
        label = strong(texts(text_id))
        label.setBuddy(field)
        hint = small(texts(f"{text_id}.hint"))
        wrong = self._wrong(texts(f"{text_id}.missing"))
        field.setAccessibleName(texts(text_id))
        field.setAccessibleDescription(texts(f"{text_id}.hint"))
        self.rows.addLayout(column(label, hint, field, wrong, spacing=SPACE_XS))
        return wrong

    def _wrong(self, text: str) -> QLabel:
        label = small(text, tone="danger")
        label.hide()
        return label

    def _limit_reason(self) -> None:
        text = self._reason.toPlainText()
        if len(text) > MAX_REASON:
            self._reason.setPlainText(text[:MAX_REASON])
            cursor = self._reason.textCursor()
            cursor.movePosition(cursor.MoveOperation.End)
            self._reason.setTextCursor(cursor)

    def _show_instruments(self) -> None:
        for button in self._group.buttons():
            self._group.removeButton(button)
        clear(self._choices)
        is_choice = len(self._instruments) > 1
        self._instrument_label.setVisible(is_choice)
        for instrument in self._instruments if is_choice else ():
            second = self.look.texts("home.instrument", model=instrument.id, serial=instrument.serial)
            if instrument.patient_data:
                second = f"{second} · {self.look.texts('ask.patient_data')}"
            card = ChoiceCard(instrument.model, second, instrument.id, self.look.tokens)
            self._group.addButton(card)
            self._choices.addWidget(card)

    def _send(self) -> None:
        name, reason = self._name.text().strip(), self._reason.toPlainText().strip()
        chosen = self._group.checkedButton()
        instrument = str(chosen.value) if isinstance(chosen, ChoiceCard) else ""
        if len(self._instruments) == 1:
            instrument = self._instruments[0].id
        is_chosen = bool(instrument) or not self._instruments
        checks = (
            (self._name, self._name_wrong, bool(name)),
            (self._reason, self._reason_wrong, bool(reason)),
            (next(iter(self._group.buttons()), None), self._instrument_wrong, is_chosen),
        )
        first: QWidget | None = None
        for field, wrong, is_good in checks:
            wrong.setVisible(not is_good)
            if field is not None and not isinstance(field, ChoiceCard):
                field.setProperty("wrong", "false" if is_good else "true")
                field.style().unpolish(field)
                field.style().polish(field)
            if not is_good and first is None:
                first = field
                announce(wrong, wrong.text(), urgent=True)
        if first is not None:
            first.setFocus()
            return
        if all(is_good for _, _, is_good in checks):
            self.asked.emit(name, reason, instrument)
