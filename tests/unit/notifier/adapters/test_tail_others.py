"""A log of several files: each goes on where it was, through restarts and while its folder cannot be looked at."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.reporter import KeepingReporter

from benchside.notifier.adapters import places as places_module
from benchside.notifier.adapters.log import LogAdapter, LogSettings
from benchside.notifier.adapters.places import MAX_OTHERS, MAX_PLACE_BYTES, Other, Place
from benchside.notifier.adapters.tail import Tail
from benchside.platform.shared.here import open_shared


class Folder:
    """Logs of a pattern, each line a second later than the one before, and who reads them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "logs"
        self.path.mkdir()
        self.second = 1_000
        self.lines: list[str] = []
        self.tail = self.follow(None)

    def follow(self, place: Place | None) -> Tail:
        return Tail(
            self.path / "*.log", "auto", place=place, from_start=False, open_file=open_shared, monotonic=lambda: 0.0
        )

    def restart(self) -> None:
        self.tail = self.follow(self.tail.place)

    def write(self, name: str, *lines: str) -> Path:
        path = self.path / f"{name}.log"
        with path.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)
        self.second += 1
        os.utime(path, (self.second, self.second))
        return path

    def look(self) -> list[str]:
        """What is new; the folder is searched each time, as after a while."""
        self.lines.clear()
        self.tail._find_again_at = 0.0
        while self.tail.look(self.lines.append).is_behind:
            pass
        return self.lines


@pytest.fixture
def logs(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    for name in ("b", "a"):
        folder.write(name, f"old {name}", "old too")
    assert folder.look() == []
    return folder


def test_files_that_are_written_in_turn_go_on_where_they_were_after_a_restart(logs: Folder) -> None:
    for name in ("a", "b", "a", "b"):
        logs.write(name, f"{name} before")
        assert logs.look() == [f"{name} before"]
    logs.write("a", "a during")
    logs.write("b", "b during")
    logs.restart()
    assert logs.look() == ["b during"]
    logs.write("a", "a later")
    assert logs.look() == ["a during", "a later"]


def test_one_between_that_was_written_meanwhile_is_read_and_one_that_came_meanwhile_from_its_beginning(
    logs: Folder,
) -> None:
    logs.write("c", "c before")
    assert logs.look() == ["c before"]
    logs.write("a", "a before")
    assert logs.look() == ["a before"]
    logs.write("c", "c during")
    logs.write("b", "b during")
    logs.write("new", "new during")
    logs.write("newest", "newest during")
    logs.restart()
    assert logs.look() == ["c during", "b during", "new during", "newest during"]
    for name in ("a", "b", "c", "new"):
        logs.write(name, f"{name} later")
        assert logs.look() == [f"{name} later"]


def test_a_line_that_nobody_looked_at_before_the_restart_is_not_passed_over(logs: Folder) -> None:
    for name in ("b", "a"):
        logs.write(name, f"{name} before")
        assert logs.look() == [f"{name} before"]
    logs.write("b", "b unseen")
    logs.write("a", "a newer")
    assert logs.look() == ["a newer"]
    logs.restart()
    assert logs.look() == []
    logs.write("b", "b later")
    assert logs.look() == ["b unseen", "b later"]


def test_a_place_that_is_some_seconds_old_makes_no_other_file_new(logs: Folder) -> None:
    logs.write("a", "a before")
    logs.look()
    place = logs.tail.place
    logs.write("b", "b after it")
    logs.write("a", "a after it")
    logs.tail = logs.follow(place)
    assert logs.look() == ["a after it"]
    logs.write("b", "b later")
    assert logs.look() == ["b after it", "b later"]


def place_of(tail: Tail) -> Place:
    assert tail.place is not None
    return tail.place


def test_a_place_of_an_older_version_knows_the_others_by_their_dates(logs: Folder) -> None:
    older = msgspec.structs.replace(place_of(logs.tail), others=(), all_of="")
    assert set(msgspec.msgpack.decode(msgspec.msgpack.encode(older))) == {
        "name", "device", "number", "offset", "head", "head_bytes", "changed_ns"
    }, "an older version reads it, too"  # fmt: skip
    logs.write("c", "c during")
    logs.write("d", "d during")
    logs.tail = logs.follow(older)
    assert logs.look() == ["c during", "d during"]
    logs.write("b", "b later")
    assert logs.look() == ["b later"]


def test_of_more_than_are_remembered_the_dates_count(logs: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places_module, "MAX_OTHERS", 2)
    for name in ("c", "d", "e"):
        logs.write(name, f"{name} before")
        logs.look()
    assert (len(place_of(logs.tail).others), place_of(logs.tail).all_of) == (2, "")
    logs.restart()
    logs.look()
    for name in ("a", "b", "c", "d"):
        logs.write(name, f"{name} later")
        assert logs.look() == [f"{name} later"]


def test_another_path_knows_by_their_dates_what_it_did_not_name_before(logs: Folder) -> None:
    other = logs.path / "x.txt"
    other.write_text("old x\n")
    os.utime(other, (1, 1))
    logs.tail = Tail(logs.path / "*", "auto", place=logs.tail.place, from_start=False, open_file=open_shared)
    assert logs.look() == []
    with other.open("a") as file:
        file.write("x later\n")
    assert logs.look() == ["x later"]


def test_a_number_that_another_file_has_by_then_does_not_hide_its_lines(logs: Folder) -> None:
    logs.write("b", "b before")
    logs.look()
    logs.write("a", "a before")
    logs.look()
    b = logs.path / "b.log"
    with b.open("r+") as file:
        file.write("other beginning, and longer\n" * 3)
    os.utime(b, (5_000, 5_000))
    logs.restart()
    assert logs.look() == ["other beginning, and longer"] * 3


def test_the_device_may_have_another_number_after_a_restart(logs: Folder) -> None:
    logs.write("b", "b before")
    logs.look()
    logs.write("c", "c before")
    logs.look()
    place = place_of(logs.tail)
    others = tuple(Other(each.device + 1, *msgspec.structs.astuple(each)[1:]) for each in place.others)
    assert len(others) == 2
    logs.tail = logs.follow(msgspec.structs.replace(place, device=place.device + 1, others=others))
    for name in ("a", "b", "c"):
        logs.look()
        logs.write(name, f"{name} later")
        assert logs.look() == [f"{name} later"]


def test_the_longest_place_can_be_read_again(tmp_path: Path) -> None:
    other = Other(2**64 - 1, 2**64 - 1, 2**63, b"h" * 32, 256)
    place = Place(
        name="n" * 1024, device=2**64 - 1, number=2**64 - 1, offset=2**63, head=b"h" * 32, head_bytes=256,
        changed_ns=2**63, others=(other,) * MAX_OTHERS, all_of="p" * 4096,
    )  # fmt: skip
    assert len(msgspec.msgpack.encode(place)) <= MAX_PLACE_BYTES
    memory = tmp_path / "log-cx.place"
    memory.write_bytes(msgspec.msgpack.encode(place))
    given_settings = LogSettings(path=str(tmp_path / "*.log"), rules=str(tmp_path / "rules.toml"), memory=str(memory))
    assert LogAdapter("cx", given_settings)._recall() == place


@pytest.mark.parametrize("others", [((1, 2, -1),), ((1, 2, 3, b"h", 257),), ((1, 2),), ((1, 2, "3"),)])
def test_others_that_are_none_are_as_no_memory(logs: Folder, tmp_path: Path, others: object) -> None:
    memory = tmp_path / "log-cx.place"
    known = msgspec.to_builtins(place_of(logs.tail), builtin_types=(bytes,))
    memory.write_bytes(msgspec.msgpack.encode({**known, "others": others}))
    given_settings = LogSettings(path=str(logs.path / "*.log"), rules=str(tmp_path / "rules.toml"), memory=str(memory))
    assert LogAdapter("cx", given_settings)._recall() is None


def test_what_was_told_of_another_file_is_remembered_once_the_notifier_has_it(logs: Folder, tmp_path: Path) -> None:
    rules, reporter = tmp_path / "rules.toml", KeepingReporter()
    rules.write_text('[[rule]]\ncode = "door"\nstate = "pulse"\nline = "door"\n')
    given_settings = LogSettings(path=str(logs.path / "*.log"), rules=str(rules), memory=str(tmp_path / "log-cx.place"))

    def look(adapter: LogAdapter) -> int:
        before = len(reporter.of("log.cx"))
        adapter._tail._find_again_at = 0.0
        while adapter.look(reporter):
            pass
        adapter._remember(reporter, at_once=True)
        return len(reporter.of("log.cx")) - before

    def begin() -> LogAdapter:
        adapter = LogAdapter("cx", given_settings)
        adapter._read_rules(reporter)
        look(adapter)
        return adapter

    adapter = begin()
    reporter.taken = reporter.told
    logs.write("b", "door of b")
    assert look(adapter) == 1
    logs.write("a", "nothing")
    assert look(adapter) == 0
    adapter = begin()
    logs.write("b", "nothing")
    assert look(adapter) == 1, "nobody had it"
    reporter.taken = 2**53
    look(adapter)
    logs.write("a", "nothing")
    look(adapter)
    adapter = begin()
    logs.write("b", "nothing")
    assert look(adapter) == 0


def test_a_folder_that_is_away_for_a_moment_forgets_nothing(logs: Folder) -> None:
    away = logs.path.with_name("away")
    logs.path.rename(away)
    assert logs.look() == []
    logs.path.mkdir()
    assert logs.look() == [], "a share that is not mounted is an empty folder"
    logs.path.rmdir()
    away.rename(logs.path)
    logs.look()
    logs.write("b", "b later")
    assert logs.look() == ["b later"]


class Unknown:
    """A name of which nobody can say what it is."""

    def __init__(self, name: str) -> None:
        self.name = self.path = name

    def is_file(self) -> bool:
        raise OSError("not now")


@pytest.mark.parametrize("ends", [False, True])
def test_a_folder_of_which_only_the_first_names_could_be_read_forgets_nothing(
    logs: Folder, monkeypatch: pytest.MonkeyPatch, ends: bool
) -> None:
    scan = os.scandir

    @contextmanager
    def torn(folder: Path) -> Iterator[Iterator[os.DirEntry[str] | Unknown]]:
        with scan(folder) as entries:
            known = sorted(entries, key=lambda entry: entry.name)

        def names() -> Iterator[os.DirEntry[str] | Unknown]:
            yield known[0]
            if ends:
                raise OSError("it is away")
            yield from (Unknown(entry.name) for entry in known[1:])

        yield names()

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", torn)
        logs.write("a", "a later")
        assert logs.look() == ["a later"]
    logs.write("b", "b later")
    assert logs.look() == ["b later"]


def test_a_file_that_cannot_be_looked_at_for_a_moment_is_not_forgotten(
    logs: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = Path.stat

    def failing(path: Path, **more: bool) -> os.stat_result:
        if path.name == "b.log":
            raise OSError("not now")
        return stat(path, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", failing)
        logs.look()
    logs.write("b", "b later")
    assert logs.look() == ["b later"]


_STEPS = st.sampled_from(["a", "b", "c", "d", "look", "restart", "away"])


@settings(max_examples=60, deadline=None)
@given(st.lists(_STEPS, max_size=25))
def test_each_line_of_each_file_once_whatever_happens(steps: list[str]) -> None:
    """A last line in each shows that it is known where reading goes on."""
    with tempfile.TemporaryDirectory() as folder:
        logs, told = Folder(Path(folder)), list[str]()
        for name in ("b", "a"):
            logs.write(name, f"old {name}")
        logs.look()
        written: dict[str, list[str]] = {name: [] for name in "abcd"}
        for step in [*steps, "look", *(each for name in "abcd" for each in (name, "look"))]:
            if step in written:
                written[step].append(f"{step}{len(written[step])}")
                logs.write(step, written[step][-1])
            elif step == "look":
                told += logs.look()
            elif step == "restart":
                logs.restart()
            else:
                away = logs.path.rename(logs.path.with_name("away"))
                told += logs.look()
                away.rename(logs.path)
        assert {name: [line for line in told if line[0] == name] for name in written} == written
        assert len(told) == sum(map(len, written.values()))
