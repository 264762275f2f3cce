"""The log adapter: signals from a real file, its own conditions, and its memory."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.fakes.reporter import KeepingReporter

from benchside.notifier.adapters.log import RUBBISH_LINES, LogAdapter, make
from benchside.notifier.adapters.log_text import MAX_LINE_BYTES
from benchside.notifier.adapters.pattern import MAX_LOOKED
from benchside.notifier.adapters.settings import read_logs
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState
from benchside.settings.toml import SettingError, SettingsTable

RULES = """
[[rule]]
code = "door_open"
state = "on"
line = "ERROR door open"
[[rule]]
code = "door_open"
state = "off"
line = "INFO door closed"
"""


class Lab:
    """A vendor's log, rules, and adapters that look."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "cx.log"
        (folder / "rules.toml").write_text(RULES)
        self.settings: dict[str, object] = {
            "path": str(self.path), "rules": str(folder / "rules.toml"), "memory": str(folder / "log-cx.place"),
            "from_start": True,
        }  # fmt: skip
        self.reporter = KeepingReporter()

    def adapter(self, **more: object) -> LogAdapter:
        adapter = make("cx", json.loads(json.dumps({**self.settings, **more})))
        adapter._read_rules(self.reporter)
        return adapter

    def write(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_a_fault_comes_and_goes(lab: Lab) -> None:
    adapter = lab.adapter()
    lab.write(b"10:00 INFO started\n10:01 ERROR door open\n")
    adapter.look(lab.reporter)
    lab.write(b"10:02 INFO door closed\n")
    adapter.look(lab.reporter)
    assert lab.reporter.of("log.cx") == [("instrument", "door_open", "on"), ("instrument", "door_open", "off")]
    assert lab.reporter.active() == set()


def test_what_no_rule_tells_of_any_more_is_over(lab: Lab) -> None:
    """A release of the vendor's took a rule out; what it had said would stand there for ever."""
    mine, gone = (ConditionKey("log.cx", "instrument", code) for code in ("door_open", "lamp_old"))
    others = ConditionKey("log.file", "cx", "missing")
    assert list(lab.adapter().over([mine, gone, others])) == [gone]
    (Path(str(lab.settings["rules"]))).write_text("[[rule")
    assert list(lab.adapter().over([mine, gone])) == [], "nobody knows which rules there are"


def test_a_missing_file_is_said_and_well_again(lab: Lab) -> None:
    adapter = lab.adapter()
    for _ in range(3):
        adapter.look(lab.reporter)
    assert lab.reporter.active() == {("log.file", "cx", "missing")}
    lab.write(b"ERROR door open\n")
    adapter.look(lab.reporter)
    assert lab.reporter.active() == {("log.cx", "instrument", "door_open")}
    assert lab.reporter.of("log.file").count(("cx", "missing", "on")) == 1


def test_what_cannot_be_opened(lab: Lab) -> None:
    lab.path.mkdir()
    lab.adapter().look(lab.reporter)
    assert lab.reporter.active() == {("log.file", "cx", "unreadable")}


def test_rubbish_is_said_until_there_is_text_again(lab: Lab) -> None:
    adapter = lab.adapter()
    lab.write(b"\x00\x01\x02ERROR door open\xff\n" * RUBBISH_LINES)
    adapter.look(lab.reporter)
    assert lab.reporter.active() == {("log.file", "cx", "unreadable")}
    lab.write(b"a good line\n" * RUBBISH_LINES)
    adapter.look(lab.reporter)
    assert lab.reporter.active() == set()


def test_an_endless_line_is_said_once(lab: Lab) -> None:
    adapter = lab.adapter()
    lab.write(b"ERROR door open" + b"x" * (3 * MAX_LINE_BYTES))
    adapter.look(lab.reporter)
    adapter.look(lab.reporter)
    cut = [one for one in lab.reporter.signals if one.key.code == "line_cut"]
    assert [(one.state, one.count) for one in cut] == [(SignalState.PULSE, 1)]
    assert ("instrument", "door_open", "on") in lab.reporter.of("log.cx")


def test_a_line_beyond_which_no_rule_looks_is_said(lab: Lab) -> None:
    adapter = lab.adapter()
    lab.write(b"x" * MAX_LOOKED + b"\n")
    adapter.look(lab.reporter)
    assert ("cx", "line_cut", "pulse") not in lab.reporter.of("log.file")
    lab.write(2 * (b"x" * MAX_LOOKED + b" ERROR door open\n"))
    adapter.look(lab.reporter)
    cut = [one for one in lab.reporter.signals if one.key.code == "line_cut"]
    assert [(one.state, one.count) for one in cut] == [(SignalState.PULSE, 2)]
    assert lab.reporter.of("log.cx") == []


def test_rules_with_a_mistake_stop_nothing(lab: Lab) -> None:
    Path(str(lab.settings["rules"])).write_text("[[rule]]\ncode = 3\n")
    adapter = lab.adapter()
    lab.write(b"ERROR door open\n")
    adapter.look(lab.reporter)
    assert lab.reporter.active() == {("log.file", "cx", "rules_wrong")}


async def test_it_goes_on_where_it_was(lab: Lab) -> None:
    lab.write(b"ERROR door open\nINFO doo")
    for _ in range(2):
        task = asyncio.create_task(lab.adapter(every_s=0.001).run(lab.reporter))
        for _ in range(3):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        lab.write(b"r closed\n")
    assert lab.reporter.of("log.cx") == [("instrument", "door_open", "on"), ("instrument", "door_open", "off")]


async def test_a_line_is_told_when_the_file_stirs_and_not_at_the_next_look(lab: Lab) -> None:
    told = asyncio.Queue[str]()

    class Hearing(KeepingReporter):
        def tell(self, signal: Signal) -> None:
            if signal.key.source == "log.cx":
                told.put_nowait(signal.state.value)

    lab.write(b"INFO started\n")
    task = asyncio.create_task(lab.adapter(every_s=3600.0).run(Hearing()))
    try:
        async with asyncio.timeout(30):
            lab.write(b"ERROR door open\n")
            assert await told.get() == "on"
            lab.write(b"INFO door closed\n")
            assert await told.get() == "off"
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("memory", [b"", b"\x00" * 50, b"\xff" * 9000, b"\x80"])
def test_a_torn_memory_is_as_on_the_first_day(lab: Lab, memory: bytes) -> None:
    Path(str(lab.settings["memory"])).write_bytes(memory)
    lab.write(b"ERROR door open\n")
    lab.adapter().look(lab.reporter)
    assert lab.reporter.of("log.cx") == [("instrument", "door_open", "on")]


@pytest.mark.parametrize("more", [{"encoding": "utf-7"}, {"path": 3}, {"x": 1}, {"every_s": "often"}])
def test_settings_that_are_none(lab: Lab, more: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="log cx"):
        lab.adapter(**more)


def settings_of(**log: object) -> SettingsTable:
    return SettingsTable(Path("notifier.toml"), {"log": [log]})


def test_the_settings_file(tmp_path: Path) -> None:
    given = read_logs(settings_of(name="cx", path="/var/log/cx_*.log", rules="log_rules/cx.toml"), tmp_path)
    assert given["cx"]["rules"] == str(tmp_path / "log_rules" / "cx.toml")
    make("cx", json.loads(json.dumps(given["cx"])))


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ({"path": "/x", "rules": "r"}, "name"),
        ({"name": "file", "path": "/x", "rules": "r"}, "notifier's own"),
        ({"name": "Big", "path": "/x", "rules": "r"}, "small letters"),
        ({"name": "cx", "path": "x.log", "rules": "r"}, "whole path"),
        ({"name": "cx", "path": "/*/x.log", "rules": "r"}, "last part"),
        ({"name": "cx", "path": "/x.log"}, "rules"),
        ({"name": "cx", "path": "/x.log", "rules": "r", "encoding": "utf-7"}, "encoding"),
        ({"name": "cx", "path": "/x.log", "rules": "r", "every_s": 0}, "every_s"),
        ({"name": "cx", "path": "/x.log", "rules": "r", "regex": "x"}, "regex"),
    ],
)
def test_each_mistake_has_a_sentence(tmp_path: Path, log: dict[str, object], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        read_logs(settings_of(**log), tmp_path)


def test_a_name_twice_and_no_list(tmp_path: Path) -> None:
    one = {"name": "cx", "path": "/x.log", "rules": "r"}
    with pytest.raises(SettingError, match="twice"):
        read_logs(SettingsTable(Path("n"), {"log": [one, one]}), tmp_path)
    with pytest.raises(SettingError, match=r"\[\[log\]\]"):
        read_logs(SettingsTable(Path("n"), {"log": one}), tmp_path)
