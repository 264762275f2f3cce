"""The real programs on a PC whose disk was restored: held, told at the window, and released by an operator."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from examples.demo.world import run
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab

from benchside.protocol.errors import Refusal
from benchside.protocol.wire import desk as wire
from benchside.protocol.wire import session as said

pytestmark = [pytest.mark.system, pytest.mark.slow]

WITHIN_S = 20.0


async def visit_the_desk(lab: Lab, until: Callable[[wire.DeskWelcome], bool]) -> FakeDesk:
    """A desk that was told what the PC is, and waits for a change of it."""
    desk = await FakeDesk.come(lab.world.socket, lab.display.environment)
    welcomes = [one for one in desk.heard if isinstance(one, wire.DeskWelcome)]
    if not any(until(one) for one in welcomes):
        await desk.wait(wire.DeskWelcome, within_s=WITHIN_S, where=until)
    return desk


async def test_a_restored_disk_is_held_until_an_operator_releases_it(
    lab: Lab, engineer: Engineer, tmp_path: Path
) -> None:
    folder, data = lab.world.pc_folder, lab.world.server_folder
    await lab.do(lab.kill_agent)
    shutil.copytree(folder, tmp_path / "image")
    for _ in range(2):  # the PC goes on, and its image does not
        await lab.do(lab.start_agent)
        online = await lab.desk()
        _, visit = await lab.session(online, engineer)
        visit.say(said.LeaveSession())
        await online.outcome()
        await online.close()
        await lab.do(lab.kill_agent)
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "image", folder)
    await lab.do(lab.start_agent)

    desk = await visit_the_desk(lab, lambda one: Refusal.HELD in one.missing)
    number = [one.number for one in desk.heard if isinstance(one, wire.DeskWelcome) and one.number][-1]
    desk.say(wire.OpenRequest(technician="Pia Roca", reason="The rack does not come out", instrument="CX-2"))
    assert (await desk.wait(wire.DeskRefused)).reason is Refusal.HELD
    listed = await lab.do(run, "admin", "device", "list", "--data", data)
    assert "HELD" in listed
    assert f"came as {number}" in listed
    assert "a restored disk, or a copy" in listed
    status = await lab.do(run, "agent", "--state", folder, "status")
    assert f"yes, as {number}" in status

    device_id = lab.device_id.hex()
    await lab.do(run, "admin", "device", "release", device_id, "--number", number, "--data", data)
    await desk.wait(wire.DeskWelcome, within_s=WITHIN_S, where=lambda one: not one.missing)
    _, visit = await lab.session(desk, engineer)
    visit.say(said.LeaveSession())
    await desk.outcome()
    await desk.close()
    assert "HELD" not in await lab.do(run, "admin", "device", "list", "--data", data)
    verified = await lab.do(run, "agent", "--state", folder, "verify")
    assert "intact" in verified
    assert "was restored 1 times" in verified


async def test_an_operator_has_the_key_of_a_running_pc_changed(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    before = [kind for kind, _ in lab.journal()].count("device_key_changed")
    _, visit = await lab.session(desk, engineer)
    await lab.do(run, "admin", "device", "rotate", lab.device_id.hex(), "--data", lab.world.server_folder)
    await lab.do(lab.wait, lambda: [kind for kind, _ in lab.journal()].count("device_key_changed") > before, 10)
    visit.say(said.LeaveSession())  # a session goes on over it
    await desk.outcome()
    await lab.do(lab.kill_agent)
    await lab.do(lab.start_agent)
    again = await lab.desk()
    await again.close()


async def test_the_keys_on_the_disk_are_not_open_and_a_second_agent_is_refused(lab: Lab) -> None:
    folder = lab.world.pc_folder
    told = await lab.do(run, "agent", "--state", folder, "status")
    is_sealed = "systemd credentials" in told
    for name in ("device.key", "identity.pem"):
        assert (folder / name).read_bytes().startswith(b"benchside sealed 1 systemd\n") is is_sealed
    with pytest.raises(Exception, match="another agent runs"):
        await lab.do(run, "agent", "--state", folder, "run", "--socket", folder / "other.sock")
