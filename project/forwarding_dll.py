"""Makes a Windows DLL without code, whose functions are those of another DLL under other names.

Wine 8 lacks a DLL that programs made with Rust load for one function (bcryptprimitives.dll, ProcessPrng), while it has
the same function elsewhere.  Format: Microsoft, "PE Format", the sections on headers and on the export directory.
"""

from __future__ import annotations

import struct

SECTION_AT = 0x1000  # in memory
FILE_ALIGNMENT = 0x200
AMD64 = 0x8664
EXECUTABLE_LARGE_DLL = 0x2022  # IMAGE_FILE_EXECUTABLE_IMAGE, _LARGE_ADDRESS_AWARE, _DLL
READ_INITIALIZED = 0x40000040  # IMAGE_SCN_MEM_READ, _CNT_INITIALIZED_DATA


def make_dll(name: str, forwards: dict[str, str]) -> bytes:
    """The DLL `name`, each of whose functions is "OTHERDLL.Function"; 64 bits."""
    exports = _export_section(name, forwards)
    size = -(-len(exports) // FILE_ALIGNMENT) * FILE_ALIGNMENT
    headers = b"MZ" + bytes(58) + struct.pack("<I", 0x40) + b"PE\0\0"
    headers += struct.pack("<HHIIIHH", AMD64, 1, 0, 0, 0, 240, EXECUTABLE_LARGE_DLL)
    headers += struct.pack("<HBBIIIII", 0x20B, 14, 0, 0, size, 0, 0, SECTION_AT)
    headers += struct.pack("<QII", 0x180000000, 0x1000, FILE_ALIGNMENT)  # where it is loaded, if that is free
    headers += struct.pack("<HHHHHHI", 6, 0, 0, 0, 6, 0, 0)
    headers += struct.pack("<IIIHH", SECTION_AT + 0x1000, FILE_ALIGNMENT, 0, 3, 0x0100)
    headers += struct.pack("<QQQQII", 0x100000, 0x1000, 0x100000, 0x1000, 0, 16)
    headers += struct.pack("<II", SECTION_AT, len(exports)) + bytes(15 * 8)
    headers += struct.pack("<8sIIIIIIHHI", b".edata", 0x1000, SECTION_AT, size, FILE_ALIGNMENT, 0, 0, 0, 0,
                           READ_INITIALIZED)  # fmt: skip
    return headers.ljust(FILE_ALIGNMENT, b"\0") + exports.ljust(size, b"\0")


def _export_section(name: str, forwards: dict[str, str]) -> bytes:
    """The export directory, its three tables, and the strings; a function within it is a forward by that."""
    names = sorted(forwards)  # they are looked for by halving
    count = len(names)
    tables = SECTION_AT + 40
    strings_at = tables + 10 * count
    strings = b""

    def put(text: str) -> int:
        nonlocal strings
        place = strings_at + len(strings)
        strings += text.encode("ascii") + b"\0"
        return place

    own = put(name)
    functions = [put(forwards[each]) for each in names]
    labels = [put(each) for each in names]
    directory = struct.pack("<IIHHIIIIIII", 0, 0, 0, 0, own, 1, count, count, tables, tables + 4 * count,
                            tables + 8 * count)  # fmt: skip
    return directory + struct.pack(f"<{count}I{count}I{count}H", *functions, *labels, *range(count)) + strings
