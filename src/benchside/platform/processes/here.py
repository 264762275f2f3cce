"""Programs and services of the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["find_programs", "find_services"]

if sys.platform == "win32":
    from benchside.platform.processes.windows import find_programs, find_services
else:
    from benchside.platform.processes.linux import find_programs, find_services
