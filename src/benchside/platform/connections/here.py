"""The table of TCP connections on the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["tcp_connections"]

if sys.platform == "win32":
    from benchside.platform.connections.windows import tcp_connections
else:
    from benchside.platform.connections.linux import tcp_connections
