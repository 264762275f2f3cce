"""The checks that read numbers of the machine: disk, memory, program, running, time, storage."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.notifier.checks.conditions import off, on, whole

from benchside.notifier.checks.disk import DiskLook
from benchside.notifier.checks.memory import MemoryLook
from benchside.notifier.checks.options import (
    DiskSettings,
    MemorySettings,
    ProgramSettings,
    RunningSettings,
    StorageSettings,
    TimeSettings,
)
from benchside.notifier.checks.program import ProgramLook
from benchside.notifier.checks.running import RunningLook
from benchside.notifier.checks.storage import StorageLook
from benchside.notifier.checks.time import TimeLook
from benchside.platform.machine.contract import Memory
from benchside.platform.processes.contract import Program, ServiceState
from benchside.platform.time_source.contract import TimeSource
from benchside.platform.volumes.contract import Volume
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.condition import Severity, Signal

GB = 10**9


class Now:
    """Something that a test changes between two looks."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __call__(self, *_asked: object) -> object:
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def drive(free: float, *, total: float = 100, name: str = "C:", read_only: bool = False) -> Volume:
    return Volume(name, int(total * GB), int(free * GB), read_only)


def test_a_drive_is_almost_full_until_there_is_room_again() -> None:
    now = Now([drive(40)])
    look = DiskLook(DiskSettings(), now, lambda: 0.0)
    assert off(look()) == {("C:", "space_low")}
    now.value = [drive(9.8)]
    assert on(look()) == {("C:", "space_low"): {"free_gb": 9.8, "free_percent": 10}}
    now.value = [drive(11)]
    assert ("C:", "space_low") in on(look())
    now.value = [drive(12)]
    assert on(look()) == {}


def test_between_both_thresholds_nothing_is_said_at_first() -> None:
    assert DiskLook(DiskSettings(), Now([drive(11)]), lambda: 0.0)() == []


def test_the_last_percents_are_serious_and_a_large_drive_is_not_full() -> None:
    look = DiskLook(DiskSettings(), Now([drive(2), drive(60, total=4000, name="D:")]), lambda: 0.0)
    signals = look()
    assert [one.severity for one in signals if one.key.subject == "C:"] == [Severity.SERIOUS]
    assert off(signals) == {("D:", "space_low")}


def test_a_drive_that_shrinks_is_said_beforehand() -> None:
    clock, now = Now(0.0), Now([drive(90)])
    look = DiskLook(DiskSettings(), now, clock)
    for hour in range(30):
        clock.value, now.value = hour * 3600.0, [drive(90 - hour)]
        signals = look()
    assert on(signals)[("C:", "fills_soon")] == {"days": 2.5}


class Pc:
    """A PC with one drive that loses a gigabyte in each hour of work; `state` outlives its nights."""

    def __init__(self, state: Path) -> None:
        self.boot_s, self.utc_s, self.free, self.state = 60.0, 1_780_000_000.0, 300.0, state
        self.signals: list[Signal] = []

    def start(self) -> None:
        self.look = DiskLook(
            DiskSettings(),
            lambda: [drive(self.free, total=500)],
            lambda: self.boot_s,
            lambda: self.utc_s,
            (self.state,),
        )
        self.signals = self.look()

    def work(self, hours: int, *, lost: float = 1.0) -> None:
        for _ in range(hours):
            self.boot_s, self.utc_s, self.free = self.boot_s + 3600, self.utc_s + 3600, self.free - lost
            self.signals = self.look()

    def pause(self, hours: int) -> None:
        self.boot_s, self.utc_s = 60.0, self.utc_s + 3600 * hours
        self.start()


def test_a_pc_that_is_off_at_night_is_said_to_fill_too(tmp_path: Path) -> None:
    pc = Pc(tmp_path)
    pc.free = 60.0
    pc.start()
    pc.work(8)
    assert ("C:", "fills_soon") not in on(pc.signals) | dict.fromkeys(off(pc.signals))
    for _ in range(2):
        pc.pause(16)
        pc.work(8)
    days = on(pc.signals)[("C:", "fills_soon")]["days"]
    assert 3.0 < float(days) < 5.0, "36 GB are left, and a day takes eight"


def test_what_was_said_to_fill_soon_is_over_after_a_restart_with_room(tmp_path: Path) -> None:
    """Also where nothing was kept of the trend: then once there are enough values."""
    pc = Pc(tmp_path)
    pc.free = 60.0
    pc.start()
    pc.work(24)
    assert ("C:", "fills_soon") in on(pc.signals)
    pc.free = 400.0
    pc.pause(1)
    assert ("C:", "fills_soon") in off(pc.signals)
    (tmp_path / "disk.trend").unlink()
    pc.pause(1)
    assert ("C:", "fills_soon") not in off(pc.signals)
    pc.work(12, lost=0.0)
    assert ("C:", "fills_soon") in off(pc.signals)


def test_where_nothing_is_asked_for_beforehand_nothing_stays_said() -> None:
    look = DiskLook(DiskSettings(full_within_days=0), Now([drive(90)]), lambda: 0.0)
    assert ("C:", "fills_soon") in off(look())


def test_a_drive_that_has_gone_is_off() -> None:
    now = Now([drive(1), drive(1, name="D:")])
    look = whole("disk", DiskLook(DiskSettings(), now, lambda: 0.0))
    look()
    now.value = [drive(1), drive(1, name="D:", read_only=True)]
    assert off(look()) == {("D:", "space_low")}


def test_memory() -> None:
    now = Now(Memory(8 * GB, GB // 2))
    look = MemoryLook(MemorySettings(), now)
    assert on(look()) == {("PC", "memory_low"): {"free_gb": 0.5, "free_percent": 6}}
    now.value = Memory(8 * GB, GB)
    assert off(look()) == {("PC", "memory_low")}


def test_a_programs_processes_count_together_and_of_the_whole_machine() -> None:
    clock, now = Now(0.0), Now([Program("cx.exe", 1, 10, GB), Program("cx.exe", 2, 0, GB)])
    look = ProgramLook(ProgramSettings(names=("cx.exe",)), now, lambda: Memory(10 * GB, GB), clock, cores=2)
    assert off(look()) == {("cx.exe", "memory_high")}
    clock.value, now.value = 30.0, [Program("cx.exe", 1, 40, 4 * GB), Program("cx.exe", 2, 24, 3 * GB)]
    assert on(look()) == {
        ("cx.exe", "cpu_high"): {"cpu_percent": 90},
        ("cx.exe", "memory_high"): {"memory_percent": 70, "memory_gb": 7.0},
    }
    clock.value, now.value = 60.0, []
    assert off(look()) == {("cx.exe", "cpu_high"), ("cx.exe", "memory_high")}


def test_what_must_run() -> None:
    states = Now({"LIS": ServiceState.STOPPED, "Sql": ServiceState.CHANGING, "Gone": ServiceState.MISSING})
    settings = RunningSettings(programs=("cx.exe", "lis.exe"), services=("LIS", "Sql", "Gone", "Secret"))
    signals = RunningLook(settings, Now([Program("cx.exe", 1, 0, 0)]), states)()
    assert on(signals).keys() == {
        ("lis.exe", "program_missing"),
        ("LIS", "service_stopped"),
        ("Gone", "service_unknown"),
    }
    assert off(signals) == {
        ("cx.exe", "program_missing"),
        ("LIS", "service_unknown"),
        ("Sql", "service_unknown"),
        ("Gone", "service_stopped"),
    }


def test_the_clock_is_wrong_until_it_is_right_again() -> None:
    source = Now(TimeSource(True, 0.001))
    look = TimeLook(TimeSettings(), source)
    assert off(look()) == {("PC", "not_synchronised"), ("PC", "clock_wrong")}
    source.value = TimeSource(None, -45.2)
    assert on(look()) == {("PC", "clock_wrong"): {"off_s": 45}}
    source.value = TimeSource(False)
    assert on(look()) == {("PC", "not_synchronised"): {}}


def test_a_clock_that_nobody_knows_is_no_condition() -> None:
    assert TimeLook(TimeSettings(), Now(TimeSource(None)))() == []
    with pytest.raises(UnavailableError):
        TimeLook(TimeSettings(), Now(UnavailableError("expected a time service, got none")))()


def test_a_drive_that_can_no_longer_be_written() -> None:
    now = Now([drive(50), drive(50, name="D:", read_only=True), Volume("E:", GB, 0, True, False)])
    look = whole("storage", StorageLook(StorageSettings(), now))
    signals = look()
    assert on(signals).keys() == {("E:", "read_only")}
    assert off(signals) == {("C:", "read_only")}
    now.value = [drive(50, read_only=True)]
    assert ("C:", "read_only") in on(look())
    now.value = []
    assert ("C:", "read_only") in off(look())
    now.value = [drive(50, read_only=True)]
    assert look() == []
