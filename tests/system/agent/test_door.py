"""The agent's local socket lets people's log-ins in and nobody else, whoever can reach the file."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchside.agent.door import Door

NOBODY, SERVICE, DYNAMIC, PERSON = 65_534, 999, 61_200, 1_234
CALL = """
import os, socket, sys
os.setgroups([]), os.setgid(int(sys.argv[2])), os.setuid(int(sys.argv[2]))
there = socket.socket(socket.AF_UNIX)
there.connect(sys.argv[1])
there.settimeout(float(sys.argv[3]))
try:
    print("out" if there.recv(1) == b"" else "said something")
except TimeoutError:
    print("in")
"""

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can call as somebody else")


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that every account can reach, as /run/benchside is."""
    with tempfile.TemporaryDirectory() as path:
        Path(path).chmod(0o755)
        yield Path(path)


async def never_carried(_stream: object) -> None:
    raise AssertionError("nobody here is a notifier")


async def call(path: Path, uid: int, within_s: float) -> str:
    words = (sys.executable, "-I", "-c", CALL, str(path), str(uid), str(within_s))
    caller = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE, cwd="/")
    said, _ = await caller.communicate()
    return said.decode().strip()


@pytest.mark.system
@pytest.mark.parametrize(
    ("uid", "desk_users", "expected"),
    [
        (0, (), "in"),
        (PERSON, (), "in"),
        (SERVICE, (), "out"),
        (DYNAMIC, (), "out"),
        (NOBODY, (), "out"),
        (PERSON, ("somebody-else",), "out"),
        (PERSON, (str(PERSON),), "in"),
    ],
)
async def test_only_a_persons_log_in_is_let_in(
    folder: Path, uid: int, desk_users: tuple[str, ...], expected: str
) -> None:
    path = folder / "agent.sock"
    door = Door(
        path,
        desk_users=desk_users,
        on_enter=lambda desk: None,
        on_message=lambda desk, message: None,
        on_leave=lambda desk: None,
        on_assay=lambda running: running,
        on_carrier=never_carried,
    )
    await door.open()
    try:
        # who is let in hears nothing for a second; to be shut out may take a busy machine longer
        assert await call(path, uid, 1.0 if expected == "in" else 10.0) == expected
    finally:
        await door.close()
