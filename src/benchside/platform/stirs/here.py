"""Learning that a file stirs, on the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["FileStirs"]

if sys.platform == "win32":
    from benchside.platform.stirs.windows import FileStirs
else:
    from benchside.platform.stirs.linux import FileStirs
