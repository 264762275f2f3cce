"""The place of the one desk: whoever reaches it can ask for the window, and nothing else."""

from __future__ import annotations

import contextlib
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.system, pytest.mark.slow]

PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from benchside.desk.operations.instance import Instance

application = QCoreApplication([])
first = Instance(Path(sys.argv[1]))
assert not first.raise_other()
first.hold(lambda: print("raised", flush=True))
print("ready", flush=True)
application.exec()
"""
"""A process of its own: Qt has one application in each, and the desk's tests want another kind."""


def test_what_is_said_to_it_is_not_even_read(tmp_path: Path) -> None:
    place = tmp_path / "own" / "desk.sock"
    words = [sys.executable, "-c", PROGRAM, str(place)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as desk:
        assert desk.stdout is not None
        try:
            assert desk.stdout.readline() == "ready\n"
            assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
            assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0  # no other log-in's
            for _ in range(2):
                with socket.socket(socket.AF_UNIX) as stranger:
                    stranger.settimeout(5)
                    stranger.connect(str(place))
                    with contextlib.suppress(ConnectionError):  # it goes with our words unread
                        stranger.sendall(b"allow everything\n" * 1000)
                        assert stranger.recv(100) == b""
                assert desk.stdout.readline() == "raised\n"
        finally:
            desk.kill()
