"""The desk's side of its conversation with the notifier: takes notices in, sends what the technician does about them.

Every change of what is known is told to the watchers with the new state.  No method waits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from benchside.desk.models.watching import WatchState, learn_notices, lose_notifier
from benchside.protocol.errors import PeerError
from benchside.protocol.wire.condition import ConditionKey
from benchside.protocol.wire.notice import (
    NOTICE_VERSION,
    Acknowledge,
    HistoryOfConditionsWanted,
    NoticeAlive,
    NoticeMessage,
    NoticesWanted,
    PopUpShown,
    QuietTold,
    ResetLatch,
    Shelve,
    Unshelve,
)
from benchside.protocol.wire.text import clean

__all__ = ["Noticing"]

MAX_NAME = 80
MAX_WHY = 200
"""As the wire allows (wire/text.py: Name, Line); the fields on the page stop there."""

_log = logging.getLogger(__name__)


class Noticing:
    """What is known of the notifier's world, and each thing that the technician may do about it."""

    def __init__(self, *, send: Callable[[NoticeMessage], None], locale: str) -> None:
        """`send` drops what it cannot send."""
        self._send = send
        self._locale = locale
        self._watchers: list[Callable[[WatchState], None]] = []
        self._full_screen = False
        self.state = WatchState()

    def watch(self, changed: Callable[[WatchState], None]) -> None:
        """Call `changed` with each new state from now on."""
        self._watchers.append(changed)

    # what the link says

    def connected(self) -> None:
        """The socket is open: say what we want to see, and whether the screen is somebody else's."""
        self._send(NoticesWanted(version=NOTICE_VERSION, locale=self._locale))
        self._send(QuietTold(full_screen=self._full_screen))

    def disconnected(self) -> None:
        """The socket is gone; what was shown may be old."""
        self._become(lose_notifier(self.state))

    def received(self, message: NoticeMessage) -> None:
        """Take a message in; PeerError when a notifier may not say it (the link then hangs up)."""
        try:
            state = learn_notices(self.state, message)
        except PeerError:
            _log.exception("the notifier broke the order of the conversation")
            raise
        self._become(state)

    def stay(self) -> None:
        """Say that we are still here: the notifier cuts off a desk that is silent for 45 s, and answers this."""
        self._send(NoticeAlive())

    # what the technician does

    def speak(self, locale: str) -> None:
        """Have everything said in another language."""
        if locale != self._locale:
            self._locale = locale
            self._send(NoticesWanted(version=NOTICE_VERSION, locale=locale))

    def acknowledge(self, key: ConditionKey, by: str) -> bool:
        """Say who has seen it; False, and nothing is sent, without a name."""
        name = clean(by, MAX_NAME)
        if not name:
            return False
        self._forget_refusal()
        shown = () if self.state.shown is None else self.state.shown.notices
        seen = next((one.state for one in shown if one.state.key == key), None)
        if seen is None:
            self._send(Acknowledge(key=key, by=name))
        else:
            self._send(Acknowledge(key=key, by=name, since_utc_ms=seen.since_utc_ms, severity=seen.severity))
        return True

    def shelve(self, key: ConditionKey, by: str, why: str, for_s: int) -> bool:
        """Put it aside for `for_s` seconds; False, and nothing is sent, without a name or a reason."""
        name, reason = clean(by, MAX_NAME), clean(why, MAX_WHY)
        if not name or not reason:
            return False
        self._forget_refusal()
        self._send(Shelve(key=key, by=name, why=reason, for_s=for_s))
        return True

    def unshelve(self, key: ConditionKey, by: str) -> bool:
        """Show it again before its time."""
        name = clean(by, MAX_NAME)
        if name:
            self._send(Unshelve(key=key, by=name))
        return bool(name)

    def reset(self, key: ConditionKey, by: str) -> bool:
        """Somebody has looked, and the cause is gone: a latched condition may clear."""
        name = clean(by, MAX_NAME)
        if name:
            self._send(ResetLatch(key=key, by=name))
        return bool(name)

    def want_past(self, of: ConditionKey | None, *, earlier: bool = False) -> None:
        """Ask for the newest changes of one condition or of all, or for the page before what is known."""
        past = self.state.past
        before = past.changes[-1].sequence if earlier and past is not None and past.changes else None
        if before is None:
            self._become(replace(self.state, past=None, asked_of=of))
        self._send(HistoryOfConditionsWanted(before=before, key=of))

    # what the windows say

    def showed_pop_up(self, number: int) -> None:
        """The card is on the screen."""
        self._send(PopUpShown(number=number))

    def close_pop_up(self) -> None:
        """The card was read, or has been up for long enough; what it said stays on the page."""
        self._become(replace(self.state, pop_up=None))

    def tell_quiet(self, *, full_screen: bool) -> None:
        """A full-screen program has the screen, or has it no more."""
        if full_screen != self._full_screen:
            self._full_screen = full_screen
            self._send(QuietTold(full_screen=full_screen))

    def _forget_refusal(self) -> None:
        if self.state.refused is not None:
            self._become(replace(self.state, refused=None))

    def _become(self, state: WatchState) -> None:
        if state != self.state:
            self.state = state
            for changed in tuple(self._watchers):
                changed(state)
