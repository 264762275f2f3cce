"""What the technician has allowed: a line for each grant, with its time left and *Revoke*."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from benchside.desk.look.button import Button, Kind
from benchside.desk.look.card import clear
from benchside.desk.look.text import small, strong
from benchside.desk.look.tokens import SPACE_S, Tokens
from benchside.desk.models.duration import count_down, moment_in
from benchside.desk.models.state import Grant
from benchside.desk.views.look import Look
from benchside.protocol.wire.capability import Capability

__all__ = ["GrantLines"]

COUNTED_DOWN_S = 300.0
"""Before, the line says the time of day at which it ends: seconds that run are a picture a second for who views."""


class GrantLines(QWidget):
    """`revoked(capability)`: from any source, since it makes less possible."""

    revoked = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(SPACE_S)
        self._shown: tuple[Capability, ...] = ()
        self._left: dict[Capability, QLabel] = {}

    def refresh(self, grants: tuple[Grant, ...], now_s: float) -> None:
        """Show `grants`; lines are made again only when other capabilities are granted, so focus stays."""
        capabilities = tuple(grant.capability for grant in grants)
        if capabilities != self._shown:
            self._shown = capabilities
            clear(self._rows)
            self._left.clear()
            for capability in capabilities:
                self._rows.addLayout(self._line(capability, self._look.tokens))
            self._rows.activate()
        for grant in grants:
            self._left[grant.capability].setText(self._end_of(grant.ends_at - now_s))

    def _end_of(self, left_s: float) -> str:
        if left_s > COUNTED_DOWN_S:
            return self._look.texts("session.until", time=moment_in(left_s, datetime.now().astimezone()))
        return self._look.texts("session.left", time=count_down(left_s))

    def _line(self, capability: Capability, tokens: Tokens) -> QHBoxLayout:
        texts = self._look.texts
        what = texts(f"capability.{capability}")
        left = small("", wraps=False)
        self._left[capability] = left
        revoke = Button(texts("session.revoke"), tokens, Kind.PLAIN)
        revoke.setAccessibleName(texts("session.revoke.what", capability=what))
        revoke.clicked.connect(lambda: self.revoked.emit(capability.value))
        name = strong(what)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(name)
        words.addWidget(left)
        line = QHBoxLayout()
        line.addLayout(words, 1)
        line.addWidget(revoke)
        for widget in (name, left, revoke):
            # a widget that is shown later, as Qt would, counts for no height in the window that is fitted now
            widget.setParent(self)
            widget.show()
        return line
