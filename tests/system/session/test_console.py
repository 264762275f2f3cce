"""A console that is in, and does what it may not: nothing passes without a grant, and rubbish ends the session."""

from __future__ import annotations

import asyncio
import os
import time

import pytest
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab
from tests.fakes.visit import ControlEnd, ViewEnd, Visit
from tests.fakes.xclient import XClient

from benchside.agent.help import PROMPT_SETTLE_S
from benchside.protocol.trust.schedule import GrantSecret
from benchside.protocol.wire import desk as shown
from benchside.protocol.wire import session as said
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.input import CONTROL, InputHeld, KeyChange, PointerMove, WhyHeld
from benchside.protocol.wire.picture import PictureShown, VideoAbility, ViewReady
from benchside.protocol.wire.session import SessionEnd

pytestmark = [pytest.mark.system, pytest.mark.slow]

SHIFT = KeyChange("Shift", "ShiftLeft", True)


def keys_down(lab: Lab) -> list[int]:
    """The keycodes that are down on the PC's display."""
    client = XClient(lab.display.name)
    try:
        bits = bytes(client.core.QueryKeymap().reply().keys)
    finally:
        client.close()
    return [8 * index + bit for index, byte in enumerate(bits) for bit in range(8) if byte & 1 << bit]


async def controlling(lab: Lab, desk: FakeDesk, engineer: Engineer) -> tuple[bytes, Visit, ViewEnd, ControlEnd]:
    request_id, visit = await lab.session(desk, engineer)
    visit.ask(Capability.VIEW)
    await desk.answer(capability=Capability.VIEW)
    view = await visit.view(await visit.granted(Capability.VIEW))
    await view.picture()
    visit.ask(Capability.CONTROL, "press Start")
    await desk.answer(capability=Capability.CONTROL)
    control = await visit.control(await visit.granted(Capability.CONTROL))
    return request_id, visit, view, control


async def press_shift(lab: Lab, control: ControlEnd) -> None:
    control.say(SHIFT)
    await control.until(lambda: keys_down(lab))


async def refused_after_a_hasty_yes(desk: FakeDesk, visit: Visit) -> shown.PromptShown:
    """A prompt for VIEW whose yes came sooner than anybody reads and was dropped, and then a no."""
    for _ in range(10):
        asked_at, count = time.monotonic(), len(visit.heard)
        visit.ask(Capability.VIEW)
        prompt = await desk.wait(shown.PromptShown)
        desk.press(prompt)
        until = time.monotonic() + 0.9  # nor is it kept until it would count
        while time.monotonic() < until and not visit.has_heard(said.CapabilityGranted, count):
            await asyncio.sleep(0.01)
        answered_at = time.monotonic()
        desk.press(prompt, allow=False)
        async with asyncio.timeout(30):
            while not visit.has_heard(said.CapabilityGranted, count):
                if visit.has_heard(said.CapabilityRefused, count):
                    assert (await visit.hear(said.CapabilityRefused)).reason.value == "denied"
                    return prompt
                await asyncio.sleep(0.01)
        assert answered_at - asked_at >= PROMPT_SETTLE_S, "a yes that nobody can have read before was taken"
        visit.say(said.GiveBack(capability=Capability.VIEW))  # a busy machine brought it late
        await visit.hear(said.GrantEnded)
    raise AssertionError("no yes came sooner than anybody reads")


async def test_no_channel_opens_without_its_grant(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    lab.session_door.target = lab.relay.port
    _, visit = await lab.session(desk, engineer)
    for channel in (Channel.VIEW, Channel.CONTROL):
        with pytest.raises(TimeoutError):
            await engineer.pair(channel, within_s=0.7)
    assert visit.end_code is None
    visit.ask(Capability.CONTROL)
    assert (await visit.hear(said.CapabilityRefused)).reason.value == "needs_view"
    visit.ask(Capability.FILES)
    assert (await visit.hear(said.CapabilityRefused)).reason.value == "not_authorised"
    prompt = await refused_after_a_hasty_yes(desk, visit)
    desk.press(prompt)
    with pytest.raises(TimeoutError):
        await visit.hear(said.CapabilityGranted, within_s=0.4)
    visit.say(said.LeaveSession())
    assert await desk.outcome() is SessionEnd.LEFT


@pytest.mark.alone
async def test_input_is_held_during_a_pause_and_keys_are_lifted(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    _, visit, view, control = await controlling(lab, desk, engineer)
    await press_shift(lab, control)
    desk.say(shown.SetPaused(paused=True))
    await visit.hear(said.SessionPaused)
    await control.until(lambda: InputHeld(WhyHeld.PAUSED) in control.heard)
    assert not keys_down(lab), "a pause lifts"
    pictures = len(view.pictures_at)
    control.say(SHIFT)
    client = XClient(lab.display.name)
    client.fill(client.root, 500, 500, 60, 60, 0x00FF00)
    client.close()
    await asyncio.sleep(0.4)
    assert not keys_down(lab)
    assert len(view.pictures_at) == pictures, "no picture in a pause"
    desk.say(shown.SetPaused(paused=False))
    await view.until(lambda: len(view.pictures_at) > pictures)
    assert not keys_down(lab), "what was typed in the pause is forgotten, not stored"
    control.say(KeyChange("Shift", "ShiftLeft", False))
    await press_shift(lab, control)
    control.alive = False
    silent_at = time.monotonic()
    await control.until(lambda: not keys_down(lab))
    assert 0.8 < time.monotonic() - silent_at < 1.8, "one second of silence lifts"
    control.alive = True
    control.say(KeyChange("Shift", "ShiftLeft", False))
    await press_shift(lab, control)
    desk.say(shown.StopSession())
    await desk.outcome()
    assert not keys_down(lab), "the end lifts"


async def test_input_with_a_revoked_grants_keys_does_nothing(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    """The relay goes on pairing, and the console keeps every key that it had."""
    lab.session_door.target = lab.relay.port
    _, visit, view, control = await controlling(lab, desk, engineer)
    await press_shift(lab, control)
    desk.say(shown.RevokeGrant(capability=Capability.CONTROL))
    ended = await visit.hear(said.GrantEnded)
    assert ended.capability is Capability.CONTROL
    control.say(SHIFT)
    await control.until(lambda: control.is_over)
    assert not keys_down(lab)
    with pytest.raises(TimeoutError):
        await engineer.pair(Channel.CONTROL, within_s=0.7)
    assert not view.is_over, "the view has a grant of its own"
    desk.say(shown.RevokeGrant(capability=Capability.VIEW))
    await view.until(lambda: view.is_over)
    visit.say(said.LeaveSession())
    assert await desk.outcome() is SessionEnd.LEFT


async def test_a_made_up_grant_opens_nothing(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    """Right tickets, right session, and a grant's secret of the console's own making."""
    lab.session_door.target = lab.relay.port
    _, visit = await lab.session(desk, engineer)
    visit.ask(Capability.VIEW)
    await desk.answer()
    await visit.granted(Capability.VIEW)
    own = GrantSecret(capability=Capability.VIEW, grant=os.urandom(16), secret=os.urandom(32))
    view = await visit.view(own)
    view.say(ViewReady(VideoAbility.NONE))
    await view.until(lambda: view.is_over)
    assert view.heard == []
    await desk.phase(shown.RequestPhase.LINE_LOST)
    desk.say(shown.StopSession())
    await desk.outcome()


RUBBISH = [
    "future_picture",
    "malformed_main",
    "pc_word_on_main",
    *(pytest.param(what, marks=pytest.mark.long) for what in ("pc_word_on_control", "malformed_control")),
]


@pytest.mark.parametrize("rubbish", RUBBISH)
async def test_what_is_authentic_and_wrong_ends_the_session(
    lab: Lab, desk: FakeDesk, engineer: Engineer, rubbish: str
) -> None:
    request_id, visit = await lab.session(desk, engineer)
    if rubbish == "malformed_main":
        visit.main.send(b"\xc1 no such thing")
    elif rubbish == "pc_word_on_main":
        visit.say(said.SessionPaused(paused=False))
    else:
        visit.ask(Capability.VIEW)
        await desk.answer(capability=Capability.VIEW)
        view = await visit.view(await visit.granted(Capability.VIEW))
        await view.picture()
        if rubbish == "future_picture":
            view.say(PictureShown(10_000))
        else:
            visit.ask(Capability.CONTROL)
            await desk.answer(capability=Capability.CONTROL)
            control = await visit.control(await visit.granted(Capability.CONTROL))
            if rubbish == "pc_word_on_control":
                control.say(InputHeld(WhyHeld.NOTHING))
            else:
                control.channel.send(CONTROL.encode(PointerMove(0, 5, 5)) + b"more")
    assert await desk.outcome() is SessionEnd.PEER_FAULT
    assert lab.outcomes(request_id) == ["peer_fault"]


async def test_a_thousand_questions_in_a_second_end_the_session_and_nothing_else(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    request_id, visit = await lab.session(desk, engineer)
    entries = len(lab.journal())
    for _ in range(1000):
        visit.ask(Capability.VIEW, "x" * 200)
    assert await desk.outcome() is SessionEnd.PEER_FAULT
    assert lab.outcomes(request_id) == ["peer_fault"]
    assert len(lab.journal()) - entries < 200, "the journal did not grow with them"
    assert sum(isinstance(one, shown.PromptShown) for one in desk.heard) <= 1


async def test_an_endless_purpose_is_no_purpose(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    request_id, visit = await lab.session(desk, engineer)
    visit.ask(Capability.VIEW, "x" * 20_000)
    assert await desk.outcome() is SessionEnd.PEER_FAULT
    assert lab.outcomes(request_id) == ["peer_fault"]
