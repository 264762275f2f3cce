"""Child processes on Linux: as another user, in a session of their own, spoken to by a socket as standard input."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping

from benchside.platform.door.linux import UnixPeer
from benchside.protocol.errors import UnavailableError

__all__ = ["LinuxChild", "has_parent", "speak_to_parent", "start_child", "start_speaking_child"]

DISPLAY_NAMES = (
    "DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "LANG",
    "LC_ALL",
    "HOME",
    "USER",
)


class LinuxChild:
    """A `ChildProcess`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> int:
        return await self._process.wait()

    def kill(self) -> None:
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)


async def start_speaking_child(
    owner: UnixPeer, module: str, display: Mapping[str, str]
) -> tuple[LinuxChild, asyncio.StreamReader, asyncio.StreamWriter]:
    """Start `module` as `owner` on their display; return it and the line to it.

    Its only way to speak is one end of a socket pair: nobody else can (R74).  UnavailableError: it did not start.
    """
    ours, theirs = socket.socketpair()
    try:
        child = LinuxChild(await _run(owner, module, theirs.fileno(), display))
        reader, writer = await asyncio.open_connection(sock=ours)
    except OSError as error:
        ours.close()
        raise UnavailableError(f"expected to start {module}, got {error}") from error
    finally:
        theirs.close()
    return child, reader, writer


async def start_child(owner: UnixPeer, module: str, display: Mapping[str, str]) -> LinuxChild:
    """Start `module` as `owner` on their display, with nobody to speak to; UnavailableError: it did not start."""
    try:
        return LinuxChild(await _run(owner, module, asyncio.subprocess.DEVNULL, display))
    except OSError as error:
        raise UnavailableError(f"expected to start {module}, got {error}") from error


def has_parent(_argv: list[str]) -> bool:
    """Whether whoever started this program can be spoken to."""
    try:
        socket.socket(fileno=os.dup(0)).close()
    except OSError:
        return False
    return True


async def speak_to_parent(_argv: list[str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return the line to whoever started this program; UnavailableError when it is not usable."""
    try:
        return await asyncio.open_connection(sock=socket.socket(fileno=os.dup(0)))
    except OSError as error:
        raise UnavailableError("expected a connected local socket, got one that is not") from error


async def _run(owner: UnixPeer, module: str, stdin: int, display: Mapping[str, str]) -> asyncio.subprocess.Process:
    environment = {name: display[name] for name in DISPLAY_NAMES if name in display}
    environment["PATH"] = os.defpath
    other = not owner.is_ours
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        module,
        stdin=stdin,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=None,
        env=environment,
        cwd="/",
        user=owner.uid if other else None,
        group=owner.gid if other else None,
        extra_groups=[] if other else None,
        start_new_session=True,
    )
