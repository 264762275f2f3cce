"""A program that pushes signals at random, says again what was not answered, and writes down what was."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path

from benchside.platform.door.here import connect_door
from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState
from benchside.protocol.wire.notice import NOTICE, NOTICE_VERSION, NoticeMessage, SignalPushed, SignalTaken
from benchside.transport.frames import FrameStream

__all__ = ["Pusher", "Said"]

ANSWER_WITHIN_S = 20.0
AGAIN_S = 0.05
ON, OFF, PULSE = SignalState.ON, SignalState.OFF, SignalState.PULSE


@dataclass
class Said:
    """What was said of one condition: each signal until it was answered as taken, and only then the next."""

    newest: SignalState = OFF
    """The newest that was answered."""
    least: int = 0
    """So many signals must have been heard."""
    most: int = 0
    """No more can have been: those whose answer never came may have been heard or not."""
    is_once: bool = False
    """It comes once and goes once, so its journal has exactly one of each."""
    is_unsure: bool = False
    """One more was said, and nobody will ever know whether it was heard."""

    def heard(self, state: SignalState) -> None:
        """It was answered.  OFF of what is not on says nothing, and the notifier does not count it."""
        self.least += state is not OFF or (self.newest is ON and not self.is_unsure)
        self.newest, self.is_unsure = state, False


@dataclass
class Pusher:
    """One source with its conditions; `said` is the truth that the end is measured by."""

    socket: Path
    source: str
    dice: random.Random
    conditions: int = 30
    pause_s: float = 0.1
    """Between two signals; each condition is told of less often than floods are (conditions/track.py)."""
    said: dict[ConditionKey, Said] = field(default_factory=dict)
    answered: int = 0
    _once: int = 0
    _stream: FrameStream[NoticeMessage] | None = None

    async def run(self, until: asyncio.Event) -> None:
        """Push until told to stop; the last signal is answered by then."""
        while not until.is_set():
            await self.push_any()
            await asyncio.sleep(self.dice.uniform(0, 2 * self.pause_s))
        self.hang_up()

    def hang_up(self) -> None:
        """The next signal comes on another connection."""
        if self._stream is not None:
            self._stream.abort()
            self._stream = None

    async def push_any(self) -> None:
        """Push one signal of any condition, or two of one that comes once and goes."""
        if self.dice.random() < 0.2:  # one of its own: it comes, and it goes
            self._once += 1
            key = ConditionKey(self.source, f"Run {self._once}", "aborted")
            self.said[key] = Said(is_once=True)
            await self.push(key, ON)
            await self.push(key, OFF)
            return
        key = ConditionKey(self.source, f"Pump {self.dice.randrange(self.conditions)}", "low")
        await self.push(key, self.dice.choice((ON, ON, OFF, OFF, PULSE)))

    async def push(self, key: ConditionKey, state: SignalState) -> None:
        """Say it again and again until it is answered as taken."""
        said = self.said.setdefault(key, Said())
        while True:
            said.most += 1
            if await self._ask(SignalPushed(version=NOTICE_VERSION, signal=Signal(key, state))):
                said.heard(state)
                self.answered += 1
                return
            await asyncio.sleep(AGAIN_S)

    async def _ask(self, message: SignalPushed) -> bool:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                if self._stream is None:
                    self._stream = FrameStream(*await connect_door(self.socket), NOTICE)
                self._stream.send(message)
                answer = await self._stream.receive()
        except (OSError, PeerError, UnavailableError, TimeoutError):
            answer = None
        if isinstance(answer, SignalTaken) and answer.refused is None:
            return True
        self.hang_up()
        return False
