"""The steady clock of the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["steady_s"]

if sys.platform == "win32":
    from benchside.platform.clock.windows import steady_s
else:
    from benchside.platform.clock.linux import steady_s
