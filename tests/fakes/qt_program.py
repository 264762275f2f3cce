"""Runs the Qt program of qt_window.py on a display, and hears what it says."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.host.inject.linux import X11Injector

__all__ = ["Program", "focused", "held", "settle", "tap"]

PROGRAM = Path(__file__).parent / "qt_window.py"
MAX_WAIT_S = 15.0


class Program:
    """The Qt program, and what it has said."""

    def __init__(self, server: XServer) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            env={**server.environment, "QT_QPA_PLATFORM": "xcb", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._buffer = b""
        self.said: list[dict[str, Any]] = []
        self.window: int = self.wait(lambda said: said[0]["ready"] if said else None)

    def wait(self, until: Callable[[list[dict[str, Any]]], Any]) -> Any:
        deadline = time.monotonic() + MAX_WAIT_S
        assert self._process.stdout is not None
        while True:
            found = until(self.said)
            if found:
                return found
            left_s = deadline - time.monotonic()
            assert left_s > 0, f"waited in vain, got {self.said}"
            if select.select([self._process.stdout], [], [], left_s)[0]:
                more = self._process.stdout.read1(65536)
                assert more, "the program ended"
                *lines, self._buffer = (self._buffer + more).split(b"\n")
                self.said += [json.loads(line) for line in lines]

    def text(self, expected: str) -> None:
        self.wait(lambda said: any("key" not in each and each.get("text") == expected for each in said[-40:]))

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def focused(server: XServer) -> Program:
    """One that is shown and has the keyboard."""
    program = Program(server)
    client = XClient(server.name)
    deadline = time.monotonic() + MAX_WAIT_S
    while client.core.GetWindowAttributes(program.window).reply().map_state != 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    client.focus(program.window)
    client.close()
    return program


def tap(injector: X11Injector, key: str, code: str = "") -> None:
    injector.key(key, code, True)
    injector.key(key, code, False)


def held(server: XServer) -> tuple[list[int], int]:
    """Keys and modifiers that the server believes to be pressed."""
    client = XClient(server.name)
    keys = client.core.QueryKeymap().reply().keys
    mask = client.core.QueryPointer(client.root).reply().mask
    client.close()
    return [index for index, byte in enumerate(keys) if byte], mask


def settle(injector: X11Injector) -> None:
    """Wait until the server has done what was asked for: it serves other clients in between."""
    injector._display.core.GetInputFocus().reply()
