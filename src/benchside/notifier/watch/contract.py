"""What a check and an adapter are.  Both only look and tell; neither knows the journal, the screen or the server.

A *check* is asked again and again, and answers for each of its codes whether it is on or off.  An *adapter* runs for
as long as its worker and tells when something comes.  What tells too fast is folded by the worker, not by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.condition import ConditionKey, Signal

__all__ = ["Adapter", "Check", "PartlyUnavailableError", "Reporter"]


class PartlyUnavailableError(UnavailableError):
    """A look failed in part; `signals` are of the rest, and are told all the same."""

    def __init__(self, text: str, signals: Sequence[Signal]) -> None:
        super().__init__(text)
        self.signals = tuple(signals)


@dataclass(frozen=True)
class Check:
    """One thing that is looked at every `every_s` seconds, on a thread of the worker, for at most `within_s`.

    `look` returns a signal, ON or OFF, for each condition that it can tell of now.  What it does not mention stays as
    it is where `knows` says so: the thing is still there, and only how it is cannot be told now.  Else it is over: a
    drive was taken out, a file is no longer asked for.  This holds of what was on before a restart, too.
    Any exception is a failed look: the condition `pc.watch` / name / `check_failed`, and another try later.
    """

    name: str
    every_s: float
    within_s: float
    look: Callable[[], Sequence[Signal]]
    conditions: frozenset[tuple[str, str]] = frozenset()
    """Source and code of all that this check, and no other, says is on or off; none of what merely happens."""
    knows: Callable[[ConditionKey], bool] = lambda _key: True
    """Asked after a look, on the event loop: whether what this is about was there."""


class Reporter(Protocol):
    """Where an adapter tells what it saw."""

    @property
    def told(self) -> int:
        """How many signals it was told so far."""

    @property
    def taken(self) -> int:
        """So many of the first of them are in the notifier's journal, so that no kill and no power loss loses them.

        What an adapter remembers of how far it has looked, over restarts, may lie no further than these.
        """

    def tell(self, signal: Signal) -> None:
        """Take one signal; never waits, never fails, folds what comes too fast."""

    def fail(self, name: str, cause: str) -> None:
        """Say that a source could not be looked at; `cause`: a fixed word or an error's name, never content."""

    def well(self, name: str) -> None:
        """Say that a source is looked at again."""


class Adapter(Protocol):
    """One source of signals: a log file, an OPC UA server, a line to the LIS."""

    async def run(self, reporter: Reporter) -> None:
        """Watch until cancelled, reconnecting by itself.  An exception ends the worker; another is started later."""

    def over(self, standing: Iterable[ConditionKey]) -> Iterable[ConditionKey]:
        """Return what of `standing`, which is on from before, it will never say the end of: a rule of it is no more.

        Asked once, before it runs.
        """
