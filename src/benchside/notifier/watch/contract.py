"""What a check and an adapter are.  Both only look and tell; neither knows the journal, the screen or the server.

A *check* is asked again and again, and answers for each of its codes whether it is on or off.  An *adapter* runs for
as long as its worker and tells when something comes.  What tells too fast is folded by the worker, not by them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from benchside.protocol.wire.condition import Signal

__all__ = ["Adapter", "Check", "Reporter"]


@dataclass(frozen=True)
class Check:
    """One thing that is looked at every `every_s` seconds, on a thread of the worker, for at most `within_s`.

    `look` returns a signal, ON or OFF, for each condition that it can tell of now.  What it does not mention stays as
    it is.  Any exception is a failed look: the condition `pc.watch` / name / `check_failed`, and another try later.
    """

    name: str
    every_s: float
    within_s: float
    look: Callable[[], Sequence[Signal]]


class Reporter(Protocol):
    """Where an adapter tells what it saw."""

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
