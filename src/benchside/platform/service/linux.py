"""systemd's side of a service: that it is ready, still alive, stopping (sd_notify(3))."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Mapping

__all__ = ["Supervisor", "on_stop", "run_service"]

BEATS_A_WATCH = 3
"""Two beats may be lost before systemd takes the service for hung."""


class Supervisor:
    """Whoever started this program.  Without systemd every call does nothing, so nobody has to ask."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """`environment`: where systemd says how to reach it; this process's own by default."""
        given = os.environ if environment is None else environment
        address = given.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        watch_us = given.get("WATCHDOG_USEC", "")
        is_ours = given.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._beat_every_s: float | None = None
        if watch_us.isdigit() and int(watch_us) and is_ours:
            self._beat_every_s = int(watch_us) / 1_000_000 / BEATS_A_WATCH

    def on_stop(self, stop: Callable[[], object]) -> None:
        """Have the running event loop call `stop` when the service is to end."""
        on_stop(stop)

    def ready(self) -> None:
        """Everything answers."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """The end has begun; what is open is being ended."""
        self._tell("STOPPING=1")

    async def beat(self) -> None:
        """Say that the event loop still turns, until cancelled; returns at once where nobody watches."""
        while self._beat_every_s is not None:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self._beat_every_s)

    def _tell(self, line: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as there:
            try:
                there.setblocking(False)
                there.sendto(line.encode(), self._address)
            except OSError:
                return  # systemd restarts itself now and then; a service does not end over that


def on_stop(stop: Callable[[], object]) -> None:
    """Have the running event loop call `stop` when this process is told to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def run_service(_name: str, serve: Callable[[Supervisor], int]) -> int:
    """Run `serve` with whoever supervises it; return its exit code."""
    return serve(Supervisor())
