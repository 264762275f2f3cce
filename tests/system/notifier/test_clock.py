"""A clock that jumps ten years, each way, under a real notifier and its workers: one condition, no loss."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.notifier_process import NotifierProcess, heard, key, pushed

from benchside.protocol.wire.condition import ConditionKey
from benchside.protocol.wire.notice import NoticeMessage, NoticesShown, PopUp, Shelve
from benchside.transport.frames import FrameStream

pytestmark = [pytest.mark.system, pytest.mark.slow]

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
JUMPED = ConditionKey("benchside.notifier", "clock", "jumped")


class Clock:
    """By libfaketime.  The wall clock of the programs that it was given to; the steady one goes on."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.set("+0")

    def set(self, offset: str) -> None:
        beside = self._file.with_suffix(".new")
        beside.write_text(f"{offset}\n")
        beside.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }  # fmt: skip


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    assert LIBRARY is not None, "there is no libfaketime; `python3 tasks.py test` installs it"
    return Clock(tmp_path)


@pytest.fixture
async def notifier(tmp_path: Path, clock: Clock) -> AsyncIterator[NotifierProcess]:
    notifier = NotifierProcess(tmp_path, environment={**os.environ, **clock.environment})
    await notifier.start()
    yield notifier
    await notifier.stop()


@pytest.mark.parametrize(("there", "english"), [("+10y", "10 years forward"), ("-10y", "10 years back")])
async def test_ten_years_and_back_are_one_sentence_and_lose_nothing(
    notifier: NotifierProcess, clock: Clock, there: str, english: str
) -> None:
    desk, _ = await notifier.desk()
    await notifier.push(pushed())
    assert isinstance(await heard(desk, PopUp), PopUp)
    desk.send(Shelve(key=key(), by="Eva", why="known", for_s=3600))
    clock.set(there)
    assert await notifier.push(pushed(1)) == [None]
    said = await shown(desk, JUMPED)
    assert said == f"The clock of this PC has jumped {english}."
    for number in range(2, 5):
        assert await notifier.push(pushed(number)) == [None]
    clock.set("+0")
    assert await notifier.push(pushed(5)) == [None]
    desk.abort()
    assert await notifier.stop() == 0
    projection = notifier.journal()
    assert projection.broken_at is None
    assert {key(number) for number in range(6)} <= projection.states.keys()
    assert projection.states[key()].shelved_until_utc_ms is not None, "delays run on the other clock"
    assert projection.states[JUMPED].count == 2
    assert [change.key for change in projection.popped.values() if change.key == key(1)] == [], "the budget holds"
    # it starts again with the clock ten years off, and goes on as it was
    clock.set(there)
    await notifier.start()
    desk, now = await notifier.desk()
    assert {key(number) for number in range(6)} <= {one.state.key for one in now.notices}
    while not all(one.is_well for one in now.watches):
        now = await heard(desk, NoticesShown)
    desk.abort()


async def shown(desk: FrameStream[NoticeMessage], wanted: ConditionKey) -> str:
    while True:
        for one in (await heard(desk, NoticesShown)).notices:
            if one.state.key == wanted:
                return one.text
