"""These run on Windows' own Python under Wine; test_inside.py starts them there."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from ctypes import wintypes
from pathlib import Path

import pytest

from benchside.platform.display.windows import window_at

PANEL = Path(__file__).parents[1] / "panel.py"
WITHIN_S = 20.0

user32 = ctypes.WinDLL("user32")
user32.FindWindowW.argtypes = (wintypes.LPCWSTR, wintypes.LPCWSTR)
user32.FindWindowW.restype = wintypes.HWND
user32.SetWindowPos.argtypes = (wintypes.HWND, wintypes.HWND, *(ctypes.c_int,) * 4, wintypes.UINT)
user32.ShowWindow.argtypes = (wintypes.HWND, ctypes.c_int)


def wait(true: Callable[[], object], what: str = "it", seen: Callable[[], object] = lambda: "") -> None:
    """`seen`: what is to be said when it does not come true, as it is then."""
    until = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < until, f"{what} did not come true {seen()!a}"
        time.sleep(0.02)


def pump() -> None:
    """Let windows of this thread draw."""
    message = wintypes.MSG()
    while user32.PeekMessageW(ctypes.byref(message), None, 0, 0, 1):
        user32.DispatchMessageW(ctypes.byref(message))


class Panel:
    """The instrument program, as a test looks at it and handles its window."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._process = subprocess.Popen(
            [sys.executable, str(PANEL), str(state)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        wait(state.exists, "the panel")
        self.window = int(user32.FindWindowW("Panel", None) or 0)
        wait(lambda: window_at(160, 140) == self.window, "a panel that can be clicked")

    @property
    def is_on(self) -> bool:
        return self._read().startswith("on")

    @property
    def typed(self) -> str:
        return self._read().partition("\n")[2]

    def move(self, x: int, y: int) -> None:
        user32.SetWindowPos(self.window, None, x, y, 0, 0, 0x1 | 0x4)

    def show(self, how: int) -> None:
        user32.ShowWindow(self.window, how)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        wait(lambda: not user32.IsWindow(self.window), "the end of its window")

    def _read(self) -> str:
        try:
            return self._state.read_text(encoding="utf-8")
        except OSError:  # it is just being replaced
            return ""


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[Panel]:
    panel = Panel(tmp_path / "panel.txt")
    yield panel
    panel.close()
