"""The local door of the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["Peer", "connect_door", "listener_is_trusted", "open_door", "ourselves"]

if sys.platform == "win32":
    from benchside.platform.door.windows import PipePeer as Peer
    from benchside.platform.door.windows import connect_door, listener_is_trusted, open_door, ourselves
else:
    from benchside.platform.door.linux import UnixPeer as Peer
    from benchside.platform.door.linux import connect_door, listener_is_trusted, open_door, ourselves
