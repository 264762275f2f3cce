"""A pasted text in a real session: typed where the lab allows it, and nothing more of it after a pause or a revoke."""

from __future__ import annotations

import asyncio

import pytest
from tests.fakes.desk import READING_S, FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab
from tests.fakes.visit import ControlEnd
from tests.fakes.xclient import KEY_EVENTS, XClient
from xcffib.xproto import KeyPressEvent

from benchside.protocol.wire import desk as shown
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.input import TypeText, TypingEnd, TypingStands

pytestmark = [pytest.mark.system, pytest.mark.slow]

WITHIN_S = 15.0


async def controls(lab: Lab, desk: FakeDesk, engineer: Engineer, *, paste: bool) -> ControlEnd:
    _, visit = await lab.session(desk, engineer)
    visit.ask(Capability.VIEW)
    await desk.answer()
    view = await visit.view(await visit.granted(Capability.VIEW))
    await view.picture()
    visit.ask(Capability.CONTROL)
    prompt = await desk.wait(shown.PromptShown, where=lambda one: one.capability is Capability.CONTROL)
    await asyncio.sleep(READING_S)
    monitors = tuple(monitor.id for monitor in prompt.monitors)
    desk.say(shown.AnswerPrompt(prompt=prompt.prompt, allow=True, scope=GrantScope(monitors=monitors, paste=paste)))
    return await visit.control(await visit.granted(Capability.CONTROL))


async def ended(control: ControlEnd) -> TypingStands:
    def ends() -> list[TypingStands]:
        return [each for each in control.heard if isinstance(each, TypingStands) and each.end is not None]

    await control.until(ends, WITHIN_S)
    return ends()[-1]


async def stop(desk: FakeDesk) -> None:
    desk.say(shown.StopSession())
    await desk.outcome()


@pytest.mark.parametrize("how", ["pause", "revoke"])
async def test_a_text_is_typed_until_the_technician_says_stop(
    lab: Lab, desk: FakeDesk, engineer: Engineer, how: str
) -> None:
    client = XClient(lab.display.name)
    try:
        client.focus(client.window(0, 0, 50, 50, 0x777777, events=KEY_EVENTS))
        control = await controls(lab, desk, engineer, paste=True)
        control.say(TypeText("ok\n"))
        assert await ended(control) == TypingStands(3, 3, TypingEnd.DONE)
        client.sync()
        control.heard.clear()
        control.say(TypeText("word " * 500))
        await control.until(lambda: [each for each in control.heard if isinstance(each, TypingStands)], WITHIN_S)
        if how == "pause":
            desk.say(shown.SetPaused(paused=True))
            stands = await ended(control)
            assert stands.end is TypingEnd.STOPPED
            assert 0 < stands.typed < stands.of
            typed = stands.typed
            client.events(KeyPressEvent, 3 + typed)
            desk.say(shown.SetPaused(paused=False))
        else:
            desk.say(shown.RevokeGrant(capability=Capability.CONTROL))
            await control.until(lambda: control.is_over, WITHIN_S)
        await asyncio.sleep(0.5)
        client.sync()
        while client.connection.poll_for_event() is not None:
            pass
        await asyncio.sleep(0.5)
        client.sync()
        assert client.connection.poll_for_event() is None, "dropped, and not kept for later"
        await stop(desk)
    finally:
        client.close()


async def test_without_the_technicians_yes_it_is_refused_and_the_session_goes_on(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    control = await controls(lab, desk, engineer, paste=False)
    control.say(TypeText("word"))
    assert await ended(control) == TypingStands(0, 4, TypingEnd.NOT_GRANTED)
    assert not control.is_over
    await stop(desk)
