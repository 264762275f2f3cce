"""Settings of checks: read, refused, carried to the worker; and the worker's list."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

from benchside.notifier.checks.options import CHECKS, ChecksSettings
from benchside.notifier.checks.settings import from_builtins, read_checks, to_builtins
from benchside.notifier.checks.worker import LOOKS, make
from benchside.settings.toml import SettingError, SettingsTable

EVERYTHING = """
[disk]
low_percent = 20
clear_percent = 25
[program]
names = ["cx.exe"]
[running]
services = ["LIS Service"]
[endpoint]
urls = ["wss://link.vendor.example/v1/agent"]
[certificate]
files = ["/etc/lis.pem"]
[config]
computer_name = "LAB-*"
never_sleeps = true
[journal]
rules = ['name=lis unit=lis.service']
[event_log]
rules = ['name=lis provider=LIS']
[smart]
on = true
"""


def read(text: str) -> ChecksSettings:
    return read_checks(SettingsTable(Path("notifier.toml"), tomllib.loads(text), under="checks."))


def test_without_a_word_the_defaults_hold() -> None:
    assert read("") == ChecksSettings()


def test_they_reach_the_worker_as_json() -> None:
    settings = read(EVERYTHING)
    assert settings.disk.low_percent == 20
    assert settings.config.never_sleeps
    assert from_builtins(json.loads(json.dumps(to_builtins(settings)))) == settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[disk]\nlow_percent = 101", "checks.disk.low_percent must be a whole number from 0 to 100"),
        ("[disk]\nlow_percent = 30", "checks.disk.low_percent must be at most checks.disk.clear_percent, which is 12"),
        ("[disk]\non = 'no'", "checks.disk.on must be true or false"),
        ("[disk]\nhigh = 1", "no setting is called 'checks.disk.high'"),
        ("[disc]\non = false", "no setting is called 'checks.disc'"),
        ("disk = 5", "checks.disk must be a table"),
        ("[program]\nnames = ['a/b']", "checks.program.names"),
        ("[program]\nnames = ['a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a']", "checks.program.names must be a list"),
        ("[running]\nservices = ['--all']", "checks.running.services"),
        ("[endpoint]\nurls = ['https://x']", "checks.endpoint.urls"),
        ("[endpoint]\nurls = ['wss://user@x']", "checks.endpoint.urls"),
        ("[certificate]\nfiles = ['/a/x.pem', '/b/x.pem']", "checks.certificate.files has two that are called 'x.pem'"),
        ("[certificate]\nfiles = ['C:/x.pem', 'D:\\\\x.pem']", "checks.certificate.files has two"),
        (
            "[certificate]\nfiles = ['a = C:/x.pem', 'a = C:/y.pem']",
            "has two that are called 'a'; each must have a name",
        ),
        ("[endpoint]\nurls = ['wss://h/a', 'wss://h/b']", "checks.endpoint.urls has two that are called 'h'"),
        ("[journal]\nrules = ['name=x']", "checks.journal.rules: rule x would take every entry"),
    ],
)
def test_a_mistake_is_a_sentence(text: str, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        read(text)
    assert said in str(caught.value)


@pytest.mark.parametrize("values", [None, [], {"disk": {"every_s": 0}}, {"disk": {"more": 1}}, {"other": {}}])
def test_a_worker_takes_nothing_else(values: object) -> None:
    with pytest.raises(SettingError):
        from_builtins(values)


def names(text: str) -> list[str]:
    return [one.name for one in make("checks", to_builtins(read(text)))]


@pytest.mark.skipif(sys.platform == "win32", reason="what follows is Linux' list")
def test_only_what_is_on_and_has_work_is_made() -> None:
    always = ["disk", "memory", "time", "restart", "system", "antivirus", "write_filter", "journal", "storage"]
    assert names("") == always
    assert "disk" not in names("[disk]\non = false")
    assert set(names(EVERYTHING)) == set(CHECKS) - {"event_log"}


def test_every_check_can_be_made_and_leaves_time_to_its_program() -> None:
    assert set(LOOKS) == set(CHECKS)
    for one in make("checks", to_builtins(read(EVERYTHING))):
        assert 0 < one.within_s <= one.every_s


def test_every_setting_says_what_it_is_for() -> None:
    """docs/operate/checks.md is made of these lines."""
    for field in msgspec.structs.fields(ChecksSettings):
        assert (field.type.__doc__ or "").endswith(".")
