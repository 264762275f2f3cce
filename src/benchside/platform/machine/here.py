"""The machine, asked as the operating system that we run on wants it."""

from __future__ import annotations

import sys

__all__ = ["boot_s", "find_release", "needs_restart", "read_memory"]

if sys.platform == "win32":
    from benchside.platform.machine.windows import boot_s, find_release, needs_restart, read_memory
else:
    from benchside.platform.machine.linux import boot_s, find_release, needs_restart, read_memory
