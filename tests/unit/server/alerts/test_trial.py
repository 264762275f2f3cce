"""Trial messages: at once, not too often, within a time, and in the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.errors import Refusal, RefusedError
from benchside.server.alerts import trial
from benchside.server.alerts.facts import Message
from benchside.server.alerts.model import AlertChannel
from benchside.server.alerts.trial import TRIAL_EVERY_MS, Trials
from benchside.server.audit.model import Event
from benchside.server.parts import Parts


class FakeWay:
    """Takes what it is given, or never answers."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Message]] = []
        self.hangs = False

    async def send(self, target: str, message: Message) -> str | None:
        self.sent.append((target, message))
        if self.hangs:
            await asyncio.Event().wait()
        return "refused"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def parts(tmp_path: Path, clock: Clock) -> AsyncIterator[Parts]:
    async with opened_parts(tmp_path, clock) as opened:
        async with opened.cloud.write() as rows:
            rows.add(
                AlertChannel(
                    id="team", name="Team", target="jsons://secret@x", severity=1, sites="[]", models="[]",
                    language="es", repeat_min=0, is_on=False, next_utc_ms=0, tries=0,
                )
            )  # fmt: skip
        yield opened


async def test_it_goes_out_at_once_and_again_after_a_pause_each_in_the_log(parts: Parts, clock: Clock) -> None:
    way = FakeWay()
    trials = Trials(parts.cloud, parts.ledger, way, clock)
    assert await trials.send("root", "team") == "refused"
    assert way.sent == [("jsons://secret@x", Message("es", (), 0, is_test=True))]
    clock.now_ms += TRIAL_EVERY_MS - 500
    with pytest.raises(RefusedError) as refused:
        await trials.send("root", "team")
    assert (refused.value.reason, refused.value.wait_s) == (Refusal.WAIT, 0.5)
    clock.now_ms += 500
    await trials.send("root", "team")
    clock.now_ms -= 3600_000
    await trials.send("root", "team")
    assert len(way.sent) == 3
    with pytest.raises(RefusedError) as refused:
        await trials.send("root", "nobody")
    assert refused.value.reason is Refusal.UNKNOWN
    async with parts.session.read() as rows:
        assert len(list(await rows.scalars(select(Event.number).where(Event.kind == "alert_tried")))) == 3


async def test_one_that_never_answers_is_too_slow(parts: Parts, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "TRIAL_WITHIN_S", 0.0)
    way = FakeWay()
    way.hangs = True
    assert await Trials(parts.cloud, parts.ledger, way, clock).send("root", "team") == "too_slow"
