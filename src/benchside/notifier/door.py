"""The notifier's local socket: who may come in, desks that stay, and programs that push signals (R74).

A program that floods is read on, in large pieces and with pauses, and its signals are folded: it costs the PC little,
it never waits for us, and not one that was answered is lost from the count.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from pathlib import Path

from benchside.notifier.frames import split
from benchside.notifier.watch.fold import Fold
from benchside.platform.door.callers import Callers
from benchside.platform.door.contract import OpenDoor
from benchside.platform.door.here import Peer, open_door
from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.protocol.flow.pace import Pace
from benchside.protocol.wire.codec import Codec
from benchside.protocol.wire.condition import Signal
from benchside.protocol.wire.notice import (
    NOTICE,
    NOTICE_VERSION,
    NoticeAlive,
    NoticeMessage,
    NoticesWanted,
    SignalPushed,
    SignalTaken,
)
from benchside.transport.frames import FrameStream

__all__ = ["MAX_HEARD_BYTES", "Desk", "Door", "SignalsCame"]

log = logging.getLogger(__name__)

MAX_HEARD_BYTES = 16 * 1024
"""A signal with all its values has 2 kB; nothing that a caller says is longer."""
MAX_DESKS = 8
"""Log-ins at one PC at the same time, fast user switching included."""
HELLO_WITHIN_S = 5.0
SILENT_AFTER_S = 45.0
MESSAGES_IN_TEN_S = 300
"""The hands of one person, many times over."""
READ_BYTES = 64 * 1024
FLOOD = 50
"""So many signals in one piece are a flood: the next piece may wait until it is larger."""
FLOOD_PAUSE_S = 0.1
"""Each piece may be a write to the disk, for what a flood says last of each condition outlives a kill."""
LOCAL = "local."

HEARD: Codec[NoticeMessage] = Codec(NoticeMessage, max_bytes=MAX_HEARD_BYTES, name="notice")
_TAKEN = NOTICE.encode(SignalTaken())
_REFUSED = NOTICE.encode(SignalTaken(refused="source"))
_IN_MEMORY = NOTICE.encode(SignalTaken(refused="disk_full"))
"""It is heard and shown, and will be written; who must be sure says it again."""

SignalsCame = Callable[[tuple[Signal, ...], Callable[[bool], None]], None]
"""Hears signals, and calls back when what followed from them is in the journal; false: in memory alone."""


class Desk:
    """One connected desk, or an administrator's command that looks like one."""

    def __init__(self, stream: FrameStream[NoticeMessage], peer: Peer, wanted: NoticesWanted) -> None:
        self._stream = stream
        self.peer = peer
        self.locale = wanted.locale
        self.pops_up = wanted.pops_up
        self.is_full_screen = False

    def send(self, message: NoticeMessage) -> None:
        """Show it."""
        self._stream.send(message)

    def abort(self) -> None:
        """Cut it off."""
        self._stream.abort()


class Door:
    """Listens; each caller is checked before a byte of theirs is read."""

    def __init__(
        self,
        path: Path,
        *,
        push_users: tuple[str, ...],
        on_enter: Callable[[Desk], None],
        on_message: Callable[[Desk, NoticeMessage], None],
        on_leave: Callable[[Desk], None],
        on_signals: SignalsCame,
    ) -> None:
        """`push_users`: accounts that may come in besides every person's, root and our own."""
        self._path = path
        self._push_users = push_users
        self._on_enter = on_enter
        self._on_message = on_message
        self._on_leave = on_leave
        self._on_signals = on_signals
        self._desks: set[Desk] = set()
        self._callers = Callers()
        self._door: OpenDoor | None = None

    async def open(self) -> None:
        """Start listening; UnavailableError when the path cannot be used."""
        self._door = await open_door(self._path, self._greet)

    async def close(self) -> None:
        """Stop listening and cut every desk off."""
        for desk in tuple(self._desks):
            desk.abort()
        if self._door is not None:
            self._door.close()

    def _may_enter(self, peer: Peer) -> bool:
        return peer.is_ours or peer.is_system or peer.is_person or peer.name in self._push_users

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer) -> None:
        try:
            with self._callers.coming(peer) as has_room:
                if has_room and self._may_enter(peer):
                    await self._hear(reader, writer, peer)
                else:
                    log.warning("local caller refused", extra={"account": peer.account})
        except (PeerError, UnavailableError, TimeoutError, OSError) as error:
            log.warning("local caller broke off", extra={"cause": str(error) or type(error).__name__})
        finally:
            writer.transport.abort()

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer) -> None:
        heard = FrameStream(reader, writer, HEARD)
        async with asyncio.timeout(HELLO_WITHIN_S):
            first = await heard.receive()
        if isinstance(first, NoticesWanted) and first.version == NOTICE_VERSION and len(self._desks) < MAX_DESKS:
            await self._serve_desk(Desk(FrameStream(reader, writer, NOTICE), peer, first), heard)
        elif isinstance(first, SignalPushed) and first.version == NOTICE_VERSION:
            await self._serve_program(first, reader, writer)
        else:
            log.warning("expected a caller to say what it is, got another message", extra={"account": peer.account})

    # -- desks ------------------------------------------------------------------------------------

    async def _serve_desk(self, desk: Desk, heard: FrameStream[NoticeMessage]) -> None:
        self._desks.add(desk)
        try:
            self._on_enter(desk)
            pace = Pace(most=MESSAGES_IN_TEN_S, within_s=10.0)
            while True:
                async with asyncio.timeout(SILENT_AFTER_S):
                    message = await heard.receive()
                if message is None:
                    return
                pace.count(asyncio.get_running_loop().time())
                if isinstance(message, NoticeAlive):
                    desk.send(NoticeAlive())
                else:
                    self._on_message(desk, message)
                await asyncio.sleep(0)  # what waits in the buffer is read without a pause; others have their turn
        finally:
            self._desks.discard(desk)
            self._on_leave(desk)

    # -- programs ---------------------------------------------------------------------------------

    async def _serve_program(
        self, first: SignalPushed, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        rest, pushed, fault = bytearray(), list[NoticeMessage]([first]), None
        while True:
            # all that is there is taken before the first answer: who says a few things and goes need not wait for it
            while fault is None and (data := await _there_already(reader)):
                fault = _read(data, rest, pushed)
            await self._take(pushed, writer)
            if fault is not None:
                raise fault
            if len(pushed) >= FLOOD:
                await asyncio.sleep(FLOOD_PAUSE_S)
            async with asyncio.timeout(SILENT_AFTER_S):
                data = await reader.read(READ_BYTES)
            if not data:
                return
            pushed = []
            fault = _read(data, rest, pushed)

    async def _take(self, pushed: list[NoticeMessage], writer: asyncio.StreamWriter) -> None:
        """Hand what came in one piece over together, and answer when it is in the journal."""
        fold, answers = Fold(), list[bytes]()
        for message in pushed:
            if isinstance(message, SignalPushed):
                is_local = message.signal.key.source.startswith(LOCAL)
                if is_local:
                    fold.take(message.signal)
                answers.append(_TAKEN if is_local else _REFUSED)
        while fold:
            done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._on_signals(fold.give(), functools.partial(_settle, done))
            if not await done:
                answers = [_IN_MEMORY if answer is _TAKEN else answer for answer in answers]
        if answers:
            writer.write(b"".join(len(answer).to_bytes(4, "big") + answer for answer in answers))
            async with asyncio.timeout(SILENT_AFTER_S):  # whoever does not read the answers is not read either
                await writer.drain()


def _settle(done: asyncio.Future[bool], is_durable: bool) -> None:
    if not done.done():  # the caller may be gone by now
        done.set_result(is_durable)


async def _there_already(reader: asyncio.StreamReader) -> bytes:
    """Return what has come and was not read; nothing where that would mean to wait."""
    try:
        async with asyncio.timeout(0):
            return await reader.read(READ_BYTES)
    except TimeoutError:
        return b""


def _read(data: bytes, rest: bytearray, pushed: list[NoticeMessage]) -> PeerError | None:
    """Add the messages that are whole by now; return what is wrong with the next, after which nothing counts."""
    rest += data
    try:
        for frame in split(rest, MAX_HEARD_BYTES):
            message = HEARD.decode(frame)
            is_signal = isinstance(message, SignalPushed) and message.version == NOTICE_VERSION
            if not is_signal and not isinstance(message, NoticeAlive):
                return PeerError(PeerFault.OUT_OF_ORDER, "expected signals of a program, got another message")
            pushed.append(message)
    except PeerError as error:
        return error
    return None
