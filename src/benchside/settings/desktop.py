"""Where a log-in's programs find one another, and what the environment says about its screen."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = [
    "DESK_SOCKET",
    "NOTICE_SOCKET",
    "display_values",
    "has_wayland",
    "instance_path",
    "runtime_folder",
    "state_folder",
]

DESK_SOCKET = Path("\\\\.\\pipe\\benchside-agent" if sys.platform == "win32" else "/run/benchside/agent.sock")
"""Where the agent listens for desks; on Linux its service unit makes the folder (RuntimeDirectory)."""
NOTICE_SOCKET = Path("\\\\.\\pipe\\benchside-notifier" if sys.platform == "win32" else "/run/benchside/notifier.sock")
"""Where the notifier listens for desks and for programs that push."""

_DISPLAY_NAMES = (
    "DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "XDG_SESSION_ID", "XDG_SESSION_TYPE", "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
)  # fmt: skip
"""What a program needs to find this screen; nothing else of the environment leaves the desk."""
MAX_VALUE = 512
"""As the wire allows (wire/desk.py: DeskHello.display)."""


def display_values() -> dict[str, str]:
    """Return what the host needs to find this log-in's screen."""
    return {name: value for name in _DISPLAY_NAMES if (value := os.environ.get(name)) and len(value) <= MAX_VALUE}


def has_wayland() -> bool:
    """Return whether this is Wayland with an X server beside it; floating windows only stay on top in X."""
    return bool(
        os.environ.get("WAYLAND_DISPLAY") and os.environ.get("DISPLAY") and not os.environ.get("QT_QPA_PLATFORM")
    )


def state_folder() -> Path:
    """Return where this log-in's settings of the window live (XDG base directories; on Windows AppData/Local)."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "Benchside"
    found = os.environ.get("XDG_STATE_HOME")
    return (Path(found) if found else Path.home() / ".local" / "state") / "benchside"


def instance_path(mark: str) -> Path:
    """Return where this log-in's one desk hears of a second start; `mark` tells desks of several agents apart."""
    if sys.platform == "win32":
        # pipes have no folders, so the log-in is in the name
        login = f"{os.environ.get('USERDOMAIN', '')}-{os.environ.get('USERNAME', '')}"
        return Path(f"\\\\.\\pipe\\benchside-desk-{login}-{mark}")
    return runtime_folder() / f"desk-{mark}.sock"


def runtime_folder() -> Path:
    """Return a folder that only this log-in may write, for the desk's own socket."""
    found = os.environ.get("XDG_RUNTIME_DIR")
    return Path(found) / "benchside" if found else state_folder()
