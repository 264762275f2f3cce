"""Follows a log file through restarts and rotation, a look at a time.  Opens it for each look and closes it again.

    rename and new    the file by our name is another one: the rest of the old one, found beside it, then the new one
    copy and cut      it is shorter than where we were, or begins otherwise: the rest is in a copy, which begins as ours
    rotated twice     what came between the two, by its name and its date, is read from its beginning
    date in the name  a pattern with `*`: the newest file is ours, once the one before has been read to its end

A file is known by device and file number and by the hash of its first bytes, since numbers are used again.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchside.notifier.adapters.beside import Names, look_beside
from benchside.notifier.adapters.log_text import LineCutter, find_encoding
from benchside.notifier.adapters.places import MAX_HEAD_BYTES, Others, Place

__all__ = ["LOOK_WITHIN_S", "MAX_BEHIND_BYTES", "MAX_LOOK_BYTES", "Looked", "Tail"]

MAX_LOOK_BYTES = 1024 * 1024
"""In one look: some 10 ms of reading and rules, so that the PC's other programs never wait for us."""
LOOK_WITHIN_S = 0.2
"""After so long a look ends behind the line that it is at: lines of the kind that rules are slow with, all at once,
would else keep the worker from telling that it is alive."""
MAX_BEHIND_BYTES = 64 * 1024 * 1024
"""Further behind, what lies between is passed over, and said: it would tell of what was wrong an hour ago."""
UNSEEN_S = 60.0
"""A file that was read so lately was most likely read to its end."""
FIND_REST = 20
"""So many times as long as it took to find the newest file of a pattern, none is looked for again."""


@dataclass(frozen=True)
class Looked:
    """What one look brought beside the lines."""

    has_file: bool
    lost: int = 0
    """Times that something was passed over: too far behind, the rest of a rotated file not found, an odd byte."""
    gone: int = 0
    """Times that a file was gone or packed after UNSEEN_S in which nobody looked: its rest may have been anything."""
    is_crowded: bool = False
    """The folder has more files than could be looked at, so another may be the newest."""
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
    read_at: float | None = None
    """When it was looked at last; None: before a restart."""

    @property
    def read_to(self) -> int:
        return self.base + self.cutter.taken + self.cutter.held

    @property
    def place_now(self) -> Place:
        return msgspec.structs.replace(self.place, name=self.path.name, offset=self.base + self.cutter.taken)


class Tail:
    """The lines of one log, each once.  `path` may have `*` and `?` in its last part."""

    def __init__(
        self,
        path: Path,
        encoding: str,
        *,
        place: Place | None,
        from_start: bool,
        open_file: Callable[[Path], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`place`: as remembered; without it reading begins at the end of a file that is there already."""
        self._path = path
        self._names = Names(path.name)
        self._encoding = encoding
        self._remembered = place
        self._skip = not from_start
        self._open_file = open_file
        self._monotonic = monotonic
        self._now: _Open | None = None
        self._take: Callable[[str], None] = lambda _line: None
        self._lost = self._gone = 0
        self._late_at = 0.0
        self._is_crowded = False
        self._found: Path | None = None
        self._find_again_at = 0.0
        self._others = Others(place)

    @property
    def place(self) -> Place | None:
        """Where a restart goes on from: always between two lines."""
        if self._now is None or not self._names.is_pattern:
            return self._now.place_now if self._now else self._remembered
        is_all = not self._is_crowded and not self._others.are_too_many
        return msgspec.structs.replace(
            self._now.place_now, others=self._others.to_remember, all_of=str(self._path) if is_all else ""
        )

    def look(self, take: Callable[[str], None]) -> Looked:
        """Give each new line to `take`; OSError when the file is there and cannot be read."""
        self._take, self._lost, self._gone = take, 0, 0
        self._late_at = self._monotonic() + LOOK_WITHIN_S
        if self._now is not None and self._now.cutter.is_behind:
            # read already, so whatever became of the file
            self._feed(self._now, b"")
            return Looked(has_file=True, lost=self._lost, is_crowded=self._is_crowded, is_behind=True)
        path = self._find()
        if path is None:
            # one that appears later is read from its beginning
            self._skip = False
            return Looked(has_file=False, is_crowded=self._is_crowded)
        handle = self._open_file(path)
        try:
            is_behind = self._look_into(path, handle)
        finally:
            os.close(handle)
        return Looked(
            has_file=True, lost=self._lost, gone=self._gone, is_crowded=self._is_crowded, is_behind=is_behind
        )  # fmt: skip

    def _look_into(self, path: Path, handle: int) -> bool:
        self._now = known = self._now or self._resume(path, handle)
        if known is not None and not _is_same(known, handle):
            if self._finish_old(known, path):
                return True
            self._others.leave(known.place_now)
            if self._begin_following(known, path):
                return True
            known = None
        if known is None:
            known = self._begin(path, handle)
        known.path = path
        self._now, self._skip = known, False
        return self._read(known, handle)

    def _find(self) -> Path | None:
        if not self._names.is_pattern:
            self._is_crowded = False
            return self._path if self._path.exists() else None
        began = self._monotonic()
        if self._found is None or began >= self._find_again_at or not self._found.exists():
            self._found = self._find_newest()
            ended = self._monotonic()
            self._find_again_at = ended + FIND_REST * (ended - began)
        return self._found

    def _find_newest(self) -> Path | None:
        beside = look_beside(self._path.parent, self._names.is_ours)
        self._is_crowded = beside.is_cut
        # what is read now stays one of them, wherever in a crowded folder it stands
        ours = {self._now.path} if self._now is not None and self._names.is_ours(self._now.path.name) else set()
        found: list[tuple[Path, os.stat_result]] = []
        is_whole = beside.is_whole
        for path in ours.union(beside.files):
            try:
                found.append((path, path.stat()))
            except OSError:
                is_whole = False  # it went meanwhile, or a share is away
        self._others.note([known for _, known in found], is_whole=is_whole, before_ns=self._known_before_ns())
        return max((known.st_mtime_ns, path) for path, known in found)[1] if found else None

    def _known_before_ns(self) -> float:
        if self._now is not None:
            return float("-inf")
        if self._remembered is None:
            return float("inf") if self._skip else float("-inf")
        # after a restart, what none remembers came while nobody looked; of too many that is known by their dates only
        return float("-inf") if self._remembered.all_of == str(self._path) else self._remembered.changed_ns

    def _resume(self, path: Path, handle: int) -> _Open | None:
        place, self._remembered = self._remembered, None
        if place is None:
            return None
        self._skip = False
        encoding = find_encoding(_head(handle), self._encoding)
        place = msgspec.structs.replace(place, others=(), all_of="")
        return _Open(place, LineCutter(encoding), place.offset, path.parent / place.name)

    def _begin(self, path: Path, handle: int) -> _Open:
        known = os.fstat(handle)
        head = _head(handle)
        cutter = LineCutter(find_encoding(head, self._encoding))
        left = self._others.go_on(known)
        if left is not None:
            again = _Open(left, cutter, left.offset, path)
            if _is_same(again, handle):
                return again
        start = self._start(handle, known, cutter.encoding)
        place = Place(
            name=path.name, device=known.st_dev, number=known.st_ino, offset=start,
            head=hashlib.sha256(head).digest(), head_bytes=len(head),
        )  # fmt: skip
        return _Open(place, cutter, start, path)

    def _start(self, handle: int, known: os.stat_result, encoding: str) -> int:
        """Where a file that was never read begins for us: at its end, where it was there already."""
        told = self._others.begin(known)
        if told is None:
            self._lost += 1
        size = known.st_size if self._skip or told is None else told
        return _last_line_start(handle, size, encoding) if size <= known.st_size else 0

    def _read(self, now: _Open, handle: int) -> bool:
        known = os.fstat(handle)
        size, now.read_at = known.st_size, self._monotonic()
        now.place = msgspec.structs.replace(now.place, device=known.st_dev, changed_ns=known.st_mtime_ns)
        if now.place.head_bytes < MAX_HEAD_BYTES and size > now.place.head_bytes:
            head = _head(handle)
            if now.read_to == 0:
                # only now there is something to tell the encoding from
                now.cutter = LineCutter(find_encoding(head, self._encoding))
            now.place = msgspec.structs.replace(now.place, head=hashlib.sha256(head).digest(), head_bytes=len(head))
        if size - now.read_to > MAX_BEHIND_BYTES:
            self._lost += 1
            # by an even number: the characters of UTF-16 lie where they did
            ahead = (size - MAX_LOOK_BYTES - now.place_now.offset) // 2 * 2
            now.base = now.place_now.offset + ahead
            now.cutter = LineCutter(now.cutter.encoding, is_inside=True)
        start = now.read_to
        data = _read_at(handle, start, min(MAX_LOOK_BYTES, max(0, size - start)))
        self._feed(now, data)
        return now.cutter.is_behind or (now.read_to < size and bool(data))

    def _feed(self, now: _Open, data: bytes) -> None:
        before = now.cutter.torn
        for line in now.cutter.feed(data, lambda: self._monotonic() >= self._late_at):
            self._take(line)
        self._lost += now.cutter.torn - before

    def _finish_old(self, old: _Open, path: Path) -> bool:
        """Read the rest of a file that was moved or copied away; True while there is more of it."""
        moved, is_cut = self._find_moved(old, path)
        if moved is None:
            # looked at a moment ago, it was most likely read to its end: an open line is surely lost
            is_seen = old.read_at is not None and self._monotonic() - old.read_at < UNSEEN_S
            self._lost += 1 if old.cutter.held or (is_cut and not is_seen) else 0
            self._gone += 0 if is_seen else 1
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

    def _begin_following(self, old: _Open, path: Path) -> bool:
        """Go on with a file that came after `old` and was rotated away as well, before anybody looked; False: none."""
        following = self._find_following(old, path)
        if following is None:
            return False
        try:
            handle = self._open_file(following)
        except OSError:
            self._lost += 1
            return False
        try:
            self._now = self._begin(following, handle)
        finally:
            os.close(handle)
        return True

    def _find_following(self, old: _Open, path: Path) -> Path | None:
        found: list[tuple[int, Path]] = []
        near = look_beside(path.parent, self._names.is_ours_or_moved)
        self._is_crowded = self._is_crowded or near.is_cut
        for beside in near.files:
            if beside == path:
                continue
            try:
                known = beside.stat()
                # the newest of a pattern is `path` itself; two that are written in turn are each left
                if known.st_mtime_ns <= old.place.changed_ns or self._is_read(beside, known, old.place):
                    continue
            except OSError:
                continue
            found.append((known.st_mtime_ns, beside))
        return min(found)[1] if found else None

    def _is_read(self, path: Path, known: os.stat_result, old: Place) -> bool:
        left = self._others.read_to_end(known)
        return self._begins_as(old, path) or (left is not None and self._begins_as(left, path))

    def _find_moved(self, old: _Open, path: Path) -> tuple[Path | None, bool]:
        """The file itself under another name, else the newest that begins as it did and is no older.

        And whether there were more files of such names than could be looked at.
        """
        copies: list[tuple[int, Path]] = []
        near = look_beside(path.parent, self._is_near, others=True)
        for beside in (old.path, *near.files):
            try:
                known = beside.stat()
                if beside == path or known.st_size < old.read_to or not self._begins_as(old.place, beside):
                    continue
            except OSError:
                continue
            if (known.st_dev, known.st_ino) == (old.place.device, old.place.number):
                return beside, False
            if old.place.head_bytes and known.st_mtime_ns >= old.place.changed_ns:
                copies.append((known.st_mtime_ns, beside))
        return max(copies)[1] if copies else None, near.is_cut

    def _is_near(self, name: str) -> bool:
        return self._names.is_ours_or_moved(name) or self._names.is_akin(name)

    def _begins_as(self, place: Place, path: Path) -> bool:
        handle = self._open_file(path)
        try:
            return _begins_as(place, handle)
        finally:
            os.close(handle)


def _is_same(now: _Open, handle: int) -> bool:
    known = os.fstat(handle)
    # the number of a device may be another one after each start of a system (btrfs, NFS)
    is_device = now.read_at is None or known.st_dev == now.place.device
    if not is_device or known.st_ino != now.place.number or known.st_size < now.read_to:
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
