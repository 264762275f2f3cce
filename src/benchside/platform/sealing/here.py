"""Sealing on the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["find_sealing"]

if sys.platform == "win32":
    from benchside.platform.sealing.windows import find_sealing
else:
    from benchside.platform.sealing.linux import find_sealing
