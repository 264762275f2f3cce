"""Follows a log file through restarts and rotation, a look at a time.  Opens it for each look and closes it again.

    rename and new    the file by our name is another one: the rest of the old one, found beside it, then the new one
    copy and cut      it is shorter than where we were, or begins otherwise: the rest is in a copy, which begins as ours
    date in the name  a pattern with `*`: the newest file is ours, once the one before has been read to its end

A file is known by device and file number and by the hash of its first bytes, since numbers are used again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchside.notifier.adapters.log_text import LineCutter, find_encoding

__all__ = ["MAX_BEHIND_BYTES", "MAX_LOOK_BYTES", "Looked", "Place", "Tail"]

MAX_LOOK_BYTES = 1024 * 1024
"""In one look: some 10 ms of reading and rules, so that the PC's other programs never wait for us."""
MAX_BEHIND_BYTES = 64 * 1024 * 1024
"""Further behind, what lies between is passed over, and said: it would tell of what was wrong an hour ago."""
MAX_HEAD_BYTES = 256
"""Two lines or three: enough to have a moment in it that no other file begins with."""
MAX_SIBLINGS = 2000
"""Files beside the log that are looked at for the old one."""
MAX_LEFT = 16
"""Files whose place is kept after another became ours: two that are written in turn are each read once."""


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where reading goes on: in which file, and after how many bytes.  What is remembered over restarts."""

    name: str
    device: int
    number: int
    offset: int
    head: bytes
    """SHA-256 of the first `head_bytes`."""
    head_bytes: int
    changed_ns: int = 0
    """When it was written last, as far as we know: a copy of it is not older."""


@dataclass(frozen=True)
class Looked:
    """What one look brought beside the lines."""

    has_file: bool
    cut: int = 0
    """Lines longer than can be looked at."""
    lost: int = 0
    """Times that something was passed over: too far behind, or the rest of a rotated file could not be found."""
    is_behind: bool = False
    """There is more to read at once."""


@dataclass
class _Open:
    """The file that is read now, between looks."""

    place: Place
    cutter: LineCutter
    base: int
    """Where the cutter began."""
    path: Path

    @property
    def read_to(self) -> int:
        return self.base + self.cutter.taken + self.cutter.held

    @property
    def place_now(self) -> Place:
        return msgspec.structs.replace(self.place, name=self.path.name, offset=self.base + self.cutter.taken)


class Tail:
    """The lines of one log, each once.  `path` may have `*` and `?` in its last part."""

    def __init__(
        self, path: Path, encoding: str, *, place: Place | None, from_start: bool, open_file: Callable[[Path], int]
    ) -> None:
        """`place`: as remembered; without it reading begins at the end of a file that is there already."""
        self._path = path
        self._encoding = encoding
        self._remembered = place
        self._skip = not from_start
        self._open_file = open_file
        self._now: _Open | None = None
        self._take: Callable[[str], None] = lambda _line: None
        self._cut = self._lost = 0
        self._left: dict[tuple[int, int], Place] = {}

    @property
    def place(self) -> Place | None:
        """Where a restart goes on from: always between two lines."""
        return self._now.place_now if self._now else self._remembered

    def look(self, take: Callable[[str], None]) -> Looked:
        """Give each new line to `take`; OSError when the file is there and cannot be read."""
        self._take, self._cut, self._lost = take, 0, 0
        path = self._find()
        if path is None:
            # one that appears later is read from its beginning
            self._skip = False
            return Looked(has_file=False)
        handle = self._open_file(path)
        try:
            is_behind = self._look_into(path, handle)
        finally:
            os.close(handle)
        return Looked(has_file=True, cut=self._cut, lost=self._lost, is_behind=is_behind)

    def _look_into(self, path: Path, handle: int) -> bool:
        self._now = known = self._now or self._resume(path, handle)
        if known is not None and not _is_same(known, handle):
            if self._finish_old(known, path):
                return True
            self._leave(known)
            known = None
        if known is None:
            known = self._begin(path, handle)
        self._now, self._skip = known, False
        return self._read(known, handle)

    def _leave(self, old: _Open) -> None:
        self._left[old.place.device, old.place.number] = old.place_now
        while len(self._left) > MAX_LEFT:
            self._left.pop(next(iter(self._left)))

    def _find(self) -> Path | None:
        if not any(mark in self._path.name for mark in "*?"):
            return self._path if self._path.exists() else None
        found = [(entry.stat().st_mtime_ns, entry) for entry in _beside(self._path) if entry.match(self._path.name)]
        return max(found)[1] if found else None

    def _resume(self, path: Path, handle: int) -> _Open | None:
        place, self._remembered = self._remembered, None
        if place is None:
            return None
        self._skip = False
        encoding = find_encoding(_head(handle), self._encoding)
        return _Open(place, LineCutter(encoding), place.offset, path)

    def _begin(self, path: Path, handle: int) -> _Open:
        known = os.fstat(handle)
        head = _head(handle)
        cutter = LineCutter(find_encoding(head, self._encoding))
        left = self._left.pop((known.st_dev, known.st_ino), None)
        if left is not None:
            again = _Open(left, cutter, left.offset, path)
            if _is_same(again, handle):
                return again
        start = _last_line_start(handle, known.st_size, cutter.encoding) if self._skip else 0
        place = Place(
            name=path.name, device=known.st_dev, number=known.st_ino, offset=start,
            head=hashlib.sha256(head).digest(), head_bytes=len(head),
        )  # fmt: skip
        return _Open(place, cutter, start, path)

    def _read(self, now: _Open, handle: int) -> bool:
        known = os.fstat(handle)
        size = known.st_size
        now.place = msgspec.structs.replace(now.place, changed_ns=known.st_mtime_ns)
        if now.place.head_bytes < MAX_HEAD_BYTES and size > now.place.head_bytes:
            head = _head(handle)
            if now.read_to == 0:
                # only now there is something to tell the encoding from
                now.cutter = LineCutter(find_encoding(head, self._encoding))
            now.place = msgspec.structs.replace(now.place, head=hashlib.sha256(head).digest(), head_bytes=len(head))
        if size - now.read_to > MAX_BEHIND_BYTES:
            self._lost += 1
            now.base, now.cutter = (size - MAX_LOOK_BYTES) // 2 * 2, LineCutter(now.cutter.encoding, is_inside=True)
        start = now.read_to
        data = _read_at(handle, start, min(MAX_LOOK_BYTES, max(0, size - start)))
        before = now.cutter.cut
        for line in now.cutter.feed(data):
            self._take(line)
        self._cut += now.cutter.cut - before
        return now.read_to < size and bool(data)

    def _finish_old(self, old: _Open, path: Path) -> bool:
        """Read the rest of a file that was moved or copied away; True while there is more of it."""
        moved = self._find_moved(old, path)
        if moved is None:
            # it may have been read to its end and deleted: nobody can know, so only an open line is surely lost
            self._lost += 1 if old.cutter.held else 0
            return False
        try:
            handle = self._open_file(moved)
        except OSError:
            self._lost += 1
            return False
        try:
            old.path = moved
            if self._read(old, handle):
                self._now = old
                return True
        finally:
            os.close(handle)
        for line in old.cutter.finish():
            self._take(line)
        return False

    def _find_moved(self, old: _Open, path: Path) -> Path | None:
        """The file itself under another name, else the newest that begins as it did and is no older."""
        copies: list[tuple[int, Path]] = []
        for beside in _beside(path):
            try:
                known = beside.stat()
                if beside == path or known.st_size < old.read_to or not self._begins_as(old.place, beside):
                    continue
            except OSError:
                continue
            if (known.st_dev, known.st_ino) == (old.place.device, old.place.number):
                return beside
            if old.place.head_bytes and known.st_mtime_ns >= old.place.changed_ns:
                copies.append((known.st_mtime_ns, beside))
        return max(copies)[1] if copies else None

    def _begins_as(self, place: Place, path: Path) -> bool:
        handle = self._open_file(path)
        try:
            return _begins_as(place, handle)
        finally:
            os.close(handle)


def _is_same(now: _Open, handle: int) -> bool:
    known = os.fstat(handle)
    if (known.st_dev, known.st_ino) != (now.place.device, now.place.number) or known.st_size < now.read_to:
        return False
    return _begins_as(now.place, handle)


def _begins_as(place: Place, handle: int) -> bool:
    head = _read_at(handle, 0, place.head_bytes)
    return len(head) == place.head_bytes and hashlib.sha256(head).digest() == place.head


def _head(handle: int) -> bytes:
    return _read_at(handle, 0, MAX_HEAD_BYTES)


def _read_at(handle: int, offset: int, count: int) -> bytes:
    os.lseek(handle, offset, os.SEEK_SET)
    parts: list[bytes] = []
    while count > 0 and (data := os.read(handle, count)):
        parts.append(data)
        count -= len(data)
    return b"".join(parts)


def _last_line_start(handle: int, size: int, encoding: str) -> int:
    """Where the line that is being written begins: what came before it is not told."""
    start = max(0, size - MAX_LOOK_BYTES) // 2 * 2
    cutter = LineCutter(encoding)
    for _line in cutter.feed(_read_at(handle, start, size - start)):
        pass
    return start + cutter.taken


def _beside(path: Path) -> Iterator[Path]:
    try:
        with os.scandir(path.parent) as entries:
            for count, entry in enumerate(entries):
                if count >= MAX_SIBLINGS:
                    return
                if entry.is_file():
                    yield Path(entry.path)
    except OSError:
        return
