"""Programs killed or frozen at any moment: who notices, how fast, what they say, and that nothing stays half open."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.guesser import Knocking
from tests.fakes.lab import Lab
from tests.fakes.visit import Visit
from tests.system.session.test_console import controlling, keys_down, press_shift

from benchside.protocol.wire import desk as shown
from benchside.protocol.wire import session as said
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.session import SessionEnd

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.alone]

LONG = [pytest.param(phase, marks=pytest.mark.long) for phase in ("waiting", "checking", "prompt")]
PHASES = ["claimed", "viewing", *LONG]
"""Those that differ most in every run, the others in the long ones."""


async def bring_to(phase: str, lab: Lab, desk: FakeDesk, engineer: Engineer) -> tuple[bytes, Visit | None]:
    """The request's id, and the visit where somebody is in."""
    if phase == "waiting":
        return (await desk.ask_for_help())[0], None
    request_id, code = await lab.call(desk, engineer)
    if phase == "claimed":
        return request_id, None
    if phase == "checking":
        knocking = Knocking(lab, request_id, engineer, associate=lab.world.account)
        await knocking.pair()
        await knocking.greet()
        return request_id, None
    visit = Visit(engineer, await engineer.enter(code, lab.device_id))
    visit.ask(Capability.VIEW)
    if phase == "prompt":
        await desk.wait(shown.PromptShown)
    else:
        await desk.answer()
        view = await visit.view(await visit.granted(Capability.VIEW))
        await view.picture()
    return request_id, visit


@pytest.mark.parametrize("phase", PHASES)
async def test_the_host_is_killed(lab: Lab, desk: FakeDesk, engineer: Engineer, phase: str) -> None:
    request_id, visit = await bring_to(phase, lab, desk, engineer)
    killed_at = time.monotonic()
    lab.host.kill()
    assert await desk.outcome() is SessionEnd.HOST_LOST
    assert time.monotonic() - killed_at < 1.0
    if visit is not None:
        await visit.over()
    assert lab.outcomes(request_id) == ["host_lost"]
    assert await lab.server_outcome(request_id) == "host_lost"


@pytest.mark.parametrize("phase", PHASES)
async def test_the_desk_is_killed(lab: Lab, desk: FakeDesk, engineer: Engineer, phase: str) -> None:
    request_id, visit = await bring_to(phase, lab, desk, engineer)
    killed_at = time.monotonic()
    await desk.close()
    if visit is not None:
        assert await visit.over() is SessionEnd.DESK_LOST
        assert time.monotonic() - killed_at < 1.0
    assert await lab.server_outcome(request_id) == "desk_lost"
    assert lab.outcomes(request_id) == ["desk_lost"]
    again = await lab.desk()
    await again.ask_for_help()
    await again.close()


@pytest.mark.parametrize("phase", ["viewing", *LONG[1:]])
async def test_the_agent_is_killed(lab: Lab, desk: FakeDesk, engineer: Engineer, phase: str) -> None:
    request_id, visit = await bring_to(phase, lab, desk, engineer)
    host = lab.host
    killed_at = time.monotonic()
    lab.kill_agent()
    if visit is not None:
        assert await visit.over() is SessionEnd.AGENT_LOST
        assert time.monotonic() - killed_at < 1.0
    await lab.do(lab.wait, lambda: not host.is_running() or host.status() == "zombie", 2)
    assert desk.is_cut_off
    await lab.do(lab.start_agent)
    assert lab.outcomes(request_id) == ["agent_lost"], "one outcome, written at the next start"
    assert await lab.server_outcome(request_id, within_s=10) == "agent_lost"
    again = await lab.desk()
    await again.ask_for_help()
    await again.close()


async def test_a_frozen_agent_ends_the_session(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    request_id, visit = await bring_to("viewing", lab, desk, engineer)
    assert visit is not None
    os.kill(lab.agent_pid, signal.SIGSTOP)
    try:
        frozen_at = time.monotonic()
        assert await visit.over() is SessionEnd.AGENT_LOST
        assert time.monotonic() - frozen_at < 1.4
    finally:
        os.kill(lab.agent_pid, signal.SIGCONT)
    assert await desk.outcome() in (SessionEnd.AGENT_LOST, SessionEnd.DESK_LOST)
    assert len(lab.outcomes(request_id)) == 1


async def test_a_frozen_host_is_dark_within_half_a_second_of_a_stop_and_its_keys_are_lifted(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    request_id, _, view, control = await controlling(lab, desk, engineer)
    await press_shift(lab, control)
    host = lab.host
    host.suspend()
    stopped_at = time.monotonic()
    desk.say(shown.StopSession())
    assert await desk.outcome() is SessionEnd.STOPPED
    assert time.monotonic() - stopped_at < 0.5
    await view.until(lambda: view.is_over)
    assert lab.outcomes(request_id) == ["stopped"]
    assert "host_killed" in lab.kinds(request_id)
    await control.until(lambda: not keys_down(lab), 5)


async def test_a_frozen_host_is_killed_without_a_stop(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    request_id, visit = await bring_to("viewing", lab, desk, engineer)
    assert visit is not None
    lab.host.suspend()
    frozen_at = time.monotonic()
    assert await desk.outcome() is SessionEnd.HOST_LOST
    assert time.monotonic() - frozen_at < 3.0
    await visit.over()
    assert lab.outcomes(request_id) == ["host_lost"]


async def test_a_desk_that_does_not_beat_ends_the_session_within_a_second(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    request_id, visit = await bring_to("viewing", lab, desk, engineer)
    assert visit is not None
    desk.beats = False
    silent_at = time.monotonic()
    assert await visit.over() is SessionEnd.DESK_LOST
    assert time.monotonic() - silent_at < 1.0
    assert await desk.outcome() is SessionEnd.DESK_LOST
    assert lab.outcomes(request_id) == ["desk_lost"]


HIDDEN = ["covered", *(pytest.param(how, marks=pytest.mark.long) for how in ("gone", "unmapped", "off_screen"))]


@pytest.mark.parametrize("how", HIDDEN)
async def test_without_a_visible_indicator_all_ends_within_a_second(
    lab: Lab, desk: FakeDesk, engineer: Engineer, how: str
) -> None:
    request_id, visit = await bring_to("viewing", lab, desk, engineer)
    assert visit is not None
    assert desk.screen is not None
    match how:
        case "gone":
            desk.say(shown.IndicatorGone())
        case "unmapped":
            desk.screen.unmap(desk.indicator)
        case "off_screen":
            desk.screen.move(desk.indicator, 2000, 2000)
        case _:
            desk.screen.window(0, 0, 600, 300, 0x444444)
    gone_at = time.monotonic()
    assert await visit.over() is SessionEnd.INDICATOR_LOST
    assert time.monotonic() - gone_at < 1.0
    assert await desk.outcome() is SessionEnd.INDICATOR_LOST
    assert lab.outcomes(request_id) == ["indicator_lost"]


async def test_the_server_is_killed_in_mid_session(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    """Queue and session are back in a new epoch within seconds of its return."""
    request_id, visit = await bring_to("viewing", lab, desk, engineer)
    assert visit is not None
    await lab.do(lab.kill_server)
    await desk.phase(shown.RequestPhase.LINE_LOST)
    await lab.do(lab.start_server)
    back_at = time.monotonic()
    session = None
    while session is None:
        try:
            session = await engineer.open(Channel.MAIN)
        except Exception:
            await asyncio.sleep(0.2)
            assert time.monotonic() - back_at < 10
    visit = Visit(engineer, session)
    await desk.phase(shown.RequestPhase.IN_SESSION)
    assert time.monotonic() - back_at < 8
    visit.say(said.LeaveSession())
    assert await desk.outcome() is SessionEnd.LEFT
    assert await lab.server_outcome(request_id) == "left"


async def test_the_queue_survives_the_server(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    request_id, _ = await bring_to("waiting", lab, desk, engineer)
    await lab.do(lab.kill_server)
    await desk.wait(shown.LinkShown, where=lambda one: not one.online)
    await lab.do(lab.start_server)
    await desk.wait(shown.LinkShown, where=lambda one: one.online)
    found = await engineer.wait_for_request()
    assert found["id"] == request_id.hex()
    await engineer.claim(found["id"])
    desk.say(shown.CancelRequest())
    assert await desk.outcome() is SessionEnd.CANCELLED
