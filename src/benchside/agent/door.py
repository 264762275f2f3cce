"""The local socket: who may come in, desks that stay, and programs that tell of a run and go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchside.platform.door.callers import Callers
from benchside.platform.door.contract import OpenDoor
from benchside.platform.door.here import Peer, open_door
from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.flow.pace import Pace
from benchside.protocol.wire.carrier import CarrierWanted
from benchside.protocol.wire.desk import DESK, DESK_VERSION, AssayShown, AssayTold, DeskHello, DeskMessage
from benchside.transport.frames import FrameStream

__all__ = ["Desk", "Door"]

log = logging.getLogger(__name__)

MAX_DESKS = 8
"""Of one account: its log-ins at one PC at the same time, and what hangs of earlier ones."""
HELLO_WITHIN_S = 5.0
MAX_TOLD = 60
"""Runs that programs may tell of in a minute; each may be an entry of the journal."""
MESSAGES_IN_TEN_S = 600
"""Five beats a second and the hands of one person, many times over, for a stalled agent hears them all at once."""


class Desk:
    """One connected desk."""

    def __init__(self, stream: FrameStream[DeskMessage], peer: Peer, hello: DeskHello) -> None:
        self._stream = stream
        self.peer = peer
        self.hello = hello
        self.heard_at = 0.0

    def send(self, message: DeskMessage) -> None:
        """Show it."""
        self._stream.send(message)

    def abort(self) -> None:
        """Cut it off."""
        self._stream.abort()


class Door:
    """Listens on a Unix socket or a named pipe; each caller is checked before a byte of theirs is read (R74)."""

    def __init__(
        self,
        path: Path,
        *,
        desk_users: tuple[str, ...],
        on_enter: Callable[[Desk], None],
        on_message: Callable[[Desk, DeskMessage], None],
        on_leave: Callable[[Desk], None],
        on_assay: Callable[[bool], bool],
        on_carrier: Callable[[FrameStream[DeskMessage]], Awaitable[None]],
    ) -> None:
        """`on_assay(running)`: a program told of a run; returns what is flagged now.

        `on_carrier(stream)`: the notifier came in; returns when it goes.
        """
        self._path = path
        self._desk_users = desk_users
        self._on_enter = on_enter
        self._on_message = on_message
        self._on_leave = on_leave
        self._on_assay = on_assay
        self._on_carrier = on_carrier
        self._told = Pace(most=MAX_TOLD, within_s=60.0)
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
        if peer.is_ours or peer.is_system:
            return True
        return peer.name in self._desk_users if self._desk_users else peer.is_person

    def _has_room_for_desk(self, peer: Peer) -> bool:
        if peer.is_ours or peer.is_system:
            return True
        return sum(desk.peer.account == peer.account for desk in self._desks) < MAX_DESKS

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer) -> None:
        stream: FrameStream[DeskMessage] = FrameStream(reader, writer, DESK)
        try:
            with self._callers.coming(peer) as has_room:
                if has_room and self._may_enter(peer):
                    await self._hear(stream, peer)
                else:
                    log.warning("local caller refused", extra={"account": peer.account})
        except (PeerError, UnavailableError, TimeoutError) as error:
            log.warning("desk broke off", extra={"cause": str(error)})
        finally:
            stream.abort()

    async def _hear(self, stream: FrameStream[DeskMessage], peer: Peer) -> None:
        async with asyncio.timeout(HELLO_WITHIN_S):
            hello = await stream.receive()
        if isinstance(hello, AssayTold) and hello.version == DESK_VERSION:
            self._told.count(asyncio.get_running_loop().time())
            stream.send(AssayShown(running=self._on_assay(hello.running)))
            await stream.close()
            return
        if isinstance(hello, CarrierWanted) and hello.version == DESK_VERSION and (peer.is_ours or peer.is_system):
            await self._on_carrier(stream)
            return
        if not isinstance(hello, DeskHello) or hello.version != DESK_VERSION:
            log.warning("expected a desk's hello, got another message", extra={"account": peer.account})
            return
        if not self._has_room_for_desk(peer):
            log.warning("expected fewer desks of one account, got one more", extra={"account": peer.account})
            return
        await self._serve(Desk(stream, peer, hello), stream)

    async def _serve(self, desk: Desk, stream: FrameStream[DeskMessage]) -> None:
        self._desks.add(desk)
        try:
            self._on_enter(desk)
            pace = Pace(most=MESSAGES_IN_TEN_S, within_s=10.0)
            while (message := await stream.receive()) is not None:
                pace.count(asyncio.get_running_loop().time())
                self._on_message(desk, message)
                # what waits in the buffer is read without a pause, and everybody else must have their turn
                await asyncio.sleep(0)
        finally:
            self._desks.discard(desk)
            self._on_leave(desk)
