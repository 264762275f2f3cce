"""How a session ends in order: each side hears the same reason, once, and the next can begin at once."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab

from benchside.protocol.wire import desk as shown
from benchside.protocol.wire import session as said
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.session import SessionEnd

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.mark.alone
async def test_stop_ends_everything_and_the_next_request_opens_at_once(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    request_id, visit = await lab.session(desk, engineer)
    visit.ask(Capability.VIEW)
    prompt = await desk.answer()
    assert (prompt.associate.name, prompt.purpose) == ("Marta Ferrer", "look at the state of the rack")
    view = await visit.view(await visit.granted(Capability.VIEW))
    assert (await view.picture()).whole
    stopped_at = time.monotonic()
    desk.say(shown.StopSession())
    assert await desk.outcome() is SessionEnd.STOPPED
    assert await visit.over() is SessionEnd.STOPPED
    await view.until(lambda: view.is_over)
    assert time.monotonic() - stopped_at < 1.0
    assert not view.records_at or view.records_at[-1] - stopped_at < 0.1, "pictures after the stop"
    assert lab.outcomes(request_id) == ["stopped"]
    assert await lab.server_outcome(request_id) == "stopped"
    assert (await engineer.requests()) == []
    again, _ = await desk.ask_for_help()
    desk.say(shown.CancelRequest())
    assert await desk.outcome() is SessionEnd.CANCELLED
    assert lab.outcomes(again) == ["cancelled"]


async def test_the_associate_leaves(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    request_id, visit = await lab.session(desk, engineer)
    visit.say(said.LeaveSession())
    assert await desk.outcome() is SessionEnd.LEFT
    assert await visit.over() is SessionEnd.LEFT
    assert lab.outcomes(request_id) == ["left"]


@pytest.mark.alone
async def test_a_revoked_grant_takes_its_channel_and_leaves_the_session(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    _, visit = await lab.session(desk, engineer)
    visit.ask(Capability.VIEW)
    await desk.answer()
    view = await visit.view(await visit.granted(Capability.VIEW))
    await view.picture()
    revoked_at = time.monotonic()
    desk.say(shown.RevokeGrant(capability=Capability.VIEW))
    ended = await visit.hear(said.GrantEnded)
    assert ended.reason.value == "revoked"
    await view.until(lambda: view.is_over)
    assert view.records_at[-1] - revoked_at < 0.1
    visit.ask(Capability.VIEW)
    refused = await visit.hear(said.CapabilityRefused)
    assert refused.reason.value == "asked_too_soon"
    assert refused.again_in_s
    await asyncio.sleep(0.5)
    assert visit.end_code is None, "the session itself goes on"
    visit.say(said.LeaveSession())
    assert await desk.outcome() is SessionEnd.LEFT
