"""The page of notices: what is wrong now, worst first, and what happened before."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit

from benchside.desk.look.button import Button, button_row
from benchside.desk.look.card import Card, clear, column, row
from benchside.desk.look.text import body, small, strong
from benchside.desk.look.tokens import SPACE_M, SPACE_XS
from benchside.desk.models.state import DeskState
from benchside.desk.models.watching import Past, Watch, WatchState, summary
from benchside.desk.operations.noticing import MAX_NAME, Noticing
from benchside.desk.views.announce import announce
from benchside.desk.views.look import Look
from benchside.desk.views.notice_card import NoticeCard, say_moment
from benchside.desk.views.page import Notice, Page
from benchside.protocol.wire.condition import ConditionChange, ConditionKey
from benchside.protocol.wire.notice import NoticeShown

__all__ = ["NoticesPage"]

CARDS_AT_ONCE = 20
"""A card has seven buttons; more than a screen of them is drawn when somebody asks."""


class NoticesPage(Page):
    """`help_wanted(notice)`: the technician wants help with this."""

    help_wanted = Signal(object)

    def __init__(self, look: Look, noticing: Noticing, utc_ms: Callable[[], int] | None = None) -> None:
        super().__init__(look, look.texts("notices.title"))
        texts = look.texts
        self._noticing = noticing
        self._utc_ms = utc_ms or (lambda: time.time_ns() // 1_000_000)
        self._may_ask = False
        self._summary = Notice(look)
        self._name = QLineEdit()
        self._name.setMaxLength(MAX_NAME)
        self._name.setAccessibleName(texts("ask.name"))
        self._name.setAccessibleDescription(texts("notices.name.hint"))
        self._name_label = strong(texts("ask.name"))
        self._name_label.setBuddy(self._name)
        self._name_hint = small(texts("notices.name.hint"))
        self._name_wrong = small(texts("ask.name.missing"), tone="danger")
        self._name_wrong.hide()
        self._refused = Notice(look, "warn")
        self._cards = column(spacing=SPACE_M)
        self._by_key: dict[ConditionKey, NoticeCard] = {}
        self._order: list[ConditionKey] = []
        self._wanted_cards = CARDS_AT_ONCE
        self._more = Button(texts("notices.more"), look.tokens)
        self._more.clicked.connect(self._show_more)
        self._beyond = body("")
        self._all = Button(texts("notices.past.all"), look.tokens)
        self._all.clicked.connect(lambda: noticing.want_past(None))
        self._past = _PastCard(look, noticing)
        self._unsent = small("")
        for widget in (self._summary, self._refused):
            self.rows.addWidget(widget)
        self._who = column(self._name_label, self._name_hint, self._name, self._name_wrong, spacing=SPACE_XS)
        self.rows.addLayout(self._cards)
        self.rows.addWidget(self._beyond)
        self.rows.addLayout(button_row(self._more, self._all))
        self.rows.insertLayout(2, self._who)
        self.rows.addWidget(self._past)
        self.rows.addWidget(self._unsent)
        self.rows.addStretch(1)

    def refresh(self, state: DeskState, now_s: float) -> None:
        """Show how things are, and since when."""
        del now_s
        self._may_ask = state.online and not state.is_in_session and state.code is None
        watch = self._noticing.state
        texts = self.look.texts
        tone, head, why = summary(watch)
        self._summary.say(tone.value, texts.say(head), texts.say(why) if why else "")
        self._refused.setVisible(watch.refused is not None)
        if watch.refused is not None:
            self._refused.say("warn", "", texts("notices.refused"))
        notices = watch.shown.notices if watch.shown is not None else ()
        self._show_cards(notices)
        self._show_name(has_notices=bool(notices))
        beyond = watch.shown.beyond if watch.shown is not None else 0
        self._beyond.setText(texts("notices.beyond", count=beyond))
        self._beyond.setVisible(beyond > 0)
        self._all.setVisible(watch.watch is Watch.HERE)
        unsent = watch.shown.unsent if watch.shown is not None else 0
        self._unsent.setText(texts("notices.unsent", count=unsent))
        self._unsent.setVisible(unsent > 0 and not state.online)
        self._past.show_past(watch)

    def take_focus(self) -> None:
        """The worst one's first button; else the list of what was."""
        if self._order:
            self._by_key[self._order[0]].setFocus()
        else:
            self._all.setFocus()

    def forget_name(self) -> None:
        """The next person at a shared log-in must not act in this one's name."""
        self._name.clear()
        self._name_wrong.hide()

    def _show_name(self, *, has_notices: bool) -> None:
        for widget in (self._name_label, self._name_hint, self._name):
            widget.setVisible(has_notices)
        if not has_notices:
            self._name_wrong.hide()

    def _show_cards(self, notices: tuple[NoticeShown, ...]) -> None:
        first = notices[: self._wanted_cards]
        self._more.setVisible(len(notices) > len(first))
        order = [one.state.key for one in first]
        if order != self._order:
            self._place_cards(first, order)
        for one in first:
            card = self._by_key[one.state.key]
            if card.notice != one:
                card.show_notice(one)
            card.count(self._utc_ms())

    def _place_cards(self, notices: tuple[NoticeShown, ...], order: list[ConditionKey]) -> None:
        """Cards that stay keep what is being written in them."""
        for key in set(self._by_key) - set(order):
            card = self._by_key.pop(key)
            card.hide()
            card.deleteLater()
        for place, one in enumerate(notices):
            card = self._by_key.get(one.state.key) or self._make_card(one)
            self._by_key[one.state.key] = card
            if self._cards.indexOf(card) != place:
                self._cards.removeWidget(card)
                self._cards.insertWidget(place, card)
        self._order = order

    def _make_card(self, notice: NoticeShown) -> NoticeCard:
        key, talk = notice.state.key, self._noticing
        card = NoticeCard(self.look, notice, may_ask=lambda: self._may_ask)
        card.help_wanted.connect(lambda: self.help_wanted.emit(card.notice))
        card.seen.connect(lambda: self._as_person(lambda by: talk.acknowledge(key, by)))
        card.aside.connect(lambda why, for_s: self._as_person(lambda by: talk.shelve(key, by, why, for_s)))
        card.back.connect(lambda: self._as_person(lambda by: talk.unshelve(key, by)))
        card.reset.connect(lambda: self._as_person(lambda by: talk.reset(key, by)))
        card.past_wanted.connect(lambda: talk.want_past(key))
        return card

    def _as_person(self, do: Callable[[str], bool]) -> None:
        is_named = do(self._name.text())
        self._name_wrong.setVisible(not is_named)
        if not is_named:
            announce(self._name_wrong, self._name_wrong.text(), urgent=True)
            self._name.setFocus()

    def _show_more(self) -> None:
        self._wanted_cards += CARDS_AT_ONCE
        self._order = []


class _PastCard(Card):
    """Earlier changes as lines."""

    def __init__(self, look: Look, noticing: Noticing) -> None:
        super().__init__("plain", spacing=SPACE_XS)
        self._look = look
        self._noticing = noticing
        self._shown: Past | None = None
        self._lines = column(spacing=SPACE_XS)
        self._broken = Notice(look, "danger")
        self._broken.say("danger", "", look.texts("notices.broken.why"))
        self._more = Button(look.texts("history.more"), look.tokens)
        self._more.clicked.connect(self._want_more)
        self.rows.addWidget(strong(look.texts("notices.past.title")))
        self.rows.addWidget(self._broken)
        self.rows.addLayout(self._lines)
        self.rows.addLayout(button_row(self._more))
        self.hide()

    def show_past(self, watch: WatchState) -> None:
        """Show what was asked for; hidden when nothing was."""
        past = watch.past
        self.setVisible(past is not None)
        if past is None or past == self._shown:
            self._shown = past
            return
        self._shown = past
        self._broken.setVisible(not past.intact)
        self._more.setVisible(past.more)
        clear(self._lines)
        if not past.changes:
            self._lines.addWidget(body(self._look.texts("notices.past.none"), tone="quiet"))
        known = _sentences(watch, self._look.texts.language)
        for change in past.changes:
            at = small(say_moment(self._look, change.at_utc_ms), wraps=False)
            line = row(at)
            line.setAlignment(at, Qt.AlignmentFlag.AlignTop)
            line.addWidget(small(_words(self._look, change, known), tone=None), 1)
            self._lines.addLayout(line)

    def _want_more(self) -> None:
        if self._shown is not None:
            self._noticing.want_past(self._shown.of, earlier=True)


def _sentences(watch: WatchState, language: str) -> dict[ConditionKey, str]:
    """Return what each condition says: most changes have no words of their own, and where the journal was cut, the
    change that had them is gone."""
    found = {one.state.key: one.text for one in (watch.shown.notices if watch.shown is not None else ())}
    for change in watch.past.changes if watch.past is not None else ():
        if change.key is not None and (told := _told(change, language)):
            found.setdefault(change.key, told)
    return found


def _told(change: ConditionChange, language: str) -> str:
    return change.texts.get(language) or change.texts.get("en", "")


def _words(look: Look, change: ConditionChange, known: dict[ConditionKey, str]) -> str:
    texts, key = look.texts, change.key
    about = _told(change, texts.language)
    if not about and key is not None:
        about = known.get(key) or " / ".join((key.source, key.subject, key.code))
    words = texts(f"change.{change.kind}", about=about, by=change.by or "?", count=change.count or 0)
    return f"{words} ({change.why})" if change.why else words
