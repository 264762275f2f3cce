"""The table of TCP connections on Linux: with counters from the kernel's sock_diag(7), else from proc(5).

Both need no rights.  sock_diag is a kernel module that some systems lack; then there are no counters.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from benchside.platform.connections.contract import MAX_CONNECTIONS, Address, Connection, plain_address

__all__ = ["read_diag", "read_table", "tcp_connections"]

_TABLES = ((Path("/proc/net/tcp"), 4), (Path("/proc/net/tcp6"), 16))
_ESTABLISHED = 1
_ENDING = frozenset((4, 5, 6, 8, 9, 11))
"""FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSE_WAIT, LAST_ACK, CLOSING."""

_SOCK_DIAG = 4
_BY_FAMILY = 20
_DUMP = 0x1 | 0x300
"""NLM_F_REQUEST, NLM_F_ROOT and NLM_F_MATCH."""
_DONE, _ERROR = 3, 2
_INFO = 2
_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBxI48x")
_MESSAGE = struct.Struct("=BBxx2s2s16s16s")
_MESSAGE_BYTES = 72
_ATTRIBUTE = struct.Struct("=HH")
_COUNTERS = struct.Struct("=QQ")
_COUNTERS_AT = 120
"""In tcp_info: tcpi_bytes_acked and tcpi_bytes_received, since Linux 4.1."""
_WAIT_S = 2.0


def tcp_connections() -> list[Connection]:
    """Return the connections that are up or ending; OSError when no table can be read."""
    try:
        return [one for family in (socket.AF_INET, socket.AF_INET6) for one in _ask(family)]
    except OSError:
        found: list[Connection] = []
        for path, size in _TABLES:
            # without IPv6 there is no second table
            if size == 4 or path.exists():
                found += read_table(path.read_text(encoding="ascii"), size)
        return found


def _ask(family: int) -> list[Connection]:
    found: list[Connection] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _SOCK_DIAG) as kernel:
        kernel.settimeout(_WAIT_S)
        states = sum(1 << state for state in (_ESTABLISHED, *_ENDING))
        request = _REQUEST.pack(family, socket.IPPROTO_TCP, 1 << (_INFO - 1), states)
        kernel.send(_HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _DUMP, 1, 0) + request)
        while len(found) < MAX_CONNECTIONS:
            some, is_done = read_diag(kernel.recv(256 * 1024))
            found += some
            if is_done:
                break
    return found


def read_diag(data: bytes) -> tuple[list[Connection], bool]:
    """Return the connections of one answer of the kernel, and whether it was the last; OSError when it says no."""
    found: list[Connection] = []
    while len(data) >= _HEADER.size:
        length, kind, _flags, _number, _port = _HEADER.unpack_from(data)
        if kind == _DONE:
            return found, True
        if kind == _ERROR or length < _HEADER.size:
            raise OSError("expected connections from the kernel, got an error")
        body = data[_HEADER.size : length]
        if kind == _BY_FAMILY and len(body) >= _MESSAGE_BYTES:
            found.append(_read_message(body))
        data = data[(length + 3) // 4 * 4 :]
    return found, False


def _read_message(body: bytes) -> Connection:
    family, state, here_port, there_port, here, there = _MESSAGE.unpack_from(body)
    size = 4 if family == socket.AF_INET else 16
    return Connection(
        here=(plain_address(here[:size]), int.from_bytes(here_port, "big")),
        there=(plain_address(there[:size]), int.from_bytes(there_port, "big")),
        is_up=state == _ESTABLISHED,
        is_ending=state in _ENDING,
        carried_bytes=next(_counters(body[_MESSAGE_BYTES:]), None),
    )


def _counters(attributes: bytes) -> Iterator[int]:
    while len(attributes) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(attributes)
        if length < _ATTRIBUTE.size:
            return
        if kind == _INFO and min(length, len(attributes)) >= _ATTRIBUTE.size + _COUNTERS_AT + _COUNTERS.size:
            yield sum(_COUNTERS.unpack_from(attributes, _ATTRIBUTE.size + _COUNTERS_AT))
        attributes = attributes[(length + 3) // 4 * 4 :]


def read_table(text: str, size: int) -> list[Connection]:
    """Return the connections in a table of /proc/net; `size`: of an address, in bytes."""
    found: list[Connection] = []
    for line in text.splitlines()[1 : MAX_CONNECTIONS + 1]:
        words = line.split()
        if len(words) < 4:
            continue
        state = int(words[3], 16)
        if state == _ESTABLISHED or state in _ENDING:
            here, there = _read_end(words[1], size), _read_end(words[2], size)
            found.append(Connection(here, there, state == _ESTABLISHED, state in _ENDING))
    return found


def _read_end(text: str, size: int) -> tuple[Address, int]:
    address, _, port = text.partition(":")
    # printed as numbers of four bytes, each in the machine's own order
    packed = b"".join(struct.pack("=I", int(address[at : at + 8], 16)) for at in range(0, 2 * size, 8))
    return plain_address(packed), int(port, 16)
