"""The fleet live, for one console: counts and the worst conditions first, then what changes, some times a second."""

from __future__ import annotations

from collections.abc import Sequence

from benchside.server.access.model import Person
from benchside.server.bus.contract import ConditionChanged
from benchside.server.http.context import Services
from benchside.server.http.fleet_views import show_condition, show_fleet, visible_to
from benchside.server.notices.fleet import Wanted
from benchside.server.notices.pcs import FleetPc

__all__ = ["FleetFeed"]

EVERY_S = 0.2
"""What changes within a flood is told together; the first change at once."""
COUNTS_EVERY_S = 2.0
"""Counting anew reads every active condition."""
MAX_WAITING = 300
"""Conditions that changed; beyond, a new snapshot is shorter."""
MAX_IN_SNAPSHOT = 100
"""The worst; the page asks for the others."""
LOOK_EVERY_S = 30.0
"""How long a changed place or policy may take to change whose PCs are told of; policies do at once."""

Event = tuple[str, object]


class FleetFeed:
    """Gathers what changed; `now` is the monotonic clock in seconds."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._waiting: dict[int, ConditionChanged] = {}
        self._must_begin = True
        self._next_at = 0.0
        self._counts_at: float | None = None
        self._visible: dict[bytes, FleetPc] = {}
        self._known: set[bytes] = set()
        self._looked_at = -LOOK_EVERY_S

    @property
    def is_waiting(self) -> bool:
        """Whether something is to be told soon."""
        return self._must_begin or bool(self._waiting) or self._counts_at is not None

    def take(self, news: ConditionChanged) -> None:
        """A condition changed."""
        self._waiting[news.number] = news
        if len(self._waiting) > MAX_WAITING:
            self.begin_again()

    def begin_again(self) -> None:
        """Too much happened, or whom this console may see changed: a snapshot comes next."""
        self._must_begin = True
        self._waiting.clear()

    def wait_s(self, now: float, most_s: float) -> float:
        """How long to wait for news before `due` is asked again."""
        if self._must_begin or self._waiting:
            return max(0.0, self._next_at - now)
        if self._counts_at is not None:
            return min(most_s, max(0.0, self._counts_at - now))
        return most_s

    async def due(self, person: Person, now: float) -> Sequence[Event]:
        """Return the events that are to be sent now."""
        if (self._must_begin or self._waiting) and now >= self._next_at:
            self._next_at = now + EVERY_S
            await self._look(person, now)
            if self._must_begin:
                self._must_begin, self._counts_at = False, None
                return [await self._snapshot()]
            self._counts_at = self._counts_at or now + COUNTS_EVERY_S
            waiting, self._waiting = list(self._waiting.values()), {}
            return [event for one in waiting if (event := self._change(one)) is not None]
        if self._counts_at is not None and now >= self._counts_at:
            self._counts_at = None
            return [("fleet_counts", (await show_fleet(self._services, self._visible)).model_dump())]
        return []

    async def _look(self, person: Person, now: float) -> None:
        new = {one.device_id for one in self._waiting.values()} - self._known
        if self._must_begin or new or now - self._looked_at >= LOOK_EVERY_S:
            self._known = set(await self._services.fleet.pcs.all(new))
            self._visible = await visible_to(self._services, person)
            self._looked_at = now

    async def _snapshot(self) -> Event:
        found, total = await self._services.fleet.conditions(self._visible, Wanted(), skip=0, limit=MAX_IN_SNAPSHOT)
        shown = [show_condition(self._services, self._visible[one.device_id], one).model_dump() for one in found]
        counts = await show_fleet(self._services, self._visible)
        return "fleet", {"counts": counts.model_dump(), "conditions": shown, "total": total}

    def _change(self, news: ConditionChanged) -> Event | None:
        pc = self._visible.get(news.device_id)
        if pc is None:
            return None
        if news.shown is None:
            return "condition_gone", {"id": news.number}
        return "condition", show_condition(self._services, pc, news.shown).model_dump()
