"""Names, characters and the keyboard map: pure tables and a parser that a broken server cannot upset."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.host.inject.characters import character_of, keysym_of
from benchside.host.inject.keymap import LOCK, SHIFT, Keymap
from benchside.host.inject.names import keycode_of, keysym_for
from benchside.protocol.errors import UnavailableError


@given(st.characters(exclude_categories=["Cs", "Cc"]))
def test_a_keysym_made_for_a_character_stands_for_it(character: str) -> None:
    assert character_of(keysym_of(character)) == character


@pytest.mark.parametrize(
    ("keysym", "character"),
    [
        (0x61, "a"),
        (0xF1, "ñ"),
        (0x20AC, "€"),
        (0x06C1, "а"),
        (0x07E1, "α"),
        (0x01A3, "Ł"),
        (0x010020AC, "€"),
        (0xFF0D, None),
        (0xFE51, None),
        (0, None),
        (0x0100D800, None),
        (0x01FFFFFF, None),
    ],
)
def test_keysyms_of_all_ages(keysym: int, character: str | None) -> None:
    assert character_of(keysym) == character


def test_names() -> None:
    assert keysym_for("Enter", "Enter") == 0xFF0D
    assert keysym_for("Enter", "NumpadEnter") == 0xFF8D
    assert keysym_for("F24", "F24") == 0xFFD5
    assert keysym_for("Shift", "ShiftRight") == 0xFFE2
    assert keysym_for("Alt", "AltRight") == 0xFFE9
    assert keysym_for("a", "KeyA") is None
    assert keysym_for("__proto__", "") is None
    assert keycode_of("KeyA") == 38
    assert keycode_of("Slash") == 61
    assert keycode_of("Enter") is None


def reply(groups: int = 1) -> bytes:
    """One type of two levels (Shift or Lock leads to the second), a key for a and A, a key without meaning."""
    entries = b"".join(struct.pack("<BBBBHH", 1, mask, 1, mask, 0, 0) for mask in (SHIFT, LOCK))
    types = struct.pack("<BBHBBBB", SHIFT | LOCK, SHIFT | LOCK, 0, 2, 2, 0, 0) + entries
    syms = struct.pack("<2I", 0x61, 0x41) * groups
    keys = struct.pack("<4BBBH", 0, 0, 0, 0, groups, 2, 2 * groups) + syms
    keys += struct.pack("<4BBBH", 0, 0, 0, 0, 0, 0, 0)
    header = bytearray(40)
    header[15], header[17], header[20] = 1, 38, 2
    return bytes(header) + types + keys


def test_places_of_a_key_of_one_group_serve_in_every_group() -> None:
    keymap = Keymap.parse(reply())
    (place,) = keymap.places("a", 2)
    assert (place.keycode, place.group, place.level) == (38, 2, 0)
    assert place.kind.level(0) == 0
    assert place.kind.level(SHIFT) == place.kind.level(LOCK) == 1
    assert place.kind.level(SHIFT | LOCK) == 0
    assert keymap.spare == (39,)
    assert list(keymap.places("ж", 0)) == []


def test_the_present_group_comes_first() -> None:
    keymap = Keymap.parse(reply(2))
    assert [place.group for place in keymap.places(0x41, 1)] == [1, 0]


def test_a_reply_cut_anywhere_is_unavailable() -> None:
    whole = reply()
    for length in range(len(whole)):
        with pytest.raises(UnavailableError):
            Keymap.parse(whole[:length])


@given(st.binary(max_size=300))
def test_nonsense_is_unavailable_or_a_map(data: bytes) -> None:
    with contextlib.suppress(UnavailableError):
        Keymap.parse(data)
