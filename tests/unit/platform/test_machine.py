"""The machine, its programs, services, clock and protection: this one's own, and samples of others'."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchside.platform.certificates.here import machine_certificates
from benchside.platform.configuration.here import read_configuration
from benchside.platform.machine import linux as machine
from benchside.platform.machine.contract import Release
from benchside.platform.machine.linux import (
    boot_s,
    find_release,
    needs_restart,
    read_memory,
    read_needrestart,
    read_release,
)
from benchside.platform.processes.contract import ServiceState
from benchside.platform.processes.linux import find_programs, find_services, read_stat, read_units
from benchside.platform.protection.contract import Protection
from benchside.platform.protection.linux import ask_protection, read_version
from benchside.platform.time_source.here import ask_time_source
from benchside.platform.time_source.linux import read_tracking
from benchside.platform.time_source.status import read_status
from benchside.protocol.errors import UnavailableError

NOON_UTC_S = 1_795_953_600.0  # 2026-11-29 12:00


def test_this_machine_answers() -> None:
    memory = read_memory()
    assert 0 < memory.free_bytes <= memory.total_bytes
    assert boot_s() <= boot_s()
    assert find_release().system
    assert needs_restart() in (True, False, None)
    assert ask_time_source().is_synchronised in (True, False)
    assert ask_protection() is None or isinstance(ask_protection(), Protection)
    assert read_configuration().computer_name == os.uname().nodename.partition(".")[0]
    assert machine_certificates() == []


def test_an_os_release_is_read() -> None:
    text = "# x\nNAME='A'\nID=fedora\nVERSION_ID=\"43\"\nSUPPORT_END=2026-12-02\nbad\n"
    assert read_release(text) == Release("fedora", "43", ends="2026-12-02")
    with pytest.raises(UnavailableError):
        read_release("ID=arch\n")


def test_the_marks_of_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "RESTART_MARKS", (tmp_path / "reboot-required",))
    monkeypatch.setattr(machine, "MODULES", tmp_path / "modules")
    monkeypatch.setattr(machine, "NEEDRESTART", tmp_path / "needrestart")
    assert needs_restart() is None
    (tmp_path / "modules" / "6.1.0-99").mkdir(parents=True)
    assert needs_restart() is True
    (tmp_path / "modules" / os.uname().release).mkdir()
    assert needs_restart() is False
    (tmp_path / "reboot-required").touch()
    assert needs_restart() is True


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("NEEDRESTART-VER: 3.6\nNEEDRESTART-KCUR: 6.1\nNEEDRESTART-KEXP: 6.2\nNEEDRESTART-KSTA: 3\n", True),
        ("NEEDRESTART-KSTA: 1\n", False),
        ("NEEDRESTART-KSTA: 0\n", None),
        ("", None),
    ],
)
def test_what_needrestart_says(text: str, waits: bool | None) -> None:
    assert read_needrestart(text) is waits


def test_our_own_process_is_found() -> None:
    name = Path("/proc/self/comm").read_text().strip()
    (own,) = [one for one in find_programs((name,)) if one.pid == os.getpid()]
    assert (own.name, own.cpu_s > 0, own.memory_bytes > 2**20) == (name, True, True)
    assert find_programs(("no such program",)) == []


def test_a_stat_line_with_anything_for_a_name() -> None:
    rest = b"S 1 1 1 0 -1 0 0 0 0 0 200 100 0 0 20 0 1 0 5 9000 50 0 0"
    wanted = {b"a) S (b": "a) S (b"}
    found = read_stat(b"7 (a) S (b) " + rest, wanted)
    assert found is not None
    assert (found.pid, found.cpu_s, found.memory_bytes) == (7, 300 / os.sysconf("SC_CLK_TCK"), 50 * 4096)
    assert read_stat(b"7 (other) " + rest, wanted) is None
    assert read_stat(b"7 (a) S (b) Z" + rest[1:], wanted) is None
    assert read_stat(b"7 (a) S (b) S 1 1", wanted) is None
    assert read_stat(b"", wanted) is None


def test_units_are_read_in_the_order_of_asking() -> None:
    text = (
        "LoadState=loaded\nActiveState=active\n\nLoadState=not-found\nActiveState=inactive\n\nActiveState=failed\n\nx\n"
    )
    assert read_units(text, ["a", "b", "c", "d"]) == {
        "a": ServiceState.RUNNING,
        "b": ServiceState.MISSING,
        "c": ServiceState.STOPPED,
    }
    with pytest.raises(UnavailableError):
        read_units(text, ["a"])


def test_without_systemd_nothing_is_said_of_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_services([]) == {}
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError):
        find_services(["cron"])


@pytest.mark.parametrize(
    ("text", "offset_s"),
    [
        ("A29FC87B,162.1.1.1,3,1795953600.1,0.0123,-0.001,0.002,1,0.1,0.2,0.01,0.02,64.1,Normal\n", 0.0123),
        ("7F7F0101,,0,0.0,0.000000000,0,0,0,0,0,1,1,0.0,Not synchronised\n", None),
        ("506 Cannot talk to daemon\n", None),
        ("a,b,3,d,e,f,g,h,i,j,k,l,m,n", None),
        ("", None),
    ],
)
def test_what_chrony_says(text: str, offset_s: float | None) -> None:
    assert read_tracking(text) == offset_s


STATUS = """Leap Indicator: {leap}
Stratum: {stratum} (secondary reference - syncd by (S)NTP)
Precision: -23 (119.209ns per tick)
Root Delay: 0.0337189s
Root Dispersion: 7.8078893s
ReferenceId: 0x28778F2B (source IP:  40.119.143.43)
Last Successful Sync Time: 11/9/2026 9:04:57 AM
Source: time.windows.com,0x9
Poll Interval: 10 (1024s)

Phase Offset: -0.0005413s
ClockRate: 0.0156250s
State Machine: 2 (Sync)
"""
GERMAN = (
    STATUS.replace("Leap Indicator", "Sprungindikator").replace("Phase Offset", "Phasenoffset").replace("0.0", "0,0")
)


@pytest.mark.parametrize(
    ("text", "is_synchronised", "offset_s"),
    [
        (STATUS.format(leap="0(no warning)", stratum=4), True, 0.0005413),
        (GERMAN.format(leap="0(keine Warnung)", stratum=4), True, 0.0005413),
        (STATUS.format(leap="3(not synchronized)", stratum=0), False, None),
        (STATUS.format(leap="0(no warning)", stratum=0), False, None),
        (STATUS.format(leap="0(no warning)", stratum=4).partition("\n\n")[0], True, None),
        ("The following error occurred: The service has not been started. (0x80070426)", None, None),
        ("", None, None),
    ],
)
def test_what_windows_time_service_says(text: str, is_synchronised: bool | None, offset_s: float | None) -> None:
    found = read_status(text.replace("\n", "\r\n"))
    assert (found.is_synchronised, found.offset_s) == (is_synchronised, offset_s)


def test_how_old_signatures_are() -> None:
    found = read_version("ClamAV 1.0.7/27100/Thu Nov 19 12:00:00 2026", now_utc_s=NOON_UTC_S)
    assert found == Protection(True, 10.0)
    assert read_version("ClamAV 1.0.7/27100/Mon Nov 30 12:00:00 2026", now_utc_s=NOON_UTC_S) == Protection(True, 0.0)
    assert read_version("ClamAV 1.0.7", now_utc_s=NOON_UTC_S) == Protection(True)
    assert read_version("UNKNOWN COMMAND", now_utc_s=NOON_UTC_S) == Protection(None)
