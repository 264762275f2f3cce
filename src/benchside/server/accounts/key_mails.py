"""Tells somebody by mail that another key took the place of theirs."""

from __future__ import annotations

import datetime
import logging

from benchside.protocol.errors import UnavailableError
from benchside.server.accounts.addresses import Addresses
from benchside.server.location.visit import UNKNOWN, Visit, network_of
from benchside.server.mail.outbox import Outbox

__all__ = ["KeyMails"]

logger = logging.getLogger(__name__)

_GROUP, _LINE = 4, 32
"""Digits of a fingerprint in a group, as the console shows it, and in a line."""


class KeyMails:
    """Whoever uses somebody's open browser cannot change its key unseen."""

    def __init__(self, addresses: Addresses, outbox: Outbox, server_name: str) -> None:
        self._addresses = addresses
        self._outbox = outbox
        self._server_name = server_name

    async def replaced(self, account: str, key: bytes, visit: Visit, now_utc_ms: int) -> None:
        """Tell the owner, where their address is known.  `key`: the new one's fingerprint; `visit`: whose it is."""
        address = await self._addresses.of(account)
        if address is None:
            return
        shown, when = key.hex(), datetime.datetime.fromtimestamp(now_utc_ms / 1000, datetime.UTC)
        values = {
            "server": self._server_name,
            "when": when.strftime("%Y-%m-%d %H:%M UTC"),
            "browser": visit.family,
            "network": network_of(visit.source) or UNKNOWN,
        }
        groups = [shown[first : first + _GROUP] for first in range(0, len(shown), _GROUP)]
        in_line = _LINE // _GROUP
        lines = [" ".join(groups[first : first + in_line]) for first in range(0, len(groups), in_line)]
        try:
            await self._outbox.put(address, "key", values, visit.language, listed=lines)
        except UnavailableError as error:
            logger.warning("a mail about a new key was not sent", extra={"why": str(error)})
