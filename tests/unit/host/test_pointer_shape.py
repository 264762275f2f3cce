"""The pointer's colours: premultiplied words become straight bytes."""

from __future__ import annotations

import numpy as np

from benchside.host.pointer.linux import straight_rgba


def test_colours_come_back_whole() -> None:
    words = np.array([[0xFF102030, 0x80402000, 0x00123456, 0x10FFFFFF]], np.uint32)
    assert list(straight_rgba(words)) == [
        *(0x10, 0x20, 0x30, 0xFF),
        *(128, 64, 0, 0x80),
        *(0, 0, 0, 0),
        *(255, 255, 255, 0x10),
    ]
