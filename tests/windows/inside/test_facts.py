"""What host checks ask of Windows, and the worker's list of checks as it runs there."""

from __future__ import annotations

import os
import sys
import winreg
from pathlib import Path

import pytest

from benchside.notifier.checks.options import ChecksSettings
from benchside.notifier.checks.settings import to_builtins
from benchside.notifier.checks.worker import make
from benchside.platform.certificates.here import machine_certificates
from benchside.platform.configuration.here import read_configuration
from benchside.platform.machine.here import boot_s, find_release, needs_restart, read_memory
from benchside.platform.processes.contract import ServiceState
from benchside.platform.processes.here import find_programs, find_services
from benchside.platform.program import ask_program
from benchside.platform.protection.here import ask_protection
from benchside.platform.system_programs import system_program
from benchside.platform.volumes.here import find_overlay, list_volumes
from benchside.platform.wmi.windows import MissingError, open_management
from benchside.protocol.errors import UnavailableError

RESTART = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired"


def test_drives() -> None:
    drives = {one.name: one for one in list_volumes()}
    assert 0 < drives["C:"].free_bytes <= drives["C:"].total_bytes


def test_memory_and_ticks() -> None:
    memory = read_memory()
    assert 0 < memory.free_bytes <= memory.total_bytes
    assert 0 < boot_s() <= boot_s()


def test_the_release() -> None:
    release = find_release()
    assert release.system == "windows"
    assert int(release.version) >= 7601


def test_the_mark_of_a_restart() -> None:
    assert needs_restart() is False
    winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, RESTART, 0, winreg.KEY_WRITE | winreg.KEY_WOW64_64KEY).Close()
    try:
        assert needs_restart() is True
    finally:
        winreg.DeleteKeyEx(winreg.HKEY_LOCAL_MACHINE, RESTART, winreg.KEY_WOW64_64KEY)


@pytest.mark.parametrize("name", ["python", "PYTHON.EXE"])
def test_our_own_process(name: str) -> None:
    (own,) = [one for one in find_programs((name, "other")) if one.pid == os.getpid()]
    assert own.name == name
    assert own.cpu_s > 0
    assert own.memory_bytes > 2**20
    assert find_programs(("no such program",)) == []


def test_services() -> None:
    found = find_services(("PlugPlay", "RpcSs", "no such service"))
    assert found["PlugPlay"] is ServiceState.RUNNING
    assert found["no such service"] is ServiceState.MISSING


def test_the_configuration() -> None:
    assert read_configuration().computer_name


def test_the_machines_certificates_can_be_asked_for() -> None:
    assert all(one[:1] == b"\x30" for one in machine_certificates())


def test_without_a_security_centre_nothing_is_known() -> None:
    """Wine has none; Windows' answers are in its documentation alone."""
    assert ask_protection() is None


def test_wmi_answers_a_query_and_a_method() -> None:
    with open_management("ROOT\\CIMV2") as management:
        (row,) = management.query("SELECT * FROM Win32_OperatingSystem", ["BuildNumber", "Primary", "OSType"])
        assert row["BuildNumber"] == find_release().version
    with open_management("ROOT\\DEFAULT") as management:
        key = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
        given = {"hDefKey": winreg.HKEY_LOCAL_MACHINE, "sSubKeyName": key, "sValueName": "CurrentBuild"}
        build = management.ask("StdRegProv", "StdRegProv", "GetStringValue", given, "sValue")
    assert build == find_release().version


def test_what_wmi_does_not_have() -> None:
    with pytest.raises(MissingError), open_management("ROOT\\no such namespace"):
        pass


def test_without_the_write_filter_nothing_forgets(tmp_path: Path) -> None:
    assert find_overlay(tmp_path) is None


def test_a_program_of_windows_is_asked() -> None:
    assert b"Windows" in ask_program([system_program("cmd.exe"), "/c", "ver"], within_s=30)
    with pytest.raises(UnavailableError):
        ask_program([sys.executable, "-c", "raise SystemExit(3)"], within_s=30)


def test_the_workers_list_looks_at_windows(tmp_path: Path) -> None:
    checks = {one.name: one for one in make("checks", to_builtins(ChecksSettings()), state=(tmp_path,))}
    assert "event_log" in checks
    assert "journal" not in checks
    for name in ("disk", "memory", "restart", "system", "antivirus", "write_filter", "certificate", "storage"):
        checks[name].look()
    assert (tmp_path / "disk.trend").is_file()
