"""Labels: plain text only, in one of the five sizes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from benchside.desk.look.theme import make_font
from benchside.desk.look.tokens import BODY_PX, SMALL_PX, STRONG_PX, TITLE_PX

__all__ = ["body", "small", "strong", "title"]


def _label(text: str, size_px: int, *, is_strong: bool, tone: str | None, wraps: bool) -> QLabel:
    label = QLabel(text)
    # names, purposes and titles come from elsewhere: nothing in them may become markup or a link
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFont(make_font(size_px, strong=is_strong))
    label.setWordWrap(wraps)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
    if tone is not None:
        label.setProperty("tone", tone)
    return label


def title(text: str, *, tone: str | None = None) -> QLabel:
    """A page's or a window's title."""
    return _label(text, TITLE_PX, is_strong=True, tone=tone, wraps=True)


def strong(text: str, *, tone: str | None = None, wraps: bool = True) -> QLabel:
    """A name, or the head of a card."""
    return _label(text, STRONG_PX, is_strong=True, tone=tone, wraps=wraps)


def body(text: str, *, tone: str | None = None, wraps: bool = True) -> QLabel:
    """Ordinary text."""
    return _label(text, BODY_PX, is_strong=False, tone=tone, wraps=wraps)


def small(text: str, *, tone: str | None = "quiet", wraps: bool = True) -> QLabel:
    """A hint or second line; nothing is smaller."""
    return _label(text, SMALL_PX, is_strong=False, tone=tone, wraps=wraps)
