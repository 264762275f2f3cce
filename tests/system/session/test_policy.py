"""Who may come in is the policy's word on the PC: a server that lets others through changes nothing."""

from __future__ import annotations

import asyncio
import datetime
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer, TurnedAway
from tests.fakes.guesser import knock
from tests.fakes.lab import GUEST, Lab

from benchside.protocol.errors import Refusal
from benchside.protocol.wire import desk as shown
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.policy import NO_RULES, Hours, SiteRules, Training
from benchside.protocol.wire.session import SessionEnd
from benchside.server.clock import utc_ms

pytestmark = [pytest.mark.system, pytest.mark.slow]

REFUSALS: list[tuple[dict[str, Any], Refusal]] = [
    ({"expires_utc_ms": 1}, Refusal.EXPIRED_IN_POLICY),
    ({"sites": ("other-lab",)}, Refusal.WRONG_SITE),
    ({"models": ("ZX-1",)}, Refusal.WRONG_MODEL),
    ({"regions": ("cn",)}, Refusal.WRONG_REGION),
    ({"trainings": (Training(course="x", law="hipaa", expires_utc_ms=4_000_000_000_000),)}, Refusal.NOT_TRAINED),
    ({"keys": (os.urandom(32),)}, Refusal.NOT_IN_POLICY),
]


@pytest.fixture
def guest_after(lab: Lab) -> Iterator[None]:
    yield
    lab.admit(GUEST)


@pytest.fixture
async def calling(lab: Lab, desk: FakeDesk, engineer: Engineer) -> AsyncIterator[tuple[bytes, str]]:
    """A request that was claimed; the relay lets anybody through."""
    lab.session_door.target = lab.relay.port
    request_id, code = await lab.call(desk, engineer)
    yield request_id, code
    desk.say(shown.CancelRequest())
    await desk.outcome()


async def test_whom_the_policy_does_not_cover_costs_no_guess(
    lab: Lab, calling: tuple[bytes, str], guest_after: None
) -> None:
    request_id, code = calling
    for changes, reason in REFUSALS:  # the PC's pauses between visitors grow, so each kind once
        await lab.do(lab.admit, GUEST, **changes)
        refused = await knock(lab, request_id, code, expect=TurnedAway)
        assert refused.refused.reason is reason
        await lab.do(lab.wait, lambda why=reason: lab.journal(request_id)[-1][1].cause == why.value)
        assert lab.kinds(request_id)[-1] == "associate_refused"
    await lab.do(lab.expel, GUEST)
    refused = await knock(lab, request_id, code, expect=TurnedAway)
    assert refused.refused.reason is Refusal.NOT_IN_POLICY
    assert "guess_counted" not in lab.kinds(request_id)


async def test_the_server_refuses_the_claim_as_well(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    await lab.do(lab.admit, lab.world.account, sites=("other-lab",))
    try:
        request_id, _ = await desk.ask_for_help()
        await asyncio.sleep(0.5)
        assert await engineer.requests() == [], "not even seen"
        with pytest.raises(httpx.HTTPStatusError) as refused:
            await engineer.claim(request_id.hex())
        assert refused.value.response.status_code in (403, 404, 409)
    finally:
        desk.say(shown.CancelRequest())
        await desk.outcome()
        await lab.do(lab.admit, lab.world.account)


@pytest.mark.alone
async def test_taken_out_in_mid_session_is_out_at_once(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    request_id, visit = await lab.session(desk, engineer)
    visit.ask(Capability.VIEW)
    await desk.answer()
    view = await visit.view(await visit.granted(Capability.VIEW))
    await view.picture()
    try:
        await lab.do(lab.expel, lab.world.account)
        assert await desk.outcome(within_s=5) is SessionEnd.POLICY_CHANGED
        assert await visit.over(within_s=5) is SessionEnd.POLICY_CHANGED
        await view.until(lambda: view.is_over, within_s=5)
        assert lab.outcomes(request_id) == ["policy_changed"]
    finally:
        await lab.do(lab.admit, lab.world.account)


@pytest.mark.long
async def test_who_expires_in_mid_session_is_out_within_two_seconds(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    request_id, _ = await lab.session(desk, engineer)
    try:
        await lab.do(lab.admit, lab.world.account, expires_utc_ms=utc_ms() + 2500)
        assert await desk.outcome(within_s=6) is SessionEnd.POLICY_CHANGED
        assert lab.outcomes(request_id) == ["policy_changed"]
    finally:
        await lab.do(lab.admit, lab.world.account)


@pytest.mark.long
async def test_when_the_sites_hours_end_so_does_the_session(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    request_id, _ = await lab.session(desk, engineer)
    yesterday = (datetime.datetime.now(datetime.UTC).weekday() - 1) % 7
    hours = Hours(days=(yesterday,), from_minute=0, to_minute=1)
    try:
        await lab.do(lab.set_rules, SiteRules(hours=(hours,)))
        assert await desk.outcome(within_s=6) is SessionEnd.POLICY_CHANGED
        assert lab.outcomes(request_id) == ["policy_changed"]
    finally:
        await lab.do(lab.set_rules, NO_RULES)


@pytest.mark.long
async def test_the_pc_itself_wants_the_second_associate(
    lab: Lab, desk: FakeDesk, engineer: Engineer, calling: tuple[bytes, str], guest_after: None
) -> None:
    request_id, code = calling
    try:
        await lab.do(lab.set_rules, SiteRules(second_eyes=True))
        refused = await knock(lab, request_id, code, expect=TurnedAway)
        assert refused.refused.reason is Refusal.SECOND_EYES
        assert "guess_counted" not in lab.kinds(request_id)
    finally:
        await lab.do(lab.set_rules, NO_RULES)
