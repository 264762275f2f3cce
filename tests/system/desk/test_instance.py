"""The place of the one desk: whoever reaches it can ask for the window, and nothing else."""

from __future__ import annotations

import contextlib
import socket
import stat
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEventLoop

from benchside.desk.operations.instance import Instance

pytestmark = [pytest.mark.system, pytest.mark.slow]


def spin(application: QCoreApplication, ms: int = 200) -> None:
    until = QDeadlineTimer(ms)
    while not until.hasExpired():
        application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def test_what_is_said_to_it_is_not_even_read(tmp_path: Path) -> None:
    application = QCoreApplication.instance() or QCoreApplication([])
    raised: list[None] = []
    place = tmp_path / "own" / "desk.sock"
    first = Instance(place)
    assert not first.raise_other()
    first.hold(lambda: raised.append(None))
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0  # no other log-in's
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(str(place))
        stranger.settimeout(2)
        stranger.sendall(b"allow everything\n" * 1000)
        spin(application)
        with contextlib.suppress(ConnectionResetError):  # it went with our words unread
            assert stranger.recv(100) == b""
    assert len(raised) == 1
