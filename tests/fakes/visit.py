"""What a support engineer does once in: a conversation on `main` that stays alive, pictures, and input."""

from __future__ import annotations

import asyncio
import time
from typing import Any, TypeVar

from tests.fakes.engineer import Engineer, EngineerChannel

from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.trust.schedule import GrantSecret
from benchside.protocol.wire import session as said
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.input import CONTROL, ControlAlive, ControlMessage
from benchside.protocol.wire.picture import (
    VIEW,
    PictureBegin,
    PictureEnd,
    PictureShown,
    VideoAbility,
    ViewMessage,
    ViewReady,
)
from benchside.transport.websocket import Closed

__all__ = ["ControlEnd", "ViewEnd", "Visit"]

Heard = TypeVar("Heard", bound=said.SessionMessage)


class Visit:
    """`main`, read all the time; Pings are answered unless `answers` is False."""

    def __init__(self, engineer: Engineer, main: EngineerChannel) -> None:
        self.engineer = engineer
        self.main = main
        self.answers = True
        self.heard: list[said.SessionMessage] = []
        self.end_code: int | None = None
        self.fault: PeerError | None = None
        self.grants: dict[Capability, GrantSecret] = {}
        self._seen = 0
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._listen())

    def say(self, message: said.SessionMessage) -> None:
        self.main.say(message)

    async def hear(self, kind: type[Heard], within_s: float = 30.0) -> Heard:
        """The next of a kind, from where the last hearing ended."""
        async with asyncio.timeout(within_s):
            while True:
                while self._seen < len(self.heard):
                    message = self.heard[self._seen]
                    self._seen += 1
                    if isinstance(message, kind):
                        return message
                assert self.end_code is None, f"main ended with {self.end_code} before {kind.__name__}"
                self._news.clear()
                await self._news.wait()

    def has_heard(self, kind: type[said.SessionMessage], count: int) -> bool:
        """Whether one of a kind came after so many messages."""
        return any(isinstance(one, kind) for one in self.heard[count:])

    async def over(self, within_s: float = 30.0) -> said.SessionEnd | None:
        """Wait until `main` ends; why, if the PC said it."""
        async with asyncio.timeout(within_s):
            while self.end_code is None:
                self._news.clear()
                await self._news.wait()
        ends = [one.reason for one in self.heard if isinstance(one, said.SessionEnded)]
        return ends[0] if ends else None

    def ask(self, capability: Capability, purpose: str = "look at the state of the rack") -> None:
        self.say(said.AskCapability(capability=capability, purpose=purpose))

    async def granted(self, capability: Capability) -> GrantSecret:
        granted = await self.hear(said.CapabilityGranted)
        assert granted.capability is capability
        secret = GrantSecret(capability=capability, grant=granted.grant, secret=granted.secret)
        self.grants[capability] = secret
        return secret

    async def view(self, grant: GrantSecret) -> ViewEnd:
        return ViewEnd(await self.engineer.open(Channel.VIEW, grant))

    async def control(self, grant: GrantSecret) -> ControlEnd:
        return ControlEnd(await self.engineer.open(Channel.CONTROL, grant))

    def hang_up(self) -> None:
        """The tab is closed: nothing is said."""
        self._task.cancel()
        self.main.link.abort()

    async def _listen(self) -> None:
        try:
            while True:
                record = await self.main.link.receive()
                assert isinstance(record, bytes)
                message = said.SESSION.decode(self.main.opener.open(record))
                if isinstance(message, said.Ping) and self.answers:
                    self.main.say(said.Pong(sent_ms=message.sent_ms))
                    self.main.say(said.Ping(sent_ms=message.sent_ms))
                self.heard.append(message)
                self._news.set()
        except Closed as closed:
            self.end_code = closed.code
        except UnavailableError:
            self.end_code = 1006
        except PeerError as error:
            self.fault, self.end_code = error, 1006
            self.main.link.abort()
        self._news.set()


class _End:
    def __init__(self, channel: EngineerChannel) -> None:
        self.channel = channel
        self.is_over = False
        self.fault: PeerError | None = None
        self.records_at: list[float] = []
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        try:
            while True:
                record = await self.channel.link.receive()
                assert isinstance(record, bytes)
                plain = self.channel.opener.open(record)
                self.records_at.append(time.monotonic())
                self.take(plain)
        except UnavailableError:
            pass
        except PeerError as error:
            self.fault = error
            self.channel.link.abort()
        self.is_over = True

    def take(self, plain: bytes) -> None:
        raise NotImplementedError

    async def until(self, true: Any, within_s: float = 30.0) -> None:
        async with asyncio.timeout(within_s):
            while not true():
                await asyncio.sleep(0.01)

    def hang_up(self) -> None:
        self._task.cancel()
        self.channel.link.abort()


class ViewEnd(_End):
    """Counts pictures and acknowledges them."""

    def __init__(self, channel: EngineerChannel) -> None:
        self.heard: list[ViewMessage] = []
        self.pictures_at: list[float] = []
        super().__init__(channel)
        self.say(ViewReady(VideoAbility.NONE))

    def say(self, message: ViewMessage) -> None:
        self.channel.send(VIEW.encode(message))

    def take(self, plain: bytes) -> None:
        message = VIEW.decode(plain)
        self.heard.append(message)
        if isinstance(message, PictureEnd):
            self.pictures_at.append(time.monotonic())
            self.say(PictureShown(message.sequence))

    async def picture(self, within_s: float = 30.0) -> PictureBegin:
        """Wait for a whole first picture of this epoch; return its beginning."""
        await self.until(lambda: self.pictures_at, within_s)
        return next(one for one in self.heard if isinstance(one, PictureBegin))


class ControlEnd(_End):
    """Keeps what the PC says about input; stays alive unless told otherwise."""

    def __init__(self, channel: EngineerChannel) -> None:
        self.heard: list[ControlMessage] = []
        self.alive = True
        super().__init__(channel)
        self._beats = asyncio.create_task(self._beat())

    def say(self, message: ControlMessage) -> None:
        self.channel.send(CONTROL.encode(message))

    def take(self, plain: bytes) -> None:
        self.heard.append(CONTROL.decode(plain))

    async def _beat(self) -> None:
        while not self.is_over:
            if self.alive:
                self.say(ControlAlive())
            await asyncio.sleep(0.2)
