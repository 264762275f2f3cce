"""One desk per log-in and agent: a second start brings the first to the front.  QtNetwork only."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtNetwork import QLocalServer, QLocalSocket

__all__ = ["Instance"]

ASK_WITHIN_MS = 500
"""The first desk answers in a few milliseconds unless it hangs; then a second window is better than none."""

_log = logging.getLogger(__name__)


class Instance(QObject):
    """Holds the place of the one desk."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        """`path`: a socket in a folder that only this log-in may write."""
        super().__init__(parent)
        self._path = path
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)

    def raise_other(self) -> bool:
        """Ask a desk that runs already to come to the front; True if there is one."""
        socket = QLocalSocket()
        socket.connectToServer(str(self._path))
        found = socket.waitForConnected(ASK_WITHIN_MS)
        socket.abort()
        return found

    def hold(self, raised: Callable[[], None]) -> None:
        """Be the one desk, and call `raised` whenever another start asks for it."""
        if sys.platform != "win32":  # pipes have no folders
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        QLocalServer.removeServer(str(self._path))
        if not self._server.listen(str(self._path)):
            _log.warning("cannot hold the place of the one desk: %s", self._server.errorString())
            return

        def asked() -> None:
            while (other := self._server.nextPendingConnection()) is not None:
                other.deleteLater()
                raised()

        self._server.newConnection.connect(asked)
