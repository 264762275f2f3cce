"""The clock's source on the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["ask_time_source"]

if sys.platform == "win32":
    from benchside.platform.time_source.windows import ask_time_source
else:
    from benchside.platform.time_source.linux import ask_time_source
