"""When something pops up at the PC: a budget of attention, and quiet while a run or a full-screen program goes on.

    step(event, now) -> cards to show        deadline() -> when to step with Ticked

One card in ten minutes; what comes meanwhile waits and becomes one card, unless it is over by then.  Critical
conditions need no budget and know no quiet, but the same one comes again after ten minutes only, and cards keep half a
minute apart, so that a flood of them stays readable.  INFO never pops up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchside.protocol.wire.condition import ConditionKey, Severity

__all__ = [
    "BUDGET_S",
    "CARDS_APART_S",
    "MAX_ON_CARD",
    "MAX_WAITING",
    "Arose",
    "DeskThere",
    "Ended",
    "Popped",
    "Popups",
    "PopupsEvent",
    "Quiet",
    "ShowCard",
    "Ticked",
]

BUDGET_S = 600.0
CARDS_APART_S = 30.0
"""Longer than reading one takes."""
MAX_ON_CARD = 5
"""As many as fit beside an instrument's program; the rest is a number."""
MAX_WAITING = 2000
"""As many as there are conditions; what is worse than one of them takes its place then, for that would be no more than
one in the number on a card."""


@dataclass(frozen=True)
class Arose:
    """A condition began, or got worse."""

    key: ConditionKey
    severity: Severity


@dataclass(frozen=True)
class Ended:
    """It is over, or nobody wants to hear of it: acknowledged, shelved, suppressed, out of service."""

    key: ConditionKey


@dataclass(frozen=True)
class Quiet:
    """A run is flagged or a full-screen program has the screen; or no longer."""

    is_quiet: bool


@dataclass(frozen=True)
class DeskThere:
    """Somebody can be shown something; or nobody."""

    is_there: bool


@dataclass(frozen=True)
class Ticked:
    """The moment that `deadline()` named has come."""


PopupsEvent = Arose | Ended | Quiet | DeskThere | Ticked


@dataclass(frozen=True)
class ShowCard:
    """Show these, worst first; `more` others wait with them."""

    keys: tuple[ConditionKey, ...]
    severity: Severity
    more: int


@dataclass(frozen=True)
class Popped:
    """A card of the past, from the journal: `at` on the monotonic clock."""

    key: ConditionKey
    severity: Severity
    at: float


class Popups:
    """What waits to be shown, and when something was shown last."""

    def __init__(self, past: Iterable[Popped] = ()) -> None:
        """`past`: what popped up within the last BUDGET_S, before a restart."""
        self._waiting: dict[ConditionKey, Severity] = {}
        self._shown_at = float("-inf")
        self._critical_at: dict[ConditionKey, float] = {}
        self._is_quiet = False
        self._is_there = False
        for card in past:
            self._note(card.key, card.severity, card.at)

    def step(self, event: PopupsEvent, now: float) -> list[ShowCard]:
        """Take one event at `now` (seconds, monotonic); return what is to be shown now."""
        match event:
            case Arose(key, severity):
                if severity is not Severity.INFO and self._has_room(key, severity):
                    self._waiting[key] = severity
            case Ended(key):
                self._waiting.pop(key, None)
            case Quiet(is_quiet):
                self._is_quiet = is_quiet
            case DeskThere(is_there):
                self._is_there = is_there
            case Ticked():
                self._forget(now)
        due_at = self.deadline()
        return [self._show(now)] if due_at is not None and now >= due_at else []

    def deadline(self) -> float | None:
        """Return when the next card may be shown; None: nothing waits that time alone would let pass."""
        if not self._is_there or not self._waiting:
            return None
        moments = [at for key, severity in self._waiting.items() if (at := self._due_at(key, severity)) is not None]
        return min(moments, default=None)

    def _has_room(self, key: ConditionKey, severity: Severity) -> bool:
        """Make room for what is worse than the least that waits, of which the newest goes."""
        if key in self._waiting or len(self._waiting) < MAX_WAITING:
            return True
        least = min(reversed(self._waiting), key=lambda waiting: self._waiting[waiting].rank)
        if self._waiting[least].rank >= severity.rank:
            return False
        del self._waiting[least]
        return True

    def _due_at(self, key: ConditionKey, severity: Severity) -> float | None:
        if severity is Severity.CRITICAL:
            again_at = self._critical_at.get(key, float("-inf")) + BUDGET_S
            return max(again_at, self._shown_at + CARDS_APART_S)
        return None if self._is_quiet else self._shown_at + BUDGET_S

    def _show(self, now: float) -> ShowCard:
        """Whatever may be told along with what is due goes on the same card: one interruption less."""
        told = [key for key, severity in self._waiting.items() if self._may_be_told(key, severity, now)]
        told.sort(key=lambda key: -self._waiting[key].rank)  # stable: of the same rank, the first that came
        severity = self._waiting[told[0]]
        for key in told:
            self._note(key, self._waiting.pop(key), now)
        return ShowCard(tuple(told[:MAX_ON_CARD]), severity, max(0, len(told) - MAX_ON_CARD))

    def _may_be_told(self, key: ConditionKey, severity: Severity, now: float) -> bool:
        if severity is Severity.CRITICAL:
            return now >= self._critical_at.get(key, float("-inf")) + BUDGET_S
        return not self._is_quiet

    def _note(self, key: ConditionKey, severity: Severity, at: float) -> None:
        self._shown_at = max(self._shown_at, at)
        if severity is Severity.CRITICAL:
            self._critical_at[key] = max(self._critical_at.get(key, at), at)

    def _forget(self, now: float) -> None:
        self._critical_at = {key: at for key, at in self._critical_at.items() if now < at + BUDGET_S}
