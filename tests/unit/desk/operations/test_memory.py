"""What is remembered comes back; a broken file or disk costs a setting, never the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchside.desk.operations.memory import Memory, Remembered


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "desk.json"
    kept = Remembered(language="es", appearance="dark", corner="bottom_left", phone="+34 900 000 000")
    Memory(path).keep(kept)
    assert Memory(path).now == kept


@pytest.mark.parametrize("content", [b"", b"{", b'{"language": "xx"}', b'{"corner": 4}', b"\xff" * 9000])
def test_a_broken_file_is_no_reason_not_to_start(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "desk.json"
    path.write_bytes(content)
    assert Memory(path).now == Remembered()


def test_a_disk_that_refuses_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "desk.json")
    memory.keep(Remembered(language="es"))
    assert memory.now.language == "es"
