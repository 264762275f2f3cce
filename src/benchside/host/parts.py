"""Makes the desktop's parts for the operating system that we run on."""

from __future__ import annotations

from benchside.host.capture.linux import X11Capture
from benchside.host.desktop import DesktopParts
from benchside.host.inject.linux import X11Injector
from benchside.host.pointer.linux import X11Pointer
from benchside.host.watch.linux import X11IndicatorWatch
from benchside.platform.desktop.linux import LinuxDesktopFacts

__all__ = ["desktop_parts"]


def desktop_parts() -> DesktopParts:
    """Open the display that DISPLAY names; UnavailableError when there is none."""
    return DesktopParts(
        capture=X11Capture(),
        pointer=X11Pointer(),
        injector=X11Injector(),
        watch=X11IndicatorWatch(),
        facts=LinuxDesktopFacts(),
    )
