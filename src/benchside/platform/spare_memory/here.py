"""Giving memory back on the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["give_back"]

if sys.platform == "win32":
    from benchside.platform.spare_memory.windows import give_back
else:
    from benchside.platform.spare_memory.linux import give_back
