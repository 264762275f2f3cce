"""The code, large and in groups, with a word for every character to read aloud.  It never reaches the clipboard."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from benchside.desk.look.card import Card, clear
from benchside.desk.look.text import small
from benchside.desk.look.theme import make_font
from benchside.desk.look.tokens import CODE_PX, SPACE_S
from benchside.desk.models.code import group_code, spelling_id
from benchside.desk.views.look import Look

__all__ = ["CodeSpelt"]

_COLUMNS = 5
"""The longest group."""


class CodeSpelt(QWidget):
    """Holds the code only while it is on the screen."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._shown = ""
        self._code = QLabel()
        self._code.setFont(make_font(CODE_PX, strong=True, mono=True))
        self._code.setTextFormat(Qt.TextFormat.PlainText)
        self._code.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._code.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._table = Card("sunken", padding=10, spacing=4)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(4)
        self._grid.setVerticalSpacing(6)
        self._table.rows.addWidget(small(look.texts("code.spell.title")))
        self._table.rows.addLayout(self._grid)
        for place in range(_COLUMNS):
            self._grid.setColumnStretch(place, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addWidget(self._code)
        layout.addWidget(self._table)

    def spell(self, code: str) -> None:
        """Show `code` (13 characters)."""
        if code == self._shown:
            return
        self._shown = code
        texts = self._look.texts
        groups = group_code(code)
        self._code.setText("  ".join(groups))
        self._code.setAccessibleName(texts("code.name", code=" ".join(groups)))
        words = ", ".join(texts(spelling_id(character)) for character in code)
        self._code.setAccessibleDescription(texts("code.spelt", words=words))
        clear(self._grid)
        for line, group in enumerate(groups):
            for place, character in enumerate(group):
                self._grid.addWidget(self._cell(character), line, place)

    def forget(self) -> None:
        """Take the code off the screen and out of the accessibility tree."""
        if self._shown:
            self._shown = ""
            self._code.clear()
            self._code.setAccessibleName("")
            self._code.setAccessibleDescription("")
            clear(self._grid)

    def _cell(self, character: str) -> QWidget:
        word = self._look.texts(spelling_id(character))
        letter = QLabel(character)
        letter.setFont(make_font(22, strong=True, mono=True))
        letter.setTextFormat(Qt.TextFormat.PlainText)
        letter.setAlignment(Qt.AlignmentFlag.AlignCenter)
        below = small(word, wraps=False)
        below.setAlignment(Qt.AlignmentFlag.AlignCenter)
        cell = QWidget()
        cell.setAccessibleName(self._look.texts("spell.cell", character=character, word=word))
        rows = QVBoxLayout(cell)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(letter)
        rows.addWidget(below)
        return cell
