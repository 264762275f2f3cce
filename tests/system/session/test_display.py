"""The PC's display vanishes: with or without a picture on its way, the session ends and says so."""

from __future__ import annotations

import pytest
from examples.demo.display import start_display
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab

from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.session import SessionEnd

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.mark.alone
@pytest.mark.parametrize("views", [False, True], ids=["connected", "viewing"])
async def test_the_display_vanishes(lab: Lab, engineer: Engineer, monkeypatch: pytest.MonkeyPatch, views: bool) -> None:
    display = await lab.do(start_display, lab.children, size=(800, 600), numbers=range(80, 90))
    monkeypatch.setenv("XAUTHORITY", display.environment["XAUTHORITY"])
    desk = await FakeDesk.come(lab.world.socket, display.environment)
    request_id, visit = await lab.session(desk, engineer)
    if views:
        visit.ask(Capability.VIEW)
        await desk.answer()
        view = await visit.view(await visit.granted(Capability.VIEW))
        await view.picture()
    await lab.do(lab.children.kill, display.server)
    assert await desk.outcome(within_s=5) is SessionEnd.DISPLAY_LOST
    assert await visit.over(within_s=5) is SessionEnd.DISPLAY_LOST
    assert lab.outcomes(request_id) == ["display_lost"]
    await desk.close()
    await lab.do(lab.wait, lambda: not lab.hosts(), within_s=5)
