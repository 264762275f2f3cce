"""A technician without a window: speaks to a real agent as the desk does, with a real indicator on the display."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import xcffib
from tests.fakes.xclient import XClient

from benchside.protocol.wire import desk as wire
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.session import SessionEnd
from benchside.transport.frames import FrameStream

__all__ = ["FakeDesk"]

Heard = TypeVar("Heard", bound=wire.DeskMessage)

BEAT_S = 0.1
READING_S = 0.7
INDICATOR = (40, 40, 420, 90)


class FakeDesk:
    """`heard` holds all that the agent said; waiting passes over what has been waited for before."""

    def __init__(self, stream: FrameStream[wire.DeskMessage], screen: XClient | None) -> None:
        self._stream = stream
        self.screen = screen
        self.heard: list[wire.DeskMessage] = []
        self.heard_at: list[float] = []
        self.indicator = 0
        self.is_cut_off = False
        self.beats = True
        self._seen = 0
        self._news = asyncio.Event()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]

    @classmethod
    async def come(cls, path: Path, display: Mapping[str, str], *, sees: bool = True) -> FakeDesk:
        """Enter; `sees`: show an indicator on the display when somebody is let in."""
        stream = FrameStream(*await asyncio.open_unix_connection(path), wire.DESK)
        desk = cls(stream, XClient(display["DISPLAY"]) if sees else None)
        desk.say(wire.DeskHello(version=wire.DESK_VERSION, locale="en", display=dict(display)))
        await desk.wait(wire.DeskWelcome)
        return desk

    def say(self, message: wire.DeskMessage) -> None:
        self._stream.send(message)

    async def wait(
        self, kind: type[Heard], *, within_s: float = 30.0, where: Callable[[Heard], bool] = lambda one: True
    ) -> Heard:
        """The next message of a kind, from where the last wait ended."""
        async with asyncio.timeout(within_s):
            while True:
                while self._seen < len(self.heard):
                    message = self.heard[self._seen]
                    self._seen += 1
                    if isinstance(message, kind) and where(message):
                        return message
                assert not self.is_cut_off, f"cut off while waiting for {kind.__name__}; heard {self.heard[-3:]}"
                self._news.clear()
                await self._news.wait()

    async def phase(self, phase: wire.RequestPhase, within_s: float = 30.0) -> wire.RequestShown:
        return await self.wait(wire.RequestShown, within_s=within_s, where=lambda one: one.phase is phase)

    async def ask_for_help(self) -> tuple[bytes, str]:
        """Request help; return the request's id and the code."""
        self.say(wire.OpenRequest(technician="Pia Roca", reason="The rack does not come out", instrument="CX-2"))
        opening = await self.phase(wire.RequestPhase.OPENING)
        code = await self.wait(wire.CodeShown, within_s=15)
        assert opening.request_id is not None
        return opening.request_id, code.code

    async def answer(self, allow: bool = True, capability: Capability | None = None) -> wire.PromptShown:
        """Wait for the prompt, read it, answer it."""
        prompt = await self.wait(wire.PromptShown, where=lambda one: capability is None or one.capability is capability)
        await asyncio.sleep(READING_S)
        self.press(prompt, allow)
        return prompt

    def press(self, prompt: wire.PromptShown, allow: bool = True) -> None:
        scope = GrantScope(monitors=tuple(monitor.id for monitor in prompt.monitors))
        self.say(wire.AnswerPrompt(prompt=prompt.prompt, allow=allow, scope=scope))

    async def outcome(self, within_s: float = 30.0) -> SessionEnd:
        return (await self.wait(wire.SessionOver, within_s=within_s)).outcome

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._stream.abort()
        if self.screen is not None:
            with contextlib.suppress(xcffib.ConnectionException):
                self.screen.close()
            self.screen = None

    async def _listen(self) -> None:
        while (message := await self._stream.receive()) is not None:
            self.heard.append(message)
            self.heard_at.append(time.monotonic())
            if isinstance(message, wire.SessionShown):
                self._show(bool(message.grants))
            elif isinstance(message, wire.SessionOver):
                self._show(False)
            self._news.set()
        self.is_cut_off = True
        self._news.set()

    def _show(self, up: bool) -> None:
        if self.screen is None or up == bool(self.indicator):
            return
        if up:
            x, y, width, height = INDICATOR
            self.indicator = self.screen.window(x, y, width, height, 0xC03020)
            self.screen.fill(self.indicator, 10, 10, 120, 40, 0xFFFFFF)
            self.say(wire.IndicatorShown(window=self.indicator))
        else:
            with contextlib.suppress(xcffib.ConnectionException):  # the display may have gone
                self.screen.destroy(self.indicator)
            self.indicator = 0
            self.say(wire.IndicatorGone())

    async def _beat(self) -> None:
        while True:
            if self.beats:
                self.say(wire.DeskAlive())
            await asyncio.sleep(BEAT_S)
