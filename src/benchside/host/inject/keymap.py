"""The PC's keyboard map: which key, with which modifiers, gives which keysym (XKB protocol, GetMap)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchside.host.inject.characters import character_of
from benchside.protocol.errors import UnavailableError

__all__ = ["CONTROL", "LOCK", "SHIFT", "KeyPlace", "Keymap"]

# Real modifiers by bit (X protocol).
SHIFT, LOCK, CONTROL = 1, 2, 4

_HEADER_BYTES = 40
_MAX_GROUPS = 4


@dataclass(frozen=True, slots=True)
class KeyType:
    """Which modifiers lead to which level; what is not listed leads to level 0."""

    mask: int
    levels: tuple[tuple[int, int], ...]

    def level(self, modifiers: int) -> int:
        wanted = modifiers & self.mask
        return next((level for mask, level in self.levels if mask == wanted), 0)


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """A key that can give a keysym: in this group, at this level of its type."""

    keycode: int
    group: int
    level: int
    kind: KeyType


@dataclass(frozen=True, slots=True)
class Keymap:
    """All keys.  `groups` tells how many a key has: a group beyond is folded back to its first."""

    by_keysym: dict[int, list[KeyPlace]] = field(default_factory=dict)
    by_character: dict[str, list[KeyPlace]] = field(default_factory=dict)
    groups: dict[int, int] = field(default_factory=dict)
    spare: tuple[int, ...] = ()

    @classmethod
    def parse(cls, reply: bytes) -> Keymap:
        """From GetMap's reply with key types and keysyms; UnavailableError when it is not whole."""
        try:
            return cls._parse(reply)
        except (struct.error, IndexError) as error:
            raise UnavailableError("the display's keyboard map is broken") from error

    @classmethod
    def _parse(cls, reply: bytes) -> Keymap:
        types_count = reply[15]
        first_key, keys_count = reply[17], reply[20]
        types, offset = _read_types(reply, types_count)
        keymap = cls()
        spare: list[int] = []
        for keycode in range(first_key, first_key + keys_count):
            indexes = reply[offset : offset + 4]
            info, width, count = struct.unpack_from("<BBH", reply, offset + 4)
            keysyms = struct.unpack_from(f"<{count}I", reply, offset + 8)
            offset += 8 + 4 * count
            groups = min(info & 0x0F, _MAX_GROUPS)
            keymap.groups[keycode] = groups
            if not any(keysyms):
                spare.append(keycode)
            for group in range(groups):
                for level in range(width):
                    keysym = keysyms[group * width + level]
                    if keysym:
                        place = KeyPlace(keycode, group, level, types[indexes[group]])
                        keymap._enter(keysym, place)
        return cls(keymap.by_keysym, keymap.by_character, keymap.groups, tuple(spare))

    def _enter(self, keysym: int, place: KeyPlace) -> None:
        self.by_keysym.setdefault(keysym, []).append(place)
        character = character_of(keysym)
        if character is not None:
            self.by_character.setdefault(character, []).append(place)

    def places(self, wanted: int | str, group: int) -> Iterator[KeyPlace]:
        """Where a keysym or a character can be had, first those of the present group, low levels first.

        Keys of one group only serve in every group, and come with `group` as theirs.
        """
        found = self.by_keysym.get(wanted) if isinstance(wanted, int) else self.by_character.get(wanted)
        here, elsewhere = [], []
        for place in found or ():
            if place.group == group or (place.group == 0 and group >= self.groups[place.keycode]):
                here.append(KeyPlace(place.keycode, group, place.level, place.kind))
            else:
                elsewhere.append(place)
        yield from sorted(here, key=lambda place: place.level)
        yield from sorted(elsewhere, key=lambda place: (place.level, place.group))


def _read_types(reply: bytes, count: int) -> tuple[list[KeyType], int]:
    offset, types = _HEADER_BYTES, []
    for _ in range(count):
        mask, _, _, _, entries, preserve, _ = struct.unpack_from("<BBHBBBB", reply, offset)
        offset += 8
        levels = []
        for _ in range(entries):
            active, entry_mask, level = struct.unpack_from("<BBB", reply, offset)
            if active:
                levels.append((entry_mask, level))
            offset += 8
        if preserve:
            offset += 4 * entries
        types.append(KeyType(mask, tuple(levels)))
    return types, offset
