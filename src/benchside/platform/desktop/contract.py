"""What a session must know of the desktop it runs in, on every operating system."""

from __future__ import annotations

from typing import Protocol

__all__ = ["DesktopFacts"]


class DesktopFacts(Protocol):
    """Whether the person who consented may have left the screen."""

    def has_slept(self) -> bool:
        """True once the PC slept, was locked or changed its user since the last call, or is about to sleep.

        UnavailableError: the screen on which consent was given is gone.

        Never waits; costs some microseconds, so it may be asked ten times a second.
        """

    def close(self) -> None:
        """End everything; harmless when done before."""
