"""The machine's own certificates on the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["machine_certificates"]

if sys.platform == "win32":
    from benchside.platform.certificates.windows import machine_certificates
else:
    from benchside.platform.certificates.linux import machine_certificates
