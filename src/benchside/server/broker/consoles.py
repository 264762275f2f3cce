"""Which associates have a console open: a claim of somebody who went away is given back."""

from __future__ import annotations

from benchside.server.clock import NowUtcMs

__all__ = ["Consoles"]


class Consoles:
    """Counts the open streams of each account."""

    def __init__(self, now: NowUtcMs) -> None:
        self._now = now
        self._open: dict[str, int] = {}
        self._gone: dict[str, int] = {}
        self._started_utc_ms = now()

    def opened(self, account: str) -> None:
        """A stream of this account began."""
        self._open[account] = self._open.get(account, 0) + 1

    def closed(self, account: str) -> None:
        """A stream of this account ended."""
        left = self._open.get(account, 0) - 1
        if left > 0:
            self._open[account] = left
        else:
            self._open.pop(account, None)
            self._gone[account] = self._now()

    def heard(self, account: str) -> None:
        """Somebody of this account just did something: without a stream too, they are not gone yet."""
        if account not in self._open:
            self._gone[account] = self._now()

    def gone_for_ms(self, account: str) -> int:
        """For how long no console of this account is open and none was heard; 0 while one is open.

        Counts from this process's start.
        """
        if account in self._open:
            return 0
        return self._now() - self._gone.get(account, self._started_utc_ms)

    def count(self, account: str) -> int:
        """How many streams of this account are open."""
        return self._open.get(account, 0)
