"""One connection to an X display: requests with our errors, events to whoever asked for them.

xcb keeps events that came in while it waited for a reply, and its descriptor says nothing of them.  So whoever
waits for a reply outside of `read` calls `read` afterwards, or `wake`, which makes `fileno` readable.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import xcffib
import xcffib.composite
import xcffib.damage
import xcffib.ge
import xcffib.randr
import xcffib.screensaver
import xcffib.shape
import xcffib.shm
import xcffib.xfixes
import xcffib.xinput
import xcffib.xkb
import xcffib.xproto
import xcffib.xtest

from benchside.protocol.errors import UnavailableError

__all__ = ["Display", "ProtocolError"]

# What the server answers to a request that cannot be done, such as one for a window that is gone.
ProtocolError = xcffib.Error

# xcffib comes without types: what it returns is `Any` and is turned into our own types where it is read.
Event = TypeVar("Event")

# Events handled in one go; what is left is read on the next turn, so a client that draws without pause
# cannot keep the loop from everything else.  At 40 us an event this is 10 ms.
MAX_EVENTS_PER_READ = 256


class Display:
    """A connection to display `name`, or to the one that DISPLAY names when that is None.

    UnavailableError from any method: the display cannot be reached or has gone.  It stays gone.
    """

    def __init__(self, name: str | None = None) -> None:
        self._handlers: dict[type[Any], list[Callable[[Any], None]]] = {}
        self._lost = False
        connect: Callable[..., Any] = xcffib.connect
        try:
            self.connection: Any = connect(display=name)
        except xcffib.XcffibException as error:
            raise UnavailableError("the display cannot be reached") from error
        self.socket: int = self.connection.get_file_descriptor()
        self._wakes = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._descriptors = select.epoll()
        self._descriptors.register(self.socket, select.EPOLLIN)
        self._descriptors.register(self._wakes, select.EPOLLIN)
        self._descriptor = self._descriptors.fileno()
        self._is_closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        setup = self.connection.setup
        self.screen: Any = setup.roots[self.connection.pref_screen]
        self.root: int = self.screen.root
        self.is_little_endian: bool = setup.image_byte_order == xcffib.xproto.ImageOrder.LSBFirst
        self.core: Any = self.connection.core

    def fileno(self) -> int:
        """The descriptor to wait on; call `read` when it is readable.  The same until `close`."""
        return self._descriptor

    def attach(self, on_ready: Callable[[], None]) -> None:
        """Have the running event loop call `on_ready` while `fileno` is readable, until `detach` or `close`."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, on_ready)

    def detach(self) -> None:
        """Call it no more; harmless when nothing is attached."""
        if self._loop is not None:
            self._loop.remove_reader(self._descriptor)
            self._loop = None

    def extension(self, key: Any, *version: int) -> Any | None:
        """The extension for an xcffib key, or None when the server lacks it.

        `version`: what to announce, for those extensions that want to hear it before anything else.
        """
        with self.using():
            if not self.core.QueryExtension(len(key.name), key.name).reply().present:
                return None
            extension = self.connection(key)
            if version:
                extension.QueryVersion(*version).reply()
            return extension

    def on(self, event: type[Event], handle: Callable[[Event], None]) -> None:
        """Call `handle` with each event of this type from now on, from within `read`."""
        self._handlers.setdefault(event, []).append(handle)

    def read(self) -> bool:
        """Hand all waiting events (up to a bound) to their handlers; never waits.

        Returns whether the bound was reached: then call again soon, the descriptor may not say so.
        """
        with contextlib.suppress(OSError):
            os.eventfd_read(self._wakes)
        for _ in range(MAX_EVENTS_PER_READ):
            with self.using():
                try:
                    event = self.connection.poll_for_event()
                except ProtocolError:
                    continue  # answer to a request sent without asking, e.g. for a window that closed
                except IndexError:
                    continue  # an event of an extension that nobody asked for
            if event is None:
                return False
            for handle in self._handlers.get(type(event), ()):
                handle(event)
        return True

    def wake(self) -> None:
        """Make `fileno` readable until the next `read`."""
        if not self._is_closed:
            os.eventfd_write(self._wakes, 1)

    def flush(self) -> None:
        """Send what was asked for."""
        with self.using():
            self.connection.flush()

    def new_id(self) -> int:
        with self.using():
            return int(self.connection.generate_id())

    def atom(self, name: str) -> int:
        """The server's number for `name`, made if it did not exist."""
        with self.using():
            return int(self.core.InternAtom(False, len(name), name).reply().atom)

    def close(self) -> None:
        """End the connection; the server frees all that was made on it.  Harmless when done before."""
        if self._is_closed:
            return
        self.detach()
        self._is_closed = self._lost = True
        self._descriptors.close()
        os.close(self._wakes)
        with contextlib.suppress(xcffib.XcffibException):
            self.connection.disconnect()

    @property
    def is_lost(self) -> bool:
        return self._lost

    @contextlib.contextmanager
    def using(self) -> Iterator[None]:
        """Turn the loss of the connection into UnavailableError; a ProtocolError passes as it is."""
        if self._lost:
            raise UnavailableError("the display is gone")
        try:
            yield
        except xcffib.ConnectionException as error:
            # The descriptor stays open until `close`: somebody still has it in a loop.
            self._lost = True
            raise UnavailableError("the display is gone") from error
