"""What is on when its watch is taken out of the settings is over after the next start; what was pushed stays."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.fakes.notifier_process import NotifierProcess, key, pushed

from benchside.protocol.wire.condition import ConditionKey

pytestmark = [pytest.mark.system, pytest.mark.slow]

RULES = ConditionKey("log.file", "cx", "rules_wrong")
CERTIFICATE = ConditionKey("pc.certificate", "LIS", "unreadable")
ONE_CHECK = "".join(
    f"[checks.{name}]\non = false\n"
    for name in ("disk", "memory", "time", "restart", "system", "antivirus", "write_filter", "journal", "storage")
)


async def until(notifier: NotifierProcess, *, active: set[ConditionKey]) -> None:
    async with asyncio.timeout(30):
        while True:
            states = notifier.journal().states
            if {one for one in (RULES, CERTIFICATE, key()) if one in states and states[one].is_active} == active:
                return
            await asyncio.sleep(0.1)


async def test_a_watch_that_was_removed_leaves_nothing_behind(tmp_path: Path) -> None:
    watched = f'[checks.certificate]\nfiles = ["LIS = {tmp_path}/none.pem"]\n'
    watched += f'[[log]]\nname = "cx"\npath = "{tmp_path}/cx.log"\nrules = "none.toml"\n'
    before = NotifierProcess(tmp_path, settings=ONE_CHECK + watched)
    await before.start()
    await before.push(pushed())
    await until(before, active={RULES, CERTIFICATE, key()})
    assert await before.stop() == 0
    after = NotifierProcess(tmp_path, settings=ONE_CHECK)
    await after.start()
    await until(after, active={key()})
    assert await after.stop() == 0


async def test_a_rule_that_was_removed_leaves_nothing_behind(tmp_path: Path) -> None:
    door = ConditionKey("log.cx", "door", "open")
    rule = '[[rule]]\ncode = "{}"\nstate = "{}"\nline = "{}"\nsubject = "door"\n'
    rules, watched = tmp_path / "rules.toml", f'[[log]]\nname = "cx"\npath = "{tmp_path}/cx.log"\n'
    rules.write_text(rule.format("open", "on", "door open") + rule.format("open", "off", "door closed"))
    watched += f'rules = "{rules}"\nfrom_start = true\n'
    (tmp_path / "cx.log").write_text("10:00 door open\n")
    before = NotifierProcess(tmp_path, settings=ONE_CHECK + watched)
    await before.start()
    await until_it_is(before, door, is_active=True)
    assert await before.stop() == 0
    rules.write_text(rule.format("lamp_old", "pulse", "lamp is old"))
    after = NotifierProcess(tmp_path, settings=ONE_CHECK + watched)
    await after.start()
    await until_it_is(after, door, is_active=False)
    assert await after.stop() == 0


async def until_it_is(notifier: NotifierProcess, one: ConditionKey, *, is_active: bool) -> None:
    async with asyncio.timeout(30):
        while (state := notifier.journal().states.get(one)) is None or state.is_active is not is_active:
            await asyncio.sleep(0.1)
