"""Workers of a nursery: they speak, they end, and they end with the service."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.system, pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot fork")]

SERVICE = """
import asyncio, os, sys
from benchside.platform.child.here import plant_nursery, speak_to_parent

async def speak():
    reader, writer = await speak_to_parent([])
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()

def work():
    asyncio.run(speak())
    return 0

start = plant_nursery(work)

async def main():
    told = []
    for number in range(3):
        child, reader, writer = await start()
        writer.write(b"hello\\n")
        told.append((await reader.readline()).decode().strip())
        if number == 0:
            child.kill()
        elif number == 1:
            writer.close()
        if number < 2:
            await asyncio.wait_for(child.wait(), 10)
            told.append(str(child.returncode))
            child.kill()
    print(*told, child.pid, flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


async def test_workers_speak_end_and_end_with_the_service() -> None:
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert service.stdout is not None
    *told, pid = (await asyncio.wait_for(service.stdout.readline(), 20)).decode().split()
    assert told == ["HELLO", "0", "HELLO", "0", "HELLO"]
    assert Path(f"/proc/{pid}").exists()
    assert os.getpgid(int(pid)) == int(pid)
    service.kill()
    await service.wait()
    async with asyncio.timeout(10):
        while Path(f"/proc/{pid}").exists():
            await asyncio.sleep(0.02)


FAILING = """
import asyncio, os, signal, sys
from pathlib import Path
from benchside.platform.child import linux_nursery
from benchside.platform.child.here import plant_nursery
from benchside.protocol.errors import UnavailableError

fork, forks = os.fork, []

def fork_but_once_not():
    forks.append(0)
    if sys.argv[1] == "fork" and len(forks) == 2:
        raise BlockingIOError("no more processes")
    return fork()

os.fork = fork_but_once_not
start = plant_nursery(lambda: 0)

async def say():
    try:
        child, _, _ = await start()
        await asyncio.wait_for(child.wait(), 10)
        print("worker")
    except UnavailableError:
        print("none")

async def main():
    if sys.argv[1] == "answer":
        linux_nursery.START_WITHIN_S = 0.2
        nursery = int(Path(f"/proc/self/task/{os.getpid()}/children").read_text())
        os.kill(nursery, signal.SIGSTOP)
        await say()
        linux_nursery.START_WITHIN_S = 10.0
        os.kill(nursery, signal.SIGCONT)
    await say()
    await say()

asyncio.run(main())
"""


async def said_where_it_fails(what: str) -> list[str]:
    service = await asyncio.create_subprocess_exec(sys.executable, "-c", FAILING, what, stdout=asyncio.subprocess.PIPE)
    said, _ = await asyncio.wait_for(service.communicate(), 30)
    return said.decode().split()


async def test_a_nursery_that_cannot_fork_says_so_and_lives_on() -> None:
    assert await said_where_it_fails("fork") == ["none", "worker"]


async def test_a_nursery_that_answers_late_is_given_up() -> None:
    """Its answer to the first would be taken for that to the second, and another worker be killed in its place."""
    assert await said_where_it_fails("answer") == ["none", "none", "none"]
