"""The drives of the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["find_overlay", "list_volumes"]

if sys.platform == "win32":
    from benchside.platform.volumes.windows import find_overlay, list_volumes
else:
    from benchside.platform.volumes.linux import find_overlay, list_volumes
