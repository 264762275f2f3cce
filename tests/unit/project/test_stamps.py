"""A step of the set-up is done again exactly when something it depends on has changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from project import stamps


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(stamps, "ROOT", tmp_path)
    monkeypatch.setattr(stamps, "STAMPS", tmp_path / "stamps")
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_fingerprint_depends_on_names_contents_and_words(root: Path) -> None:
    a, b = write(root / "a", "1"), write(root / "b", "2")
    first = stamps.fingerprint([a, b], "word")
    assert stamps.fingerprint([b, a], "word") == first
    assert stamps.fingerprint([a, b], "other") != first
    assert stamps.fingerprint([a], "word") != first
    write(b, "3")
    assert stamps.fingerprint([a, b], "word") != first


def test_contents_cannot_be_shifted_between_files(root: Path) -> None:
    a, b = write(root / "a", "xy"), write(root / "b", "")
    first = stamps.fingerprint([a, b])
    write(a, "x")
    write(b, "y")
    assert stamps.fingerprint([a, b]) != first


def test_step_is_current_only_after_it_was_remembered(root: Path) -> None:
    assert not stamps.is_current("step", "value")
    stamps.remember("step", "value")
    assert stamps.is_current("step", "value")
    assert not stamps.is_current("step", "changed")


def test_installed_folders_are_no_source(root: Path) -> None:
    (root / "src").mkdir()
    (root / "node_modules").mkdir()
    kept = write(root / "src" / "a.ts", "")
    write(root / "node_modules" / "b.ts", "")
    assert list(stamps.files_below(root, leave_out=frozenset({"node_modules"}))) == [kept]
