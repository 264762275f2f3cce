"""The configuration of the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["read_configuration"]

if sys.platform == "win32":
    from benchside.platform.configuration.windows import read_configuration
else:
    from benchside.platform.configuration.linux import read_configuration
