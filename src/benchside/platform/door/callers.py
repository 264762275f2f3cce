"""Who is at a local door now, by account, so that no account can keep the others out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from benchside.platform.door.contract import LocalPeer

__all__ = ["MAX_CALLERS", "MAX_CALLERS_EACH", "Callers"]

MAX_CALLERS = 64
"""Connections at a time, those that have not said who they are included: no log-in can use up our descriptors."""
MAX_CALLERS_EACH = 32
"""Of one account, whichever it is: a script that runs wild as root is one, too."""


class Callers:
    """Counts the callers of one door."""

    def __init__(self) -> None:
        self._of_account: Counter[str] = Counter()

    @contextmanager
    def coming(self, peer: LocalPeer) -> Iterator[bool]:
        """Count `peer` while it is here; gives whether there is room for it.

        Our own account and the system's are never kept out by how many others there are.
        """
        self._of_account[peer.account] += 1
        try:
            yield self._has_room(peer)
        finally:
            self._of_account[peer.account] -= 1
            self._of_account += Counter()  # forgets accounts that nobody calls from

    def _has_room(self, peer: LocalPeer) -> bool:
        if self._of_account[peer.account] > MAX_CALLERS_EACH:
            return False
        return peer.is_ours or peer.is_system or self._of_account.total() <= MAX_CALLERS
