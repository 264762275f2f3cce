"""The disk that loses power: what was synced stays, what was not may be anything in between."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from bench.notices.disk import SECTOR_BYTES, Disk
from bench.notices.traced import Created, Removed, Resized, Said, SyncBegun, Synced, What, Written, read

MANY = 60


class World:
    """A folder, a disk of it, and all the ways in which it may be found after a loss of power."""

    def __init__(self, folder: Path) -> None:
        self.base = folder / "base"
        self.base.mkdir()
        self._folder = folder
        self._dice = random.Random(1)
        self._places = 0

    def made(self, *happened: What) -> Disk:
        disk = Disk(self.base)
        for what in happened:
            disk.step(what)
        return disk

    def found(self, disk: Disk, name: str) -> set[bytes | None]:
        contents: set[bytes | None] = set()
        for _ in range(MANY):
            self._places += 1
            place = self._folder / f"found-{self._places}"
            place.mkdir()
            disk.lose_power(place, self._dice)
            contents.add((place / name).read_bytes() if (place / name).exists() else None)
        return contents

    def path(self, name: str = "a.db") -> str:
        return str(self.base / name)

    def synced(self, path: str) -> tuple[What, What]:
        return SyncBegun(path, 1), Synced(path, 1)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_was_there_stays(world: World) -> None:
    (world.base / "a.db").write_bytes(b"old")
    assert world.found(world.made(), "a.db") == {b"old"}


def test_a_write_is_durable_with_its_sync_and_not_before(world: World) -> None:
    (world.base / "a.db").write_bytes(b"old")
    written = Written(world.path(), 0, b"new")
    assert world.found(world.made(written), "a.db") == {b"old", b"new"}
    assert world.found(world.made(written, SyncBegun(world.path(), 1)), "a.db") == {b"old", b"new"}
    disk = world.made(written, *world.synced(world.path()))
    place = world.base.parent / "last"
    place.mkdir()
    assert disk.lose_power(place, random.Random(2)) == 0
    assert (place / "a.db").read_bytes() == b"new"


def test_what_was_written_while_it_was_synced_may_be_lost(world: World) -> None:
    (world.base / "a.db").write_bytes(b"old")
    begun, done = world.synced(world.path())
    disk = world.made(begun, Written(world.path(), 0, b"new"), done)
    assert world.found(disk, "a.db") == {b"old", b"new"}


def test_a_long_write_is_torn_at_sectors(world: World) -> None:
    (world.base / "a.db").write_bytes(b"-" * 3 * SECTOR_BYTES)
    disk = world.made(Written(world.path(), 100, b"+" * 2 * SECTOR_BYTES))
    found = world.found(disk, "a.db")
    assert len(found) > 2
    for content in found:
        assert content is not None
        runs = [content[100:512], content[512:1024], content[1024:1124]]
        assert all(len(set(run)) == 1 for run in runs), "no sector is half written"
        assert set(content[:100] + content[1124:]) == {ord("-")}


@pytest.mark.parametrize("happened", ["write", "cut"])
def test_a_size_is_not_durable_either(world: World, happened: str) -> None:
    (world.base / "a.db").write_bytes(b"1234")
    what = Resized(world.path(), 2) if happened == "cut" else Written(world.path(), None, b"56")
    assert world.found(world.made(what), "a.db") == {b"1234", b"12" if happened == "cut" else b"123456"}


def test_names_come_and_go_with_a_sync_of_their_folder(world: World) -> None:
    new = (Created(world.path()), Written(world.path(), 0, b"x"), *world.synced(world.path()))
    assert world.found(world.made(*new), "a.db") == {None, b"x"}
    kept = (*new, *world.synced(str(world.base)))
    assert world.found(world.made(*kept, Created(world.path())), "a.db") == {b"x"}


def test_a_file_that_was_removed_may_be_back(world: World) -> None:
    (world.base / "a.db").write_bytes(b"old")
    assert world.found(world.made(Removed(world.path())), "a.db") == {b"old", None}


def _hex(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


A = f"3<{_hex('/d/a')}>"
LINES: dict[str, list[What]] = {
    f'7  openat(AT_FDCWD<{_hex("/")}>, "{_hex("/d/a")}", O_RDWR|O_CREAT, 0644) = {A}': [Created("/d/a")],
    f'7  openat(AT_FDCWD<{_hex("/")}>, "{_hex("/d/a")}", O_RDONLY) = {A}': [],
    f'7  pwrite64({A}, "{_hex("abc")}", 3, 40) = 2': [Written("/d/a", 40, b"ab")],
    f'7  write({A}, "{_hex("abc")}", 3) = 3': [Written("/d/a", None, b"abc")],
    f'7  sendto(9<{_hex("socket:[1]")}>, "{_hex("hi")}", 2, 0, NULL, 0) = 2': [Said(b"hi")],
    f"7  fdatasync({A}) = 0": [SyncBegun("/d/a", 7), Synced("/d/a", 7)],
    f"7  fdatasync({A} <unfinished ...>\n8  +++ exited with 0 +++\n7  <... fdatasync resumed>) = 0": [
        SyncBegun("/d/a", 7),
        Synced("/d/a", 7),
    ],
    f"7  ftruncate({A}, 512) = 0": [Resized("/d/a", 512)],
    f'7  unlink("{_hex("/d/a")}") = 0': [Removed("/d/a")],
    f'7  unlink("{_hex("/d/a")}") = -1 ENOENT (No such file or directory)': [],
    "7  --- SIGTERM {si_signo=SIGTERM} ---": [],
    f'7  pwrite64({A}, "{_hex("abc")}", 3, 40 <unfinished ...>\n7  <... pwrite64 resumed>) = ?': [],
}


@pytest.mark.parametrize("lines", LINES)
def test_what_strace_writes_is_understood(lines: str, tmp_path: Path) -> None:
    (tmp_path / "trace").write_text(lines + "\n" + lines.splitlines()[-1][:20])
    assert list(read(tmp_path / "trace")) == LINES[lines]


def test_a_call_that_is_not_modelled_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "trace").write_text(f"7  fallocate({A}, 0, 0, 4096) = 0\n")
    with pytest.raises(ValueError, match="modelled"):
        list(read(tmp_path / "trace"))
