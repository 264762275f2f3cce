"""All windows together: which are up, where, in which language; and the desk's sign of life."""

from __future__ import annotations

import sys
from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, QRect, Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from benchside.desk.look.mark import MARK
from benchside.desk.look.theme import choose_tokens, dress
from benchside.desk.models.state import DeskState, Prompt
from benchside.desk.operations.conversation import Conversation
from benchside.desk.operations.memory import Memory
from benchside.desk.operations.noticing import Noticing
from benchside.desk.texts import open_texts
from benchside.desk.views.announce import announce
from benchside.desk.views.centre import Centre, Telling, TrayCentre
from benchside.desk.views.drawing import Drawing
from benchside.desk.views.indicator import Indicator
from benchside.desk.views.look import Look
from benchside.desk.views.place import place_prompt
from benchside.desk.views.pop_up import PopUpWindow
from benchside.desk.views.presses import Presses
from benchside.desk.views.prompt import PromptWindow
from benchside.desk.views.window import MainWindow
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.notice import PopUp

__all__ = ["Windows"]

ALIVE_IN_SESSION_MS = 200
ALIVE_IDLE_MS = 5000
"""Both are what the agent expects (wire/desk.py: DeskAlive)."""
RAISE_PROMPT_MS = 250
"""A prompt that is covered counts as silence at worst; the indicator is the one that must win."""


class Windows(QObject):
    """Reacts to each new state; owns every window that is open."""

    def __init__(
        self,
        application: QApplication,
        conversation: Conversation,
        noticing: Noticing,
        presses: Presses,
        memory: Memory,
        clock: Callable[[], float],
        *,
        dark_system: bool,
        pause_key_is_global: bool,
        centre: Centre | None = None,
    ) -> None:
        """`centre`: the system's own notification service; without one the tray's icon is asked on Windows."""
        super().__init__()
        self._application = application
        self._conversation = conversation
        self._noticing = noticing
        self._presses = presses
        self._memory = memory
        self._clock = clock
        self._dark_system = dark_system
        self._look = self._make_look()
        self.main = MainWindow(conversation, noticing, presses, clock, pause_key_is_global=pause_key_is_global)
        self.main.setting_chosen.connect(self._set)
        self.main.prompt_wanted.connect(self.take_keyboard)
        self.main.covering_wanted.connect(self._cover)
        self.main.build(self._look, appearance=memory.now.appearance)
        self.indicator = self._make_indicator()
        self.prompt: PromptWindow | None = None
        self.pop_up: PopUpWindow | None = None
        self.drawing = Drawing(conversation, presses, clock)
        self.drawing.over.connect(self._stop_drawing)
        self._tray = self._make_tray()
        if centre is None and self._tray is not None and sys.platform == "win32":
            centre = TrayCentre(self._tray)
        self._telling = Telling(centre)
        self._alive = QTimer(self, interval=ALIVE_IDLE_MS)
        self._alive.setTimerType(Qt.TimerType.PreciseTimer)
        self._alive.timeout.connect(conversation.stay_alive)
        self._alive.start()
        self._raising = QTimer(self, interval=RAISE_PROMPT_MS)
        self._raising.timeout.connect(lambda: self.prompt.raise_() if self.prompt is not None else None)
        conversation.watch(self._show)
        noticing.watch(lambda state: self._show_pop_up(state.pop_up))
        noticing.watch(lambda state: self._telling.follow(state.shown))

    def take_keyboard(self) -> None:
        """Give the keyboard to the question that is open, or to the main window when there is none."""
        if self.prompt is not None:
            self.prompt.take_keyboard()
        else:
            self.main.bring_to_front()

    def follow_system(self, *, is_dark: bool) -> None:
        """The system's own appearance changed."""
        if is_dark != self._dark_system:
            self._dark_system = is_dark
            self._rebuild()

    def _show(self, state: DeskState) -> None:
        self._show_alive(state)
        self._show_prompt(state.prompt)
        self._show_indicator(state)
        self.drawing.follow(state)
        if self.prompt is not None:
            self.prompt.show_assay(running=state.assay_running)
        self.indicator.show_assay(running=state.assay_running)
        if state.outcome is not None and (not self.main.isVisible() or self.main.isMinimized()):
            # the window was closed, or stood aside for the instrument; its person must learn how the session ended
            self.main.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
            self.main.setWindowState(self.main.windowState() & ~Qt.WindowState.WindowMinimized)
            self.main.show()
            self.main.refresh()
            self.main.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, False)
        if state.phone and state.phone != self._memory.now.phone:
            self._memory.keep(msgspec.structs.replace(self._memory.now, phone=state.phone))

    def _show_alive(self, state: DeskState) -> None:
        interval = ALIVE_IN_SESSION_MS if state.is_in_session else ALIVE_IDLE_MS
        if self._alive.interval() != interval:
            self._alive.setInterval(interval)
            self._conversation.stay_alive()

    def _show_prompt(self, prompt: Prompt | None) -> None:
        shown = self.prompt.prompt.message.prompt if self.prompt is not None else None
        wanted = prompt.message.prompt if prompt is not None else None
        if shown == wanted:
            return
        if self.prompt is not None:
            self._raising.stop()
            self.prompt.hide()
            self.prompt.deleteLater()
            self.prompt = None
        if prompt is not None:
            self.prompt = PromptWindow(prompt, self._conversation, self._presses, self._look, self._clock)
            self.prompt.covering_wanted.connect(self._cover)
            self.prompt.show_assay(running=self._conversation.state.assay_running)
            self._place(self.prompt)
            self._raising.start()
            announce(self.prompt, self.prompt.accessibleName(), urgent=True)

    def _place(self, prompt: PromptWindow) -> None:
        screen = QGuiApplication.primaryScreen().geometry()
        taken: QRect | None = self.indicator.geometry() if self.indicator.isVisible() else None
        prompt.fit(screen.height())
        at, under_pointer = place_prompt(prompt.size(), screen, QCursor.pos(), taken)
        prompt.move(at)
        prompt.appear(under_pointer=under_pointer)

    def _cover(self) -> None:
        """The technician wants to draw: the question steps aside, and comes back when they are done."""
        if self.drawing.is_open:
            return
        if self.prompt is not None:
            self._raising.stop()
            self.prompt.hide()
        self.drawing.begin(self._look)

    def _stop_drawing(self) -> None:
        if self.prompt is not None and not self.prompt.isVisible():
            self._place(self.prompt)
            self._raising.start()

    def _show_indicator(self, state: DeskState, *, stands_aside: bool = True) -> None:
        was_up = self.indicator.isVisible()
        if state.session is not None and state.session.is_watched:
            self.indicator.show_session(state.session)
            if not was_up:
                self._conversation.show_indicator(int(self.indicator.winId()), self.indicator.stop_box())
                announce(self.indicator, self.indicator.accessibleName(), urgent=True)
                if stands_aside and self.main.isVisible():
                    # both people look at the instrument's program now; the indicator has all that is needed
                    self.main.showMinimized()
        elif was_up:
            self.indicator.take_down()
            self._conversation.hide_indicator()

    def _show_pop_up(self, pop_up: PopUp | None) -> None:
        if (self.pop_up.pop_up if self.pop_up is not None else None) == pop_up:
            return
        if self.pop_up is not None:
            old, self.pop_up = self.pop_up, None
            old.hide()
            old.deleteLater()
        if pop_up is not None:
            # over against the indicator, so that neither ever covers the other
            corner = {"bottom_right": "bottom_left"}.get(self._memory.now.corner, "bottom_right")
            self.pop_up = PopUpWindow(self._look, pop_up, corner=corner)
            self.pop_up.shown.connect(self._noticing.showed_pop_up)
            self.pop_up.closed.connect(self._noticing.close_pop_up)
            self.pop_up.opened.connect(self._open_notices)
            self.pop_up.appear()
            announce(self.pop_up, self.pop_up.accessibleName(), urgent=True)
            self._telling.tell(self._look.texts, pop_up)

    def _open_notices(self) -> None:
        self._noticing.close_pop_up()
        self.main.show_notices()

    def _set(self, name: str, value: str) -> None:
        self._memory.keep(msgspec.structs.replace(self._memory.now, **{name: value}))
        self._rebuild()

    def _rebuild(self) -> None:
        self._look = self._make_look()
        self._noticing.speak(self._look.texts.language)
        self.main.build(self._look, appearance=self._memory.now.appearance)
        old = self.indicator
        self.indicator = self._make_indicator()
        # the new one is up and known before the old one goes, so that there is no moment without
        self._show_indicator(self._conversation.state, stands_aside=False)
        old.take_down()
        old.deleteLater()

    def _make_look(self) -> Look:
        remembered = self._memory.now
        tokens = choose_tokens(remembered.appearance, dark_system=self._dark_system)
        dress(self._application, tokens)
        return Look(open_texts(remembered.language), tokens)

    def _make_indicator(self) -> Indicator:
        indicator = Indicator(self._look, self._presses, self._clock, corner=self._memory.now.corner)
        talk = self._conversation
        indicator.stop.connect(talk.stop_session)
        indicator.paused.connect(talk.set_paused)
        indicator.revoked.connect(lambda value: talk.revoke(Capability(value)))
        indicator.moved.connect(self._remember_corner)
        indicator.covering_wanted.connect(self._cover)
        indicator.assay_told.connect(talk.set_assay)
        return indicator

    def _remember_corner(self, corner: str) -> None:
        self._memory.keep(msgspec.structs.replace(self._memory.now, corner=corner))

    def _make_tray(self) -> QSystemTrayIcon | None:
        """Return a tray icon where there is a tray; it is never the only way in."""
        if not QSystemTrayIcon.isSystemTrayAvailable():
            return None
        tray = QSystemTrayIcon(QIcon(str(MARK)), self)
        menu = QMenu(self.main)
        menu.addAction(self._look.texts("tray.open")).triggered.connect(self.main.bring_to_front)
        tray.setContextMenu(menu)
        tray.setToolTip(self._look.texts("app.name"))
        tray.activated.connect(self.main.bring_to_front)
        tray.show()
        return tray
