"""The checks that ask other programs: endpoints by one of our own, disks by smartctl."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.notifier.checks.conditions import off, on

from benchside.notifier.checks import endpoint
from benchside.notifier.checks.endpoint import EndpointLook, dial
from benchside.notifier.checks.options import EndpointSettings, SmartSettings
from benchside.notifier.checks.smart import SmartLook, ask_disks, find_smartctl, read_health, read_scan
from benchside.protocol.errors import UnavailableError

URL = "wss://link.vendor.example/v1/agent"
HOST = "link.vendor.example"
SETTINGS = EndpointSettings(urls=(URL,))


def test_an_endpoint_is_said_after_two_tries_in_a_row() -> None:
    stage = "tls"
    look = EndpointLook(SETTINGS, lambda _: {URL: stage})
    assert look() == []
    assert on(look()) == {(HOST, "unreachable"): {"stage": "tls"}}
    stage = ""
    assert off(look()) == {(HOST, "unreachable")}
    stage = "dns"
    assert look() == []


@pytest.mark.parametrize("answer", ["", "[]", "3", '{"x": "rm"}', "[" * 100_000])
def test_findings_of_another_form_are_not_believed(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "ask_program", lambda *_, **__: answer.encode())
    with pytest.raises(UnavailableError):
        dial(SETTINGS)


def test_only_what_was_asked_for_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "ask_program", lambda *_, **__: json.dumps({URL: "way", "other": "dns"}).encode())
    assert dial(SETTINGS) == {URL: "way"}


def health(code: object, **more: object) -> bytes:
    return json.dumps({"smartctl": {"exit_status": code}, **more}).encode()


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (health(0, smart_status={"passed": True}), True),
        (health(8, smart_status={"passed": False}), False),
        (health(64, smart_status={"passed": True}), True),
        (health(0), None),
        (health(0, smart_status={"passed": "no"}), None),
    ],
)
def test_a_disks_own_judgement(data: bytes, wanted: bool | None) -> None:
    assert read_health(data) is wanted


@pytest.mark.parametrize(
    "data",
    [
        health(2, smart_status={"passed": False}),
        health("0", smart_status={"passed": False}),
        b"",
        b"[]",
        b"[" * 100_000,
    ],
)
def test_a_disk_that_could_not_be_asked_is_no_answer(data: bytes) -> None:
    with pytest.raises(UnavailableError):
        read_health(data)


DISKS = ("/dev/sda", "/dev/sdb", "/dev/sdc")
SCAN = json.dumps({"devices": [{"name": name, "type": "sat"} for name in DISKS]}).encode()


def smartctl(**answers: bytes) -> Callable[..., bytes]:
    return lambda words, **_: SCAN if "--scan" in words else answers[words[-1].removeprefix("/dev/")]


def test_disks_are_asked_one_by_one() -> None:
    well, ill = health(0, smart_status={"passed": True}), health(8, smart_status={"passed": False})
    found = ask_disks("smartctl", smartctl(sda=well, sdb=ill, sdc=health(2)))
    assert found == {"/dev/sda": True, "/dev/sdb": False, "/dev/sdc": None}
    signals = SmartLook(SmartSettings(), lambda: found)()
    assert on(signals).keys() == {("/dev/sdb", "disk_failing")}
    assert off(signals) == {("/dev/sda", "disk_failing")}
    assert set(ask_disks("smartctl", smartctl(sda=health(0), sdb=health(2), sdc=health(2))).values()) == {None}


def test_where_no_disk_can_be_asked_the_check_fails() -> None:
    with pytest.raises(UnavailableError):
        ask_disks("smartctl", smartctl(sda=health(2), sdb=health(2), sdc=b""))
    with pytest.raises(UnavailableError):
        ask_disks("smartctl", lambda *_, **__: b'{"devices": []}')


def test_on_windows_smartctl_is_started_by_its_full_path_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ProgramFiles", str(tmp_path))
    assert find_smartctl("win32") is None
    program = tmp_path / "smartmontools" / "bin" / "smartctl.exe"
    program.parent.mkdir(parents=True)
    program.touch()
    assert find_smartctl("win32") == str(program)


def test_a_scan_gives_names_that_are_names() -> None:
    devices = [
        {"name": "/dev/sda", "type": "sat"},
        {"name": "--all", "type": "sat"},
        {"name": "/dev/sdb"},
        {"name": "x" * 100, "type": "sat"},
        7,
    ]
    assert read_scan(json.dumps({"devices": devices}).encode()) == [("/dev/sda", "sat")]
    assert read_scan(b'{"devices": 5}') == []
