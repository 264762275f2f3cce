"""Which keys programs hold on an X display, as left by one that was killed (XI2proto 2.0, XIQueryDevice, and
XIproto 1.5, QueryDeviceState).

The core's own list mixes them with the keys that a person holds, and a program's release would lift those.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import xcffib.xinput

from benchside.platform.display.linux import Display, ProtocolError

__all__ = ["keys_held_by_programs"]

_VERSION = (2, 0)
_HEADER_BYTES = 32
_SLAVE_KEYBOARD = 4
_KEY_CLASS = 0

# The server names the device that XTEST presses on so ("Virtual core XTEST keyboard").
_NAME_END = b"XTEST keyboard"


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
