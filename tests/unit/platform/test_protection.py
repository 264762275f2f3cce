"""ClamAV's daemon, as far as it can be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchside.platform.protection import linux


def test_without_a_known_socket_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linux, "SOCKETS", (tmp_path / "clamd.ctl",))
    # as where it is installed, and listens elsewhere or is not meant to
    monkeypatch.setattr(Path, "exists", lambda path: path.name == "clamd")
    assert linux.ask_protection() is None
