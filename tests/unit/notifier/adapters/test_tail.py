"""Following a log through rotation, cuts and restarts: each line once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchside.notifier.adapters import tail as module
from benchside.notifier.adapters.places import Place
from benchside.notifier.adapters.tail import Looked, Tail
from benchside.platform.shared.here import open_shared


class Follower:
    """A tail and what it brought."""

    def __init__(
        self, path: Path, place: Place | None = None, *, encoding: str = "auto", from_start: bool = False
    ) -> None:
        self.now_s = 0.0
        self.tail = Tail(
            path, encoding, place=place, from_start=from_start, open_file=open_shared, monotonic=lambda: self.now_s
        )
        self.lines: list[str] = []
        self.lost = self.gone = 0

    def look(self) -> Looked:
        while True:
            looked = self.tail.look(self.lines.append)
            self.lost += looked.lost
            self.gone += looked.gone
            if not looked.is_behind:
                return looked


def write(path: Path, text: str, encoding: str = "utf-8") -> None:
    with path.open("ab") as file:
        file.write(text.encode(encoding))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cx.log"


def test_what_was_there_before_is_not_told(path: Path) -> None:
    write(path, "old\nhalf of")
    one = Follower(path)
    one.look()
    write(path, " a line\nnew\n")
    one.look()
    assert one.lines == ["half of a line", "new"]


def test_from_the_start_where_asked_and_where_it_appears_later(path: Path) -> None:
    later = Follower(path)
    assert not later.look().has_file
    write(path, "a\n")
    asked = Follower(path, from_start=True)
    for one in (later, asked):
        one.look()
        one.look()
        assert one.lines == ["a"]


@pytest.mark.parametrize("way", ["rename", "copy and cut", "delete"])
@pytest.mark.parametrize("header", ["", "# vendor's log, always the same\n" * 20])
def test_rotation(path: Path, way: str, header: str) -> None:
    one = Follower(path, from_start=True)
    write(path, f"{header}a\nb\n")
    one.look()
    if way != "delete":
        write(path, "c\nlast without end")
    if way == "copy and cut":
        shutil.copy2(path, path.with_suffix(".1"))
        os.truncate(path, 0)
    elif way == "rename":
        path.rename(path.with_suffix(".1"))
    else:
        path.unlink()
    write(path, f"{header}d\n")
    one.look()
    rest = [] if way == "delete" else ["c", "last without end"]
    head = header.splitlines()
    assert one.lines == [*head, "a", "b", *rest, *head, "d"]
    assert one.lost == 0
    one.look()
    assert one.lines[-1] == "d"


def test_a_gap_between_two_files(path: Path) -> None:
    one = Follower(path, from_start=True)
    write(path, "a\n")
    one.look()
    write(path, "b\n")
    path.rename(path.with_suffix(".old"))
    assert not one.look().has_file
    write(path, "c\n")
    one.look()
    assert one.lines == ["a", "b", "c"]


def test_cut_and_written_beyond_where_we_were(path: Path) -> None:
    one = Follower(path, from_start=True)
    write(path, "a\n")
    one.look()
    path.write_text("another beginning\nand more\n")
    one.look()
    assert one.lines == ["a", "another beginning", "and more"]


def test_half_a_line_that_was_deleted_is_said(path: Path) -> None:
    one = Follower(path, from_start=True)
    write(path, "a\nhalf")
    one.look()
    path.unlink()
    write(path, "b\n")
    one.look()
    assert one.lines == ["a", "b"]
    assert one.lost == 1


def test_a_date_in_the_name(tmp_path: Path) -> None:
    one = Follower(tmp_path / "trace_*.log", from_start=True)
    first, second = tmp_path / "trace_20260101.log", tmp_path / "trace_20260102.log"
    write(first, "a\n")
    os.utime(first, ns=(1, 1))
    write(tmp_path / "other.log", "no\n")
    one.look()
    write(first, "b\n")
    os.utime(first, ns=(2, 2))
    write(second, "c\n")
    one.look()
    assert one.lines == ["a", "b", "c"]
    # the old one once more, and the new one again: neither is read twice
    write(first, "d\n")
    os.utime(second, ns=(3, 3))
    one.look()
    write(second, "e\n")
    os.utime(first, ns=(4, 4))
    one.look()
    assert one.lines == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "cp932"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_restart_at_every_byte(path: Path, encoding: str, mark: str) -> None:
    if mark and encoding == "cp932":
        pytest.skip("no mark there")
    data = f"{mark}ERROR 17 カバー\r\nzwei\n".encode(encoding)
    chosen = "auto" if mark else encoding
    for cut in range(len(data) + 1):
        path.write_bytes(data[:cut])
        one = Follower(path, encoding=chosen, from_start=True)
        one.look()
        again = Follower(path, one.tail.place, encoding=chosen)
        with path.open("ab") as file:
            file.write(data[cut:])
        again.look()
        assert one.lines + again.lines == ["ERROR 17 カバー", "zwei"]


def test_rotated_while_we_were_away(path: Path) -> None:
    one = Follower(path, from_start=True)
    write(path, "a\n")
    one.look()
    write(path, "b\n")
    path.rename(path.with_suffix(".1"))
    write(path, "c\n")
    again = Follower(path, one.tail.place)
    again.look()
    assert again.lines == ["b", "c"]


def test_too_far_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BEHIND_BYTES", 4000)
    monkeypatch.setattr(module, "MAX_LOOK_BYTES", 1000)
    one = Follower(path, from_start=True)
    write(path, "a\n")
    one.look()
    write(path, "0123456789\n" * 1000)
    one.look()
    assert one.lost == 1
    assert set(one.lines[1:]) == {"0123456789"}
    assert 80 < len(one.lines) < 100


def test_what_is_no_file_is_refused(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(OSError, match="it is no file"):
        Follower(path).look()
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError):
        Follower(path).look()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(["write", "half", "look", "rename", "copy", "restart"]), max_size=25))
def test_each_line_once_whatever_happens(tmp_path: Path, steps: list[str]) -> None:
    """One rotation at most between two looks, as vendors' programs do it; then nothing is lost and nothing doubled."""
    for old in tmp_path.iterdir():
        old.unlink()
    path = tmp_path / "cx.log"
    write(path, "file 0\n")
    one, lines, count, half = Follower(path, from_start=True), ["file 0"], 0, ""
    one.look()
    may_rotate = True
    for step in steps:
        if step in ("write", "half"):
            count += 1
            write(path, f"line {count}" + ("\n" if step == "write" else " "))
            half += f"line {count}" + ("" if step == "write" else " ")
            if step == "write":
                lines.append(half)
                half = ""
        elif step in ("rename", "copy"):
            if not may_rotate or half:
                continue
            may_rotate = False
            gone = tmp_path / f"cx.{count}.{step}.{len(list(tmp_path.iterdir()))}"
            if step == "rename":
                path.rename(gone)
            else:
                shutil.copy2(path, gone)
                os.truncate(path, 0)
            write(path, f"file {gone.name}\n")
            lines.append(f"file {gone.name}")
        elif step == "look":
            one.look()
            may_rotate = True
        else:
            before = one
            one = Follower(path, before.tail.place, from_start=True)
            one.lines = before.lines
    one.look()
    assert one.lines == lines


def dated(path: Path, second: int) -> None:
    os.utime(path, (second, second))


@pytest.mark.parametrize(("restarted", "unseen_s", "is_said"), [(False, 2, 0), (False, 3600, 1), (True, 2, 1)])
def test_what_was_packed_or_deleted_is_said_where_nobody_looked_meanwhile(
    path: Path, restarted: bool, unseen_s: float, is_said: int
) -> None:
    write(path, "first file\n")
    one = Follower(path, from_start=True)
    one.look()
    path.rename(path.with_name("kept"))
    write(path, "second file\n")
    path.with_name("kept").write_bytes(b"\x1f\x8b packed")
    again = Follower(path, one.tail.place) if restarted else one
    again.now_s += unseen_s
    again.look()
    again.look()
    assert again.lines[-1] == "second file"
    assert (again.gone, again.lost) == (is_said, 0)


def test_the_device_may_have_another_number_after_a_restart(path: Path) -> None:
    write(path, "a\n")
    one = Follower(path, from_start=True)
    one.look()
    assert one.tail.place is not None
    again = Follower(path, msgspec.structs.replace(one.tail.place, device=one.tail.place.device + 1))
    again.look()
    write(path, "b\n")
    again.look()
    assert (again.lines, again.gone) == (["b"], 0)


@pytest.mark.parametrize("names", [("cx.log.2", "cx.log.1"), ("cx.1.log", "cx-20260131.log")])
@pytest.mark.parametrize("restarted", [False, True])
def test_what_came_and_was_rotated_away_unseen_is_read_too(path: Path, names: tuple[str, str], restarted: bool) -> None:
    write(path, "first file\n")
    dated(path, 1_000)
    one = Follower(path)
    one.look()
    write(path, "a\n")
    oldest, between = (path.with_name(name) for name in names)
    path.rename(oldest)
    write(between, "second file\nb\n")
    write(path, "third file\nc\n")
    write(path.with_name("cx.log.0.gz"), "packed\n")
    write(path.with_name("cx2.log"), "another's\n")
    write(path.with_name("cx.log.bak"), "by hand\n")
    for second, each in enumerate((oldest, between, path), 2_000):
        dated(each, second)
    again = Follower(path, one.tail.place) if restarted else one
    again.look()
    again.look()
    assert again.lines == ["a", "second file", "b", "third file", "c"]
    assert again.lost == 0


def test_the_days_of_a_weekend_are_read_one_after_the_other(tmp_path: Path) -> None:
    days = [tmp_path / f"cx-{day}.log" for day in range(1, 5)]
    one = Follower(tmp_path / "cx-*.log", from_start=True)
    write(days[0], "1\n")
    dated(days[0], 1_000)
    one.look()
    for day, path in enumerate(days[1:], 2):
        write(path, f"{day}\n")
        dated(path, 1_000 + day)
    again = Follower(tmp_path / "cx-*.log", one.tail.place)
    again.look()
    assert one.lines + again.lines == ["1", "2", "3", "4"]
