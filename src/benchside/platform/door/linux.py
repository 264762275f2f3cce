"""A local door on Linux: a Unix socket, and the kernel's word for who calls (unix(7), SO_PEERCRED)."""

from __future__ import annotations

import asyncio
import logging
import os
import pwd
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchside.platform.door.contract import Greet
from benchside.protocol.errors import UnavailableError

__all__ = ["UnixPeer", "connect_door", "listener_is_trusted", "open_door", "ourselves"]

log = logging.getLogger(__name__)

FIRST_PERSON_UID = 1000
"""Below are system accounts (login.defs(5), UID_MIN)."""
SERVICE_UIDS = range(61_184, 65_536)
"""systemd's passing accounts of services, and nobody (systemd, "Users, Groups, UIDs and GIDs")."""
MAX_READ_AHEAD_BYTES = 256 * 1024
"""Of what a caller has said and nobody has taken yet."""


@dataclass(frozen=True)
class UnixPeer:
    """A `LocalPeer`."""

    pid: int
    uid: int
    gid: int

    @property
    def account(self) -> str:
        return str(self.uid)

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    @property
    def is_person(self) -> bool:
        return self.uid >= FIRST_PERSON_UID and self.uid not in SERVICE_UIDS

    @property
    def is_ours(self) -> bool:
        return self.uid == os.getuid()

    @property
    def is_system(self) -> bool:
        return self.uid == 0


class SocketDoor:
    """An `OpenDoor`."""

    def __init__(self, path: Path, greet: Greet[UnixPeer]) -> None:
        self._path = path
        self._greet = greet
        self._server: asyncio.AbstractServer | None = None

    async def open(self) -> None:
        """Start listening; OSError when the path cannot be used."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._receive, self._path, limit=MAX_READ_AHEAD_BYTES)
        # who may speak is decided by SO_PEERCRED, for each caller
        self._path.chmod(0o666 if os.getuid() == 0 else 0o600)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer = _peer_of(writer.get_extra_info("socket"))
        except UnavailableError as error:
            log.warning("local caller refused", extra={"cause": str(error)})
            writer.transport.abort()
            return
        await self._greet(reader, writer, peer)


async def open_door(path: Path, greet: Greet[UnixPeer]) -> SocketDoor:
    """Listen on `path`; UnavailableError when it cannot be used."""
    door = SocketDoor(path, greet)
    try:
        await door.open()
    except OSError as error:
        raise UnavailableError(f"expected to listen on {path}, got {error.strerror}") from error
    return door


async def connect_door(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Knock at a door; OSError where nobody listens."""
    return await asyncio.open_unix_connection(path)


def listener_is_trusted(_descriptor: int) -> bool:
    """Whether a door that we have knocked at is what it seems: its folder lets nobody else make one there."""
    return True


def ourselves() -> UnixPeer:
    """Return this process, as a door would name it."""
    return UnixPeer(os.getpid(), os.getuid(), os.getgid())


def _peer_of(sock: Any) -> UnixPeer:
    try:
        raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    except (OSError, AttributeError) as error:
        raise UnavailableError("expected the kernel to name the local peer, got nothing") from error
    return UnixPeer(*struct.unpack("3i", raw))
