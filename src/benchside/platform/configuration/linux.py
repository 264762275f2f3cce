"""How a PC is set up, on Linux: its name, and whether systemd may put it to sleep (logind.conf(5))."""

from __future__ import annotations

import os
from pathlib import Path

from benchside.platform.configuration.contract import Configuration

__all__ = ["read_configuration"]

MASKS = (Path("/etc/systemd/system/sleep.target"), Path("/etc/systemd/system/suspend.target"))


def read_configuration() -> Configuration:
    """Return what is known: a masked target never sleeps; what a person's desktop does is theirs alone to say."""
    never = all(os.path.realpath(path) == "/dev/null" for path in MASKS)
    return Configuration(os.uname().nodename.partition(".")[0], 0 if never else None)
