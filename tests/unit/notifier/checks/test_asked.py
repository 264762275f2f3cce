"""The checks that ask other programs: endpoints by one of our own, disks by smartctl."""

from __future__ import annotations

import json

import pytest
from tests.unit.notifier.checks.conditions import off, on

from benchside.notifier.checks import endpoint
from benchside.notifier.checks.endpoint import EndpointLook, dial
from benchside.notifier.checks.options import EndpointSettings
from benchside.notifier.checks.smart import read_health, read_scan
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
        (health(2, smart_status={"passed": False}), None),
        (health(0), None),
        (health(0, smart_status={"passed": "no"}), None),
        (health("0", smart_status={"passed": False}), None),
        (b"", None),
        (b"[]", None),
        (b"[" * 100_000, None),
    ],
)
def test_a_disks_own_judgement(data: bytes, wanted: bool | None) -> None:
    assert read_health(data) is wanted


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
