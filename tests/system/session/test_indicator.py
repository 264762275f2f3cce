"""What the desk tells of its indicator after the end is a fact, not a deed that could be refused."""

from __future__ import annotations

import pytest
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab

from benchside.protocol.wire import desk as shown
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.session import SessionEnd

pytestmark = [pytest.mark.system, pytest.mark.slow]


async def test_an_indicator_that_goes_after_the_end_refuses_nothing(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    """The technician read "There is no open request" beside "You stopped the session"."""
    _, visit = await lab.session(desk, engineer)
    visit.ask(Capability.VIEW)
    await desk.answer()
    await visit.granted(Capability.VIEW)
    desk.say(shown.StopSession())
    assert await desk.outcome() is SessionEnd.STOPPED
    assert not desk.indicator, "it was taken down, and the agent told"
    desk.say(shown.HistoryWanted())
    await desk.wait(shown.HistoryShown)  # answers come in order: whatever was refused has come before
    assert not [message for message in desk.heard if isinstance(message, shown.DeskRefused)]
