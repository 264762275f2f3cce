"""Pixels of an X screen: through memory in common with the server where there can be some, else through the socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

import numpy as np
import xcffib.shm
from xcffib.xproto import ImageFormat

from benchside.host.capture.linux_layout import box_of
from benchside.host.capture.linux_shared_memory import SharedMemory
from benchside.host.capture.pixels import PixelFormat
from benchside.media.damage import Box
from benchside.media.tiles import Pixels
from benchside.platform.display.linux import Display, ProtocolError
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.capability import MonitorInfo

__all__ = ["ScreenPixels"]

_ALL_PLANES = 0xFFFFFFFF
_REPLY_HEADER_BYTES = 32


class ScreenPixels:
    """Reads the root window.  UnavailableError for a screen whose pixels cannot be shown exactly."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._format = _pixel_format(display)
        self._shm = display.extension(xcffib.shm.key) if _is_local(display) else None
        self._segment = 0
        self._memory: SharedMemory | None = None

    def read(self, box: Box, monitors: Sequence[MonitorInfo]) -> Pixels | None:
        """The pixels of `box` now, valid until the next call; None outside of the desktop.

        `monitors`: all of them, for how much memory will be needed.
        """
        size_bytes = self._format.size_bytes(box.width_px, box.height_px)
        memory = self._memory_for(size_bytes, monitors)
        place = (self._display.root, box.left, box.top, box.width_px, box.height_px)
        try:
            with self._display.using():
                if memory is not None:
                    assert self._shm is not None
                    self._shm.GetImage(*place, _ALL_PLANES, ImageFormat.ZPixmap, self._segment, 0).reply()
                    return self._format.read(memory.bytes, box.width_px, box.height_px)
                cookie = self._display.core.GetImage(ImageFormat.ZPixmap, *place, _ALL_PLANES)
                # The reply's own class would make an int of each byte: 300 ms for a whole screen.
                reply = self._display.connection.wait_for_reply(cookie.sequence)
                raw = bytes(reply.buf[_REPLY_HEADER_BYTES : _REPLY_HEADER_BYTES + size_bytes])
        except ProtocolError:
            return None  # outside of the desktop, which has just become smaller
        return self._format.read(np.frombuffer(raw, np.uint8), box.width_px, box.height_px)

    def let_go(self) -> None:
        """Give the memory back; UnavailableError when the display has gone, and the memory with it."""
        self._memory = None
        if self._segment and self._shm is not None:
            with self._display.using():
                self._shm.Detach(self._segment)
            self._segment = 0

    def _memory_for(self, size_bytes: int, monitors: Sequence[MonitorInfo]) -> SharedMemory | None:
        """Shared memory for the whole desktop, made when first needed; None where there can be none."""
        if self._shm is None:
            return None
        if self._memory is not None and self._memory.bytes.size >= size_bytes:
            return self._memory
        right = max(box_of(monitor).right for monitor in monitors)
        bottom = max(box_of(monitor).bottom for monitor in monitors)
        try:
            memory = SharedMemory(max(size_bytes, self._format.size_bytes(right, bottom)))
        except UnavailableError:
            self._shm = None
            return None
        try:
            with self._display.using():
                if self._segment:
                    self._shm.Detach(self._segment)
                self._segment = self._display.new_id()
                self._shm.Attach(self._segment, memory.shmid, False, is_checked=True).check()
        except ProtocolError:
            # The server runs as another user or in another container: pixels come through the socket.
            self._shm, self._segment, memory_or_none = None, 0, None
        else:
            memory_or_none = memory
        finally:
            memory.unlink()
        self._memory = memory_or_none
        return memory_or_none


def _is_local(display: Display) -> bool:
    """Whether the server is on this machine, and could have memory in common."""
    with socket.socket(fileno=os.dup(display.socket)) as connection:
        return connection.family == socket.AF_UNIX


def _pixel_format(display: Display) -> PixelFormat:
    screen = display.screen
    visuals = [visual for depth in screen.allowed_depths for visual in depth.visuals]
    visual = next(visual for visual in visuals if visual.visual_id == screen.root_visual)
    formats = display.connection.setup.pixmap_formats
    bits = next(each.bits_per_pixel for each in formats if each.depth == screen.root_depth)
    if not display.is_little_endian:
        raise UnavailableError("expected a display with little-endian pixels")
    return PixelFormat.of(bits, (visual.red_mask, visual.green_mask, visual.blue_mask))
