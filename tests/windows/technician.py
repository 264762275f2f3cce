"""A technician's desk without a face, on Windows: asks for help, says the code, allows what is asked.  Runs under Wine.

Says on standard output `code CODE`, `allowed CAPABILITY` and `over OUTCOME`.  Its indicator is a real window.
"""

from __future__ import annotations

import asyncio
import ctypes
import sys
import threading
from ctypes import wintypes
from pathlib import Path

from benchside.platform.door.here import connect_door
from benchside.protocol.wire import desk as wire
from benchside.protocol.wire.capability import GrantScope
from benchside.transport.frames import FrameStream

READING_S = 1.2
BEAT_S = 0.2
X, Y, WIDTH, HEIGHT = 900, 20, 320, 90
WS_POPUP, WS_VISIBLE, WS_CHILD, WS_EX_TOPMOST = 0x80000000, 0x10000000, 0x40000000, 0x8

user32 = ctypes.WinDLL("user32")
user32.CreateWindowExW.argtypes = (
    wintypes.DWORD, wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD, *(ctypes.c_int,) * 4,
    wintypes.HWND, wintypes.HMENU, wintypes.HINSTANCE, wintypes.LPVOID,
)  # fmt: skip
user32.CreateWindowExW.restype = wintypes.HWND
user32.DestroyWindow.argtypes = (wintypes.HWND,)


class Indicator:
    """A window on top of all others, with something to read in it."""

    def __init__(self) -> None:
        self.window = 0
        self._is_up = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        self._is_up.wait(10)

    def _run(self) -> None:
        style = WS_POPUP | WS_VISIBLE
        self.window = user32.CreateWindowExW(
            WS_EX_TOPMOST, "STATIC", "", style, X, Y, WIDTH, HEIGHT, None, None, None, None
        )
        user32.CreateWindowExW(
            0, "BUTTON", "Marta Ferrer is looking: Stop", WS_CHILD | WS_VISIBLE, 20, 20, 260, 40,
            self.window, None, None, None,
        )  # fmt: skip
        self._is_up.set()
        message = wintypes.MSG()
        while user32.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
            user32.TranslateMessage(ctypes.byref(message))
            user32.DispatchMessageW(ctypes.byref(message))


def say(text: str) -> None:
    print(text, flush=True)


async def beat(stream: FrameStream[wire.DeskMessage]) -> None:
    while True:
        stream.send(wire.DeskAlive())
        await asyncio.sleep(BEAT_S)


async def sit(pipe: str) -> None:
    stream = FrameStream(*await connect_door(Path(pipe)), wire.DESK)
    beats = asyncio.create_task(beat(stream))
    stream.send(wire.DeskHello(version=wire.DESK_VERSION, locale="en", display={}))
    indicator: Indicator | None = None
    has_asked = False
    while (message := await stream.receive()) is not None:
        match message:
            case wire.LinkShown(online=True) if not has_asked:
                has_asked = True
                stream.send(wire.OpenRequest(technician="Pia Roca", reason="The laser stays off", instrument="CX-3"))
            case wire.CodeShown():
                say(f"code {message.code}")
            case wire.PromptShown():
                await asyncio.sleep(READING_S)
                scope = GrantScope(monitors=tuple(monitor.id for monitor in message.monitors))
                stream.send(wire.AnswerPrompt(prompt=message.prompt, allow=True, scope=scope))
                say(f"allowed {message.capability.value}")
            case wire.SessionShown() if message.grants and indicator is None:
                indicator = Indicator()
                stream.send(wire.IndicatorShown(window=indicator.window))
            case wire.SessionOver():
                say(f"over {message.outcome.value}")
                break
    beats.cancel()


if __name__ == "__main__":
    asyncio.run(sit(sys.argv[1]))
