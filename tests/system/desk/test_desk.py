"""The desk as a program, with a real socket, a real X display and a technician on the accessibility tree."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import pairwise

import pytest
from examples.technician.client import SYSTEM_PYTHON
from tests.fakes.desk_states import CODE, PHONE, code, prompt, request, session
from tests.fakes.desk_world import ROOT, DeskWorld

from benchside.desk.operations.frames import frame
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.desk import (
    DESK,
    AnswerPrompt,
    DeskHello,
    IndicatorGone,
    IndicatorShown,
    OpenRequest,
    PromptClosed,
    RequestPhase,
    RevokeGrant,
    SessionOver,
    SetPaused,
    StopSession,
)
from benchside.protocol.wire.session import SessionEnd

pytestmark = [pytest.mark.system, pytest.mark.slow]

VIEW, CONTROL = Capability.VIEW, Capability.CONTROL
SCREEN_PX = (0, 0, 1280, 1024)
UP_WITHIN_S = 15.0
"""The desk puts its indicator on top four times a second; a busy PC takes longer to draw it."""


def test_the_whole_story(world: DeskWorld) -> None:
    """Request, code, view allowed, control allowed, paused, revoked, stopped: by accessibility alone."""
    agent = world.agent
    world.welcome()
    with subprocess.Popen(
        [SYSTEM_PYTHON, "examples/technician/desk.py", "tell", "--name", "Maria Soto", "--reason", "Error 41"],
        cwd=ROOT, env=world.environment, stdout=subprocess.PIPE, text=True,
    ) as teller:  # fmt: skip
        asked = agent.expect(OpenRequest)
        assert asked == OpenRequest(technician="Maria Soto", reason="Error 41", instrument="INS-4711")
        agent.say(request(RequestPhase.OPENING), code(), request(RequestPhase.QUEUED))
        assert teller.stdout is not None
        assert json.loads(teller.stdout.readline())["code"] == CODE
        agent.say(request(RequestPhase.CLAIMED, named=True), request(RequestPhase.CHECKING, named=True))
        world.in_session()
        agent.say(prompt(VIEW, number=1))
        answer = agent.expect(AnswerPrompt)
        assert answer == AnswerPrompt(prompt=1, allow=True, scope=GrantScope(monitors=(0,)))
        agent.say(PromptClosed(prompt=1), session(VIEW))
        assert agent.expect(IndicatorShown).window > 0
        agent.say(prompt(CONTROL, number=2))
        assert agent.expect(AnswerPrompt) == AnswerPrompt(prompt=2, allow=True, scope=GrantScope())
        agent.say(PromptClosed(prompt=2), session(VIEW, CONTROL))
        agent.expect(StopSession)
        agent.say(SessionOver(outcome=SessionEnd.STOPPED), request(RequestPhase.IDLE))
        agent.expect(IndicatorGone)
        lines = [json.loads(line) for line in teller.stdout]
    assert [line["do"] for line in lines] == ["allow view", "allow control", "stop", "over"]
    assert lines[0]["name"] == "Anna Lindqvist"
    assert "Corvane Diagnostics" in lines[0]["text"]
    assert lines[-1]["text"].startswith("You stopped the session.")


def test_pause_revoke_and_resume(world: DeskWorld) -> None:
    world.welcome()
    world.in_session(VIEW, CONTROL)
    world.agent.expect(IndicatorShown)
    world.technician("pause")
    assert world.agent.expect(SetPaused).paused
    world.agent.say(session(VIEW, CONTROL, paused=True))
    world.technician("wait-state", "paused")
    world.technician("resume")
    assert not world.agent.expect(SetPaused).paused
    world.agent.say(session(VIEW, CONTROL))
    world.technician("revoke", "control")
    assert world.agent.expect(RevokeGrant).capability is CONTROL


def test_the_pause_key_pauses_from_anywhere(world: DeskWorld) -> None:
    world.welcome()
    world.in_session(VIEW)
    world.agent.expect(IndicatorShown)
    world.xdotool("key", "Pause")
    assert world.agent.expect(SetPaused).paused


@pytest.mark.alone
def test_signs_of_life_come_five_times_a_second_in_a_session(world: DeskWorld) -> None:
    world.welcome()
    world.in_session(VIEW)
    world.agent.expect(IndicatorShown)
    time.sleep(0.3)
    before = len(world.agent.alive_at)
    time.sleep(1.2)
    beats = world.agent.alive_at[before:]
    assert len(beats) >= 5
    assert max(b - a for a, b in pairwise(beats)) < 0.5


def test_a_prompt_vanishes_when_it_is_closed(world: DeskWorld) -> None:
    world.welcome()
    world.in_session()
    world.agent.say(prompt(VIEW, number=9))
    world.technician("read-prompt")
    world.agent.say(PromptClosed(prompt=9))
    world.technician("--timeout-s", "1", "read-prompt", fails=True)


def test_an_agent_that_goes_away_is_told_and_found_again(world: DeskWorld) -> None:
    world.welcome()
    world.in_session(VIEW)
    world.agent.expect(IndicatorShown)
    world.agent.hang_up()
    world.technician("wait-state", "away")
    world.agent.expect(DeskHello)
    assert world.xdotool("search", "--onlyvisible", "--name", "^Benchside").count("\n") == 1
    world.welcome()


@pytest.mark.parametrize("data", [b"\xff" * 64, frame(b"\x80"), frame(DESK.encode(StopSession()))])
def test_what_no_agent_says_ends_the_connection_and_the_session(world: DeskWorld, data: bytes) -> None:
    world.welcome()
    world.in_session(VIEW)
    world.agent.expect(IndicatorShown)
    world.agent.say_bytes(data)
    world.technician("wait-state", "away")
    world.agent.expect(DeskHello)
    assert world.desk.is_running


def fills_screen(world: DeskWorld, name: str) -> bool:
    try:
        return world.box(name) == SCREEN_PX
    except subprocess.CalledProcessError:
        return False  # it is not up yet


def test_full_screen_software_does_not_cover_the_indicator(world: DeskWorld) -> None:
    world.welcome()
    world.in_session(VIEW)
    window = world.agent.expect(IndicatorShown).window
    program = "from PySide6.QtWidgets import *; a = QApplication([]); w = QLabel('run'); "
    program += "w.setWindowTitle('instrument'); w.showFullScreen(); a.exec()"
    instrument = world.children.start("full screen", [sys.executable, "-c", program], env=world.environment, cwd=ROOT)
    assert world.is_soon(lambda: fills_screen(world, "instrument")), "it does not fill the screen"
    world.xdotool("mousemove", "200", "800", "click", "1")
    stays = world.is_soon(lambda: world.see(window).is_visible, UP_WITHIN_S)
    seen = world.see(window)
    world.children.kill(instrument)
    assert stays, seen


def test_a_second_start_brings_the_first_to_the_front(world: DeskWorld) -> None:
    world.welcome()
    second = world.start_desk()
    assert second.wait(10) == 0
    assert world.desk.is_running


def test_the_phone_number_is_known_before_the_agent_answers(world: DeskWorld) -> None:
    world.welcome()
    kept = json.loads((world.folder / "state" / "desk.json").read_text())
    assert kept["phone"] == PHONE
    assert CODE not in json.dumps(kept)
