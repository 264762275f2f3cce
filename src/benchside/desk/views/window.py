"""The main window: a header with the four places, and the page that fits the state."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from benchside.desk.look.button import Button, Kind
from benchside.desk.look.card import column
from benchside.desk.look.mark import MARK
from benchside.desk.look.text import small, strong
from benchside.desk.look.tokens import SPACE_M, SPACE_S
from benchside.desk.models.state import DeskState
from benchside.desk.models.watching import attention
from benchside.desk.operations.conversation import Conversation
from benchside.desk.operations.noticing import Noticing
from benchside.desk.views.announce import announce
from benchside.desk.views.ask import AskPage
from benchside.desk.views.history import HistoryPage
from benchside.desk.views.home import HomePage
from benchside.desk.views.look import Look
from benchside.desk.views.notices import NoticesPage
from benchside.desk.views.page import Page
from benchside.desk.views.presses import Presses
from benchside.desk.views.session import SessionPage
from benchside.desk.views.settings import SettingsPage
from benchside.desk.views.waiting import WaitingPage
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.desk import RequestPhase
from benchside.protocol.wire.notice import NoticeShown

__all__ = ["MainWindow"]

REFRESH_MS = 1000
"""Seconds are the finest that any page counts."""


class Place(StrEnum):
    """Where the technician went; `HELP` itself has a page for each phase of the request."""

    HELP = "help"
    NOTICES = "notices"
    HISTORY = "history"
    SETTINGS = "settings"


class MainWindow(QMainWindow):
    """Shows the conversation's state.

    `setting_chosen(name, value)`, `prompt_wanted` and `covering_wanted` go to the program.
    """

    setting_chosen = Signal(str, str)
    prompt_wanted = Signal()
    covering_wanted = Signal()

    def __init__(
        self,
        conversation: Conversation,
        noticing: Noticing,
        presses: Presses,
        clock: Callable[[], float],
        *,
        pause_key_is_global: bool,
    ) -> None:
        super().__init__()
        self._conversation = conversation
        self._noticing = noticing
        self._presses = presses
        self._clock = clock
        self._pause_key_is_global = pause_key_is_global
        self._place = Place.HELP
        self._is_asking = False
        self._is_built = False
        self._shown: Page | None = None
        self.setWindowIcon(QIcon(str(MARK)))
        self.setMinimumSize(760, 560)
        self.resize(1000, 760)
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        pause = QShortcut(QKeySequence(Qt.Modifier.CTRL | Qt.Key.Key_P), self)
        pause.activated.connect(conversation.pause)
        conversation.watch(lambda _: self.refresh())
        noticing.watch(lambda _: self.refresh())

    def build(self, look: Look, *, appearance: str) -> None:
        """Make every page, in the language and appearance of `look`; the state stays."""
        self._look = look
        texts = look.texts
        self.setWindowTitle(texts("app.name"))
        self._shown = None
        central = QWidget()
        central.setObjectName("page")
        self._stack = QStackedWidget()
        rows = QVBoxLayout(central)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._make_header())
        rows.addWidget(self._stack, 1)
        self._make_pages(appearance)
        self.setCentralWidget(central)
        self._is_built = True
        self.refresh()

    def refresh(self) -> None:
        """Show the state as it is now; hidden windows cost nothing."""
        if not self._is_built or not self.isVisible() or self.isMinimized():
            return
        state = self._conversation.state
        welcome = state.welcome
        texts = self._look.texts
        place = texts("app.place", device=welcome.device, site=welcome.site) if welcome else texts("app.no_place")
        self._show_where(place)
        page = self._choose_page(state)
        page.refresh(state, self._clock())
        for place_of_tab, tab in self._tabs.items():
            tab.mark_current(place_of_tab is self._place, texts("nav.current"))
        count = attention(self._noticing.state)
        self._tabs[Place.NOTICES].setText(texts("nav.notices.count", count=count) if count else texts("nav.notices"))
        if page is not self._shown:
            self._turn_to(page)

    def bring_to_front(self) -> None:
        """Show the window above others, with the keyboard in it."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As much of the place as there is room for."""
        super().resizeEvent(event)
        if self._is_built:
            self._show_where(self._where.accessibleName())

    def _show_where(self, place: str) -> None:
        room_px = self._where.width()
        self._where.setText(self._where.fontMetrics().elidedText(place, Qt.TextElideMode.ElideRight, room_px))
        self._where.setAccessibleName(place)
        self._where.setToolTip(place)

    def show_notices(self) -> None:
        """Bring the page of notices to the front."""
        self._go(Place.NOTICES)
        self.bring_to_front()

    def showEvent(self, event: object) -> None:
        """What changed while the window was hidden is shown now."""
        super().showEvent(event)  # type: ignore[arg-type]  # Qt's own event, passed through
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        """The same when it comes back from being minimised."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.WindowStateChange:
            self.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing hides: the desk goes on answering the agent, and a session goes on with its indicator."""
        event.ignore()
        self.hide()

    def _make_header(self) -> QFrame:
        texts, tokens = self._look.texts, self._look.tokens
        header = QFrame()
        header.setObjectName("header")
        mark = QLabel()
        mark.setPixmap(QIcon(str(MARK)).pixmap(44, 44))
        mark.setFixedSize(44, 44)
        self._where = small("", wraps=False)
        self._where.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        line = QHBoxLayout(header)
        line.setContentsMargins(SPACE_M + SPACE_S, 10, SPACE_M, 10)
        line.setSpacing(SPACE_M)
        line.addWidget(mark)
        line.addLayout(column(strong(texts("app.name"), wraps=False), self._where, spacing=0), 1)
        self._tabs: dict[Place, Button] = {}
        for place in Place:
            tab = Button(texts(f"nav.{place}"), tokens, Kind.QUIET)
            tab.clicked.connect(lambda _=False, place=place: self._go(place))
            self._tabs[place] = tab
            line.addWidget(tab)
        return header

    def _make_pages(self, appearance: str) -> None:
        look, talk = self._look, self._conversation
        self._home = HomePage(look)
        self._home.ask.connect(lambda: self._ask(True))
        self._home.seen.connect(talk.forget_outcome)
        self._home.opened.connect(self._offer_help)
        self._ask_page = AskPage(look)
        self._ask_page.back.connect(lambda: self._ask(False))
        self._ask_page.asked.connect(
            lambda name, reason, instrument: talk.request_help(
                technician=name, reason=reason, instrument=instrument, condition=self._ask_page.condition
            )
        )
        self._ask_page.assay_told.connect(talk.set_assay)
        self._waiting = WaitingPage(look)
        self._waiting.new_code.connect(talk.make_new_code)
        self._waiting.cancel.connect(talk.cancel_request)
        self._session = SessionPage(look, self._presses, pause_key_is_global=self._pause_key_is_global)
        self._session.stop.connect(talk.stop_session)
        self._session.paused.connect(talk.set_paused)
        self._session.revoked.connect(lambda value: talk.revoke(Capability(value)))
        self._session.answer.connect(self.prompt_wanted)
        self._session.covering_wanted.connect(self.covering_wanted)
        self._session.assay_told.connect(talk.set_assay)
        self._notices = NoticesPage(look, self._noticing)
        self._notices.help_wanted.connect(self._ask_about)
        self._history = HistoryPage(look)
        self._history.more.connect(lambda: talk.want_history(earlier=True))
        self._settings = SettingsPage(look, appearance=appearance)
        self._settings.chosen.connect(self.setting_chosen)
        pages = (self._home, self._ask_page, self._waiting, self._session, self._notices, self._history, self._settings)
        for page in pages:
            self._stack.addWidget(page)

    def _choose_page(self, state: DeskState) -> Page:
        help_page = self._choose_help_page(state)
        # a step forward of the request takes the technician back to it from wherever they read
        if help_page is not self._help_shown and help_page in (self._waiting, self._session):
            self._place = Place.HELP
        self._help_shown = help_page
        match self._place:
            case Place.HELP:
                return help_page
            case Place.NOTICES:
                return self._notices
            case Place.HISTORY:
                return self._history
            case Place.SETTINGS:
                return self._settings

    _help_shown: Page | None = None

    def _choose_help_page(self, state: DeskState) -> Page:
        if state.is_in_session:
            self._is_asking = False
            return self._session
        if state.phase is not RequestPhase.IDLE:
            if self._is_asking:
                self._is_asking = False
                self._ask_page.clear_fields()
            return self._waiting
        return self._ask_page if self._is_asking else self._home

    def _turn_to(self, page: Page) -> None:
        self._shown = page
        self._stack.setCurrentWidget(page)
        # in a window that is not active this only says where the keyboard will be when it is
        page.take_focus()
        announce(page, page.accessibleName())

    def _offer_help(self) -> None:
        # at the start the keyboard stands on the first thing in the header, since there was nothing else yet
        if self._shown is self._home and not self._home.isAncestorOf(self.focusWidget() or self):
            self._home.take_focus()

    def _go(self, place: Place) -> None:
        if place is not self._place:
            self._notices.forget_name()
        self._place = place
        if place is Place.HISTORY:
            self._conversation.want_history()
        self.refresh()

    def _ask(self, asks: bool) -> None:
        self._is_asking = asks
        self._ask_page.clear_fields()
        if asks:
            self._conversation.forget_outcome()
        self.refresh()

    def _ask_about(self, notice: NoticeShown) -> None:
        """*Request help with this*: the reason says what is wrong, and the request carries the condition."""
        self._ask(True)
        self._ask_page.about(notice)
        self._place = Place.HELP
        self.refresh()
