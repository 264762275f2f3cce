"""Makes the desktop's parts for the operating system that we run on."""

from __future__ import annotations

import sys

from benchside.host.desktop import DesktopParts

__all__ = ["desktop_parts", "lift_leftovers"]

if sys.platform == "win32":
    from benchside.host.capture.windows import GdiCapture
    from benchside.host.inject.windows import WindowsInjector
    from benchside.host.pointer.windows import WindowsPointer
    from benchside.host.watch.windows import WindowsIndicatorWatch
    from benchside.platform.desktop.windows import WindowsDesktopFacts

    def desktop_parts() -> DesktopParts:
        """Use the desktop of this log-in; UnavailableError when there is none."""
        return DesktopParts(
            capture=GdiCapture(),
            pointer=WindowsPointer(),
            injector=WindowsInjector(),
            watch=WindowsIndicatorWatch(),
            facts=WindowsDesktopFacts(),
        )

    def lift_leftovers() -> None:
        """Lift what a killed host has left pressed."""
        WindowsInjector().close()
else:
    from benchside.host.capture.linux import X11Capture
    from benchside.host.inject.linux import X11Injector
    from benchside.host.pointer.linux import X11Pointer
    from benchside.host.watch.linux import X11IndicatorWatch
    from benchside.platform.desktop.linux import LinuxDesktopFacts

    def desktop_parts() -> DesktopParts:
        """Open the display that DISPLAY names; UnavailableError when there is none."""
        return DesktopParts(
            capture=X11Capture(),
            pointer=X11Pointer(),
            injector=X11Injector(),
            watch=X11IndicatorWatch(),
            facts=LinuxDesktopFacts(),
        )

    def lift_leftovers() -> None:
        """Lift what a killed host has left pressed; UnavailableError when there is no display."""
        X11Injector().close()
