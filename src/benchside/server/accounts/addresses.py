"""The address of an account, to which links for a new location go.  It rests sealed and is never shown whole."""

from __future__ import annotations

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.audit import EventDetails
from benchside.server.accounts.model import Account
from benchside.server.audit.kind import ServerKind, account_stream
from benchside.server.audit.ledger import Ledger
from benchside.server.mail.address import is_address
from benchside.server.store.database import Database

__all__ = ["Addresses"]


class Addresses:
    """Sets them; the session log has that one was set, and not which."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    async def of(self, account: str) -> str | None:
        """The address of an account; None when none is known."""
        async with self._database.read() as rows:
            row = await rows.get(Account, account)
        return row.address if row is not None else None

    async def set(self, account: str, address: str) -> None:
        """Set it; nothing when it is the same.  RefusedError for no such account and for what is no address."""
        if not is_address(address):
            raise RefusedError(Refusal.NO_ADDRESS, "expected one plain address in ASCII, NAME@HOST, got something else")
        async with self._database.read() as rows:
            row = await rows.get(Account, account)
        if row is None:
            raise RefusedError(Refusal.NOT_AUTHORISED, f"there is no account {account!r}")
        if row.address == address:
            return
        await self._ledger.record(account_stream(account), ServerKind.ADDRESS_SET, EventDetails(associate=account))
        async with self._database.write() as rows:
            (await rows.get_one(Account, account)).address = address
