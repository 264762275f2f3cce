"""The notifier as a process: what is pushed is in its journal, whatever is done to it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.notifier_process import NotifierProcess, heard, key, pushed

from benchside.platform.door.here import connect_door
from benchside.protocol.flow.conditions.shares import MAX_OF_SOURCE
from benchside.protocol.wire.condition import ChangeKind, ConditionKey, Severity, Signal, SignalState
from benchside.protocol.wire.notice import (
    NOTICE,
    NOTICE_VERSION,
    Acknowledge,
    HistoryOfConditions,
    HistoryOfConditionsWanted,
    NoticeAlive,
    NoticeMessage,
    NoticeRefused,
    NoticesShown,
    PopUp,
    PopUpShown,
    SignalPushed,
    SignalTaken,
)
from benchside.transport.frames import FrameStream

pytestmark = pytest.mark.system

CATALOGUE = """
source = "local.test"
[low]
severity = "serious"
off_after_s = 0
[low.en]
subject = "{subject}"
text = "The pressure of {subject} is low."
advice = "Open the valve."
[low.es]
subject = "{subject}"
text = "La presión de {subject} es baja."
advice = "Abra la válvula."
[slow]
severity = "warning"
on_after_s = 1
[slow.en]
text = "{subject} is slow."
[slow.es]
text = "{subject} va lento."
"""


@pytest.fixture
async def notifier(tmp_path: Path) -> AsyncIterator[NotifierProcess]:
    notifier = NotifierProcess(tmp_path)
    rules = notifier.state / "notices.d"
    rules.mkdir()
    (rules / "test.toml").write_text(CATALOGUE)
    await notifier.start()
    yield notifier
    await notifier.stop()


async def test_a_pushed_signal_is_in_the_journal_when_it_is_answered(notifier: NotifierProcess) -> None:
    assert await notifier.push(pushed()) == [None]
    await notifier.kill()
    assert notifier.journal().states[key()].is_active


@pytest.mark.slow
async def test_a_signal_that_waits_for_its_delay_outlives_a_kill(notifier: NotifierProcess) -> None:
    assert await notifier.push(pushed(code="slow")) == [None]
    await notifier.kill()
    assert key(code="slow") not in notifier.journal().states
    await notifier.start()
    async with asyncio.timeout(20):
        while key(code="slow") not in notifier.journal().states:
            await asyncio.sleep(0.05)
    projection = notifier.journal()
    assert (projection.states[key(code="slow")].count, projection.unsaid) == (1, ())


async def test_a_desk_sees_pops_up_and_acts(notifier: NotifierProcess) -> None:
    desk, shown = await notifier.desk("es")
    assert shown.notices == ()
    await notifier.push(pushed())
    card = await heard(desk, PopUp)
    assert (card.severity, card.notices[0].text) == (Severity.SERIOUS, "La presión de Pump 0 es baja.")
    desk.send(PopUpShown(number=card.number))
    desk.send(Acknowledge(key=key(), by="Eva"))
    while not (shown := await heard(desk, NoticesShown)).notices[0].state.is_acknowledged:
        pass
    assert shown.notices[0].advice == "Abra la válvula."
    desk.send(Acknowledge(key=key(), by="Eva"))
    assert (await heard(desk, NoticeRefused)).reason == "already"
    desk.send(HistoryOfConditionsWanted(key=key()))
    history = await heard(desk, HistoryOfConditions)
    assert [change.kind for change in history.changes] == [
        ChangeKind.ACKNOWLEDGED,
        ChangeKind.POPPED_UP,
        ChangeKind.RAISED,
    ]
    desk.send(NoticeAlive())
    assert await heard(desk, NoticeAlive) == NoticeAlive()
    desk.abort()


async def test_what_is_active_is_shown_again_after_a_restart_and_pops_up_once(notifier: NotifierProcess) -> None:
    desk, _ = await notifier.desk()
    await notifier.push(pushed())
    await heard(desk, PopUp)
    await notifier.kill()
    await notifier.start()
    desk, shown = await notifier.desk()
    assert [notice.state.key for notice in shown.notices] == [key()]
    await notifier.push(pushed(1))
    await heard(desk, NoticesShown)
    assert await notifier.stop() == 0
    kinds = [change.key for change in notifier.journal().popped.values()]
    assert kinds == [key()], "the budget of ten minutes went on"


async def test_only_local_sources_may_be_pushed(notifier: NotifierProcess) -> None:
    other = SignalPushed(version=NOTICE_VERSION, signal=Signal(ConditionKey("pc.disk", "C:", "x"), SignalState.ON))
    assert await notifier.push(other, pushed()) == ["source", None]


async def test_it_ends_in_order(notifier: NotifierProcess) -> None:
    await notifier.push(pushed(), pushed(), pushed())
    assert await notifier.stop() == 0
    projection = notifier.journal()
    assert projection.states[key()].count == 3
    assert projection.broken_at is None


AT_ONCE = MAX_OF_SOURCE // 20
"""Of twenty turns: what is beyond a source's share is counted, not shown."""
KILLED_WITHIN_S = 0.015
"""Less than so many take, on a quick disk as well."""


@pytest.mark.slow
async def test_killed_again_and_again_it_loses_and_doubles_nothing(notifier: NotifierProcess) -> None:
    """What was answered is there; what was under way when it was killed is there once or not at all."""
    answered: list[ConditionKey] = []
    broke_off = 0
    for turn in range(20):
        stream = await notifier.call()
        killing = asyncio.create_task(_kill_later(notifier, random.uniform(0.0, KILLED_WITHIN_S)))
        number = turn * 1000
        while number < turn * 1000 + AT_ONCE:
            stream.send(pushed(number))
            answer = await stream.receive()
            if not isinstance(answer, SignalTaken):
                broke_off += 1
                break
            answered.append(key(number))
            number += 1
        await killing
        projection = notifier.journal()
        assert projection.broken_at is None
        await notifier.start()
    projection = notifier.journal()
    missing = [each for each in answered if each not in projection.states]
    assert missing == []
    assert broke_off, "it was never killed at work"
    ours = [state for state in projection.states.values() if state.key.source == "local.test"]
    assert all(state.count == 1 for state in ours)
    assert len(ours) <= len(answered) + 20


async def _kill_later(notifier: NotifierProcess, wait_s: float) -> None:
    await asyncio.sleep(wait_s)
    await notifier.kill()


@pytest.mark.slow
async def test_a_flood_is_counted_to_the_last_signal(notifier: NotifierProcess) -> None:
    """30,000 signals as fast as 10,000 a second: few lines, one pop-up, an exact sum."""
    desk, _ = await notifier.desk()
    reader, writer = await connect_door(notifier.socket)
    frame = NOTICE.encode(pushed())
    piece = (len(frame).to_bytes(4, "big") + frame) * 100
    reading = asyncio.create_task(_count_answers(FrameStream(reader, writer, NOTICE), 30_000))
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    for number in range(300):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(max(0.0, began_at + number / 100 - loop.time()))
    await reading
    assert isinstance(await heard(desk, PopUp), PopUp)
    assert await notifier.stop() == 0
    projection = notifier.journal()
    assert projection.states[key()].count == 30_000
    assert projection.entries < 20


async def _count_answers(stream: FrameStream[NoticeMessage], wanted: int) -> None:
    async with asyncio.timeout(120):
        for _ in range(wanted):
            assert await stream.receive() == SignalTaken()
