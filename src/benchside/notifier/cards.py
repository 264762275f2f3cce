"""Brings cards to desks, and to another one where nobody says that a card is on a screen."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from benchside.notifier.door import Desk
from benchside.notifier.shown import pop_up
from benchside.notifier.words import Words
from benchside.protocol.flow.conditions.projection import States
from benchside.protocol.flow.popups import ShowCard
from benchside.protocol.wire.condition import ConditionKey, Severity

__all__ = ["SHOWN_WITHIN_S", "Cards"]

log = logging.getLogger(__name__)

SHOWN_WITHIN_S = 5.0
"""A desk that lives has its card up in a tenth of that, on a PC that swaps as well."""
MAX_UNSHOWN = 4
"""What nobody has seen for longer is found on the page: a person who comes back is not met by a pile."""


@dataclass
class _Sent:
    """A card on its way; `desks` have it already."""

    card: ShowCard
    number: int
    desks: set[Desk] = field(default_factory=set)
    timer: asyncio.TimerHandle | None = None


class Cards:
    """Each card goes to all desks that are there, and until one has shown it, to each that comes."""

    def __init__(self, desks: Callable[[], list[Desk]], states: Callable[[], States], words: Words) -> None:
        self._desks = desks
        self._states = states
        self._words = words
        self._number = 0
        self._unshown: dict[int, _Sent] = {}

    def show(self, card: ShowCard) -> None:
        """Send it, and look after SHOWN_WITHIN_S whether it was shown."""
        self._number += 1
        sent = self._unshown[self._number] = _Sent(card, self._number)
        while len(self._unshown) > MAX_UNSHOWN:
            self.shown(next(iter(self._unshown)))
        self._give(sent)
        sent.timer = asyncio.get_running_loop().call_later(SHOWN_WITHIN_S, self._look, sent)

    def shown(self, number: int) -> None:
        """A desk has it on its screen."""
        sent = self._unshown.pop(number, None)
        if sent is not None and sent.timer is not None:
            sent.timer.cancel()

    def entered(self) -> None:
        """Another desk is there, or has its screen for itself again."""
        for sent in tuple(self._unshown.values()):
            if sent.timer is None:
                self._give_late(sent)

    def left(self, desk: Desk) -> None:
        """A desk is gone, perhaps with cards that it never showed."""
        for sent in self._unshown.values():
            sent.desks.discard(desk)

    def close(self) -> None:
        """Look after none any more."""
        for number in tuple(self._unshown):
            self.shown(number)

    def _look(self, sent: _Sent) -> None:
        log.info("card was shown nowhere yet", extra={"card": sent.number})
        sent.timer = None
        self._give_late(sent)

    def _give_late(self, sent: _Sent) -> None:
        """What nobody needs to hear of any more is left out."""
        sent.card = dataclasses.replace(sent.card, keys=tuple(key for key in sent.card.keys if self._is_news(key)))
        if sent.card.keys:
            self._give(sent)
        else:
            self.shown(sent.number)

    def _is_news(self, key: ConditionKey) -> bool:
        state = self._states().get(key)
        return state is not None and not (
            not state.is_active
            or state.is_acknowledged
            or state.is_suppressed
            or state.is_out_of_service
            or state.shelved_until_utc_ms is not None
        )

    def _give(self, sent: _Sent) -> None:
        for desk in self._desks():
            is_in_the_way = desk.is_full_screen and sent.card.severity is not Severity.CRITICAL
            if desk.pops_up and not is_in_the_way and desk not in sent.desks:
                told = pop_up(sent.card, sent.number, self._states(), self._words, desk.locale)
                if told is not None:
                    sent.desks.add(desk)
                    desk.send(told)
