"""A small instrument program for Windows: a lamp that a button toggles, and a field to type in.  Runs under Wine.

Started with a file to write its state to: the lamp, and what was typed, after each change.
"""

from __future__ import annotations

import ctypes
import sys
import time
from ctypes import wintypes
from pathlib import Path

WIDTH, HEIGHT = 520, 320
LAMP_OFF, LAMP_ON = 0x2020C0, 0x20C020  # 0xBBGGRR
BUTTON, FIELD = 1, 2
TRIES, TRY_EVERY_S = 200, 0.01

WM_DESTROY, WM_PAINT, WM_COMMAND, EN_CHANGE = 0x2, 0xF, 0x111, 0x300
WS_CHILD, WS_VISIBLE, WS_BORDER, WS_OVERLAPPEDWINDOW, ES_MULTILINE = 0x40000000, 0x10000000, 0x800000, 0xCF0000, 4

user32 = ctypes.WinDLL("user32")
gdi32 = ctypes.WinDLL("gdi32")
LRESULT = ctypes.c_ssize_t
CALL = ctypes.WINFUNCTYPE(LRESULT, wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)


class WindowClass(ctypes.Structure):
    _fields_ = (
        ("style", wintypes.UINT),
        ("call", CALL),
        ("class_extra", ctypes.c_int),
        ("window_extra", ctypes.c_int),
        ("instance", wintypes.HINSTANCE),
        ("icon", wintypes.HICON),
        ("cursor", wintypes.HANDLE),
        ("background", wintypes.HBRUSH),
        ("menu", wintypes.LPCWSTR),
        ("name", wintypes.LPCWSTR),
    )


user32.DefWindowProcW.argtypes = (wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)
user32.DefWindowProcW.restype = LRESULT
user32.CreateWindowExW.argtypes = (
    wintypes.DWORD, wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD, *(ctypes.c_int,) * 4,
    wintypes.HWND, wintypes.HMENU, wintypes.HINSTANCE, wintypes.LPVOID,
)  # fmt: skip
user32.CreateWindowExW.restype = wintypes.HWND
user32.LoadCursorW.argtypes = (wintypes.HINSTANCE, wintypes.LPVOID)
user32.LoadCursorW.restype = wintypes.HANDLE
user32.GetDC.argtypes = (wintypes.HWND,)
user32.GetDC.restype = wintypes.HDC
user32.ReleaseDC.argtypes = (wintypes.HWND, wintypes.HDC)
user32.FillRect.argtypes = (wintypes.HDC, ctypes.POINTER(wintypes.RECT), wintypes.HBRUSH)
user32.GetWindowTextW.argtypes = (wintypes.HWND, wintypes.LPWSTR, ctypes.c_int)
user32.SetFocus.argtypes = (wintypes.HWND,)
gdi32.CreateSolidBrush.restype = wintypes.HBRUSH


class Panel:
    def __init__(self, state: Path) -> None:
        self.state = state
        self.is_on = False
        self.call = CALL(self.handle)
        self.lamp = wintypes.RECT(40, 140, 200, 260)
        self.field = 0
        kind = WindowClass(call=self.call, cursor=user32.LoadCursorW(None, 32512), background=16, name="Panel")
        user32.RegisterClassW(ctypes.byref(kind))
        self.window = user32.CreateWindowExW(
            0, "Panel", "Cytometer", WS_OVERLAPPEDWINDOW | WS_VISIBLE, 60, 60, WIDTH, HEIGHT, None, None, None, None
        )
        user32.CreateWindowExW(
            0, "BUTTON", "Laser", WS_CHILD | WS_VISIBLE, 40, 30, 160, 60, self.window, BUTTON, None, None
        )
        self.field = user32.CreateWindowExW(
            0, "EDIT", "", WS_CHILD | WS_VISIBLE | WS_BORDER | ES_MULTILINE, 240, 30, 240, 230,
            self.window, FIELD, None, None,
        )  # fmt: skip
        user32.SetForegroundWindow(self.window)
        user32.SetFocus(self.field)
        self.tell()

    def handle(self, window: int, message: int, first: int, second: int) -> int:
        if message == WM_COMMAND and first & 0xFFFF == BUTTON:
            self.is_on = not self.is_on
            self.paint()
            self.tell()
        elif message == WM_COMMAND and first == FIELD | EN_CHANGE << 16:
            self.tell()
        elif message == WM_DESTROY:
            user32.PostQuitMessage(0)
        answer: int = user32.DefWindowProcW(window, message, first, second)
        if message == WM_PAINT:
            self.paint()
        return answer

    def paint(self) -> None:
        context = user32.GetDC(self.window)
        brush = gdi32.CreateSolidBrush(LAMP_ON if self.is_on else LAMP_OFF)
        user32.FillRect(context, ctypes.byref(self.lamp), brush)
        user32.ReleaseDC(self.window, context)

    def tell(self) -> None:
        text = ctypes.create_unicode_buffer(4096)
        user32.GetWindowTextW(self.field, text, 4096)
        beside = self.state.with_suffix(".new")
        beside.write_text(f"{'on' if self.is_on else 'off'}\n{text.value}", encoding="utf-8")
        for _ in range(TRIES):
            try:
                beside.replace(self.state)
            except PermissionError:  # who reads it at this moment keeps it open, and what comes last must stay
                time.sleep(TRY_EVERY_S)
            else:
                return


def main() -> None:
    panel = Panel(Path(sys.argv[1]))
    message = wintypes.MSG()
    while user32.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
        user32.TranslateMessage(ctypes.byref(message))
        user32.DispatchMessageW(ctypes.byref(message))
    del panel


if __name__ == "__main__":
    main()
