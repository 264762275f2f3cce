"""Presses keys on an X display so that what arrives is what was meant, whatever the layouts on both ends.

For a character the key and level that hold it are looked up in the PC's map; modifiers that are held and not
wanted are lifted around it, missing ones pressed, Caps Lock and another group undone, all in one write, so
that no other input comes between.  A character that the layout lacks is put on a key without meaning.
"""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from itertools import combinations
from typing import Any

import xcffib.xkb
import xcffib.xtest

from benchside.host.inject.characters import keysym_of
from benchside.host.inject.keymap import CONTROL, LOCK, SHIFT, Keymap, KeyPlace
from benchside.host.inject.linux_leftovers import note_lent
from benchside.host.inject.names import MODIFIERS, keycode_of, keysym_for
from benchside.platform.display.linux import Display
from benchside.protocol.errors import UnavailableError

__all__ = ["Keyboard"]

_CORE_KEYBOARD = 0x100  # XkbUseCoreKbd
_KEY_PRESS, _KEY_RELEASE = 2, 3

# Keysyms that lead to further levels, and what they are for.
_LEVEL_KEYSYMS = (0xFE03, 0xFE11, 0xFF7E)  # ISO_Level3_Shift, ISO_Level5_Shift, Mode_switch
_SHIFT_KEYSYMS = (0xFFE1, 0xFFE2)

# Control characters, halves of characters and code points without a character.
_NO_TEXT = ("Cc", "Cs", "Cn", "Co")

# More than fingers: a console that presses without lifting cannot fill the memory.
MAX_PRESSED = 32

# Keys that may be given a meaning.  A program reads the map some time after the press, so each keeps its
# character until that many others have been typed, and all are put back in the end.
MAX_SPARE = 12


class Keyboard:
    """One display's keyboard; all it presses is remembered in `pressed`."""

    def __init__(self, display: Display, press: Any) -> None:
        """`press(kind, keycode)` makes the server believe in a key; nothing is sent before the flush.

        UnavailableError: a display without XKB.
        """
        self._display = display
        self._press = press
        self._xkb = display.extension(xcffib.xkb.key)
        if self._xkb is None:
            raise UnavailableError("the display has no XKB")
        with display.using():
            self._xkb.UseExtension(1, 0).reply()
        # What is held: by the console's name of the key, the keycode here.
        self._held: dict[str, int] = {}
        self._held_modifiers: dict[str, str] = {}
        self._alt_graph: str | None = None  # the key that is held as AltGr
        # Keysyms on keys that had no meaning, by keysym, the least lately used first.
        self._lent: OrderedDict[int, int] = OrderedDict()
        self._keymap = Keymap()
        self._modifier_bits: dict[int, int] = {}
        self._level_keys: dict[int, int] = {}
        self._is_map_stale = True
        display.on(xcffib.xproto.MappingNotifyEvent, self._handle_mapping)
        self._xkb.SelectEvents(_CORE_KEYBOARD, 3, 0, 3, 0, 0, [])  # NewKeyboardNotify, MapNotify
        for event in (xcffib.xkb.NewKeyboardNotifyEvent, xcffib.xkb.MapNotifyEvent):
            display.on(event, self._handle_mapping)

    def key(self, key: str, code: str, down: bool) -> None:
        """As `Injector.key` says; the caller flushes."""
        name = code or key
        if not down:
            # By its place alone: what a key is called may have changed while it was down.
            if name == self._alt_graph:
                self._alt_graph = None
            self._lift(name)
            return
        if key == "AltGraph":
            self._alt_graph = name
            return
        if name in self._held and key not in MODIFIERS:
            return  # the server repeats a held key by itself
        if len(self._held) >= MAX_PRESSED:
            return
        keysym = keysym_for(key, code)
        if keysym is not None:
            self._press_named(key, name, keysym, code)
        elif len(key) == 1 and unicodedata.category(key) not in _NO_TEXT:
            if self._is_shortcut() and key.isalpha():
                self._press_letter_of_shortcut(name, key, code)
            else:
                self._press_character(name, key)

    def release_all(self) -> None:
        """Lift all keys; the caller flushes."""
        for name in list(self._held):
            self._lift(name)
        self._alt_graph = None

    def put_back(self) -> None:
        """Take their characters from the keys that had no meaning before."""
        if not self._lent:
            return
        self._refresh()  # somebody may have loaded another layout, and needs those keys now
        with self._display.using():
            for keycode in self._lent.values():
                self._display.core.ChangeKeyboardMapping(1, keycode, 1, [0])
        self._lent.clear()
        note_lent(self._display, self._lent)
        self._is_map_stale = True

    @property
    def pressed(self) -> frozenset[str]:
        """Names of the keys that are held, as the console named them."""
        return frozenset(self._held)

    # What is pressed

    def _is_shortcut(self) -> bool:
        """Whether what is typed now is a command and no text.  With AltGr held it is text: a Windows browser
        reports AltGr as Control and AltGraph."""
        return self._alt_graph is None and bool({"Control", "Alt", "Meta", "OS"} & set(self._held_modifiers.values()))

    def _press_named(self, key: str, name: str, keysym: int, code: str) -> None:
        self._refresh()
        place = next(self._keymap.places(keysym, 0), None)
        keycode = place.keycode if place is not None else self._lend(keysym)
        if keycode is None:
            return
        if key in MODIFIERS:
            self._held_modifiers[name] = key
        self._hold(name, keycode)

    def _press_letter_of_shortcut(self, name: str, key: str, code: str) -> None:
        """Ctrl+C is the key that writes c, with the modifiers just as the associate holds them."""
        self._refresh()
        place = next((each for each in self._keymap.places(key.lower(), self._state().group) if each.level == 0), None)
        keycode = place.keycode if place is not None else keycode_of(code)
        if keycode is not None and keycode in self._keymap.groups:
            self._hold(name, keycode)

    def _press_character(self, name: str, character: str) -> None:
        self._refresh()
        state = self._state()
        keycode = self._lent.get(keysym_of(character))
        places = self._keymap.places(character, state.group) if keycode is None else ()
        for place in places:
            need = self._needed(place, state)
            if need is not None:
                self._stroke(name, place.keycode, need, place.group, state)
                return
        keycode = self._lend(keysym_of(character))
        if keycode is not None:
            self._stroke(name, keycode, 0, state.group, state)

    def _needed(self, place: KeyPlace, state: Any) -> int | None:
        """The fewest modifiers among those that can be pressed which lead to the place; None if none do."""
        fixed = state.lockedMods & ~(LOCK | self._tweakable())
        if self._is_shortcut():
            fixed |= self._held_bits() & ~self._tweakable()
        bits = list(self._level_keys)
        for count in range(len(bits) + 1):
            for chosen in combinations(bits, count):
                if place.kind.level(fixed | sum(chosen)) == place.level:
                    return sum(chosen)
        return None

    def _stroke(self, name: str, keycode: int, need: int, group: int, state: Any) -> None:
        """Press the key under exactly the modifiers in `need`; lift it again if anything had to be turned."""
        unwanted = self._tweakable() & ~need
        if self._alt_graph is not None:
            unwanted |= 0xFF & ~LOCK & ~need
        lifted = [held for held in self._held.values() if self._modifier_bits.get(held, 0) & unwanted]
        missing = [self._level_keys[bit] for bit in self._level_keys if need & bit & ~state.baseMods]
        turned_locks = state.lockedMods & (LOCK | self._tweakable())
        is_turned = bool(lifted or missing or turned_locks or group != state.group)
        if turned_locks or group != state.group:
            self._lock(turned_locks, 0, group if group != state.group else None)
        for held in lifted:
            self._press(_KEY_RELEASE, held)
        for extra in missing:
            self._press(_KEY_PRESS, extra)
        if is_turned:
            self._press(_KEY_PRESS, keycode)
            self._press(_KEY_RELEASE, keycode)
        else:
            self._hold(name, keycode)
        for extra in reversed(missing):
            self._press(_KEY_RELEASE, extra)
        for held in lifted:
            self._press(_KEY_PRESS, held)
        if turned_locks or group != state.group:
            self._lock(turned_locks, turned_locks, state.lockedGroup if group != state.group else None)

    def _hold(self, name: str, keycode: int) -> None:
        if keycode in self._held.values():
            # Another name holds the same key: press it anew, as a person would have to.
            self._press(_KEY_RELEASE, keycode)
        self._held[name] = keycode
        self._press(_KEY_PRESS, keycode)

    def _lift(self, name: str) -> None:
        keycode = self._held.pop(name, None)
        self._held_modifiers.pop(name, None)
        if keycode is not None and keycode not in self._held.values():
            self._press(_KEY_RELEASE, keycode)

    def _tweakable(self) -> int:
        """Bits of Shift and the level keys: what may be pressed and lifted around a character."""
        return SHIFT | sum(self._level_keys) - (SHIFT if SHIFT in self._level_keys else 0)

    def _held_bits(self) -> int:
        bits = 0
        for keycode in self._held.values():
            bits |= self._modifier_bits.get(keycode, 0)
        return bits

    # What the server knows

    def _state(self) -> Any:
        with self._display.using():
            assert self._xkb is not None
            return self._xkb.GetState(_CORE_KEYBOARD).reply()

    def _lock(self, affect: int, locks: int, group: int | None) -> None:
        with self._display.using():
            assert self._xkb is not None
            self._xkb.LatchLockState(_CORE_KEYBOARD, affect, locks, group is not None, group or 0, 0, 0, 0)

    def _lend(self, keysym: int) -> int | None:
        """A key without meaning that gives `keysym` from now on; None when the keyboard has none to spare."""
        keycode = self._lent.get(keysym)
        if keycode is not None:
            self._lent.move_to_end(keysym)
            return keycode
        free = [each for each in self._keymap.spare if each not in self._lent.values()]
        if free and len(self._lent) < MAX_SPARE:
            # The highest: low ones may belong to a key that is there and has no meaning yet.
            keycode = free[-1]
        elif self._lent:
            _, keycode = self._lent.popitem(last=False)
        else:
            return None
        self._lent[keysym] = keycode
        note_lent(self._display, self._lent)  # first: whoever comes after a crash must know
        with self._display.using():
            # Twice: alone, the server would make a letter's capital its second level.
            self._display.core.ChangeKeyboardMapping(1, keycode, 2, [keysym, keysym])
        return keycode

    def _refresh(self) -> None:
        """Read the map again after somebody changed it; our own changes are known."""
        self._display.read()
        if not self._is_map_stale:
            return
        self._is_map_stale = False
        with self._display.using():
            assert self._xkb is not None
            full = xcffib.xkb.MapPart.KeyTypes | xcffib.xkb.MapPart.KeySyms
            cookie = self._xkb.GetMap(_CORE_KEYBOARD, full, 0, *(0,) * 8, 0, *(0,) * 6)
            # Parsed by ourselves: only two of the reply's nine parts are wanted.
            reply = bytes(self._display.connection.wait_for_reply(cookie.sequence).buf)
            modifiers = self._display.core.GetModifierMapping().reply()
            self._keymap = Keymap.parse(reply)
            self._read_modifiers(list(modifiers.keycodes), modifiers.keycodes_per_modifier)
        for keysym, keycode in list(self._lent.items()):
            if all(place.keycode != keycode for place in self._keymap.by_keysym.get(keysym, ())):
                del self._lent[keysym]  # taken back by a layout that was loaded meanwhile

    def _read_modifiers(self, keycodes: list[int], per_modifier: int) -> None:
        self._modifier_bits = {}
        for index, keycode in enumerate(keycodes):
            if keycode:
                bit = 1 << (index // per_modifier)
                self._modifier_bits[keycode] = self._modifier_bits.get(keycode, 0) | bit
        self._level_keys = {}
        for keysym in (*_SHIFT_KEYSYMS, *_LEVEL_KEYSYMS):
            for place in self._keymap.by_keysym.get(keysym, ()):
                bit = self._modifier_bits.get(place.keycode, 0)
                # A key with one meaning and one modifier, so that pressing it does just that.
                if (
                    bit
                    and place.level == 0
                    and place.group == 0
                    and bit.bit_count() == 1
                    and bit not in (LOCK, CONTROL)
                ):
                    self._level_keys.setdefault(bit, place.keycode)

    def _handle_mapping(self, event: Any) -> None:
        # Caused by _lend as well; reading the map again then costs a millisecond and is rare.
        self._is_map_stale = True
