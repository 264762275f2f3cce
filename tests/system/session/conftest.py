"""One lab for all tests of this room, and after each of them a look for what it may have left behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from examples.demo.children import Children
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab, open_lab

GONE_WITHIN_S = 30.0
"""For a machine that is busy with other tests; how fast it must be is in test_kill.py."""


@pytest.fixture(scope="session")
def the_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    with Children(folder) as children:
        lab = open_lab(folder, children)
        yield lab
        for door in (lab.link_door, lab.session_door, lab.relay):
            door.close()


@pytest.fixture
def lab(the_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    lab = the_lab
    monkeypatch.setenv("XAUTHORITY", lab.display.environment["XAUTHORITY"])
    assert lab.world.server is not None
    assert lab.world.agent is not None
    if not lab.world.server.is_running:
        lab.start_server()
    if not lab.world.agent.is_running:
        lab.start_agent()
    lab.forget_limits()
    yield lab
    lab.relay.behave()
    lab.session_door.target = lab.world.ports[2]
    lab.link_door.target = lab.world.ports[1]
    lab.session_door.mend()
    lab.link_door.mend()


@pytest.fixture
async def desk(lab: Lab) -> AsyncIterator[FakeDesk]:
    """A technician at their desk.  Whatever the test did: no process stays, and each request has one outcome."""
    desk = await lab.desk()
    yield desk
    print(
        "the journal's end:", *lab.journal()[-12:], "the desk heard:", *desk.heard[-5:], sep="\n"
    )  # shown of a failure
    await desk.close()
    if lab.world.agent is not None and lab.world.agent.is_running:
        until = time.monotonic() + GONE_WITHIN_S
        while lab.hosts() and time.monotonic() < until:
            await asyncio.sleep(0.05)
        assert not lab.hosts(), "a host stayed"
        while not one_outcome_each(lab) and time.monotonic() < until:
            await asyncio.sleep(0.05)  # the outcome is written when the host has gone
        assert one_outcome_each(lab), "one outcome for each request"


def one_outcome_each(lab: Lab) -> bool:
    kinds = [kind for kind, _ in lab.journal()]
    return kinds.count("session_ended") == kinds.count("request_opened")


@pytest.fixture
async def engineer(lab: Lab) -> AsyncIterator[Engineer]:
    engineer = lab.engineer()
    yield engineer
    await engineer.close()
