"""The watch over the indicator: events where there are any, looks where not, and its end within a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from benchside.host.indicator import (
    FIRST_LOOK_EVERY_S,
    FIRST_UP_WITHIN_S,
    INDICATOR_UP_WITHIN_S,
    LOOK_EVERY_S,
    REST_S,
    Indicator,
)
from benchside.host.watch.contract import Sight, Unseen
from benchside.media.damage import Box
from benchside.protocol.errors import UnavailableError

STEP_S = 0.01


class Watch:
    """Sees what the test says."""

    def __init__(self, *, is_followed: bool) -> None:
        self.is_followed = is_followed
        self.reason: Unseen | None = None
        self.is_lost = False
        self.looks = 0
        self.on_change: Callable[[], None] | None = None

    def attach(self, on_change: Callable[[], None]) -> None:
        self.on_change = on_change

    def detach(self) -> None:
        self.on_change = None

    def look(self, window: int, stop: Box | None = None) -> Sight:
        self.looks += 1
        if self.is_lost:
            raise UnavailableError("the display is gone")
        return Sight(self.reason, self.is_followed)

    def close(self) -> None:
        pass

    def becomes(self, reason: Unseen | None) -> None:
        self.reason = reason
        if self.is_followed and self.on_change is not None:
            self.on_change()


class Stage:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, is_followed: bool) -> None:
        self.now_s = 100.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now_s)
        self.watch = Watch(is_followed=is_followed)
        self.gone_at: list[float] = []
        self.seen_at: list[float] = []
        self.indicator = Indicator(
            self.watch, lambda: self.seen_at.append(self.now_s), lambda: self.gone_at.append(self.now_s)
        )

    async def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            for _ in range(3):
                await asyncio.sleep(0)

    def begin(self) -> None:
        self.indicator.expect(True)
        self.indicator.show(7, None)


@pytest.fixture(params=[True, False], ids=["followed", "looked at"])
async def stage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch, is_followed=request.param)


async def test_what_is_seen_goes_on(stage: Stage) -> None:
    stage.begin()
    await stage.pass_time(10.0)
    assert not stage.gone_at
    if stage.watch.is_followed:
        assert stage.watch.looks <= 3 + 10 / REST_S, "next to no work"
    else:
        assert 40 <= stage.watch.looks <= 3 + 10 / LOOK_EVERY_S


@pytest.mark.parametrize("reason", Unseen)
async def test_what_hides_it_ends_it_within_a_second(stage: Stage, reason: Unseen) -> None:
    stage.begin()
    await stage.pass_time(3.33)
    began_at = stage.now_s
    stage.watch.becomes(reason)
    await stage.pass_time(5.0)
    assert len(stage.gone_at) == 1
    assert INDICATOR_UP_WITHIN_S - LOOK_EVERY_S <= stage.gone_at[0] - began_at < 0.95


async def test_changes_all_the_time_do_not_put_off_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, is_followed=True)
    stage.begin()
    await stage.pass_time(3.33)
    began_at = stage.now_s
    for _ in range(100):
        stage.watch.becomes(Unseen.COVERED)
        await stage.pass_time(STEP_S)
    assert stage.gone_at[0] - began_at < 0.95
    assert stage.watch.looks < 20


async def test_one_that_comes_back_in_time_goes_on(stage: Stage) -> None:
    stage.begin()
    await stage.pass_time(2.0)
    for _ in range(10):
        stage.watch.becomes(Unseen.COVERED)
        await stage.pass_time(0.3)
        stage.watch.becomes(None)
        await stage.pass_time(0.3)
    assert not stage.gone_at


async def test_one_that_never_comes_ends_it(stage: Stage) -> None:
    stage.indicator.expect(True)
    began_at = stage.now_s
    await stage.pass_time(3.0)
    assert len(stage.gone_at) == 1
    assert FIRST_UP_WITHIN_S <= stage.gone_at[0] - began_at < FIRST_UP_WITHIN_S + 0.1
    assert not stage.seen_at


async def test_one_that_takes_its_time_to_come_is_waited_for(stage: Stage) -> None:
    stage.watch.becomes(Unseen.GONE)
    stage.indicator.expect(True)
    await stage.pass_time(1.0)
    stage.indicator.show(7, None)
    await stage.pass_time(0.7)
    assert not stage.indicator.was_seen
    stage.watch.becomes(None)
    came_at = stage.now_s
    await stage.pass_time(2.0)
    assert not stage.gone_at
    assert len(stage.seen_at) == 1
    assert stage.seen_at[0] - came_at <= FIRST_LOOK_EVERY_S + STEP_S
    began_at = stage.now_s
    stage.watch.becomes(Unseen.COVERED)
    await stage.pass_time(2.0)
    assert stage.gone_at[0] - began_at < 0.95, "from here on a second is all it has"


async def test_each_time_it_must_be_seen_anew(stage: Stage) -> None:
    stage.begin()
    await stage.pass_time(1.0)
    assert stage.indicator.was_seen
    stage.indicator.expect(False)
    assert not stage.indicator.was_seen
    stage.watch.becomes(Unseen.GONE)
    stage.indicator.expect(True)
    await stage.pass_time(1.0)
    assert not stage.indicator.was_seen


async def test_one_that_is_taken_down_or_a_display_that_goes(stage: Stage) -> None:
    stage.begin()
    await stage.pass_time(1.0)
    stage.indicator.show(None, None)
    await stage.pass_time(1.0)
    assert len(stage.gone_at) == 1
    stage.begin()
    await stage.pass_time(1.0)
    stage.watch.is_lost = True
    stage.watch.becomes(None)
    await stage.pass_time(1.0)
    assert len(stage.gone_at) == 2


async def test_nobody_looks_when_nobody_views(stage: Stage) -> None:
    stage.begin()
    await stage.pass_time(1.0)
    stage.indicator.expect(False)
    looks = stage.watch.looks
    stage.watch.becomes(Unseen.GONE)
    await stage.pass_time(5.0)
    assert stage.watch.looks == looks
    assert not stage.gone_at
    assert stage.watch.on_change is None
