"""The protection that the operating system that we run on knows of."""

from __future__ import annotations

import sys

__all__ = ["ask_protection"]

if sys.platform == "win32":
    from benchside.platform.protection.windows import ask_protection
else:
    from benchside.platform.protection.linux import ask_protection
