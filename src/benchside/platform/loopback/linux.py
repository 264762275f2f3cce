"""Who is at the other end of a connection on loopback: the kernel's table of connections (proc(5), /proc/net/tcp)."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

__all__ = ["is_own_account"]

_TABLE = Path("/proc/net/tcp")


def is_own_account(peer: tuple[str, int], here: tuple[str, int]) -> bool:
    """Whether the connection from `peer` to `here` (IPv4 address and port) is of this process's account, or root's.

    False when the table does not have it, which means that it has ended; and when the table cannot be read, which
    whoever opens many connections could bring about.
    """
    ends = [_shown(peer), _shown(here)]
    try:
        table = _TABLE.read_text(encoding="ascii")
    except OSError:
        return False
    for line in table.splitlines()[1:]:
        words = line.split()
        if words[1:3] == ends:
            return int(words[7]) in (0, os.getuid())
    return False


def _shown(end: tuple[str, int]) -> str:
    # the kernel prints the address as a number in the machine's own order of bytes
    (number,) = struct.unpack("=I", socket.inet_aton(end[0]))
    return f"{number:08X}:{end[1]:04X}"
