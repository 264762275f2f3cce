"""Lines that are cut, frozen or slow, and PCs that sleep: what comes back, and what never does."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import httpx
import pytest
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab
from tests.fakes.visit import ViewEnd, Visit
from tests.system.session.test_console import SHIFT, controlling, keys_down, press_shift

from benchside.protocol.wire import desk as shown
from benchside.protocol.wire import session as said
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.session import SessionEnd

pytestmark = [pytest.mark.system, pytest.mark.slow]


async def come_back(engineer: Engineer, within_s: float) -> Visit:
    """As the console does: try again until the line is there."""
    until = time.monotonic() + within_s
    while True:
        try:
            return Visit(engineer, await engineer.open(Channel.MAIN))
        except Exception:
            assert time.monotonic() < until, "the session did not come back"
            await asyncio.sleep(0.3)


async def test_a_cut_line_lifts_keys_and_comes_back_whole_in_a_new_epoch(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    request_id, visit, view, control = await controlling(lab, desk, engineer)
    await press_shift(lab, control)
    grant = visit.grants[Capability.VIEW]
    lab.session_door.cut()
    await desk.phase(shown.RequestPhase.LINE_LOST)
    assert not keys_down(lab), "a lost line lifts"
    lab.session_door.mend()
    await control.until(lambda: control.is_over)
    visit = await come_back(engineer, 10)
    await desk.phase(shown.RequestPhase.IN_SESSION)
    again = ViewEnd(await engineer.open(Channel.VIEW, grant))
    assert (await again.picture()).whole
    kinds = lab.kinds(request_id)
    assert kinds.count("line_lost") == kinds.count("line_back") == 1
    desk.say(shown.StopSession())
    assert await desk.outcome() is SessionEnd.STOPPED
    assert await visit.over() is SessionEnd.STOPPED
    assert await lab.server_outcome(request_id) == "stopped"
    with pytest.raises(httpx.HTTPStatusError):  # a stop never resumes: there is not even a ticket
        await engineer.ticket(Channel.MAIN)
    assert view.is_over


@pytest.mark.alone
async def test_a_silent_line_is_lost_after_three_seconds(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    """Nobody is told that it is gone: no packet passes on session and link plane, and then all do again."""
    _, visit = await lab.session(desk, engineer)
    lab.session_door.freeze()
    frozen_at = time.monotonic()
    await desk.phase(shown.RequestPhase.LINE_LOST)
    assert 2.0 < time.monotonic() - frozen_at < 4.5
    lab.session_door.mend()
    visit = await come_back(engineer, 10)
    await desk.phase(shown.RequestPhase.IN_SESSION)
    visit.say(said.LeaveSession())
    assert await desk.outcome() is SessionEnd.LEFT


async def test_a_closed_tab_is_a_lost_line(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    _, visit = await lab.session(desk, engineer)
    visit.hang_up()
    await desk.phase(shown.RequestPhase.LINE_LOST, within_s=2)
    desk.say(shown.StopSession())
    assert await desk.outcome() is SessionEnd.STOPPED


@pytest.mark.long
async def test_a_tab_that_stays_closed_ends_the_session_after_a_minute(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    request_id, visit = await lab.session(desk, engineer)
    visit.hang_up()
    closed_at = time.monotonic()
    assert await desk.outcome(within_s=70) is SessionEnd.LINE_LOST
    assert 58 < time.monotonic() - closed_at < 65
    assert lab.outcomes(request_id) == ["line_lost"]
    assert await lab.server_outcome(request_id) == "line_lost"


@pytest.mark.long
async def test_thirty_seconds_without_network_come_back(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    request_id, visit, _, _ = await controlling(lab, desk, engineer)
    grant = visit.grants[Capability.VIEW]
    for door in (lab.session_door, lab.link_door):
        door.freeze()
    await asyncio.sleep(30)
    for door in (lab.session_door, lab.link_door):
        door.mend()
    visit = await come_back(engineer, 20)
    await desk.phase(shown.RequestPhase.IN_SESSION)
    view = ViewEnd(await engineer.open(Channel.VIEW, grant))
    assert (await view.picture()).whole
    desk.say(shown.StopSession())
    assert await desk.outcome() is SessionEnd.STOPPED
    assert lab.outcomes(request_id) == ["stopped"]


@pytest.mark.long
async def test_ninety_seconds_without_network_end_the_session(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    request_id, _, _, _ = await controlling(lab, desk, engineer)
    for door in (lab.session_door, lab.link_door):
        door.cut()
    cut_at = time.monotonic()
    assert await desk.outcome(within_s=75) is SessionEnd.LINE_LOST
    assert 55 < time.monotonic() - cut_at < 66
    await asyncio.sleep(90 - (time.monotonic() - cut_at))
    for door in (lab.session_door, lab.link_door):
        door.mend()
    assert lab.outcomes(request_id) == ["line_lost"]
    assert await lab.server_outcome(request_id, within_s=70) == "line_lost"


@pytest.mark.long
async def test_a_server_that_was_away_for_half_a_minute_finds_the_session_again(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    """The agent's own pauses grow to a minute; who waits in a session does not wait for them."""
    await lab.session(desk, engineer)
    await lab.do(lab.kill_server)
    await asyncio.sleep(30)
    await lab.do(lab.start_server)
    visit = await come_back(engineer, 12)
    visit.say(said.LeaveSession())
    assert await desk.outcome() is SessionEnd.LEFT


@pytest.mark.alone
@pytest.mark.long
async def test_a_pc_that_slept_never_resumes(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    """All of the PC stands still for longer than ten seconds, as in a sleep."""
    request_id, visit = await lab.session(desk, engineer)
    host = lab.host
    os.kill(lab.agent_pid, signal.SIGSTOP)
    host.suspend()
    desk.beats = False  # the desk sleeps, too
    await asyncio.sleep(12)
    desk.beats = True
    host.resume()
    os.kill(lab.agent_pid, signal.SIGCONT)
    assert await desk.outcome(within_s=5) is SessionEnd.PC_SLEPT
    await visit.over(within_s=5)
    assert lab.outcomes(request_id) == ["pc_slept"]


@pytest.mark.long
async def test_input_is_held_while_a_prompt_is_open(lab: Lab, engineer: Engineer) -> None:
    """The question whether a grant goes on comes while the associate controls; nobody remote may press its Allow."""
    settings = lab.world.pc_folder / "agent.toml"
    before = settings.read_text()
    settings.write_text(before + "grant_s = 60\n")
    await lab.do(lab.kill_agent)
    await lab.do(lab.start_agent)
    desk = await lab.desk()
    try:
        _, _, _, control = await controlling(lab, desk, engineer)
        await press_shift(lab, control)
        prompt = await desk.wait(shown.PromptShown, within_s=60, where=lambda one: one.kind is shown.PromptKind.EXTEND)
        await control.until(lambda: not keys_down(lab))
        control.say(SHIFT)
        await asyncio.sleep(0.5)
        assert not keys_down(lab)
        desk.press(prompt, allow=False)
        await asyncio.sleep(0.5)
        assert not keys_down(lab)
        desk.say(shown.StopSession())
        await desk.outcome()
    finally:
        await desk.close()
        settings.write_text(before)
        await lab.do(lab.kill_agent)
        await lab.do(lab.start_agent)
