"""Which kind of device the last press came from on an X display: a person's, or a program's (XTEST).

A toolkit's event names the master device only; the device behind it is in XInput 2's raw events (`sourceid`,
XI2proto 2.2).  What is sent with SendEvent has no raw event at all, so an answer counts for one press and for
a short time: a press without a fresh raw event of its own is a program's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import xcffib.xinput
from xcffib.xinput import Device, XIEventMask

from benchside.platform.display.linux import Display, ProtocolError
from benchside.protocol.errors import UnavailableError

__all__ = ["InputSources"]

# From the moment the raw event is read.  The toolkit's own event is there at the same time; a second covers a
# window that is slow to draw.
MAX_AGE_S = 1.0

# Of 256 events each.  A program that presses faster than this is read makes every press count as a program's.
MAX_READS = 16

# Raw events are told whoever has grabbed the device since version 2.1; 2.2 is in every server since 2012.
_VERSION = (2, 2)

# The server sets this property, for its XTEST devices alone, and lets nobody change it.
_XTEST_PROPERTY = "XTEST Device"


class InputSources:
    """Knows the source of the last press of a button and of a key, on display `name` (DISPLAY if None).

    UnavailableError: no display there, or one without XInput 2.2.
    """

    def __init__(self, name: str | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._display = Display(name)
        try:
            self._listen()
        except BaseException:
            self._display.close()
            raise
        self._is_xtest: dict[int, bool] = {}
        # When a person last pressed something that nobody has asked about; None after a program's press.
        self._button_at: float | None = None
        self._key_at: float | None = None

    def _listen(self) -> None:
        display = self._display
        extension = display.extension(xcffib.xinput.key)
        if extension is None:
            raise UnavailableError("the display does not tell input devices apart")
        self._xinput = extension
        with display.using():
            try:
                version = extension.XIQueryVersion(*_VERSION).reply()
            except ProtocolError as error:
                raise UnavailableError("expected XInput 2.2, got an older one") from error
            if (version.major_version, version.minor_version) < _VERSION:
                raise UnavailableError("expected XInput 2.2, got an older one")
            wanted = XIEventMask.RawButtonPress | XIEventMask.RawKeyPress
            mask: Any = xcffib.xinput.EventMask.synthetic
            masks = [mask(Device.AllMaster, 1, [wanted]), mask(Device.All, 1, [XIEventMask.Hierarchy])]
            extension.XISelectEvents(display.root, len(masks), masks)
        self._property = display.atom(_XTEST_PROPERTY)
        display.on(xcffib.xinput.RawButtonPressEvent, self._handle_button)
        display.on(xcffib.xinput.RawKeyPressEvent, self._handle_key)
        display.on(xcffib.xinput.HierarchyEvent, self._handle_hierarchy)
        display.flush()

    def fileno(self) -> int:
        """The descriptor that is readable when `process` has something to do; the same until `close`."""
        return self._display.fileno()

    def process(self) -> None:
        """Take in what the display has to say: all that happened before this call.  One round trip."""
        with self._display.using():
            self._display.core.GetInputFocus().reply()
        for _ in range(MAX_READS):
            if not self._display.read():
                return
        self._button_at = self._key_at = None

    def last_button_is_synthetic(self) -> bool:
        """Whether a program made the last press of a mouse button; each press answers once.

        True too when there was no press, when it was asked about before, or when it is over a second old.
        """
        pressed_at, self._button_at = self._button_at, None
        return not self._is_fresh(pressed_at)

    def last_key_is_synthetic(self) -> bool:
        """The same for the last press of a key."""
        pressed_at, self._key_at = self._key_at, None
        return not self._is_fresh(pressed_at)

    def close(self) -> None:
        """End the connection; harmless when done before."""
        self._display.close()

    def _is_fresh(self, pressed_at: float | None) -> bool:
        return pressed_at is not None and self._clock() - pressed_at <= MAX_AGE_S

    def _handle_button(self, event: Any) -> None:
        self._button_at = None if self._is_synthetic(event.sourceid) else self._clock()

    def _handle_key(self, event: Any) -> None:
        self._key_at = None if self._is_synthetic(event.sourceid) else self._clock()

    def _handle_hierarchy(self, event: Any) -> None:
        # Numbers of devices that went away are given again.
        self._is_xtest.clear()

    def _is_synthetic(self, device: int) -> bool:
        known = self._is_xtest.get(device)
        if known is None:
            known = self._is_xtest[device] = self._has_xtest_property(device)
        return known

    def _has_xtest_property(self, device: int) -> bool:
        with self._display.using():
            try:
                reply = self._xinput.XIGetProperty(device, False, self._property, 0, 0, 1).reply()
            except ProtocolError:
                return True  # a device that is gone again could have been anything
            return bool(reply.num_items)
