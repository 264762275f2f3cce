"""The monitors of an X desktop, each with a number that stays its own."""

from __future__ import annotations

from typing import Any

import xcffib.randr

from benchside.media.damage import Box
from benchside.platform.display.linux import Display
from benchside.protocol.wire.capability import MAX_MONITORS, MonitorInfo
from benchside.protocol.wire.text import clean

__all__ = ["MonitorList", "box_of"]

# RandR 1.5 (2015) brought monitors as such; before it, and without it, the desktop counts as one monitor.
_RANDR = (1, 5)
_MAX_NAME = 200


def box_of(monitor: MonitorInfo) -> Box:
    """The monitor's place on the desktop."""
    left, top = monitor.x_px, monitor.y_px
    return Box(left, top, left + monitor.width_px, top + monitor.height_px)


class MonitorList:
    """Asks the display for its monitors.  INVARIANT: an id once given to a name is never another's."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._randr: Any | None = display.extension(xcffib.randr.key)
        if self._randr is not None:
            with display.using():
                version = self._randr.QueryVersion(*_RANDR).reply()
            if (version.major_version, version.minor_version) < _RANDR:
                self._randr = None
        self._ids: dict[str, int] = {}

    def watch(self) -> None:
        """Have the display tell of changes (`ScreenChangeNotifyEvent`, `NotifyEvent` of RandR)."""
        if self._randr is not None:
            mask = xcffib.randr.NotifyMask
            with self._display.using():
                self._randr.SelectInput(self._display.root, mask.ScreenChange | mask.CrtcChange | mask.OutputChange)

    def read(self) -> tuple[MonitorInfo, ...]:
        """The monitors as they are now; those beyond the sixteenth ever seen have no number and are left out."""
        with self._display.using():
            size = self._display.core.GetGeometry(self._display.root).reply()
            desktop = Box(0, 0, size.width, size.height)
            found = [] if self._randr is None else self._ask(desktop)
        if not found:
            found = [("screen", desktop, True)]
        monitors = []
        for name, box, primary in found:
            number = self._ids.get(name)
            if number is None:
                number = len(self._ids)
                if number >= MAX_MONITORS:
                    continue
                self._ids[name] = number
            monitors.append(
                MonitorInfo(
                    id=number,
                    name=name,
                    x_px=box.left,
                    y_px=box.top,
                    width_px=box.width_px,
                    height_px=box.height_px,
                    primary=primary,
                )
            )
        return tuple(monitors)

    def _ask(self, desktop: Box) -> list[tuple[str, Box, bool]]:
        assert self._randr is not None
        found = []
        for monitor in self._randr.GetMonitors(self._display.root, True).reply().monitors:
            box = Box(monitor.x, monitor.y, monitor.x + monitor.width, monitor.y + monitor.height)
            box = box.intersect(desktop)
            if box:
                reply = self._display.core.GetAtomName(monitor.name).reply()
                found.append((clean(reply.name.to_string(), _MAX_NAME), box, bool(monitor.primary)))
        return found
