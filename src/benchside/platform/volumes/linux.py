"""Drives on Linux: /proc/self/mountinfo, statvfs and /etc/fstab (proc(5), fstab(5))."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from benchside.platform.volumes.contract import MAX_VOLUMES, Overlay, Volume

__all__ = ["Mount", "find_overlay", "forgets", "list_volumes", "read_fstab", "read_mounts"]

MOUNTS = Path("/proc/self/mountinfo")
FSTAB = Path("/etc/fstab")
# Drives of this machine.  Those of a network are left out: asking for one that is gone never ends.
_FIXED = {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "jfs", "ntfs", "ntfs3", "fuseblk", "overlay"}
_IN_MEMORY = {"tmpfs", "ramfs"}
# What a person has plugged in, or has as a home of their own, is named after them, and comes and goes.
_PASSING = ("/media/", "/home/", "/run/", "/proc/", "/sys/", "/dev/", "/snap/", "/boot/efi")
_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """One line of mountinfo that we understand.  `upper`: an overlay's layer that is written to.

    `is_read_only`: the drive itself, for everybody.  A mount of it may be read-only for us alone, as all are under
    systemd's ProtectSystem=strict, and says nothing of the drive.
    """

    device: str
    point: str
    kind: str
    source: str
    is_read_only: bool
    upper: str = ""


def read_mounts(text: str) -> list[Mount]:
    """Return the mounts of a mountinfo, the later of two on one place hiding the earlier."""
    found: dict[str, Mount] = {}
    for line in text.splitlines():
        left, dash, right = line.partition(" - ")
        fields, after = left.split(" "), right.split(" ")
        if not dash or len(fields) < 6 or len(after) < 3:
            continue
        options = set(after[2].split(","))  # the superblock's; those of fields[5] are this mount's alone
        point = _plain(fields[4])
        found.pop(point, None)
        upper = next((_plain(one[9:]) for one in options if one.startswith("upperdir=")), "")
        found[point] = Mount(fields[2], point, after[0], _plain(after[1]), "ro" in options, upper)
    return list(found.values())


def read_fstab(text: str) -> dict[str, bool]:
    """Return for each place of an fstab whether it is meant to be read-only."""
    found: dict[str, bool] = {}
    for line in text.splitlines():
        fields = line.split()
        if len(fields) >= 4 and not line.lstrip().startswith("#"):
            found[_plain(fields[1])] = "ro" in fields[3].split(",")
    return found


def list_volumes() -> list[Volume]:
    """Return the fixed drives, each once; OSError when the system does not list them."""
    meant = _fstab()
    found: dict[str, Volume] = {}
    for mount in read_mounts(MOUNTS.read_text(errors="replace")):
        if mount.kind not in _FIXED or mount.point.startswith(_PASSING) or mount.device in found:
            continue
        if not Path(mount.point).is_dir():
            continue  # one file of a drive, as containers have
        try:
            has = os.statvfs(mount.point)
        except OSError:
            continue
        # as `df` counts: what is kept for root alone is neither free nor in the whole
        total = (has.f_blocks - has.f_bfree + has.f_bavail) * has.f_frsize
        if total <= 0:
            continue
        found[mount.device] = Volume(
            mount.point, total, has.f_bavail * has.f_frsize, mount.is_read_only, meant.get(mount.point)
        )
    return list(found.values())[:MAX_VOLUMES]


def find_overlay(folder: Path) -> Overlay | None:
    """Return what forgets at a restart: what `folder` lies on, or else `/`; None where nothing is known to."""
    mounts = {mount.point: mount for mount in read_mounts(MOUNTS.read_text(errors="replace"))}
    place = folder.resolve()
    on = next((mounts[str(at)] for at in (place, *place.parents) if str(at) in mounts), None)
    if on is not None and forgets(on, mounts):
        return Overlay(on.kind, forgets=True)
    root = mounts.get("/")
    if root is not None and root is not on and forgets(root, mounts):
        return Overlay(root.kind, forgets=False)
    return None


def forgets(mount: Mount, mounts: Mapping[str, Mount]) -> bool:
    """Return whether a mount is known to be empty again after a restart: it is memory, or its upper layer is.

    A container's root is an overlay, too, with an upper layer on a disk that cannot be seen from inside.
    """
    if mount.kind != "overlay":
        return mount.kind in _IN_MEMORY
    if mount.source == "overlayroot":  # Ubuntu's and Raspberry Pi's package, whose upper layer is memory as it comes
        return True
    upper = PurePosixPath(mount.upper or "/")
    below = next((mounts[str(at)] for at in (upper, *upper.parents) if str(at) in mounts and str(at) != "/"), None)
    return below is not None and below.kind in _IN_MEMORY


def _fstab() -> dict[str, bool]:
    try:
        return read_fstab(FSTAB.read_text(errors="replace"))
    except OSError:
        return {}


def _plain(text: str) -> str:
    """Spaces and tabs stand as octal numbers in both files."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)
