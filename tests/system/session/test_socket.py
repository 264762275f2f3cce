"""The agent's local socket: who may come in, what a second desk may do, and what rubbish does there."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys

import pytest
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab

from benchside.protocol.errors import Refusal
from benchside.protocol.wire import desk as shown
from benchside.protocol.wire import session as said
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.session import SessionEnd

pytestmark = [pytest.mark.system, pytest.mark.slow]

ASK = """
import socket, sys
door = socket.socket(socket.AF_UNIX)
door.settimeout(5)
try:
    door.connect(sys.argv[1])
    door.sendall(bytes.fromhex(sys.argv[2]))
    print(len(door.recv(4096)))
except (ConnectionResetError, BrokenPipeError):
    print(0)
"""


@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("setpriv"), reason="needs root to become somebody else")
@pytest.mark.parametrize(("uid", "may"), [(65534, False), (33, False), (1000, True)])
def test_only_persons_and_the_agents_own_account_come_in(lab: Lab, uid: int, may: bool) -> None:
    hello = shown.DESK.encode(shown.DeskHello(version=1, locale="en", display={}))
    frame = len(hello).to_bytes(4, "big") + hello
    lab.world.socket.parent.chmod(0o711)
    try:
        answer = subprocess.run(
            ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "/usr/bin/python3", "-c", ASK,
             str(lab.world.socket), frame.hex()],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    finally:
        lab.world.socket.parent.chmod(0o700)
    assert (int(answer.stdout or -1) > 0) is may, answer.stderr


async def test_a_second_desk_can_neither_answer_nor_stop(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    _, visit = await lab.session(desk, engineer)
    visit.ask(Capability.VIEW)
    prompt = await desk.wait(shown.PromptShown)
    other = await FakeDesk.come(lab.world.socket, lab.display.environment, sees=False)
    assert (await other.wait(shown.DeskRefused)).reason is Refusal.BUSY
    await asyncio.sleep(0.8)
    for word in (
        shown.AnswerPrompt(prompt=prompt.prompt, allow=True),
        shown.StopSession(),
        shown.SetPaused(paused=True),
        shown.NewCode(),
        shown.CancelRequest(),
    ):
        other.say(word)
        assert (await other.wait(shown.DeskRefused)).reason is Refusal.NO_REQUEST
    other.say(shown.IndicatorShown(window=1))  # passed over: it may come late from a desk whose session has ended
    other.say(shown.OpenRequest(technician="Eve", reason="me too", instrument=""))
    assert (await other.wait(shown.DeskRefused)).reason is Refusal.BUSY
    assert not any(isinstance(one, shown.PromptShown | shown.CodeShown) for one in other.heard)
    await other.close()
    with pytest.raises(TimeoutError):
        await visit.hear(said.CapabilityGranted, within_s=0.3)
    desk.press(prompt)
    await visit.granted(Capability.VIEW)
    desk.say(shown.StopSession())
    assert await desk.outcome() is SessionEnd.STOPPED


async def test_answers_to_no_question_of_now_are_ignored(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    _, visit = await lab.session(desk, engineer)
    desk.say(shown.AnswerPrompt(prompt=1, allow=True))
    visit.ask(Capability.VIEW)
    prompt = await desk.wait(shown.PromptShown)
    await asyncio.sleep(0.8)
    for number in (prompt.prompt + 1, 2**53):
        desk.say(shown.AnswerPrompt(prompt=number, allow=True))
    with pytest.raises(TimeoutError):
        await visit.hear(said.CapabilityGranted, within_s=0.3)
    desk.say(shown.StopSession())
    assert await desk.outcome() is SessionEnd.STOPPED


async def test_rubbish_costs_its_sender_the_connection_and_nobody_else(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    _, visit = await lab.session(desk, engineer)
    alive = shown.DESK.encode(shown.DeskAlive())
    for rubbish in (
        os.urandom(64),
        b"\xff\xff\xff\xff",
        b"\0\0\0\0",
        b"\0\0\0\x05hello",
        len(alive).to_bytes(4, "big") + alive,
    ):
        door = socket.socket(socket.AF_UNIX)
        door.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(door, str(lab.world.socket))
        await loop.sock_sendall(door, rubbish)
        try:
            async with asyncio.timeout(6):
                assert await loop.sock_recv(door, 4096) == b""
        except ConnectionResetError:
            pass
        door.close()
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(60)]
    for one in crowd:
        one.connect(str(lab.world.socket))
    await asyncio.sleep(0.3)
    for one in crowd:
        one.close()
    visit.say(said.LeaveSession())
    assert await desk.outcome() is SessionEnd.LEFT
    assert lab.world.agent is not None
    assert "Traceback" not in lab.world.agent.log.read_text(), sys.platform


@pytest.mark.alone
async def test_a_desk_that_talks_rubbish_in_mid_session_ends_its_own(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    request_id, visit = await lab.session(desk, engineer)
    desk._stream._writer.write(b"\xff" * 64)
    assert await visit.over(within_s=5) is SessionEnd.DESK_LOST
    await lab.do(lab.until_journalled, request_id, "session_ended")
    assert lab.outcomes(request_id) == ["desk_lost"]
