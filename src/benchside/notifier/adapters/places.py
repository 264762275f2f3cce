"""Where reading of a log goes on: in the file that is read, and in the others of its pattern, written in turn with it.

What is remembered over restarts, and how it is held against what lies in the folder.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import chain, islice
from typing import Annotated

import msgspec

from benchside.notifier.adapters.beside import MAX_SIBLINGS

__all__ = ["MAX_HEAD_BYTES", "MAX_OTHERS", "MAX_PLACE_BYTES", "Other", "Others", "Place"]

MAX_HEAD_BYTES = 256
"""Two lines or three: enough to have a moment in it that no other file begins with."""
MAX_OTHERS = 200
"""Other files that are remembered: all that programs write in turn, in some 13 KiB, since a log that never rests has
them written every few seconds."""
MAX_PLACE_BYTES = 32 * 1024
"""MAX_OTHERS of them at some 65 bytes each, and the longest path and name that a system has."""

_Count = Annotated[int, msgspec.Meta(ge=0)]
_HeadBytes = Annotated[int, msgspec.Meta(ge=0, le=MAX_HEAD_BYTES)]
_Key = tuple[int, int]
"""Device and number of a file."""


class Other(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A file beside the one that is read.  Without names of fields, since there are many."""

    device: int
    number: int
    offset: _Count | None
    """Where reading goes on, or, without `head`, how many bytes were there before anybody looked; None: unknown."""
    head: bytes = b""
    """As of a place; empty for a file that was never read."""
    head_bytes: _HeadBytes = 0


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where reading goes on: in which file, and after how many bytes.  What is remembered over restarts."""

    name: str
    device: int
    number: int
    offset: _Count
    head: bytes
    """SHA-256 of the first `head_bytes`."""
    head_bytes: _HeadBytes
    changed_ns: int = 0
    """When it was written last, as far as we know: a copy of it is not older."""
    others: tuple[Other, ...] = ()
    """Those that were read last come first."""
    all_of: str = ""
    """The path with the pattern of which `others` names each file that was there; empty where there were more, and in a
    place of an older version."""


class Others:
    """The files of a pattern beside the one that is read: which were read how far, and which never."""

    def __init__(self, place: Place | None) -> None:
        """`place`: as remembered."""
        self._left: dict[_Key, Place] = {}
        """Where reading goes on in files that are written in turn with ours, of a pattern as many as are looked at."""
        self._left_before: dict[_Key, Place] = {}
        """The same of files that were left before a restart: what they got meanwhile is read like a new file's."""
        self._not_told: dict[_Key, int | None] = {}
        """Of files never read, how many bytes were there before anybody looked; None: it was, nobody knows how far."""
        for other in reversed(place.others if place is not None else ()):
            key = other.device, other.number
            if other.head and other.offset is not None:
                self._left_before[key] = Place(
                    name="", device=other.device, number=other.number, offset=other.offset,
                    head=other.head, head_bytes=other.head_bytes,
                )  # fmt: skip
            else:
                self._not_told[key] = other.offset

    @property
    def to_remember(self) -> tuple[Other, ...]:
        """The newest of them, those that were read before those that never were."""
        places = chain(reversed(self._left.items()), reversed(self._left_before.items()))
        left = (Other(*key, place.offset, place.head, place.head_bytes) for key, place in places)
        not_told = (Other(*key, size) for key, size in reversed(self._not_told.items()))
        return tuple(islice(chain(left, not_told), MAX_OTHERS))

    @property
    def are_too_many(self) -> bool:
        """Whether not all of them can be remembered."""
        return len(self._left) + len(self._left_before) + len(self._not_told) > MAX_OTHERS

    def leave(self, place: Place) -> None:
        """Reading of a file ends at `place`, and may go on there."""
        self._left[place.device, place.number] = place
        while len(self._left) > MAX_SIBLINGS:
            longest_left = next(iter(self._left))
            self._left.pop(longest_left)
            self._not_told[longest_left] = None
        self._drop_oldest()

    def go_on(self, known: os.stat_result) -> Place | None:
        """Where a file was left, if it was, which is for the caller to hold against how it begins."""
        key = _key_of(known)
        before = self._left_before.pop(key, None)
        return self._left.pop(key, before)

    def begin(self, known: os.stat_result) -> int | None:
        """How many bytes of a file were there before anybody looked; None: it was read, nobody knows how far."""
        return self._not_told.pop(_key_of(known), 0)

    def read_to_end(self, known: os.stat_result) -> Place | None:
        """Where a file was left, unless it was before a restart and the file has another size now.

        One that was left since then goes on when it is the newest again: were it read whenever it has grown, those that
        never rest would keep the newest from ever being read.
        """
        before = self._left_before.get(_key_of(known))
        is_as_left = before is not None and before.offset == known.st_size
        return self._left.get(_key_of(known), before if is_as_left else None)

    def note(self, found: Sequence[os.stat_result], *, is_whole: bool, before_ns: float) -> None:
        """Know what was there already, and forget what went or was begun anew: its number is another file's by then.

        `is_whole`: `found` are all files that there are.  `before_ns`: what was written last before this moment was
        there before anybody looked, where nothing else is known of it.
        """
        sizes = {_key_of(known): known.st_size for known in found}
        self._follow_devices(sizes)
        for known in sorted(found, key=lambda each: each.st_mtime_ns):
            if known.st_mtime_ns < before_ns and _key_of(known) not in self._left_before:
                self._not_told.setdefault(_key_of(known), known.st_size)
        # a folder without any file is most likely a share or a disk that is away
        gone = -1 if is_whole and found else float("inf")
        self._not_told = {each: size for each, size in self._not_told.items() if (size or 0) <= sizes.get(each, gone)}
        self._drop_oldest()

    def _follow_devices(self, sizes: dict[_Key, int]) -> None:
        """The number of a device may be another one after each start of a system (btrfs, NFS)."""
        devices = {device for device, _ in sizes}
        device_of = {number: device for device, number in sizes}

        def now(key: _Key) -> _Key:
            return key if key[0] in devices else (device_of.get(key[1], key[0]), key[1])

        self._left = {now(key): place for key, place in self._left.items()}
        self._left_before = {now(key): place for key, place in self._left_before.items()}
        self._not_told = {now(key): size for key, size in self._not_told.items()}

    def _drop_oldest(self) -> None:
        while len(self._not_told) > MAX_SIBLINGS:
            self._not_told.pop(next(iter(self._not_told)))


def _key_of(known: os.stat_result) -> _Key:
    return known.st_dev, known.st_ino
