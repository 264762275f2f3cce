"""A person at the PC who acknowledges what is shown, each time under another name, and knows what was taken."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bench.notices.ledger import Found
from benchside.platform.door.here import connect_door
from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionState
from benchside.protocol.wire.notice import (
    NOTICE,
    NOTICE_VERSION,
    Acknowledge,
    NoticeMessage,
    NoticeRefused,
    NoticesShown,
    NoticesWanted,
)
from benchside.transport.frames import FrameStream

__all__ = ["Acknowledger"]

WITHIN_S = 10.0
PAUSE_S = 0.2


@dataclass
class Acknowledger:
    """`taken`: names under which something was seen acknowledged; `unsure`: nobody will ever know; `refused`: not."""

    socket: Path
    dice: random.Random
    taken: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    async def run(self, until: asyncio.Event) -> None:
        """Acknowledge until told to stop."""
        while not until.is_set():
            try:
                stream: FrameStream[NoticeMessage] = FrameStream(*await connect_door(self.socket), NOTICE)
            except OSError:
                await asyncio.sleep(PAUSE_S)
                continue
            try:
                await self._stay(stream, until)
            except (OSError, PeerError, UnavailableError, TimeoutError):
                pass
            finally:
                stream.abort()

    async def _stay(self, stream: FrameStream[NoticeMessage], until: asyncio.Event) -> None:
        while not until.is_set():
            stream.send(NoticesWanted(version=NOTICE_VERSION, locale="en"))
            shown = await self._shown(stream)
            waiting = [notice.state for notice in shown.notices if not notice.state.is_acknowledged]
            if waiting:
                await self._acknowledge(stream, self.dice.choice(waiting))
            await asyncio.sleep(self.dice.uniform(0, 2 * PAUSE_S))

    async def _acknowledge(self, stream: FrameStream[NoticeMessage], seen: ConditionState) -> None:
        """As it was shown: what came again meanwhile is refused."""
        key, name = seen.key, f"Eva {len(self.taken) + len(self.unsure) + len(self.refused)}"
        self.unsure.add(name)
        stream.send(Acknowledge(key=key, by=name, since_utc_ms=seen.since_utc_ms, severity=seen.severity))
        async with asyncio.timeout(WITHIN_S):
            while True:
                message = await _heard(stream)
                if isinstance(message, NoticeRefused):
                    self.unsure.remove(name)
                    self.refused.add(name)  # it was gone before, or came again: under this name there must be nothing
                    return
                if isinstance(message, NoticesShown):
                    states = [notice.state for notice in message.notices if notice.state.key == key]
                    if not states:
                        return  # one that was over is gone now; it may have gone for another reason, too
                    if states[0].acknowledged_by == name:
                        self.unsure.remove(name)
                        self.taken.add(name)
                        return

    async def _shown(self, stream: FrameStream[NoticeMessage]) -> NoticesShown:
        async with asyncio.timeout(WITHIN_S):
            while True:
                message = await _heard(stream)
                if isinstance(message, NoticesShown):
                    return message

    def judge(self, changes: Iterable[ConditionChange]) -> Found:
        """Return what of all that was taken the journal does not have, and what it has twice."""
        times = Counter(change.by for change in changes if change.kind is ChangeKind.ACKNOWLEDGED)
        lost = sorted(name for name in self.taken if not times[name])
        doubled = sorted(name for name in self.taken | self.unsure if times[name] > 1)
        doubled += sorted(name for name in self.refused if times[name])
        return Found(len(lost), len(doubled), tuple(f"acknowledged by {name}" for name in (lost + doubled)[:10]))


async def _heard(stream: FrameStream[NoticeMessage]) -> NoticeMessage:
    message = await stream.receive()
    if message is None:
        raise UnavailableError("expected the notifier to stay, got its end")
    return message
