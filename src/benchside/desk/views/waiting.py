"""The waiting page: the code to read aloud, how far the request is, and the telephone number."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from benchside.desk.look.button import Button, Kind, button_row
from benchside.desk.look.card import Card, clear, column, row
from benchside.desk.look.sign import Sign
from benchside.desk.look.text import body, small, strong
from benchside.desk.look.tokens import SPACE_M, SPACE_S
from benchside.desk.models.duration import count_down, count_up
from benchside.desk.models.glance import Tone, glance
from benchside.desk.models.state import DeskState
from benchside.desk.models.waiting import Step, StepState, code_is_over, steps, why_code_gone
from benchside.desk.views.announce import announce
from benchside.desk.views.look import Look
from benchside.desk.views.page import Notice, Page, PhoneCard
from benchside.desk.views.spelling import CodeSpelt

__all__ = ["WaitingPage"]

_SIGNS = {StepState.DONE: "good", StepState.NOW: "now", StepState.AHEAD: "ahead"}


class WaitingPage(Page):
    """`new_code`: the last is dead, make another.  `cancel`: help is no longer needed."""

    new_code = Signal()
    cancel = Signal()

    def __init__(self, look: Look) -> None:
        texts = look.texts
        super().__init__(look, texts("waiting.title"), max_width_px=980)
        self._offline = Notice(look, "warn")
        self._warned = Notice(look, "warn")
        self._warned.say("warn", "", texts("code.warned"))
        self._code = CodeSpelt(look)
        self._ends = strong("", wraps=False)
        self._attempts = strong("", wraps=False)
        self._live = column(self._code, spacing=SPACE_M)
        facts = row(self._ends, self._attempts, spacing=SPACE_M * 2)
        facts.addStretch(1)
        self._how = small(texts("code.how"))
        self._gone = Notice(look, "warn")
        self._new = Button(texts("code.new"), look.tokens, Kind.PRIMARY)
        self._new.clicked.connect(self.new_code)
        self._coming = body(texts("code.coming"), tone="quiet")
        code = Card("plain", padding=SPACE_M + SPACE_S, spacing=SPACE_M)
        code.rows.addWidget(strong(texts("code.title")))
        code.rows.addLayout(self._live)
        code.rows.addLayout(facts)
        for widget in (self._warned, self._how, self._coming, self._gone):
            code.rows.addWidget(widget)
        code.rows.addLayout(button_row(self._new))
        self._steps = Card("plain", spacing=SPACE_S)
        self._steps.rows.addWidget(strong(texts("waiting.steps")))
        self._step_rows = column(spacing=SPACE_S)
        # in a box of its own, so that a screen reader comes to the steps where they are seen
        box = QWidget()
        box.setLayout(self._step_rows)
        self._steps.rows.addWidget(box)
        self._shown_steps: tuple[Step, ...] | None = None
        self._since = small("")
        self._steps.rows.addWidget(self._since)
        self._who = Card("info", spacing=2)
        self._who_name = strong("")
        self._who_from = body("")
        for label in (small(texts("waiting.who.title")), self._who_name, self._who_from):
            self._who.rows.addWidget(label)
        self._phone = PhoneCard(look)
        cancel = Button(texts("waiting.cancel"), look.tokens)
        cancel.clicked.connect(self.cancel)
        self._cancel = cancel
        side = column(self._who, self._steps, self._phone, spacing=SPACE_M)
        side.addLayout(button_row(cancel, fill=True))
        side.addStretch(1)
        main = column(code, spacing=SPACE_M)
        main.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(SPACE_M)
        both.addLayout(main, 5)
        both.addLayout(side, 3)
        self.rows.addWidget(self._offline)
        self.rows.addLayout(both)

    def refresh(self, state: DeskState, now_s: float) -> None:
        """Show the request as it stands."""
        texts = self.look.texts
        seen = glance(state, now_s)
        self._offline.setVisible(seen.tone is not Tone.GOOD)
        self._offline.say(seen.tone, texts.say(seen.title), texts.say(seen.why))
        self._show_code(state, now_s)
        self._since.setText(texts("waiting.since", time=count_up(now_s - state.waiting_since_at)))
        self._phone.call(state.phone)
        who = state.associate
        self._who.setVisible(who is not None)
        if who is not None and who.name != self._who_name.text():
            self._who_name.setText(who.name)
            self._who_from.setText(who.organisation)
            announce(self._who, texts("waiting.who", name=who.name, organisation=who.organisation))
        self._show_steps(steps(state))

    def take_focus(self) -> None:
        """Nothing here is pressed often; the safest place is the way out."""
        (self._new if self._new.isVisible() else self._cancel).setFocus()

    def _show_code(self, state: DeskState, now_s: float) -> None:
        texts = self.look.texts
        is_over = code_is_over(state, now_s)
        # before the first code comes it is being made, not dead
        is_coming = state.code is None and state.code_gone is None
        is_live = not is_over and state.code is not None
        self._code.setVisible(is_live)
        self._ends.setVisible(is_live)
        self._attempts.setVisible(is_live)
        self._how.setVisible(is_live)
        self._warned.setVisible(state.code is not None and state.code.warned)
        self._coming.setVisible(is_coming)
        is_gone = is_over and not is_coming
        is_used = state.code_gone == "used"
        self._gone.setVisible(is_gone)
        self._new.setVisible(is_gone and not is_used)
        if is_live and state.code is not None:
            self._code.spell(state.code.text)
            self._ends.setText(texts("code.ends", time=count_down(state.code.ends_at - now_s)))
            self._attempts.setText(texts("code.attempts", count=state.code.attempts_left))
        else:
            self._code.forget()
        if is_used:
            self._gone.say("good", texts("code.used.title"), texts.say(why_code_gone(state)))
        elif is_gone:
            self._gone.say("warn", texts("code.gone.title"), texts.say(why_code_gone(state)))

    def _show_steps(self, now: tuple[Step, ...]) -> None:
        if now == self._shown_steps:
            return
        texts = self.look.texts
        is_first = self._shown_steps is None
        self._shown_steps = now
        clear(self._step_rows)
        for step in now:
            words = texts.say(step.text)
            is_now = step.state is StepState.NOW
            label = strong(words) if is_now else body(words, tone="quiet" if step.state is StepState.AHEAD else None)
            label.setAccessibleName(texts("step.line", text=words, state=texts(f"step.{step.state.name.lower()}")))
            line = QHBoxLayout()
            line.setSpacing(SPACE_S)
            line.addWidget(Sign(_SIGNS[step.state], self.look.tokens, 24), 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(label, 1)
            self._step_rows.addLayout(line)
            if is_now and not is_first:
                announce(label, words)
