"""A page of the main window, and the parts that several pages show."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from benchside.desk.look.card import Card, column, row, scroll
from benchside.desk.look.sign import Sign
from benchside.desk.look.text import body, small, strong, title
from benchside.desk.look.theme import make_font
from benchside.desk.look.tokens import SPACE_L, SPACE_M, SPACE_S, SPACE_XS, TITLE_PX
from benchside.desk.models.state import DeskState
from benchside.desk.views.look import Look

__all__ = ["Notice", "Page", "PhoneCard"]

MAX_WIDTH_PX = 780
"""About 68 characters of body text beside a sign; wider lines are hard to follow from where a technician stands."""


class Page(QWidget):
    """Shows a state: `refresh` is called at each change of it and once a second."""

    def __init__(self, look: Look, page_title: str, *, max_width_px: int = MAX_WIDTH_PX) -> None:
        """`page_title`: the text on top, which a screen reader hears first."""
        super().__init__()
        self.look = look
        self.setObjectName("page")
        self.setAccessibleName(page_title)
        self.heading = title(page_title)
        self.rows = QVBoxLayout()
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(SPACE_M)
        self.rows.addWidget(self.heading)
        held = QWidget()
        held.setLayout(self.rows)
        held.setMaximumWidth(max_width_px)
        held.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        centred = QHBoxLayout()
        centred.addStretch(1)
        centred.addWidget(held, 100, Qt.AlignmentFlag.AlignTop)
        centred.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll(centred))

    def refresh(self, state: DeskState, now_s: float) -> None:
        """Show `state` at `now_s`."""
        raise NotImplementedError

    def take_focus(self) -> None:
        """Put the keyboard where this page is used first."""


class Notice(Card):
    """A sign, a sentence, and what it means."""

    def __init__(self, look: Look, tone: str = "info") -> None:
        super().__init__(tone, padding=SPACE_M)
        self._texts = look.texts
        self.sign = Sign(tone, look.tokens)
        self.head = strong("")
        self.text = body("")
        self.below = QVBoxLayout()
        self.below.setSpacing(SPACE_S)
        texts = column(self.head, self.text, spacing=SPACE_XS)
        texts.addLayout(self.below)
        line = QHBoxLayout()
        line.setSpacing(SPACE_M)
        line.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(texts, 1)
        self.rows.addLayout(line)

    def say(self, tone: str, head: str, text: str) -> None:
        """Show this; an empty head or text takes no room."""
        self.restyle(tone)
        self.sign.show_shape(tone)
        self.sign.setAccessibleName(self._texts(f"tone.{tone}"))
        self.head.setText(head)
        self.head.setVisible(bool(head))
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.setAccessibleName(head or text)


class PhoneCard(Card):
    """The vendor's telephone number; not shown while none is known."""

    def __init__(self, look: Look) -> None:
        super().__init__("plain")
        self._texts = look.texts
        self._number = strong("", wraps=False)
        self._number.setFont(make_font(TITLE_PX, strong=True))
        self.rows.addWidget(small(look.texts("phone.title")))
        self.rows.addLayout(row(self._number, spacing=SPACE_L))
        self.rows.addWidget(small(look.texts("phone.why")))

    def call(self, phone: str) -> None:
        """Show `phone`."""
        self._number.setText(phone)
        self._number.setAccessibleName(self._texts("phone.call", phone=phone) if phone else "")
        self.setVisible(bool(phone))
