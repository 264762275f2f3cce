"""The prompt: one question, two answers of equal weight, and a guard that knows a person's press.

INVARIANT: this module is the only one that calls `answer_prompt`, and only with what PromptGuard decided.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QInputEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QScrollBar, QVBoxLayout, QWidget

from benchside.desk.look.button import Button, button_row
from benchside.desk.look.card import Card, column
from benchside.desk.look.sign import Sign
from benchside.desk.look.text import body, small, strong, title
from benchside.desk.look.tokens import SPACE_L, SPACE_M, SPACE_S, SPACE_XS
from benchside.desk.models.duration import count_down
from benchside.desk.models.guard import PromptGuard, Source, Verdict
from benchside.desk.models.question import Question, phrase_question
from benchside.desk.models.state import Prompt
from benchside.desk.operations.conversation import Conversation
from benchside.desk.views.choice import ChoiceCard
from benchside.desk.views.look import Look
from benchside.desk.views.page import Notice
from benchside.desk.views.presses import Presses
from benchside.desk.views.scope import ScopeChoice
from benchside.desk.views.tick import TickCard
from benchside.protocol.wire.capability import Capability, GrantScope

__all__ = ["PromptWindow"]

WIDTH_PX = 620
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_PRESS = (*_ENTER, Qt.Key.Key_Space, Qt.Key.Key_Select)
_INPUT = (
    QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick,
    QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.Wheel, QEvent.Type.TouchBegin,
)  # fmt: skip


class PromptWindow(QDialog):
    """Lives for one prompt.  `placed` by the program, since only that knows the other windows."""

    decided = Signal()
    covering_wanted = Signal()

    def __init__(
        self, prompt: Prompt, conversation: Conversation, presses: Presses, look: Look, clock: Callable[[], float]
    ) -> None:
        super().__init__(
            None,
            Qt.WindowType.Tool
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            # full-screen instrument software would cover a window that the window manager stacks
            | Qt.WindowType.X11BypassWindowManagerHint,
        )
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setObjectName("prompt")
        self.prompt = prompt
        self._conversation = conversation
        self._presses = presses
        self._look = look
        self._clock = clock
        self._guard: PromptGuard | None = None
        self._drawing = QTimer(self, singleShot=True, interval=0)
        self._drawing.timeout.connect(self._end_drawing)
        self._is_drawn = False
        self._pressed_by = Source.PROGRAM
        self._question = phrase_question(prompt.message)
        self._settling = QTimer(self, singleShot=True)
        self._settling.setTimerType(Qt.TimerType.PreciseTimer)
        self._settling.timeout.connect(self.settle)
        self._counting = QTimer(self, interval=500)
        self._counting.timeout.connect(self._count)
        self._build(self._question)
        for widget in (self, *self.findChildren(QWidget)):
            widget.installEventFilter(self)
        self.setFixedWidth(WIDTH_PX)
        self._count()
        self._take_height()

    def fit(self, height_px: int) -> None:
        """Take no more than `height_px`: on a low screen the list of windows gives way first."""
        if self._scope is not None and self.height() > height_px:
            self._scope.shrink(self.height() - height_px)
            self._take_height()
        if self._scope is not None and self.height() > height_px:
            # a panel of 600 pixels: whole screens can still be chosen, and both answers are in sight
            self._scope.leave_windows_out()
            self._take_height()

    def _take_height(self) -> None:
        # adjustSize guesses the height of wrapped text too large; the layout knows it for this width
        for part in (self._scope, self._frame):
            if part is not None:
                part.updateGeometry()
        self._rows.activate()
        self.setFixedHeight(self._rows.totalHeightForWidth(WIDTH_PX))

    def appear(self, *, under_pointer: bool) -> None:
        """Show the prompt, without taking the keyboard; the 700 ms begin now."""
        self._guard = PromptGuard(opened_at=self._clock(), under_pointer=under_pointer)
        self._is_drawn = False
        self._drawing.stop()
        self.show()
        self.raise_()
        self._deny.setFocus()
        self._counting.start()

    def take_keyboard(self) -> None:
        """The technician asked for it: *Don't allow* has the focus, so that Enter still means no."""
        self.activateWindow()
        self._deny.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def is_deciding(self) -> bool:
        """Whether an Allow by key waits to see that it stands alone."""
        return self._settling.isActive()

    def closeEvent(self, event: QCloseEvent) -> None:
        """A prompt is answered or runs out; it is not closed."""
        event.ignore()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Feed the guard; what it does not hear reaches no widget."""
        guard = self._guard
        if event.type() is QEvent.Type.Paint and guard is not None and not self._is_drawn:
            self._note_drawing(guard)
            return False
        if not isinstance(event, QInputEvent):
            return False
        now = self._clock()
        at = self._presses.made_at(event, now)
        if event.type() is QEvent.Type.MouseMove and guard is not None:
            guard.pointer_moved(at)
            return False
        if event.type() not in _INPUT:
            return False
        if guard is None:
            return True
        if isinstance(event, QKeyEvent):
            return self._take_key(guard, watched, event, at, now)
        if isinstance(event, QMouseEvent):
            return self._take_mouse(guard, watched, event, at)
        # a wheel only scrolls the list of windows, and of a touch Qt makes a press that is judged as one
        return not guard.hears(at, Source.PERSON)

    def _note_drawing(self, guard: PromptGuard) -> None:
        """Each widget's first drawing puts the beginning off; it is over once the event loop turns again."""
        if not self._drawing.isActive():
            self._drawing.start()
        guard.drawn(self._clock())

    def _end_drawing(self) -> None:
        self._is_drawn = True
        if self._guard is not None:
            self._guard.drawn(self._clock())

    def _take_key(self, guard: PromptGuard, watched: QObject, event: QKeyEvent, at: float, now: float) -> bool:
        if event.type() is QEvent.Type.KeyRelease:
            return watched in (self._allow, self._deny, self._cover)
        # the filter sees a key once for each widget it bubbles through; only the focused one counts
        focused = self.focusWidget() or self
        if watched is not focused:
            return False
        source = self._presses.of_key()
        repeats = event.isAutoRepeat()
        if event.key() == Qt.Key.Key_Escape or (watched is self._deny and event.key() in _PRESS):
            self._act(guard.key_denied(at, source, auto_repeat=repeats))
            return True
        if watched is self._allow and event.key() in _PRESS:
            guard.key_allowed(at, source, auto_repeat=repeats, now=now)
            self._arm(guard, now)
            return True
        hears = guard.hears(at, source)
        guard.key_pressed(at)
        self._settling.stop()
        if watched is self._cover and event.key() in _PRESS:
            if hears and not repeats:
                self.covering_wanted.emit()
            return True
        if event.key() in _ENTER:
            # on anything but a button Enter is the default answer, and that is no
            self._act(guard.key_denied(at, source, auto_repeat=repeats))
            return True
        return not hears

    def _take_mouse(self, guard: PromptGuard, watched: QObject, event: QMouseEvent, at: float) -> bool:
        button = watched if isinstance(watched, Button) else None
        is_press = event.type() is not QEvent.Type.MouseButtonRelease
        if is_press:
            self._pressed_by = self._presses.of_button(event)
        hears = guard.hears(at, self._pressed_by) and event.button() is Qt.MouseButton.LeftButton
        if button is None:
            # what takes no press must not hand it on to its parent, where it would be judged again
            return not (hears and isinstance(watched, ChoiceCard | TickCard | QScrollBar))
        inside = button.rect().contains(event.position().toPoint())
        if not hears:
            button.setDown(False)
        elif button is self._cover:
            if not is_press and button.isDown() and inside:
                self.covering_wanted.emit()
            button.setDown(is_press)
        elif is_press:
            button.setDown(True)
            guard.mouse_pressed(at, self._pressed_by, on_allow=button is self._allow)
        elif button.isDown():
            button.setDown(False)
            if button is self._allow:
                self._act(guard.mouse_released(at, self._pressed_by, on_allow=inside))
            elif inside:
                self._act(guard.mouse_denied(at, self._pressed_by))
        return True

    def _press_by_accessibility(self, *, allow: bool) -> None:
        # mouse and keys never reach the buttons' own code, so `clicked` is the accessibility interface's alone
        if self._guard is not None:
            self._act(self._guard.accessibility_pressed(self._clock(), allow=allow))

    def _arm(self, guard: PromptGuard, now: float) -> None:
        deadline = guard.deadline()
        if deadline is None:
            self._settling.stop()
        else:
            self._settling.start(math.ceil((deadline - now) * 1000) + 1)

    def settle(self) -> None:
        """The time is over in which another key would have made a burst."""
        if self._guard is not None:
            now = self._clock()
            self._act(self._guard.settle(now))
            self._arm(self._guard, now)

    def _act(self, verdict: Verdict) -> None:
        if verdict is Verdict.NOTHING:
            return
        self._settling.stop()
        allow = verdict is Verdict.ALLOW
        scope = self._scope.scope() if allow and self._scope is not None else GrantScope()
        if allow and self._paste is not None and self._paste.isChecked():
            scope = GrantScope(paste=True)
        self._conversation.answer_prompt(self.prompt.message.prompt, allow=allow, scope=scope)
        self._allow.setEnabled(False)
        self._deny.setEnabled(False)
        self.decided.emit()

    def show_assay(self, *, running: bool) -> None:
        """Say in a question for control that a run is in progress, as long as it is."""
        is_said = running and self.prompt.message.capability is Capability.CONTROL
        if self._assay.isVisibleTo(self) != is_said:
            self._assay.setVisible(is_said)
            self._take_height()

    def _want_covering(self) -> None:
        # as with the answers: `clicked` is the accessibility interface's alone
        if self._guard is not None and self._guard.hears(self._clock(), Source.PERSON):
            self.covering_wanted.emit()

    def _count(self) -> None:
        left = count_down(self.prompt.ends_at - self._clock())
        self._silence.setText(self._look.texts("prompt.silence", time=left))

    def _build(self, question: Question) -> None:
        texts, tokens, message = self._look.texts, self._look.tokens, self.prompt.message
        head = texts.say(question.title)
        self.setWindowTitle(texts("prompt.window"))
        self.setAccessibleName(head)
        who_from = texts("waiting.who", name=message.associate.name, organisation=message.associate.organisation)
        second = message.associate.second
        self.setAccessibleDescription(
            who_from if second is None else f"{who_from}. {texts('session.second', name=second)}"
        )
        who = Card("plain", spacing=2)
        who.rows.addWidget(strong(message.associate.name))
        who.rows.addWidget(body(texts("prompt.from", organisation=message.associate.organisation)))
        if second is not None:
            who.rows.addWidget(body(texts("session.second", name=second)))
        who.rows.addSpacing(SPACE_S)
        who.rows.addWidget(small(texts("prompt.purpose")))
        who.rows.addWidget(body(message.purpose or texts("prompt.no_purpose")))
        facts = column(spacing=SPACE_XS)
        for sentence in (question.allows, question.keeps, question.length):
            facts.addWidget(body(texts.say(sentence)))
        self._cover = Button(texts("cover.open"), tokens, parent=self)
        self._cover.hide()  # until it is put where a screen is chosen
        self._cover.setAccessibleDescription(texts("cover.open.hint"))
        self._cover.setAutoDefault(False)
        self._cover.clicked.connect(self._want_covering)
        self._scope = None
        if question.chooses_scope:
            self._scope = ScopeChoice(self._look, message.monitors, message.windows, self._cover)
            self._cover.show()
        self._paste = TickCard(texts("prompt.paste"), tokens) if message.paste and question.asks_paste else None
        self._assay = Notice(self._look, "warn")
        self._assay.say("warn", texts("prompt.assay"), texts("prompt.assay.why"))
        self._assay.hide()
        self._silence = small("")
        self._deny = Button(texts.say(question.deny), tokens)
        self._allow = Button(texts.say(question.allow), tokens)
        for button, allow in ((self._deny, False), (self._allow, True)):
            button.setMinimumHeight(72)
            button.setAutoDefault(False)
            button.setAccessibleDescription(head)
            button.clicked.connect(lambda _=False, allow=allow: self._press_by_accessibility(allow=allow))
        frame = self._frame = Card("inner", padding=SPACE_L, spacing=SPACE_M)
        top = QHBoxLayout()
        top.setSpacing(SPACE_M)
        top.addWidget(Sign("info", tokens, 34), 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(title(head), 1)
        frame.rows.addLayout(top)
        who.restyle("sunken")
        frame.rows.addWidget(who)
        frame.rows.addWidget(self._assay)
        frame.rows.addLayout(facts)
        if self._scope is not None:
            frame.rows.addWidget(self._scope)
        if self._paste is not None:
            self._paste.setAccessibleDescription(texts("prompt.paste.hint"))
            frame.rows.addWidget(self._paste)
            frame.rows.addWidget(small(texts("prompt.paste.hint")))
        frame.rows.addLayout(button_row(self._deny, self._allow, fill=True))
        frame.rows.addWidget(self._silence)
        frame.rows.addWidget(small(texts("prompt.keyboard")))
        rows = self._rows = QVBoxLayout(self)
        rows.setContentsMargins(3, 3, 3, 3)
        rows.addWidget(frame)
        QWidget.setTabOrder(self._deny, self._allow)
