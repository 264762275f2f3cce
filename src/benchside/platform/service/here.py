"""What supervises a service on the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["Supervisor", "on_stop", "run_service"]

if sys.platform == "win32":
    from benchside.platform.service.windows import Supervisor, on_stop, run_service
else:
    from benchside.platform.service.linux import Supervisor, on_stop, run_service
