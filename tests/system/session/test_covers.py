"""What the lab says about a session with real programs: covers by rule and by hand, a run in progress, pasting."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from examples.demo.world import BENCHSIDE
from tests.fakes.desk import READING_S, FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab
from tests.fakes.xclient import XClient

from benchside.protocol.errors import Refusal
from benchside.protocol.wire import desk as wire
from benchside.protocol.wire import session as said
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.cover import CoverShown, DesktopBox

pytestmark = [pytest.mark.system, pytest.mark.slow]

RULES = """
model = "cx-*"
[[cover]]
name = "patient list"
window = { title = "Worklist*" }
"""
PLACE = DesktopBox(600, 300, 700, 400)
WITHIN_S = 15.0


@pytest.fixture
def rules(lab: Lab) -> Iterator[Path]:
    """The lab's file, for as long as the test."""
    folder = lab.world.pc_folder / "covers.d"
    folder.mkdir()
    yield folder / "cx.toml"
    shutil.rmtree(folder)


async def test_a_rule_that_cannot_be_read_closes_the_pc_until_it_is_mended(
    lab: Lab, desk: FakeDesk, engineer: Engineer, rules: Path
) -> None:
    rules.write_text(RULES.replace("title", "titel"))
    closed = await desk.wait(wire.DeskWelcome, within_s=WITHIN_S, where=lambda one: bool(one.missing))
    assert closed.missing == (Refusal.COVERS_UNREADABLE,)
    desk.say(wire.OpenRequest(technician="Pia Roca", reason="The rack does not come out", instrument="CX-2"))
    assert (await desk.wait(wire.DeskRefused)).reason is Refusal.COVERS_UNREADABLE
    rules.write_text(RULES)
    await desk.wait(wire.DeskWelcome, within_s=WITHIN_S, where=lambda one: not one.missing)
    _, visit = await lab.session(desk, engineer)
    visit.say(said.LeaveSession())
    await desk.outcome()


async def test_rules_and_hand_cover_together_and_the_journal_says_how_many(
    lab: Lab, desk: FakeDesk, engineer: Engineer, rules: Path
) -> None:
    rules.write_text(RULES)
    client = XClient(lab.display.environment["DISPLAY"])
    client.window(100, 100, 200, 100, 0xFF00FF, title="Worklist of today")
    request_id, visit = await lab.session(desk, engineer)
    visit.ask(Capability.VIEW)
    prompt = await desk.wait(wire.PromptShown)
    desk.say(wire.SetCovers(areas=(PLACE,)))
    await asyncio.sleep(READING_S)
    desk.press(prompt)
    await visit.granted(Capability.VIEW)
    expected = {CoverShown(DesktopBox(100, 100, 300, 200), False), CoverShown(PLACE, True)}
    async with asyncio.timeout(WITHIN_S):
        while True:
            desk.say(wire.CoversWanted())
            if set((await desk.wait(wire.CoversShown)).covers) == expected:
                break
    desk.say(wire.SetCovers(areas=()))
    async with asyncio.timeout(WITHIN_S):
        while any(cover.by_hand for cover in (await covers(desk))):
            pass
    visit.say(said.LeaveSession())
    await desk.outcome()
    client.close()
    changed = [details for kind, details in lab.journal(request_id) if kind == "covers_changed"]
    assert [(one.cause, one.count, one.technician) for one in changed] == [
        ("rule", "1", None),
        ("hand", "1", "Pia Roca"),
        ("hand", "0", "Pia Roca"),
    ]


async def covers(desk: FakeDesk) -> tuple[CoverShown, ...]:
    desk.say(wire.CoversWanted())
    return (await desk.wait(wire.CoversShown)).covers


@pytest.mark.long
async def test_a_run_is_flagged_by_a_program_or_the_technician_and_every_desk_knows(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    async def tell(change: str) -> None:
        command = [BENCHSIDE, "agent", "assay", change, "--socket", lab.world.socket]
        program = await asyncio.create_subprocess_exec(*map(str, command), stdout=asyncio.subprocess.DEVNULL)
        assert await program.wait() == 0

    await tell("start")
    await desk.wait(wire.AssayShown, where=lambda one: one.running)
    request_id, visit = await lab.session(desk, engineer)
    desk.say(wire.SetAssay(running=False))
    await desk.wait(wire.AssayShown, where=lambda one: not one.running)
    await tell("start")
    await desk.wait(wire.AssayShown, where=lambda one: one.running)
    await lab.do(lab.kill_agent)
    assert await visit.over() is not None
    await desk.close()
    await lab.do(lab.start_agent)
    other = await FakeDesk.come(lab.world.socket, lab.display.environment)
    await other.wait(wire.AssayShown, where=lambda one: one.running)
    await tell("end")
    await other.wait(wire.AssayShown, where=lambda one: not one.running)
    await other.close()
    kinds = [kind for kind in lab.kinds(request_id) if kind.startswith("assay")]
    assert kinds == ["assay_started", "assay_ended", "assay_started"]


@pytest.mark.long
@pytest.mark.parametrize("setting", ["ask", "never"])
async def test_pasting_is_allowed_where_the_lab_and_the_technician_say_so(
    lab: Lab, engineer: Engineer, setting: str
) -> None:
    settings = lab.world.pc_folder / "agent.toml"
    before = settings.read_bytes() if settings.exists() else None
    await lab.do(lab.kill_agent)
    settings.write_bytes((before or b"") + f'\n[control]\npaste = "{setting}"\n'.encode())
    await lab.do(lab.start_agent)
    desk = await lab.desk()
    try:
        _, visit = await lab.session(desk, engineer)
        visit.ask(Capability.VIEW)
        await desk.answer(capability=Capability.VIEW)
        await visit.granted(Capability.VIEW)
        visit.ask(Capability.CONTROL)
        prompt = await desk.wait(wire.PromptShown, where=lambda one: one.capability is Capability.CONTROL)
        assert prompt.paste is (setting == "ask")
        await asyncio.sleep(READING_S)
        desk.say(wire.AnswerPrompt(prompt=prompt.prompt, allow=True, scope=GrantScope(paste=True)))
        granted = await visit.hear(said.CapabilityGranted)
        assert granted.scope.paste is (setting == "ask")
        visit.say(said.LeaveSession())
        await desk.outcome()
    finally:
        await desk.close()
        await lab.do(lab.kill_agent)
        if before is None:
            settings.unlink()
        else:
            settings.write_bytes(before)
        await lab.do(lab.start_agent)
