"""Which monitor or window is shared: small labelled cards, the primary monitor chosen first."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QGridLayout, QVBoxLayout, QWidget

from benchside.desk.look.card import column, row
from benchside.desk.look.scrolling import Scrolling
from benchside.desk.look.text import small, strong
from benchside.desk.look.tokens import SPACE_S, SPACE_XS
from benchside.desk.models.question import first_scope, say_place
from benchside.desk.views.choice import ChoiceCard
from benchside.desk.views.look import Look
from benchside.protocol.wire.capability import GrantScope, MonitorInfo, WindowInfo

__all__ = ["ScopeChoice"]

MAX_WINDOWS_HEIGHT_PX = 196
"""Three and a half cards: the half one shows that there is more."""


MIN_WINDOWS_HEIGHT_PX = 64


class ScopeChoice(QWidget):
    """Exactly one choice; it never widens by itself."""

    def __init__(
        self, look: Look, monitors: tuple[MonitorInfo, ...], windows: tuple[WindowInfo, ...], beside: QWidget
    ) -> None:
        """`beside`: what else can be done about what is shared."""
        super().__init__()
        self._look = look
        self._group = QButtonGroup(self)
        self._area: Scrolling | None = None
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(SPACE_XS)
        # beside the head: a row of its own would push the answers off a low screen
        head = row(strong(look.texts("prompt.choose")), beside)
        head.setStretch(0, 1)
        rows.addLayout(head)
        first = first_scope(monitors)
        grid = QGridLayout()
        grid.setSpacing(SPACE_S)
        for place, monitor in enumerate(monitors):
            name = "prompt.monitor.primary" if monitor.primary else "prompt.monitor"
            size = look.texts("prompt.monitor.size", width=monitor.width_px, height=monitor.height_px)
            stands = say_place(monitor, monitors)
            second = size if stands is None else f"{look.texts.say(stands)} · {size}"
            card = self._card(look.texts(name, number=place + 1), second, GrantScope(monitors=(monitor.id,)))
            card.setChecked(card.value == first)
            grid.addWidget(card, place // 2, place % 2)
        if len(monitors) > 1:
            card = self._card(look.texts("prompt.monitor.all"), "", GrantScope(monitors=tuple(m.id for m in monitors)))
            grid.addWidget(card, len(monitors) // 2, len(monitors) % 2)
        rows.addLayout(grid)
        if windows:
            self._or = small(look.texts("prompt.windows"))
            self._area = self._list(windows)
            rows.addWidget(self._or)
            rows.addWidget(self._area)

    def shrink(self, by_px: int) -> None:
        """Make the list of windows lower, down to one card."""
        if self._area is not None:
            self._area.setFixedHeight(max(MIN_WINDOWS_HEIGHT_PX, self._area.height() - by_px))

    def leave_windows_out(self) -> None:
        """Offer whole monitors only."""
        if self._area is not None:
            self._or.hide()
            self._area.hide()

    def scope(self) -> GrantScope:
        """Return what is chosen; empty, which shares nothing, when nothing is."""
        chosen = self._group.checkedButton()
        value = chosen.value if isinstance(chosen, ChoiceCard) else None
        return value if isinstance(value, GrantScope) else GrantScope()

    def _card(self, head: str, second: str, scope: GrantScope) -> ChoiceCard:
        card = ChoiceCard(head, second, scope, self._look.tokens)
        self._group.addButton(card)
        return card

    def _list(self, windows: tuple[WindowInfo, ...]) -> Scrolling:
        inner = QWidget()
        cards = column(spacing=SPACE_XS)
        inner.setLayout(cards)
        for window in windows:
            head = window.title or self._look.texts("prompt.window.untitled")
            card = self._card(head, "", GrantScope(window=window.id))
            card.setAccessibleDescription(self._look.texts("prompt.window.only"))
            cards.addWidget(card)
        area = Scrolling(inner)
        area.setFixedHeight(min(MAX_WINDOWS_HEIGHT_PX, inner.sizeHint().height() + 4))
        return area
