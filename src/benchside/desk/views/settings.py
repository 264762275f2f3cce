"""Language and appearance of this window."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QLabel

from benchside.desk.look.card import row
from benchside.desk.look.text import small, strong
from benchside.desk.look.tokens import SPACE_S
from benchside.desk.models.state import DeskState
from benchside.desk.texts import LANGUAGES
from benchside.desk.views.choice import ChoiceCard
from benchside.desk.views.look import Look
from benchside.desk.views.page import Page

__all__ = ["SettingsPage"]

_APPEARANCES = ("system", "light", "dark")


class SettingsPage(Page):
    """`chosen(setting, value)`: "language" or "appearance"."""

    chosen = Signal(str, str)

    def __init__(self, look: Look, *, appearance: str) -> None:
        texts = look.texts
        super().__init__(look, texts("settings.title"))
        self._first: ChoiceCard | None = None
        self._add("language", LANGUAGES, texts.language)
        self._add("appearance", _APPEARANCES, appearance)
        self.rows.addWidget(small(texts("settings.hint")))
        self.rows.addStretch(1)

    def refresh(self, state: DeskState, now_s: float) -> None:
        """Nothing here depends on the agent."""

    def take_focus(self) -> None:
        """The first choice."""
        if self._first is not None:
            self._first.setFocus()

    def _add(self, setting: str, values: tuple[str, ...], current: str) -> None:
        texts = self.look.texts
        label: QLabel = strong(texts(f"settings.{setting}"))
        group = QButtonGroup(self)
        cards = []
        for value in values:
            card = ChoiceCard(texts(f"settings.{setting}.{value}"), "", value, self.look.tokens)
            card.setChecked(value == current)
            card.setAccessibleDescription(texts(f"settings.{setting}"))
            card.clicked.connect(lambda _=False, value=value: self.chosen.emit(setting, value))
            group.addButton(card)
            cards.append(card)
            self._first = self._first or card
        self.rows.addWidget(label)
        self.rows.addLayout(row(*cards, spacing=SPACE_S, fill=True))
