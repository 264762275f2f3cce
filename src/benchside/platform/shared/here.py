"""Opening a file that another program writes, on the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["open_shared"]

if sys.platform == "win32":
    from benchside.platform.shared.windows import open_shared
else:
    from benchside.platform.shared.linux import open_shared
