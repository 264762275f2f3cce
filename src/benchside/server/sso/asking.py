"""Asks the provider in rounds whether whoever is signed in may still be in there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import ColumnElement, select

from benchside.protocol.errors import PeerError, RefusedError, UnavailableError
from benchside.server.accounts.model import SignIn
from benchside.server.clock import NowUtcMs, has_come
from benchside.server.sso.model import ProviderSession
from benchside.server.sso.provider import Provider, UnclearError
from benchside.server.store.database import Database

__all__ = ["Asking"]

logger = logging.getLogger(__name__)

ASK_AGAIN_MS = 60_000
"""How often the provider is asked of each sign-in."""
ASKED_IN_ROUND = 1000
"""Of those that are due, in one round of the worker; the longest unasked first, and the rest in the next."""
ASKED_AT_ONCE = 8
"""So many questions are under way together: with answers after 200 ms, 40 a second.  One after the other would be five,
too few for a minute's turn of some thousand; many more would look like an attack, and providers count."""

End = Callable[[ColumnElement[bool]], Awaitable[None]]


class Asking:
    """Who may not be in at the provider is out here; one answer about one person says nothing of the others."""

    def __init__(self, provider: Provider, database: Database, end: End, now: NowUtcMs) -> None:
        """`end`: ends the sign-ins to which the condition applies."""
        self._provider = provider
        self._database = database
        self._end = end
        self._now = now

    async def ask_due(self) -> None:
        """Ask of each sign-in whose last question is a while ago.

        A round ends early only where the provider is away for all: it cannot be reached, fails by itself, has had too
        many questions, or does not take our secret.  Nobody is out by that.
        """
        before_utc_ms = self._now() - ASK_AGAIN_MS
        async with self._database.read() as rows:
            found = select(ProviderSession.id).where(*_due(before_utc_ms)).order_by(ProviderSession.checked_utc_ms)
            due = list(await rows.scalars(found.limit(ASKED_IN_ROUND)))
        unclear: list[str] = []
        try:
            if due:
                await self._provider.metadata()  # once, or what is wrong with it would be fetched for each of them
            for start in range(0, len(due), ASKED_AT_ONCE):
                unclear += await self._ask_together(due[start : start + ASKED_AT_ONCE], before_utc_ms)
        except (UnavailableError, PeerError) as error:
            logger.warning("the provider could not be asked", extra={"why": str(error)})
        if unclear:
            # such a sign-in stays: by this the provider would have to be wrong for somebody to be cut off
            extra = {"count": len(unclear), "why": unclear[0]}
            logger.warning("the provider did not say whether somebody may still be in", extra=extra)

    async def _ask_together(self, ids: Sequence[bytes], before_utc_ms: int) -> list[str]:
        """Return why there was no answer, for those of whom there was none; UnavailableError when it is away for all.

        All of them have had their turn in any case, or one about whom it fails would always be first.
        """
        taken = await self._take(ids, before_utc_ms)
        unclear, away = [], None
        for result in await asyncio.gather(*(self._ask(one) for one in taken), return_exceptions=True):
            match result:
                case None:
                    pass
                case UnclearError() | PeerError():
                    unclear.append(str(result))
                case _:
                    away = result
        if away is not None:
            raise away
        return unclear

    async def _take(self, ids: Sequence[bytes], before_utc_ms: int) -> list[ProviderSession]:
        """Count them as asked before they are: a refresh token is good once, and another process may have its round."""
        async with self._database.write() as rows:
            which = select(ProviderSession).where(ProviderSession.id.in_(ids), *_due(before_utc_ms))
            taken = list(await rows.scalars(which.with_for_update(skip_locked=True)))
            for one in taken:
                one.checked_utc_ms = self._now()
        return taken

    async def _ask(self, one: ProviderSession) -> None:
        # by its id: while this is under way, another sign-in may take the place of the one that it was of
        try:
            tokens = await self._provider.refresh(one.refresh_token or "")
        except RefusedError:
            of_it = select(ProviderSession.token_hash).where(ProviderSession.id == one.id)
            await self._end(SignIn.token_hash.in_(of_it))
            return
        if tokens.refresh_token is None:
            return
        async with self._database.write() as rows:
            row = await rows.get(ProviderSession, one.id)
            if row is not None:
                row.refresh_token = tokens.refresh_token


def _due(before_utc_ms: int) -> tuple[ColumnElement[bool], ...]:
    return ProviderSession.refresh_token.is_not(None), has_come(
        ProviderSession.checked_utc_ms, before_utc_ms, longest_ms=2 * ASK_AGAIN_MS
    )
