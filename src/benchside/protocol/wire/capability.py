"""What may be granted, and what exactly a grant covers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.protocol.wire.text import Line

__all__ = ["MAX_MONITORS", "Capability", "GrantEnd", "GrantScope", "MonitorId", "MonitorInfo", "WindowInfo"]

MAX_MONITORS = 16
"""More screens than any instrument PC has; bounds the layout message."""

MonitorId = Annotated[int, Meta(ge=0, lt=MAX_MONITORS)]
_Pixel = Annotated[int, Meta(ge=-32768, le=32767)]
"""X11 coordinates are 16 bit (X protocol, INT16)."""
_Extent = Annotated[int, Meta(ge=1, le=32767)]


class Capability(StrEnum):
    """Each is asked, granted and ended by itself."""

    VIEW = "view"
    CONTROL = "control"
    FILES = "files"
    CLIPBOARD = "clipboard"
    CHAT = "chat"


class GrantEnd(StrEnum):
    """Why a grant is over."""

    REVOKED = "revoked"
    GIVEN_BACK = "given_back"
    EXPIRED = "expired"
    UNANSWERED = "unanswered"
    VIEW_ENDED = "view_ended"
    SESSION_ENDED = "session_ended"


class MonitorInfo(msgspec.Struct, frozen=True, array_like=True):
    """A monitor's place on the PC's desktop, in pixels of the root window."""

    id: MonitorId
    name: Line
    x_px: _Pixel
    y_px: _Pixel
    width_px: _Extent
    height_px: _Extent
    primary: bool


class WindowInfo(msgspec.Struct, frozen=True, array_like=True):
    """A window that the technician may choose to share instead of a monitor.  Never leaves the PC."""

    id: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
    title: Line


class GrantScope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a grant covers: these monitors, or only one window as far as it lies on them.

    A scope without monitors covers nothing.  The console is told the monitors and `paste` alone.
    """

    monitors: Annotated[tuple[MonitorId, ...], Meta(max_length=MAX_MONITORS)] = ()
    window: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)] | None = None
    paste: bool = False
    """Of `control` alone: text that the associate pastes may be typed, many characters at once."""
