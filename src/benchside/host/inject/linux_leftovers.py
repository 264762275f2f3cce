"""What a host that was killed leaves on an X display: keys that it held, and characters on keys that had none.

Which keys programs hold is in XI2proto 2.0, XIQueryDevice, and XIproto 1.5, QueryDeviceState: the core's own list
mixes them with the keys that a person holds, and a program's release would lift those.  Which keys were lent stands
in a property of the root window, since the server keeps both, and nothing else, when a client is gone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

import xcffib.xinput
from xcffib.xproto import Atom, PropMode

from benchside.platform.display.linux import Display, ProtocolError

__all__ = ["give_back_lent", "keys_held_by_programs", "note_lent"]

_VERSION = (2, 0)
_HEADER_BYTES = 32
_SLAVE_KEYBOARD = 4
_KEY_CLASS = 0

# The server names the device that XTEST presses on so ("Virtual core XTEST keyboard").
_NAME_END = b"XTEST keyboard"

_LENT = "_BENCHSIDE_LENT_KEYS"
# Pairs of keycode and keysym; there are no more keycodes.
_MAX_LENT = 248


def note_lent(display: Display, lent: Mapping[int, int]) -> None:
    """Write down which keysyms (the keys) are on which keycodes; sent with the next flush, before it counts."""
    property_ = display.atom(_LENT)
    with display.using():
        if lent:
            words = [word for keysym, keycode in lent.items() for word in (keycode, keysym)]
            display.core.ChangeProperty(PropMode.Replace, display.root, property_, Atom.CARDINAL, 32, len(words), words)
        else:
            display.core.DeleteProperty(display.root, property_)


def give_back_lent(display: Display) -> None:
    """Take the characters from the keys that a killed host has lent and that nobody has given another meaning."""
    property_ = display.atom(_LENT)
    with display.using():
        try:
            reply = display.core.GetProperty(True, display.root, property_, Atom.CARDINAL, 0, 2 * _MAX_LENT).reply()
            words = list(reply.value.to_atoms()) if reply.format == 32 else []
            setup = display.connection.setup
            for keycode, keysym in zip(words[::2], words[1::2], strict=False):
                if not setup.min_keycode <= keycode <= setup.max_keycode:
                    continue
                mapped = display.core.GetKeyboardMapping(keycode, 1).reply().keysyms
                if {each for each in mapped if each} == {keysym}:
                    display.core.ChangeKeyboardMapping(1, keycode, 1, [0])
        except (ProtocolError, struct.error):
            return


def keys_held_by_programs(display: Display) -> list[int]:
    """Keycodes, in order; none where the display does not tell its devices apart."""
    xinput = display.extension(xcffib.xinput.key)
    if xinput is None:
        return []
    held: set[int] = set()
    with display.using():
        try:
            xinput.XIQueryVersion(*_VERSION).reply()
            asked = xinput.XIQueryDevice(xcffib.xinput.Device.All)
            # Both replies are parsed here: xcffib knows fewer classes of devices than servers have.
            devices = bytes(display.connection.wait_for_reply(asked.sequence).buf)
            for device in _program_keyboards(devices):
                asked = xinput.QueryDeviceState(device)
                state = bytes(display.connection.wait_for_reply(asked.sequence).buf)
                held.update(_pressed(state))
        except (ProtocolError, struct.error):
            return sorted(held)
    return sorted(held)


def _program_keyboards(reply: bytes) -> Iterator[int]:
    (count,) = struct.unpack_from("<H", reply, 8)
    offset = _HEADER_BYTES
    for _ in range(count):
        device, kind, _, classes, name_length, _ = struct.unpack_from("<HHHHHBx", reply, offset)
        offset += 12
        name = reply[offset : offset + name_length]
        offset += (name_length + 3) & ~3
        for _ in range(classes):
            _, length = struct.unpack_from("<HH", reply, offset)
            offset += 4 * length
        if kind == _SLAVE_KEYBOARD and name.endswith(_NAME_END):
            yield device


def _pressed(reply: bytes) -> Iterator[int]:
    count, offset = reply[8], _HEADER_BYTES
    for _ in range(count):
        kind, length = struct.unpack_from("<BB", reply, offset)
        if kind == _KEY_CLASS:
            bits = reply[offset + 4 : offset + 36]
            yield from (8 * index + bit for index, byte in enumerate(bits) for bit in range(8) if byte & 1 << bit)
        offset += length
