"""A person at a virtual screen: real input devices, other than those that programs have."""

from __future__ import annotations

import socket
import struct
import time

from tests.fakes.xserver import XServer


class Seat:
    """A person at the virtual screen, over VNC (RFC 6143) without a password on a socket of this test's own."""

    def __init__(self, server: XServer) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(5)
        deadline = time.monotonic() + 5
        while True:
            try:
                self._socket.connect(str(server.socket))
                break
            except OSError:
                assert time.monotonic() < deadline, "no VNC socket"
                time.sleep(0.02)
        assert self._read(12).startswith(b"RFB 003.")
        self._socket.sendall(b"RFB 003.008\n")
        self._read(self._read(1)[0])
        self._socket.sendall(b"\x01")
        assert self._read(4) == bytes(4)
        self._socket.sendall(b"\x01")
        header = self._read(24)
        self._read(struct.unpack(">I", header[20:])[0])

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            assert more, "the seat was closed"
            data += more
        return data

    def click(self, x: int, y: int) -> None:
        for buttons in (0, 1, 0):
            self._socket.sendall(struct.pack(">BBHH", 5, buttons, x, y))

    def type(self, keysym: int) -> None:
        self.hold(keysym, True)
        self.hold(keysym, False)

    def hold(self, keysym: int, down: bool) -> None:
        self._socket.sendall(struct.pack(">BBHI", 4, down, 0, keysym))

    def hold_button(self, x: int, y: int, down: bool) -> None:
        self._socket.sendall(struct.pack(">BBHH", 5, int(down), x, y))

    def close(self) -> None:
        self._socket.close()
