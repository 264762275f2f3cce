"""The machine on Linux: /proc/meminfo, CLOCK_BOOTTIME, os-release(5), and the marks of a pending restart."""

from __future__ import annotations

import os
import time
from pathlib import Path

from benchside.platform.machine.contract import Memory, Release
from benchside.platform.program import ask_program
from benchside.protocol.errors import UnavailableError

__all__ = ["boot_s", "find_release", "needs_restart", "read_memory", "read_needrestart", "read_release"]

MEMORY = Path("/proc/meminfo")
RELEASES = (Path("/etc/os-release"), Path("/usr/lib/os-release"))
RESTART_MARKS = (Path("/run/reboot-required"), Path("/run/reboot-needed"))
"""Debian's and Ubuntu's (update-notifier, unattended-upgrades), openSUSE's."""
NEEDRESTART = Path("/usr/sbin/needrestart")
NEEDRESTART_WITHIN_S = 4.0
MODULES = Path("/lib/modules")
MAX_RELEASE_BYTES = 16 * 1024


def boot_s() -> float:
    """Return seconds since the machine started, sleep included, which no change of the clock touches."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def read_memory() -> Memory:
    """Return the memory; UnavailableError when the kernel does not say (before 3.14)."""
    found: dict[str, int] = {}
    with MEMORY.open() as lines:
        for line in lines:
            name, _, rest = line.partition(":")
            if name in ("MemTotal", "MemAvailable"):
                found[name] = int(rest.split()[0]) * 1024
    if len(found) != 2:
        raise UnavailableError("expected MemTotal and MemAvailable, got others")
    return Memory(found["MemTotal"], found["MemAvailable"])


def find_release() -> Release:
    """Return which system this is; UnavailableError where it does not say."""
    for path in RELEASES:
        try:
            with path.open(errors="replace") as file:
                return read_release(file.read(MAX_RELEASE_BYTES))
        except OSError:
            continue
    raise UnavailableError("expected an os-release file, got none")


def read_release(text: str) -> Release:
    """Return what an os-release says; UnavailableError when it names no system or version."""
    values = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            values[name] = value.strip("\"'")
    if not values.get("ID") or not values.get("VERSION_ID"):
        raise UnavailableError("expected ID and VERSION_ID in os-release, got others")
    return Release(values["ID"], values["VERSION_ID"], ends=values.get("SUPPORT_END", ""))


def needs_restart() -> bool | None:
    """Return whether an update waits for a restart; None when nothing here would say so."""
    if any(mark.exists() for mark in RESTART_MARKS):
        return True
    if NEEDRESTART.exists():
        try:
            said = ask_program([str(NEEDRESTART), "-b", "-k", "-r", "l"], within_s=NEEDRESTART_WITHIN_S, good=None)
        except UnavailableError:
            said = b""
        waits = read_needrestart(said.decode("ascii", "replace"))
        if waits is not None:
            return waits
    # An update that replaced the running kernel took its modules away; a container never had any.
    if MODULES.is_dir() and any(MODULES.iterdir()):
        return not (MODULES / os.uname().release).exists()
    return None


def read_needrestart(text: str) -> bool | None:
    """Return whether `needrestart -b -k` knows of a newer kernel than the running one; None when it does not know."""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name == "NEEDRESTART-KSTA":
            return {"1": False, "2": True, "3": True}.get(value.strip())
    return None
