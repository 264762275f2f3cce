"""A file stirs when inotify(7) says so of its folder; a folder that cannot be watched tells nothing.

Nothing is told of what another machine writes into a shared folder: there, too, only looking helps.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
from fnmatch import fnmatchcase
from pathlib import Path

__all__ = ["FileStirs"]

_EVENT = struct.Struct("iIII")
"""struct inotify_event: watch, mask, cookie, length of the name behind it."""
_MODIFY, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x2, 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF, _OVERFLOW, _IGNORED, _ONLY_FOLDER = 0x400, 0x800, 0x4000, 0x8000, 0x1000000
_HEARD = _MODIFY | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF | _ONLY_FOLDER
_READ_BYTES = 65536
"""Some thousand events; a read that is full counts as a stir: ours may be among what the folder says beyond."""
_LARGEST_BYTES = _EVENT.size + 256
"""An event with the longest name (NAME_MAX and a zero): where less is left free, the next one may not have fitted."""
APART_S = 0.1
"""Between two looks while other files of the folder are busy: a program that streams data beside its log writes
thousands of times a second, and the system makes one event of what was not read in between."""
_libc = ctypes.CDLL(None, use_errno=True)


class FileStirs:
    """The file at `path`, whose name may have `*` and `?`."""

    def __init__(self, path: Path) -> None:
        self._folder, self._name = path.parent, path.name
        self._handle: int | None = None

    async def wait(self, within_s: float) -> None:
        """Return when the file may have changed, or after `within_s` seconds; at once where it is not watched yet."""
        if self._handle is None:
            self._handle = _watch(self._folder)
            if self._handle is not None:
                return  # what happened before we heard is for the caller to see
            await asyncio.sleep(within_s)
            return
        loop, handle = asyncio.get_running_loop(), self._handle
        until = loop.time() + within_s
        while not (said := self._said(handle)):
            if said is not None:  # other files are busy; the first word after quiet never comes by here
                left_s = until - loop.time()
                if left_s <= 0:
                    return
                await asyncio.sleep(min(APART_S, left_s))
                continue
            readable = asyncio.Event()
            loop.add_reader(handle, readable.set)
            try:
                async with asyncio.timeout_at(until):
                    await readable.wait()
            except TimeoutError:
                return
            finally:
                loop.remove_reader(handle)

    def close(self) -> None:
        """Hear nothing any more."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _said(self, handle: int) -> bool | None:
        """Return whether what the folder said may be of our file; None: it said nothing."""
        try:
            data = os.read(handle, _READ_BYTES)
        except BlockingIOError:
            return None
        found, at = len(data) > _READ_BYTES - _LARGEST_BYTES, 0
        while at < len(data):
            _, mask, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size
            name = data[at : at + length].rstrip(b"\0")
            at += length
            if mask & (_IGNORED | _MOVE_SELF):
                self.close()  # the folder is another one now
                return True
            found |= bool(mask & _OVERFLOW) or fnmatchcase(os.fsdecode(name), self._name)
        return found


def _watch(folder: Path) -> int | None:
    handle = int(_libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    if handle < 0:
        return None
    if _libc.inotify_add_watch(handle, os.fsencode(folder), ctypes.c_uint32(_HEARD)) < 0:
        os.close(handle)
        return None
    return handle
