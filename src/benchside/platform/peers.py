"""Who is at the other end of a local socket, as the kernel says (unix(7), SO_PEERCRED)."""

from __future__ import annotations

import pwd
import socket
import struct
from dataclasses import dataclass
from typing import Any

from benchside.protocol.errors import UnavailableError

__all__ = ["LocalPeer", "local_peer"]

FIRST_PERSON_UID = 1000
"""Below are system accounts (login.defs(5), UID_MIN)."""
SERVICE_UIDS = range(60_514, 65_536)
"""Accounts that systemd makes for services and containers, and `nobody` (systemd.io/UIDS-GIDS)."""
SERVICE_UIDS = range(61_184, 65_536)
"""systemd's passing accounts of services, and nobody (systemd, "Users, Groups, UIDs and GIDs")."""


@dataclass(frozen=True)
class LocalPeer:
    """A process of this machine."""

    pid: int
    uid: int
    gid: int

    @property
    def name(self) -> str:
        """The account's name; the number where there is none."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    @property
    def is_person(self) -> bool:
        """True for an account that a person logs in with."""
        return self.uid >= FIRST_PERSON_UID and self.uid not in SERVICE_UIDS


def local_peer(sock: Any) -> LocalPeer:
    """Return who connected; UnavailableError when the kernel does not say."""
    try:
        raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    except (OSError, AttributeError) as error:
        raise UnavailableError("expected the kernel to name the local peer, got nothing") from error
    return LocalPeer(*struct.unpack("3i", raw))
