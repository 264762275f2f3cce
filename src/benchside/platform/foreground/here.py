"""The whole screen, on the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["Foreground"]

if sys.platform == "win32":
    from benchside.platform.foreground.windows import Foreground
else:
    from benchside.platform.foreground.linux import Foreground
