"""The checks of how the PC stands: restart, antivirus, write filter, configuration, end of the system's support."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.unit.notifier.checks.conditions import off, on

from benchside.notifier.checks.antivirus import AntivirusLook
from benchside.notifier.checks.config import ConfigurationLook
from benchside.notifier.checks.options import (
    AntivirusSettings,
    ConfigurationSettings,
    RestartSettings,
    SystemSettings,
    WriteFilterSettings,
)
from benchside.notifier.checks.restart import RestartLook
from benchside.notifier.checks.system import SystemLook, find_life, read_table
from benchside.notifier.checks.write_filter import WriteFilterLook
from benchside.platform.configuration.contract import Configuration
from benchside.platform.machine.contract import Release
from benchside.platform.protection.contract import Protection
from benchside.platform.volumes.contract import Overlay


def test_restart() -> None:
    assert on(RestartLook(RestartSettings(), lambda: True)()) == {("PC", "restart_pending"): {}}
    assert off(RestartLook(RestartSettings(), lambda: False)()) == {("PC", "restart_pending")}
    assert RestartLook(RestartSettings(), lambda: None)() == []


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (None, None),
        (Protection(None), None),
        (Protection(False), {"protection_off"}),
        (Protection(True, 9.0), {"signatures_old"}),
        (Protection(True, 2.0), set()),
        (Protection(True, None, True), {"signatures_old"}),
    ],
)
def test_antivirus(told: Protection | None, wanted: set[str] | None) -> None:
    signals = AntivirusLook(AntivirusSettings(), lambda: told)()
    if wanted is None:
        assert signals == []
    else:
        assert {code for _, code in on(signals)} == wanted


def test_a_filter_that_forgets_one_of_our_folders_is_critical() -> None:
    def overlay(folder: Path) -> Overlay | None:
        return Overlay("uwf", forgets=folder.name == "agent")

    signals = WriteFilterLook(WriteFilterSettings(), (Path("x/notifier"), Path("x/agent")), overlay)()
    assert on(signals) == {("PC", "state_lost"): {"filter": "uwf"}}
    signals = WriteFilterLook(WriteFilterSettings(folders=("x/notifier",)), (Path("x/agent"),), overlay)()
    assert on(signals) == {("PC", "filter_on"): {"filter": "uwf"}}
    assert WriteFilterLook(WriteFilterSettings(), (), overlay)() == []
    assert off(WriteFilterLook(WriteFilterSettings(), (Path("x"),), lambda _: None)()) == {
        ("PC", "state_lost"),
        ("PC", "filter_on"),
    }


def test_only_what_was_asked_for_is_compared() -> None:
    now = Configuration("Lab-07", 1800, True)
    assert ConfigurationLook(ConfigurationSettings(), lambda: now)() == []
    wanted = ConfigurationSettings(computer_name="CX-*", never_sleeps=True, no_screen_saver=True)
    assert on(ConfigurationLook(wanted, lambda: now)()) == {
        ("PC", "name_wrong"): {"name": "Lab-07", "wanted": "CX-*"},
        ("PC", "may_sleep"): {"minutes": 30},
        ("PC", "screen_saver_on"): {},
    }
    assert off(ConfigurationLook(wanted, lambda: Configuration("cx-1", 0, False))()) == {
        ("PC", "name_wrong"),
        ("PC", "may_sleep"),
        ("PC", "screen_saver_on"),
    }
    assert ConfigurationLook(wanted, lambda: Configuration(""))() == []


@pytest.mark.parametrize(
    ("release", "name"),
    [
        (Release("windows", "19044", "EnterpriseS"), "Windows 10 LTSC 2021"),
        (Release("windows", "19044", "IoTEnterpriseS"), "Windows 10 IoT LTSC 2021"),
        (Release("windows", "17763", "ServerStandard"), "Windows Server 2019"),
        (Release("windows", "26100", "Professional"), "Windows 11 24H2"),
        (Release("debian", "12"), "Debian 12"),
        (Release("rhel", "9.4"), "Red Hat Enterprise Linux 9"),
        (Release("fedora", "43", ends="2026-12-02"), "fedora 43"),
        (Release("fedora", "43", ends="soon"), None),
        (Release("windows", "17763", "Professional"), "Windows 10"),
        (Release("windows", "14393", "EnterpriseSN"), "Windows 10 LTSB 2016"),
        (Release("windows", "99999", "Professional"), None),
    ],
)
def test_which_system_it_is(release: Release, name: str | None) -> None:
    found = find_life(release, read_table())
    assert (found and found.name) == name


@pytest.mark.parametrize(
    ("build", "edition", "ends"),
    [
        ("26100", "EnterpriseN", date(2027, 10, 12)),
        ("26100", "EducationN", date(2027, 10, 12)),
        ("26100", "EnterpriseSN", date(2029, 10, 9)),
        ("26100", "IoTEnterpriseSK", date(2034, 10, 10)),
        ("26100", "ServerDatacenter", date(2034, 11, 14)),
        ("22631", "ProfessionalN", date(2025, 11, 11)),
        ("18363", "Enterprise", date(2025, 10, 14)),
    ],
)
def test_editions_without_media_player_end_as_their_own(build: str, edition: str, ends: date) -> None:
    found = find_life(Release("windows", build, edition), read_table())
    assert found is not None
    assert found.ends == ends


def test_the_table_has_a_source_for_each_row_and_none_is_hidden() -> None:
    rows = read_table()
    for row in rows:
        assert row.source.startswith("https://")
        assert isinstance(row.ends, date)
        edition = row.editions[0].replace("*", "")
        assert find_life(Release(row.system, row.version.replace("*", "4").replace("?", "1"), edition), rows) == row


@pytest.mark.parametrize(
    ("today", "wanted"),
    [
        (date(2027, 1, 1), {}),
        (date(2028, 6, 28), {"support_ends_soon": {"name": "Debian 12", "day": "2028-06-30", "days": 2}}),
        (date(2028, 6, 30), {"support_ends_soon": {"name": "Debian 12", "day": "2028-06-30", "days": 0}}),
        (date(2028, 7, 1), {"support_ended": {"name": "Debian 12", "day": "2028-06-30", "days": 0}}),
    ],
)
def test_when_it_ends(today: date, wanted: dict[str, object]) -> None:
    signals = SystemLook(SystemSettings(), lambda: Release("debian", "12"), lambda: today)()
    assert {code: values for (_, code), values in on(signals).items()} == wanted
    assert len(signals) == 2
