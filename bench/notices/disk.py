"""A disk that loses power: of what was written and not synced, any part may be there, to the sector, or none.

The model is stricter than most file systems: nothing of a file is durable but by its own fsync, no name but by an fsync
of its folder, and writes that were not synced reach the disk in any order, each 512-byte sector for itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from bench.notices.traced import Created, Removed, Renamed, Resized, SyncBegun, Synced, What, Written

__all__ = ["Disk"]

SECTOR_BYTES = 512
Pending = tuple[int, bytes] | int
"""A write with its place, or a size."""


@dataclass
class _File:
    durable: bytes = b""
    pending: list[Pending] = field(default_factory=list)
    syncing: dict[int, int] = field(default_factory=dict)
    """By thread: how many of `pending` a sync that has begun is to make durable."""

    def size(self) -> int:
        size = len(self.durable)
        for each in self.pending:
            size = each if isinstance(each, int) else max(size, each[0] + len(each[1]))
        return size


class Disk:
    """One folder, without what lies in folders below; files that `ignored` ends are not modelled."""

    def __init__(self, folder: Path, *, ignored: tuple[str, ...] = ("-shm", ".log")) -> None:
        """As it lies there now, all of it durable."""
        self._folder = str(folder)
        self._ignored = ignored
        self._now: dict[str, _File] = {
            path.name: _File(path.read_bytes())
            for path in folder.iterdir()
            if path.is_file() and self._is_ours(str(path))
        }
        self._kept = dict(self._now)
        self._nameless: dict[str, _File] = {}

    def move(self, folder: Path) -> None:
        """The same disk is at another place from now on."""
        self._folder = str(folder)

    def _is_ours(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return folder == self._folder and not name.endswith(self._ignored)

    def step(self, what: What) -> bool:
        """Let it happen; return whether it was about this disk."""
        match what:
            case SyncBegun(path=path) | Synced(path=path) if path == self._folder:
                if isinstance(what, Synced):
                    self._kept = dict(self._now)
                return True
            case Renamed(path=path, to=to) if self._is_ours(path) and self._is_ours(to):
                self._now[_name(to)] = self._now.pop(_name(path))
                return True
            case Created() | Written() | Resized() | SyncBegun() | Synced() | Removed() if self._is_ours(what.path):
                self._step(what, _name(what.path))
                return True
            case _:
                return False

    def _step(self, what: Created | Written | Resized | SyncBegun | Synced | Removed, name: str) -> None:
        if isinstance(what, Created):
            self._now.setdefault(name, _File())
            return
        if isinstance(what, Removed):
            self._nameless[name] = self._now.pop(name)
            return
        file = self._now.get(name) or self._nameless[name]
        match what:
            case Written():
                file.pending.append((file.size() if what.at is None else what.at, what.data))
            case Resized():
                file.pending.append(what.size)
            case SyncBegun():
                file.syncing[what.thread] = len(file.pending)
            case Synced():
                count = file.syncing.pop(what.thread)
                file.durable = _applied(file.durable, file.pending[:count])
                del file.pending[:count]
                file.syncing = {thread: max(0, most - count) for thread, most in file.syncing.items()}

    def lose_power(self, folder: Path, dice: random.Random) -> int:
        """Write into `folder` what a power cut may leave; return how many unsynced writes there were.

        Of those, none, some, or all reach the disk.
        """
        keeps = dice.choice((0.0, 0.2, 0.5, 0.8, 1.0))
        for name in sorted(self._now.keys() | self._kept.keys()):
            before, after = self._kept.get(name), self._now.get(name)
            file = after if before is after or dice.random() < keeps else before
            if file is not None:
                parts = [part for each in file.pending for part in _reached(each, keeps, dice)]
                (folder / name).write_bytes(_applied(file.durable, parts))
        return sum(len(file.pending) for file in self._now.values())


def _reached(pending: Pending, keeps: float, dice: random.Random) -> Iterable[Pending]:
    """What of one write reaches the disk; a torn one reaches it in part."""
    is_torn = not isinstance(pending, int) and dice.random() < 0.3
    if not is_torn:
        return [pending] if dice.random() < keeps else []
    assert not isinstance(pending, int)
    at, data = pending
    cuts = [at, *range(at - at % SECTOR_BYTES + SECTOR_BYTES, at + len(data), SECTOR_BYTES), at + len(data)]
    sectors = [(one, data[one - at : two - at]) for one, two in pairwise(cuts)]
    return [sector for sector in sectors if dice.random() < 0.5]


def _applied(content: bytes, pending: Iterable[Pending]) -> bytes:
    made = bytearray(content)
    for each in pending:
        size, data = (each, b"") if isinstance(each, int) else (max(len(made), each[0] + len(each[1])), each[1])
        if size > len(made):
            made.extend(bytes(size - len(made)))
        if isinstance(each, int):
            del made[size:]
        else:
            made[each[0] : each[0] + len(data)] = data
    return bytes(made)


def _name(path: str) -> str:
    return path.rpartition("/")[2]
