"""Liveness of lines: from the table of connections alone."""

from __future__ import annotations

import json
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from tests.fakes.reporter import KeepingReporter

from benchside.notifier.adapters.line import LineAdapter, make
from benchside.notifier.adapters.settings import read_lines
from benchside.platform.connections.contract import Connection
from benchside.settings.toml import SettingError, SettingsTable

LIS = (ip_address("10.1.2.3"), 4000)
PC = (ip_address("10.1.2.9"), 50_000)


class Lab:
    """A line, a table of connections, and clocks that a test turns."""

    def __init__(self, **settings: object) -> None:
        given = {"name": "lis", "endpoint": "10.1.2.3:4000", "not_connected_s": 60, **settings}
        read = read_lines(SettingsTable(Path("n"), {"line": [given]}), Path("/var/lib/x"))
        self.table: list[Connection] = []
        self.now = 1000.0
        self.wall = datetime(2026, 6, 1, 12, 0)  # noqa: DTZ001 - a PC's own clock; a Monday
        self.reporter = KeepingReporter()
        made = make("lis", json.loads(json.dumps(read["lis"])))
        self.adapter = LineAdapter(
            "lis", made._settings,
            connections=lambda: self.table, monotonic=lambda: self.now, wall=lambda: self.wall,
        )  # fmt: skip

    def after(self, seconds: float, *table: Connection) -> set[str]:
        """Let time pass with this table, look, and return what is active."""
        self.now += seconds
        self.table = list(table)
        self.adapter.look(self.reporter)
        assert all(source == "line.link" and subject == "lis" for source, subject, _ in self.reporter.active())
        return {code for _, _, code in self.reporter.active()}


def up(carried: int | None = None, *, here: object = PC, there: object = LIS) -> Connection:
    return Connection(here, there, True, False, carried)  # type: ignore[arg-type]


ENDING = Connection(PC, LIS, False, True)


def test_not_connected() -> None:
    lab = Lab()
    assert lab.after(0) == set()
    assert lab.after(59) == set()
    assert lab.after(1) == {"not_connected"}
    assert lab.after(1, up()) == set()
    assert lab.after(59) == set()
    assert lab.after(1) == {"not_connected"}


def test_a_connection_for_each_message_is_seen_while_it_ends() -> None:
    lab = Lab()
    for _ in range(5):
        assert lab.after(50, ENDING) == set()
        assert lab.after(50) == set()


@pytest.mark.parametrize(
    ("settings", "one", "is_it"),
    [
        ({}, up(), True),
        ({}, up(there=(LIS[0], 4001)), False),
        ({}, up(here=LIS, there=PC), False),
        ({"role": "listens", "endpoint": "0.0.0.0:4000"}, up(here=(PC[0], 4000), there=(LIS[0], 999)), True),
        ({"role": "listens", "endpoint": "10.1.2.9:4000"}, up(here=(PC[0], 4000)), True),
        ({"role": "listens", "endpoint": "10.1.2.8:4000"}, up(here=(PC[0], 4000)), False),
        ({"endpoint": "[fd00::5]:4000"}, up(there=(ip_address("fd00::5"), 4000)), True),
    ],
)
def test_whose_connection(settings: dict[str, object], one: Connection, is_it: bool) -> None:
    lab = Lab(**settings)
    lab.after(0, one)
    assert lab.after(60, one) == (set() if is_it else {"not_connected"})


def test_silence() -> None:
    lab = Lab(quiet_min=30)
    assert lab.after(0, up(100)) == set()
    assert lab.after(1799, up(100)) == set()
    assert lab.after(1, up(100)) == {"no_traffic"}
    assert lab.after(1, up(101)) == set()
    assert lab.after(1800, up(101)) == {"no_traffic"}
    # not connected is another thing, and the next connection has its time
    assert lab.after(1) == set()
    assert lab.after(1, up(0)) == set()
    assert lab.after(1799, up(0)) == set()
    assert lab.after(1, up(0)) == {"no_traffic"}


def test_a_system_that_does_not_count_says_so() -> None:
    lab = Lab(quiet_min=1)
    assert lab.after(0, up()) == {"traffic_unknown"}
    assert lab.after(3600, up()) == {"traffic_unknown"}


def test_hours() -> None:
    lab = Lab(hours=["mon-fri 08:00-18:00"], quiet_min=1)
    lab.after(0)
    assert lab.after(60) == {"not_connected"}
    lab.wall = lab.wall.replace(hour=18)
    assert lab.after(3600) == set()
    lab.wall = lab.wall.replace(hour=8, day=2)
    assert lab.after(3600) == set()
    assert lab.after(60) == {"not_connected"}


def test_outside_its_hours_all_of_it_is_well() -> None:
    lab = Lab(hours=["mon-fri 08:00-18:00"], quiet_min=1)
    assert lab.after(0, up()) == {"traffic_unknown"}
    good = lab.adapter._connections

    def fail() -> list[Connection]:
        raise OSError

    lab.adapter._connections = fail
    assert lab.after(1) == {"traffic_unknown", "table_unreadable"}
    lab.wall = lab.wall.replace(hour=18)
    assert lab.after(1) == set()
    lab.adapter._connections = good
    lab.wall = lab.wall.replace(hour=8, day=2)
    assert lab.after(1, up()) == {"traffic_unknown"}


@pytest.mark.parametrize("error", [OSError("no"), ValueError("torn")])
def test_a_table_that_cannot_be_read(error: Exception) -> None:
    lab = Lab()
    good = lab.adapter._connections

    def fail() -> list[Connection]:
        raise error

    lab.adapter._connections = fail
    assert lab.after(0) == {"table_unreadable"}
    assert lab.after(600) == {"table_unreadable"}
    lab.adapter._connections = good
    assert lab.after(0) == set()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"endpoint": "lis.example:4000"}, "an address and a port"),
        ({"endpoint": "10.1.2.3"}, "an address and a port"),
        ({"endpoint": "10.1.2.3:0"}, "an address and a port"),
        ({"endpoint": "10.1.2.3:99999"}, "an address and a port"),
        ({"endpoint": "10.1.2.3:4", "hours": ["always"]}, "hours"),
        ({"endpoint": "10.1.2.3:4", "kind": "x"}, "kind"),
        ({"endpoint": "10.1.2.3:4", "role": "x"}, "role"),
        ({"endpoint": "10.1.2.3:4", "not_connected_s": 1}, "not_connected_s"),
        ({"endpoint": "10.1.2.3:4", "port": 1}, "port"),
        ({"endpoint": "10.1.2.3:4", "name": "link"}, "notifier's own"),
    ],
)
def test_each_mistake_has_a_sentence(line: dict[str, object], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        read_lines(SettingsTable(Path("n"), {"line": [{"name": "lis", **line}]}), Path("/"))


@pytest.mark.parametrize("settings", [{}, {"kind": "astm", "role": "dials", "endpoint": "x:y"}])
def test_settings_that_are_none(settings: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="line lis"):
        make("lis", settings)


def test_a_silence_that_nobody_asks_for_any_more_is_over() -> None:
    lab = Lab(quiet_min=0)
    lab.after(0, up())
    off = {code for _, code, state in lab.reporter.of("line.link") if state == "off"}
    assert {"no_traffic", "traffic_unknown"} <= off
