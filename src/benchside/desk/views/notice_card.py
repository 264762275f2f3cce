"""One condition as the technician sees it: what is wrong, what to do, and what may be done about it here."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QDateTime, QLocale, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QLabel, QLineEdit, QWidget

from benchside.desk.look.button import Button, Kind, button_row
from benchside.desk.look.card import column, rule
from benchside.desk.look.text import body, small, strong
from benchside.desk.look.tokens import SPACE_S
from benchside.desk.models.duration import count_up
from benchside.desk.models.phrase import Phrase
from benchside.desk.models.watching import tone_of
from benchside.desk.operations.noticing import MAX_WHY
from benchside.desk.views.announce import announce
from benchside.desk.views.choice import ChoiceCard
from benchside.desk.views.look import Look
from benchside.desk.views.page import Notice
from benchside.protocol.wire.condition import ConditionState
from benchside.protocol.wire.notice import NoticeShown

__all__ = ["NoticeCard", "say_moment"]

ASIDE_S = (3600, 8 * 3600, 24 * 3600, 7 * 24 * 3600)
"""An hour, a shift, a day, a week: the longest that the notifier takes."""


def say_moment(look: Look, at_utc_ms: int) -> str:
    """Return day and time of day in the window's language."""
    moment = QDateTime.fromMSecsSinceEpoch(at_utc_ms)
    day = QLocale(look.texts.language).toString(moment.date(), QLocale.FormatType.LongFormat)
    return look.texts("history.moment", date=day, time=moment.time().toString("HH:mm"))


class NoticeCard(Notice):
    """`help_wanted`, `seen`, `aside(why, seconds)`, `back`, `reset`, `past_wanted`: the technician pressed it."""

    help_wanted = Signal()
    seen = Signal()
    aside = Signal(str, int)
    back = Signal()
    reset = Signal()
    past_wanted = Signal()

    def __init__(self, look: Look, notice: NoticeShown, *, may_ask: Callable[[], bool]) -> None:
        super().__init__(look)
        self._look = look
        self._may_ask = may_ask
        self.notice = notice
        texts = look.texts
        self._advice = body("")
        self._since = small("")
        self._standing = small("")
        self._help = self._button("notices.help", Kind.PRIMARY, self.help_wanted.emit)
        self._seen = self._button("notices.seen", Kind.PLAIN, self.seen.emit)
        self._reset = self._button("notices.reset", Kind.PLAIN, self.reset.emit)
        self._aside = self._button("notices.aside", Kind.PLAIN, self._ask_aside)
        self._back = self._button("notices.back", Kind.PLAIN, self.back.emit)
        self._copy = self._button("notices.copy", Kind.QUIET, self._copy_text)
        self._past = self._button("notices.past", Kind.QUIET, self.past_wanted.emit)
        self._aside_form: _AsideForm | None = None
        for label in (self._advice, self._since, self._standing):
            self.below.addWidget(label)
        self.below.addLayout(button_row(self._help, self._seen, self._reset, self._aside, self._back))
        self.below.addLayout(button_row(self._copy, self._past))
        self._help.setAccessibleDescription(texts("home.request.hint"))
        self.show_notice(notice)

    @property
    def is_being_filled(self) -> bool:
        """Whether the technician is writing why it is put aside: then it must not be made anew."""
        return self._aside_form is not None and self._aside_form.isVisible()

    def show_notice(self, notice: NoticeShown) -> None:
        """Show how the condition stands now."""
        self.notice = notice
        texts, state = self._look.texts, notice.state
        is_over = not state.is_active
        is_aside = state.shelved_until_utc_ms is not None
        tone = tone_of(state.severity).value
        if is_over:
            tone = "good"
        elif is_aside or state.is_suppressed or state.is_out_of_service:
            tone = "info"  # nothing is asked of anybody; its words say how bad it is
        head = texts("notices.head", severity=texts(f"severity.{state.severity}"), subject=notice.subject)
        self.say(tone, texts("notices.head.over", subject=notice.subject) if is_over else head, notice.text)
        self.setAccessibleName(f"{self.head.text()}: {notice.text}")
        self._advice.setText(notice.advice)
        self._advice.setVisible(bool(notice.advice) and not is_over)
        standing = _standing(self._look, state)
        self._standing.setText(standing)
        self._standing.setVisible(bool(standing))
        self._seen.setVisible(not state.is_acknowledged)
        self._reset.setVisible(state.is_latched)
        self._aside.setVisible(not is_aside and not is_over)
        self._back.setVisible(is_aside)
        for button in (self._seen, self._aside, self._back, self._reset, self._copy, self._past, self._help):
            button.setAccessibleDescription(self.accessibleName())

    def count(self, now_utc_ms: int) -> None:
        """Say since when; called once a second."""
        state = self.notice.state
        ago = count_up((now_utc_ms - state.since_utc_ms) / 1000)
        values: dict[str, str | int | Phrase] = {"moment": say_moment(self._look, state.since_utc_ms), "time": ago}
        words = Phrase("notices.since", values)
        if state.count > 1:
            words = Phrase("notices.since.count", {**values, "count": state.count})
        self._since.setText(self._look.texts.say(words))
        self._help.setVisible(state.is_active and self._may_ask())

    def _button(self, text_id: str, kind: Kind, do: Callable[[], object]) -> Button:
        button = Button(self._look.texts(text_id), self._look.tokens, kind)
        button.clicked.connect(lambda: do())
        return button

    def _copy_text(self) -> None:
        state, texts = self.notice.state, self._look.texts
        lines = (
            f"{self.head.text()}: {self.notice.text}",
            self.notice.advice,
            self._since.text(),
            f"{state.key.source} / {state.key.subject} / {state.key.code}",
            ", ".join(f"{name}={value}" for name, value in sorted(state.values.items())),
        )
        QGuiApplication.clipboard().setText("\n".join(line for line in lines if line))
        self._copy.setText(texts("notices.copied"))
        announce(self._copy, texts("notices.copied"))

    def _ask_aside(self) -> None:
        if self._aside_form is None:
            self._aside_form = _AsideForm(self._look)
            self._aside_form.done.connect(self._put_aside)
            self.below.addWidget(self._aside_form)
            self._aside_form.begin()
        elif self._aside_form.isVisible():
            self._aside_form.hide()
        else:
            self._aside_form.begin()

    def _put_aside(self, why: str, for_s: int) -> None:
        self.aside.emit(why, for_s)
        if self._aside_form is not None:
            self._aside_form.hide()


def _standing(look: Look, state: ConditionState) -> str:
    """Return who did what about it, in a line; empty when nobody did."""
    texts, parts = look.texts, []
    if state.is_out_of_service:
        parts.append(texts("notices.out_of_service"))
    if state.is_suppressed:
        parts.append(texts("notices.suppressed"))
    if state.is_flapping:
        parts.append(texts("notices.flapping"))
    if state.is_latched and not state.is_active:
        parts.append(texts("notices.latched"))
    if state.shelved_until_utc_ms is not None:
        until = say_moment(look, state.shelved_until_utc_ms)
        parts.append(texts("notices.shelved", until=until, by=state.shelved_by or "?", why=state.shelved_why or "?"))
    if state.is_acknowledged:
        parts.append(texts("notices.seen_by", by=state.acknowledged_by or "?"))
    return " ".join(parts)


class _AsideForm(QWidget):
    """`done(why, seconds)`: for how long it is put aside, and why."""

    done = Signal(str, int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        texts = look.texts
        rows = column(rule(), spacing=SPACE_S)
        rows.addWidget(strong(texts("notices.aside.how_long")))
        self._group = QButtonGroup(self)
        for seconds in ASIDE_S:
            card = ChoiceCard(texts(f"notices.aside.{seconds // 3600}"), "", seconds, look.tokens)
            self._group.addButton(card)
            rows.addWidget(card)
        self._group.buttons()[0].setChecked(True)
        label = strong(texts("notices.aside.why"))
        self._why = QLineEdit()
        self._why.setMaxLength(MAX_WHY)
        self._why.setAccessibleName(texts("notices.aside.why"))
        label.setBuddy(self._why)
        self._wrong: QLabel = small(texts("notices.aside.why.missing"), tone="danger")
        self._wrong.hide()
        put = Button(texts("notices.aside.put"), look.tokens, Kind.PRIMARY)
        put.clicked.connect(self._put)
        leave = Button(texts("nav.back"), look.tokens)
        leave.clicked.connect(self.hide)
        self._why.returnPressed.connect(self._put)
        for widget in (label, self._why, self._wrong):
            rows.addWidget(widget)
        rows.addLayout(button_row(put, leave))
        self.setLayout(rows)

    def begin(self) -> None:
        """Open, with the keyboard on the first choice."""
        self.show()
        self._group.buttons()[0].setFocus()

    def _put(self) -> None:
        chosen, why = self._group.checkedButton(), self._why.text().strip()
        self._wrong.setVisible(not why)
        if not why:
            announce(self._wrong, self._wrong.text(), urgent=True)
            self._why.setFocus()
        elif isinstance(chosen, ChoiceCard):
            self.done.emit(why, int(str(chosen.value)))
