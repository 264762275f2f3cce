"""Ends what an associate may not go on with: signed in nowhere any more, or no longer admitted by the policy."""

from __future__ import annotations

import contextlib

from benchside.protocol.errors import RefusedError
from benchside.server.access.model import may_go_on
from benchside.server.accounts.sign_ins import SignIns
from benchside.server.broker.machine import RequestState
from benchside.server.broker.queue import Broker
from benchside.server.broker.standing import Standing
from benchside.server.clock import NowUtcMs
from benchside.server.policy.keeper import PolicyKeeper

__all__ = ["Unadmitted"]


class Unadmitted:
    """Looked for each second.

    The PC looks at the policy by itself; this also knows of sign-ins, and reaches a PC whose link is down through the
    relay.
    """

    def __init__(self, broker: Broker, sign_ins: SignIns, keeper: PolicyKeeper, now: NowUtcMs) -> None:
        self._broker = broker
        self._sign_ins = sign_ins
        self._keeper = keeper
        self._now = now

    async def end(self) -> None:
        """Give back their claims and cut off their sessions."""
        claimed = [one for one in await self._broker.standing() if one.claimed_by is not None]
        are_in = await self._sign_ins.are_in({one.claimed_by or "" for one in claimed})
        for one in claimed:
            if one.claimed_by in are_in and self._may_go_on(one):
                continue
            if one.state is RequestState.IN_SESSION:
                await self._broker.cut(one)
            else:
                with contextlib.suppress(RefusedError):  # it changed meanwhile
                    await self._broker.release(one.claimed_by or "", one.id)

    def _may_go_on(self, one: Standing) -> bool:
        return may_go_on(one.claimed_by or "", one.place, self._keeper.policy, self._now()) is None
