"""What whoever waits for a file of another program needs of the operating system."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Stirs"]


class Stirs(Protocol):
    """One file, of which something may stir; a hint and no more: who waits looks by itself, too."""

    async def wait(self, within_s: float) -> None:
        """Return when something may have changed since the last call, or after `within_s` seconds; may be cancelled."""

    def close(self) -> None:
        """Hear nothing any more."""
