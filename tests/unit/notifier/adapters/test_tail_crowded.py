"""A log in a folder with more files than can be looked at, and files that go while they are looked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.reporter import KeepingReporter

from benchside.notifier.adapters import beside as module
from benchside.notifier.adapters import places as places_module
from benchside.notifier.adapters.beside import Beside, Names, look_beside
from benchside.notifier.adapters.log import LogAdapter, LogSettings
from benchside.notifier.adapters.places import Place
from benchside.notifier.adapters.tail import FIND_REST, LOOK_WITHIN_S, UNSEEN_S, Tail
from benchside.platform.shared.here import open_shared


class Clock:
    """Moves on by `step_s` each time that somebody looks at it."""

    def __init__(self) -> None:
        self.now_s = self.step_s = 0.0

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


def follow(
    path: Path, monotonic: Callable[[], float] = lambda: 0.0, *, from_start: bool = True, place: Place | None = None
) -> Tail:
    return Tail(path, "auto", place=place, from_start=from_start, open_file=open_shared, monotonic=monotonic)


def write(path: Path, text: str, second: int) -> Path:
    with path.open("a") as file:
        file.write(text)
    os.utime(path, (second, second))
    return path


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SIBLINGS", 5)
    monkeypatch.setattr(module, "MAX_ENTRIES", 50)


def crowd(folder: Path, count: int, name: str = "run_{}.csv") -> None:
    for number in range(count):
        write(folder / name.format(number), "x\n", 1)


@pytest.mark.usefixtures("few")
def test_files_that_have_nothing_to_do_with_it_take_no_place(tmp_path: Path) -> None:
    crowd(tmp_path, 40)
    lines: list[str] = []
    for day in range(4):
        write(tmp_path / f"trace_{day}.log", f"{day}\n", day + 10)
        one = follow(tmp_path / "trace_*.log")
        looked = one.look(lines.append)
        assert (lines[-1], looked.is_crowded) == (str(day), False)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("name", ["run_{}.csv", "trace_0{}.log"])
def test_what_cannot_be_looked_at_is_said_and_what_is_read_goes_on(tmp_path: Path, name: str) -> None:
    path, lines = write(tmp_path / "trace_0.log", "a\n", 10), list[str]()
    one = follow(tmp_path / "trace_*.log")
    assert not one.look(lines.append).is_crowded
    crowd(tmp_path, 60, name)
    write(path, "b\n", 11)
    assert one.look(lines.append).is_crowded
    assert lines == ["a", "b"]


@pytest.mark.usefixtures("few")
def test_of_too_many_the_last_by_name_are_looked_at(tmp_path: Path) -> None:
    for day in range(10, 40):
        write(tmp_path / f"trace_{day}.log", f"{day}\n", day)
    lines: list[str] = []
    assert follow(tmp_path / "trace_*.log").look(lines.append).is_crowded
    assert lines == ["39"]


@pytest.mark.usefixtures("few")
def test_it_is_said_until_the_folder_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text('[[rule]]\ncode = "e"\nline = "ERROR"\n')
    adapter = LogAdapter("cx", LogSettings(path=str(tmp_path / "trace_*.log"), rules=str(tmp_path / "rules.toml")))
    reporter = KeepingReporter()
    crowd(tmp_path, 6, "trace_{}.log")
    adapter.look(reporter)
    assert reporter.active() == {("log.file", "cx", "crowded")}
    (tmp_path / "trace_3.log").unlink()
    # twenty times as long as the first search took
    adapter._tail._find_again_at = 0.0
    adapter.look(reporter)
    assert reporter.active() == set()


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("moved", ["cx.log.1", "cx-2026.log", "cx.old"])
def test_the_rest_of_a_rotated_file_is_found_by_its_name(tmp_path: Path, moved: str) -> None:
    crowd(tmp_path, 20)
    path, lines = write(tmp_path / "cx.log", "a\n", 10), list[str]()
    one = follow(path)
    one.look(lines.append)
    write(path, "b\n", 11)
    path.rename(tmp_path / moved)
    write(path, "c\n", 12)
    assert one.look(lines.append).lost == 0
    assert lines == ["a", "b", "c"]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("begin", [Path.unlink, lambda path: path.write_text("")])
@pytest.mark.parametrize(
    ("others", "unseen_s", "lost"),
    [("run_{}.csv", 0.0, 0), ("run_{}.csv", UNSEEN_S, 0), ("cx_{}.csv", 0.0, 0), ("cx_{}.csv", UNSEEN_S, 1)],
)
def test_a_log_that_is_begun_anew_lost_nothing_by_what_lies_beside_it(
    tmp_path: Path, begin: Callable[[Path], object], others: str, unseen_s: float, lost: int
) -> None:
    """A program that begins its log anew at each start, in a folder of results: all had been read."""
    crowd(tmp_path, 20, others)
    clock, lines = Clock(), list[str]()
    path = write(tmp_path / "cx.log", "start of the first run\n", 10)
    one = follow(path, clock)
    for run in range(3):
        one.look(lines.append)
        clock.now_s += unseen_s
        begin(path)
        write(path, f"run {run}\n", 11 + run)
        assert one.look(lines.append).lost == lost
    assert lines == ["start of the first run", "run 0", "run 1", "run 2"]


@pytest.mark.usefixtures("few")
def test_the_file_before_the_newest_is_known_by_its_own_name(tmp_path: Path) -> None:
    first, lines = write(tmp_path / "trace_1.log", "a\n", 10), list[str]()
    one = follow(tmp_path / "trace_*.log")
    one.look(lines.append)
    crowd(tmp_path, 60)
    write(first, "b\n", 11)
    write(tmp_path / "trace_2.log", "c\n", 12)
    again = Tail(tmp_path / "trace_2.log", "auto", place=one.place, from_start=False, open_file=open_shared)
    assert again.look(lines.append).lost == 0
    assert lines == ["a", "b", "c"]


def test_a_file_that_goes_while_it_is_looked_for_spoils_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(4):
        write(tmp_path / f"trace_{day}.log", f"{day}\n", day)
    stat, lines = Path.stat, list[str]()

    def going(path: Path, **more: bool) -> os.stat_result:
        if path.name == "trace_3.log":
            path.unlink(missing_ok=True)
        return stat(path, **more)

    monkeypatch.setattr(Path, "stat", going)
    assert follow(tmp_path / "trace_*.log").look(lines.append).has_file
    assert lines == ["2"]


def test_a_slow_folder_is_not_searched_at_each_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, lines, searched = Clock(), list[str](), 0
    path = write(tmp_path / "trace_1.log", "a\n", 10)
    scan = os.scandir

    def counted(folder: Path) -> Iterator[os.DirEntry[str]]:
        nonlocal searched
        searched += 1
        clock.now_s += 1.0
        return scan(folder)

    monkeypatch.setattr(os, "scandir", counted)
    one = follow(tmp_path / "trace_*.log", clock)
    for look in range(10):
        write(path, f"{look}\n", 10 + look)
        one.look(lines.append)
    assert (searched, len(lines)) == (1, 11)
    clock.now_s += FIND_REST
    write(tmp_path / "trace_2.log", "new\n", 100)
    one.look(lines.append)
    assert lines[-1] == "new"


def test_a_folder_that_is_not_there_or_no_folder(tmp_path: Path) -> None:
    file = write(tmp_path / "x", "", 1)
    for folder in (tmp_path / "none", file):
        assert look_beside(folder, lambda _name: True) == Beside(is_whole=False)


@pytest.mark.parametrize(
    ("ours", "name", "is_ours", "is_moved", "is_akin"),
    [
        ("x.log", "x.log", True, False, True),
        ("x.log", "x.log.1", False, True, True),
        ("x.log", "x.log-20260131", False, True, True),
        ("x.log", "x-2026.log", False, True, True),
        ("x.log", "x.log.gz", False, False, True),
        ("x.log", "y.log", False, False, False),
        ("trace_*.log", "trace_1.log", True, False, True),
        ("*.log", "x.log", True, False, False),
        ("trace", "trace.1", False, True, True),
    ],
)
def test_names(ours: str, name: str, is_ours: bool, is_moved: bool, is_akin: bool) -> None:
    names = Names(ours)
    assert (names.is_ours(name), names.is_moved(name), names.is_akin(name)) == (is_ours, is_moved, is_akin)
    assert names.is_ours_or_moved(name) is (is_ours or is_moved)


@pytest.mark.parametrize("from_start", [False, True])
def test_another_file_that_was_there_already_begins_at_its_end(tmp_path: Path, from_start: bool) -> None:
    """Reading `*.log`, an old b.log that gets a line would else tell all that it has, as of now."""
    a, b = write(tmp_path / "a.log", "old a\n", 20), write(tmp_path / "b.log", "old b\nhalf", 10)
    lines: list[str] = []
    one = follow(tmp_path / "*.log", from_start=from_start)
    one.look(lines.append)
    write(b, " a line\nnew b\n", 30)
    one.look(lines.append)
    write(tmp_path / "c.log", "first of c\n", 40)
    one.look(lines.append)
    write(a, "new a\n", 50)
    one.look(lines.append)
    old = {"old a", "old b"} if from_start else set()
    assert lines == [line for line in ("old a", "old b", "half a line", "new b", "first of c", "new a")
                     if line in old or not line.startswith("old")]  # fmt: skip


@pytest.mark.parametrize("is_seen", [False, True])
def test_one_that_was_there_and_is_begun_anew_is_read_from_its_beginning(tmp_path: Path, is_seen: bool) -> None:
    """By its number and its size alone it might be the same; seen to be shorter, it is another."""
    write(tmp_path / "a.log", "old a\n", 20)
    b = write(tmp_path / "b.log", "old b\n" * 10, 10)
    lines: list[str] = []
    one = follow(tmp_path / "*.log", from_start=False)
    one.look(lines.append)
    os.truncate(b, 0)
    if is_seen:
        os.utime(b, (11, 11))
        one.look(lines.append)
        write(b, "new b\n" * 20, 30)
    else:
        write(b, "new b\n" * 5, 30)
    one.look(lines.append)
    assert lines == ["new b"] * (20 if is_seen else 5)


def test_many_files_that_are_written_in_turn_are_each_read_once(tmp_path: Path) -> None:
    told, written = list[str](), list[str]()
    one = follow(tmp_path / "*.log")
    for turn in range(80):
        written.append(f"{turn}")
        write(tmp_path / f"{turn % 20}.log", f"{turn}\n", turn + 1)
        assert one.look(told.append).lost == 0
    assert told == written


def test_beyond_those_whose_places_are_kept_reading_goes_on_at_the_end_which_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places_module, "MAX_SIBLINGS", 5)
    told, lost = list[str](), 0
    one = follow(tmp_path / "*.log")
    for turn in range(80):
        write(tmp_path / f"{turn % 10}.log", f"{turn}\n", turn + 1)
        lost += one.look(told.append).lost
    assert told == [str(turn) for turn in range(10)], "each once, and never again"
    assert lost == 70
    assert len(one._others._left) + len(one._others._not_told) <= 10


@pytest.mark.parametrize("end", [Path.unlink, lambda path: path.rename(path.with_name("cx.log.1")), lambda _path: None])
def test_lines_that_take_long_end_a_look_and_not_the_reading(tmp_path: Path, end: Callable[[Path], object]) -> None:
    """A worker that looks for 15 s is taken for hung, ended, and the next one would hang on the same lines."""
    clock, lines, longest_s = Clock(), list[str](), 0.0
    path = write(tmp_path / "cx.log", "".join(f"{number}\n" for number in range(100)), 10)
    one = follow(path, clock)

    def slow(line: str) -> None:
        clock.now_s += LOOK_WITHIN_S / 7.5
        lines.append(line)

    assert one.look(slow).is_behind
    assert len(lines) == 8
    assert one.place is not None
    assert one.place.offset == len("".join(f"{line}\n" for line in lines)), "a restart goes on behind these"
    end(path)
    write(path, "last\n", 11)
    while True:
        began_s = clock.now_s
        looked = one.look(slow)
        longest_s = max(longest_s, clock.now_s - began_s)
        if not looked.is_behind:
            break
    assert lines == [*(str(number) for number in range(100)), "last"]
    assert longest_s < 2 * LOOK_WITHIN_S


@pytest.mark.parametrize("from_start", [False, True])
def test_after_a_restart_what_came_meanwhile_is_read_and_what_was_there_before_is_not(
    tmp_path: Path, from_start: bool
) -> None:
    lines: list[str] = []
    b = write(tmp_path / "b.log", "old b\n", 10)
    write(tmp_path / "a.log", "old a\n", 20)
    one = follow(tmp_path / "*.log", from_start=False)
    one.look(lines.append)
    write(tmp_path / "c.log", "came meanwhile\n", 30)
    write(tmp_path / "d.log", "came last\n", 30)
    again = follow(tmp_path / "*.log", from_start=from_start, place=one.place)
    while again.look(lines.append).is_behind:
        pass
    write(b, "new b\n", 40)
    again.look(lines.append)
    assert lines == ["came meanwhile", "came last", "new b"]
