"""What a check said is on, also before a restart, and what it is about has gone: it is over.  What is there stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.unit.notifier.checks.conditions import off, on, whole

from benchside.notifier.checks.certificate import CertificateLook
from benchside.notifier.checks.config import ConfigurationLook
from benchside.notifier.checks.disk import DiskLook
from benchside.notifier.checks.endpoint import EndpointLook
from benchside.notifier.checks.options import (
    CertificateSettings,
    ConfigurationSettings,
    DiskSettings,
    EndpointSettings,
    ProgramSettings,
    RunningSettings,
    SmartSettings,
    StorageSettings,
    SystemSettings,
)
from benchside.notifier.checks.program import ProgramLook
from benchside.notifier.checks.running import RunningLook
from benchside.notifier.checks.smart import SmartLook
from benchside.notifier.checks.storage import StorageLook
from benchside.notifier.checks.system import SystemLook
from benchside.platform.configuration.contract import Configuration
from benchside.platform.machine.contract import Memory, Release
from benchside.platform.processes.contract import ServiceState
from benchside.platform.volumes.contract import Volume
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.condition import ConditionKey, Signal

GB = 10**9
THERE = Volume("C:", 100 * GB, 11 * GB, False)
"""Between the thresholds: neither low nor well where nothing is known from before."""
READ_ONLY = Volume("C:", 100 * GB, 50 * GB, True)
Look = Callable[[], Sequence[Signal]]


def disk(*volumes: Volume) -> Look:
    return DiskLook(DiskSettings(), lambda: list(volumes), lambda: 0.0)


def storage(*volumes: Volume) -> Look:
    return StorageLook(StorageSettings(), lambda: list(volumes))


def smart(**disks: bool | None) -> Look:
    return SmartLook(SmartSettings(), lambda: disks)


def running(*, programs: tuple[str, ...] = (), services: tuple[str, ...] = ()) -> Look:
    states = dict.fromkeys(services, ServiceState.CHANGING)
    return RunningLook(RunningSettings(programs=programs, services=services), lambda _: [], lambda _: states)


def program(*names: str) -> Look:
    return ProgramLook(ProgramSettings(names=names), lambda _: [], lambda: Memory(10 * GB, GB), lambda: 0.0, cores=1)


def endpoint(*urls: str) -> Look:
    return EndpointLook(EndpointSettings(urls=urls), lambda _: dict.fromkeys(urls, "dns"))


def config(**wanted: bool) -> Look:
    return ConfigurationLook(ConfigurationSettings(**wanted), lambda: Configuration("PC"))


def certificate(*files: str) -> Look:
    settings = CertificateSettings(files=files)
    return CertificateLook(settings, list, lambda: datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "look", "subject", "code"),
    [
        ("disk", disk(THERE), "D:", "space_low"),
        ("disk", disk(THERE), "D:", "fills_soon"),
        ("storage", storage(THERE), "D:", "read_only"),
        ("smart", smart(sda=True), "sdb", "disk_failing"),
        ("running", running(programs=("cx.exe",)), "old.exe", "program_missing"),
        ("running", running(programs=("LIS",)), "LIS", "service_stopped"),
        ("program", program("cx.exe"), "old.exe", "cpu_high"),
        ("endpoint", endpoint("wss://new.example/"), "old.example", "unreachable"),
        ("config", config(never_sleeps=True), "PC", "name_wrong"),
        ("certificate", certificate(), "LIS", "unreadable"),
        ("certificate", certificate(), "old.lab.example", "expired"),
    ],
)
def test_what_has_gone_since_before_a_restart_is_over(name: str, look: Look, subject: str, code: str) -> None:
    source = f"pc.{'storage' if name == 'smart' else name}"
    assert (subject, code) in off(whole(name, look, [ConditionKey(source, subject, code)])())


@pytest.mark.parametrize(
    ("name", "look", "subject", "code"),
    [
        ("disk", disk(THERE), "C:", "space_low"),
        ("disk", disk(THERE), "C:", "fills_soon"),
        ("storage", storage(READ_ONLY), "C:", "read_only"),
        ("storage", storage(THERE), "sdb", "disk_failing"),  # of another check
        ("smart", smart(sda=None), "sda", "disk_failing"),  # it sleeps
        ("running", running(services=("LIS",)), "LIS", "service_stopped"),  # it starts just now
        ("program", program("cx.exe"), "cx.exe", "cpu_high"),  # the first look has no mean
        ("endpoint", endpoint("wss://a.example/"), "a.example", "unreachable"),  # the first try of two
        ("config", config(never_sleeps=True), "PC", "may_sleep"),  # which nothing tells
    ],
)
def test_what_is_there_and_cannot_be_told_stays(name: str, look: Look, subject: str, code: str) -> None:
    source = "pc.storage" if code == "disk_failing" else f"pc.{name}"
    signals = whole(name, look, [ConditionKey(source, subject, code)])()
    assert (subject, code) not in off(signals) | on(signals).keys()


def test_a_failing_disk_that_was_taken_out_is_over_once() -> None:
    disks: dict[str, bool | None] = {"sda": True, "sdb": False}
    look = whole("smart", SmartLook(SmartSettings(), lambda: disks))
    assert on(look()).keys() == {("sdb", "disk_failing")}
    disks["sdb"] = None
    assert off(look()) == {("sda", "disk_failing")}
    del disks["sdb"]
    assert off(look()) == {("sda", "disk_failing"), ("sdb", "disk_failing")}
    assert off(look()) == {("sda", "disk_failing")}


def test_a_look_that_fails_ends_nothing() -> None:
    def fail() -> list[Volume]:
        raise UnavailableError("expected drives, got none")

    look = whole("disk", DiskLook(DiskSettings(), fail, lambda: 0.0), [ConditionKey("pc.disk", "D:", "space_low")])
    with pytest.raises(UnavailableError):
        look()


def test_a_system_that_nobody_has_written_down_is_not_known_to_have_ended() -> None:
    release = Release("debian", "9")
    look = SystemLook(SystemSettings(), lambda: release, lambda: date(2030, 1, 1))
    assert ("PC", "support_ended") in on(look()) or not on(look())
    release = Release("windows", "99999", "Professional")
    assert off(look()) == {("PC", "support_ends_soon"), ("PC", "support_ended")}


def test_a_name_that_cannot_be_shown_is_known_all_the_same(tmp_path: Path) -> None:
    long = Volume("/" + "x" * 200, 100 * GB, 11 * GB, False)
    key = ConditionKey("pc.disk", long.name[:80], "space_low")
    assert off(whole("disk", disk(long), [key])()) == set()
