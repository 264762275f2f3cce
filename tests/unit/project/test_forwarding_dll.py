"""The DLL that only forwards is one by Microsoft's format."""

from __future__ import annotations

import struct

from project.forwarding_dll import SECTION_AT, make_dll


def test_its_names_lead_to_the_other_dlls_functions() -> None:
    dll = make_dll("lacking.dll", {"Second": "other.Two", "First": "other.One"})
    start = struct.unpack_from("<I", dll, 0x3C)[0]
    assert dll[start : start + 4] == b"PE\0\0"
    export_at, export_bytes = struct.unpack_from("<II", dll, start + 24 + 112)

    def text(address: int) -> str:
        place = 0x200 + address - SECTION_AT
        return dll[place : dll.index(b"\0", place)].decode()

    directory = struct.unpack_from("<IIHHIIIIIII", dll, 0x200 + export_at - SECTION_AT)
    name, _, count, named, functions, names, ordinals = directory[4:]
    assert text(name) == "lacking.dll"
    assert count == named == 2
    found = {}
    for index in range(count):
        label = struct.unpack_from("<I", dll, 0x200 + names - SECTION_AT + 4 * index)[0]
        ordinal = struct.unpack_from("<H", dll, 0x200 + ordinals - SECTION_AT + 2 * index)[0]
        function = struct.unpack_from("<I", dll, 0x200 + functions - SECTION_AT + 4 * ordinal)[0]
        assert export_at <= function < export_at + export_bytes, "a forward lies within the directory"
        found[text(label)] = text(function)
    assert found == {"First": "other.One", "Second": "other.Two"}
