"""The table of TCP connections on Windows: GetExtendedTcpTable, which needs no rights.  It has no counters of bytes.

(GetPerTcpConnectionEStats has them, for administrators and after they were switched on for each connection: more than a
watch should change at an instrument's PC.)
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
import socket
import struct
from ctypes import wintypes

from benchside.platform.connections.contract import MAX_CONNECTIONS, Connection, plain_address

__all__ = ["read_rows", "tcp_connections"]

_iphlpapi = ctypes.WinDLL("iphlpapi")
_iphlpapi.GetExtendedTcpTable.argtypes = (
    ctypes.c_void_p, ctypes.POINTER(wintypes.DWORD), wintypes.BOOL, wintypes.ULONG, ctypes.c_int, wintypes.ULONG,
)  # fmt: skip
_iphlpapi.GetExtendedTcpTable.restype = wintypes.DWORD

_OWNER_PID_CONNECTIONS = 4
_INSUFFICIENT_BUFFER = 122
_ROW_4 = struct.Struct("=I4s2s2x4s2s2xI")
_ROW_6 = struct.Struct("=16sI2s2x16sI2s2xII")
_ESTABLISHED = 5
_ENDING = frozenset((6, 7, 8, 9, 10, 11))
"""FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT."""
_TRIES = 5


def tcp_connections() -> list[Connection]:
    """Return the connections that are up or ending; OSError when no table can be read."""
    return [one for family in (socket.AF_INET, socket.AF_INET6) for one in read_rows(_table(family), family)]


def _table(family: int) -> bytes:
    size = wintypes.DWORD(64 * 1024)
    for _ in range(_TRIES):
        buffer = ctypes.create_string_buffer(size.value)
        code = _iphlpapi.GetExtendedTcpTable(
            buffer, ctypes.byref(size), False, family, _OWNER_PID_CONNECTIONS, 0
        )  # fmt: skip
        if code == 0:
            return buffer.raw
        if code != _INSUFFICIENT_BUFFER:
            raise ctypes.WinError(code)
        # it has grown since; so may it again
        size.value += 16 * 1024
    raise OSError("expected the table of connections, got one that keeps growing")


def read_rows(table: bytes, family: int) -> list[Connection]:
    """Return the connections in one table of the system."""
    (count,) = struct.unpack_from("=I", table)
    row = _ROW_4 if family == socket.AF_INET else _ROW_6
    found: list[Connection] = []
    for number in range(min(count, MAX_CONNECTIONS, (len(table) - 4) // row.size)):
        if family == socket.AF_INET:
            state, here, here_port, there, there_port, _process = _ROW_4.unpack_from(table, 4 + number * row.size)
        else:
            here, _, here_port, there, _, there_port, state, _process = _ROW_6.unpack_from(table, 4 + number * row.size)
        if state == _ESTABLISHED or state in _ENDING:
            found.append(
                Connection(
                    here=(plain_address(here), int.from_bytes(here_port, "big")),
                    there=(plain_address(there), int.from_bytes(there_port, "big")),
                    is_up=state == _ESTABLISHED,
                    is_ending=state in _ENDING,
                )
            )
    return found
