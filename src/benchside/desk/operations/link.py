"""A socket to a local service: connects, cuts frames, reconnects with growing waits.  QtNetwork only."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, QTimer
from PySide6.QtNetwork import QLocalSocket

from benchside.desk.operations.backoff import Backoff
from benchside.desk.operations.frames import FrameReader, frame
from benchside.platform.door.here import listener_is_trusted
from benchside.protocol.errors import PeerError
from benchside.protocol.wire.codec import Codec

__all__ = ["Listener", "LocalLink"]

M = TypeVar("M")
M_contra = TypeVar("M_contra", contravariant=True)

MAX_UNSENT_BYTES = 256 * 1024
"""The desk says little; a service that leaves so much unread hangs, and a late *Allow* must not reach it."""

WELCOME_WITHIN_S = 5
"""A service that accepts and then says nothing is as good as none."""

_log = logging.getLogger(__name__)


class Listener(Protocol[M_contra]):
    """Who is told what happens on the link (operations/conversation.py, operations/noticing.py)."""

    def connected(self) -> None:
        """The socket is open."""

    def disconnected(self) -> None:
        """The socket is gone, or could not be opened."""

    def received(self, message: M_contra) -> None:
        """A whole message came; PeerError hangs up."""


class LocalLink(QObject, Generic[M]):
    """Holds one connection to a service of this PC, for as long as the desk runs."""

    def __init__(self, path: Path, codec: Codec[M], service: str, parent: QObject | None = None) -> None:
        """`path`: the service's Unix socket (or pipe); `service`: its name in the log."""
        super().__init__(parent)
        self._path = path
        self._codec = codec
        self._service = service
        self._listener: Listener[M] | None = None
        self._backoff = Backoff()
        self._reader = FrameReader(max_bytes=codec.max_bytes)
        self._socket = QLocalSocket(self)
        self._socket.connected.connect(self._opened)
        self._socket.readyRead.connect(self._read)
        self._socket.stateChanged.connect(self._changed)
        self._retry = QTimer(self, singleShot=True)
        self._retry.timeout.connect(self._connect)
        self._welcome = QTimer(self, singleShot=True, interval=WELCOME_WITHIN_S * 1000)
        self._welcome.timeout.connect(self._hang_up)
        self._is_closing = False

    def start(self, listener: Listener[M]) -> None:
        """Connect, now and whenever the connection is lost."""
        self._listener = listener
        self._connect()

    def close(self) -> None:
        """End the connection for good."""
        self._is_closing = True
        self._retry.stop()
        self._socket.abort()

    def send(self, message: M) -> None:
        """Send `message`; without a connection it is dropped, since what it answered is over too."""
        if self._socket.state() is not QLocalSocket.LocalSocketState.ConnectedState:
            return
        self._socket.write(frame(self._codec.encode(message)))
        self._socket.flush()
        if self._socket.bytesToWrite() > MAX_UNSENT_BYTES:
            _log.warning("the %s reads nothing, hanging up", self._service)
            self._hang_up()

    def _connect(self) -> None:
        self._reader = FrameReader(max_bytes=self._codec.max_bytes)
        self._socket.connectToServer(str(self._path))

    def _opened(self) -> None:
        if not listener_is_trusted(int(self._socket.socketDescriptor())):
            _log.warning("somebody else listens where the %s should", self._service)
            self._hang_up()
            return
        self._welcome.start()
        if self._listener is not None:
            self._listener.connected()

    def _read(self) -> None:
        data = bytes(self._socket.readAll().data())
        try:
            for whole in self._reader.feed(data):
                message = self._codec.decode(whole)
                if self._listener is not None:
                    self._listener.received(message)
                self._welcome.stop()
                self._backoff.reset()
        except PeerError as error:
            _log.warning("the %s broke a rule: %s", self._service, error)
            self._hang_up()

    def _hang_up(self) -> None:
        self._socket.abort()

    def _changed(self, state: QLocalSocket.LocalSocketState) -> None:
        if state is not QLocalSocket.LocalSocketState.UnconnectedState or self._is_closing:
            return
        self._welcome.stop()
        # a failed attempt ends inside connectToServer: the retry is only armed here, never made at once
        self._retry.start(int(self._backoff.wait_s() * 1000))
        if self._listener is not None:
            self._listener.disconnected()
