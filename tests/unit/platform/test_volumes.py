"""Drives of Linux: mountinfo and fstab as they come, this machine's own, and what forgets."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

import pytest

from benchside.platform.volumes import linux
from benchside.platform.volumes.contract import Overlay, Volume
from benchside.platform.volumes.exclusion import places_of
from benchside.platform.volumes.linux import find_overlay, forgets, list_volumes, read_fstab, read_mounts

MOUNTS = r"""22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw,errors=remount-ro
23 22 0:5 / /proc rw - proc proc rw
24 22 8:3 / /data\040one rw,relatime - xfs /dev/sdb1 ro
25 22 8:3 /sub /data\040one/bind rw - xfs /dev/sdb1 ro
26 22 0:40 / /var/lib/benchside rw - tmpfs tmpfs rw
27 22 0:41 / /srv rw - nfs4 server:/x rw
28 22 8:9 / /media/ana/STICK rw - ext4 /dev/sdc1 rw
29 broken line
30 22 8:4 / /later rw - ext4 /dev/sda4 rw
31 22 8:5 / /later rw - ext4 /dev/sda5 ro
"""
ROOT = "1 0 0:20 / / rw - overlay {source} rw,lowerdir=/a,upperdir={upper},workdir=/w\n"
MEMORY = "2 1 0:21 / /media/root-rw rw - tmpfs tmpfs-root rw\n"
DATA = "3 1 8:3 / /data rw - ext4 /dev/sda3 rw\n"


def test_mounts_are_read() -> None:
    found = {one.point: one for one in read_mounts(MOUNTS)}
    assert len(found) == 8
    assert (found["/"].kind, found["/"].is_read_only) == ("ext4", False)
    assert found["/data one"].is_read_only
    assert (found["/later"].device, found["/later"].is_read_only) == ("8:5", True)


def test_a_mount_that_is_read_only_for_us_alone_says_nothing_of_the_drive() -> None:
    (root,) = read_mounts("96 63 254:0 / / ro,relatime shared:1 - ext4 /dev/vda rw,discard,errors=remount-ro\n")
    assert not root.is_read_only


def test_an_fstab_is_read() -> None:
    lines = (
        "# UUID=1 /x ext4 ro 0 1",
        "UUID=2 / ext4 errors=remount-ro 0 1",
        "a /data\\040one xfs ro,noatime 0 2",
        "bad",
    )
    assert read_fstab("\n".join(lines)) == {"/": False, "/data one": True}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(linux, "MOUNTS", tmp_path / "mountinfo")
    monkeypatch.setattr(linux, "FSTAB", tmp_path / "fstab")
    return tmp_path


def test_only_fixed_drives_are_listed_each_once(machine: Path) -> None:
    lines = f"1 0 8:2 / / rw - ext4 a ro\n2 1 8:2 / {machine} rw - ext4 a rw\n3 1 0:9 / /media rw - ext4 b rw\n"
    (machine / "mountinfo").write_text(lines)
    (machine / "fstab").write_text("a / ext4 defaults 0 1")
    first, second = list_volumes()
    assert (first.name, first.is_read_only, first.is_meant_read_only) == ("/", True, False)
    assert second.name == "/media"
    (machine / "fstab").unlink()
    assert list_volumes()[0].is_meant_read_only is None


def test_a_drive_that_is_named_after_a_person_is_left_out(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_dir", lambda _: True)
    monkeypatch.setattr(linux.os, "statvfs", lambda _: linux.os.statvfs_result((4096, 4096, 9, 9, 9, 9, 9, 9, 0, 255)))
    (machine / "mountinfo").write_text(
        "1 0 8:2 / / rw - ext4 a rw\n2 1 8:3 / /home rw - ext4 b rw\n3 1 8:4 / /home/maria rw - ext4 c rw\n"
    )
    assert [one.name for one in list_volumes()] == ["/", "/home"]


def test_this_machine_has_a_drive_with_room() -> None:
    volumes = list_volumes()
    assert volumes
    for one in volumes:
        assert isinstance(one, Volume)
        assert 0 <= one.free_bytes <= one.total_bytes


@pytest.mark.parametrize(
    ("mounts", "folder", "wanted"),
    [
        (ROOT.format(source="overlayroot", upper="/media/root-rw/overlay"), "/var/lib/x", Overlay("overlay", True)),
        (ROOT.format(source="overlay", upper="/media/root-rw/overlay") + MEMORY, "/var/lib", Overlay("overlay", True)),
        (ROOT.format(source="overlayroot", upper="/r") + DATA, "/data/benchside", Overlay("overlay", False)),
        (ROOT.format(source="overlay", upper="/var/lib/docker/overlay2/1/diff"), "/var/lib", None),
        (ROOT.format(source="overlay", upper="/data/upper") + DATA, "/var/lib", None),
        (DATA + MEMORY, "/media/root-rw/x", Overlay("tmpfs", True)),
        ("1 0 0:2 / / rw - tmpfs live rw\n", "/var", Overlay("tmpfs", True)),
        ("1 0 8:1 / / rw - ext4 a rw\n", "/var", None),
    ],
    ids=["overlayroot", "memory", "elsewhere", "container", "a disk", "folder in memory", "live system", "plain"],
)
def test_what_forgets_at_a_restart(machine: Path, mounts: str, folder: str, wanted: Overlay | None) -> None:
    (machine / "mountinfo").write_text(mounts)
    assert find_overlay(Path(folder)) == wanted


def test_an_overlay_without_an_upper_layer_is_not_known_to_forget() -> None:
    (root,) = read_mounts("1 0 0:20 / / ro - overlay live ro,lowerdir=/a\n")
    assert not forgets(root, {"/": root})


def test_a_write_filter_may_exclude_a_folder_by_any_above_it() -> None:
    places = ["\\ProgramData\\Benchside\\agent", "\\ProgramData\\Benchside", "\\ProgramData"]
    assert places_of(PureWindowsPath("C:\\ProgramData\\Benchside\\agent")) == places
    assert places_of(PureWindowsPath("C:\\")) == []
