"""Hostile callers of the notifier's socket: each costs itself the connection, and nobody else anything."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from benchside.notifier.door import MAX_HEARD_BYTES, Desk, Door
from benchside.platform.door.callers import MAX_CALLERS_EACH
from benchside.platform.door.here import connect_door
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState
from benchside.protocol.wire.notice import (
    NOTICE,
    NOTICE_VERSION,
    NoticeAlive,
    NoticeMessage,
    NoticesWanted,
    PutOutOfService,
    QuietTold,
    SignalPushed,
    SignalTaken,
)
from benchside.transport.frames import FrameStream

SIGNAL = SignalPushed(
    version=NOTICE_VERSION,
    signal=Signal(ConditionKey("local.test", "Pump", "low"), SignalState.ON, {"bar": 1.5, "who": "x"}),
)


def frame(message: NoticeMessage) -> bytes:
    data = NOTICE.encode(message)
    return len(data).to_bytes(4, "big") + data


class World:
    """A door, and what came through it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notifier.sock"
        self.signals: list[Signal] = []
        self.said: list[NoticeMessage] = []
        self.desks: list[Desk] = []
        self.door = Door(
            self.path,
            push_users=(),
            on_enter=self.desks.append,
            on_message=lambda desk, message: self.said.append(message),
            on_leave=self.desks.remove,
            on_signals=self._came,
        )

    def _came(self, signals: tuple[Signal, ...], done: Callable[[bool], None]) -> None:
        self.signals += signals
        done(True)

    async def throw(self, data: bytes) -> bytes:
        """Say `data` and no more; return all that came back until the end."""
        reader, writer = await connect_door(self.path)
        try:
            writer.write(data)
            writer.write_eof()
            async with asyncio.timeout(10):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def is_well(self) -> bool:
        """Whether an honest program is served."""
        return await self.throw(frame(SIGNAL)) == frame(SignalTaken())


@pytest.fixture
async def world() -> AsyncIterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        world = World(Path(folder))
        await world.door.open()
        yield world
        await world.door.close()


async def test_a_frame_cut_at_each_length_harms_nobody(world: World) -> None:
    whole = frame(SIGNAL)
    for length in range(len(whole)):
        assert await world.throw(whole[:length]) == b""
        assert await world.throw(whole + whole[:length]) == frame(SignalTaken())
    assert len(world.signals) == len(whole)


async def test_a_frame_byte_by_byte_is_read(world: World) -> None:
    reader, writer = await connect_door(world.path)
    for byte in frame(SIGNAL) * 2:
        writer.write(bytes([byte]))
        await writer.drain()
    stream = FrameStream(reader, writer, NOTICE)
    assert [await stream.receive(), await stream.receive()] == [SignalTaken(), SignalTaken()]
    writer.close()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        (0).to_bytes(4, "big"),
        (MAX_HEARD_BYTES + 1).to_bytes(4, "big") + bytes(MAX_HEARD_BYTES + 1),
        (2**31).to_bytes(4, "big"),
        frame(NoticeAlive()),
        frame(QuietTold(full_screen=True)),
        frame(PutOutOfService(key=SIGNAL.signal.key, by="x", why="x")),
        frame(msgspec.structs.replace(SIGNAL, version=2)),
        frame(NoticesWanted(version=2, locale="en")),
        frame(SIGNAL)[:-1] + b"\xc1",
    ],
)
async def test_what_is_no_first_message_ends_the_connection(world: World, data: bytes) -> None:
    assert await world.throw(data) == b""
    assert world.signals == []
    assert world.said == []
    assert await world.is_well()


@pytest.mark.parametrize(
    "message",
    [NoticesWanted(version=NOTICE_VERSION, locale="en"), QuietTold(full_screen=True), SignalTaken()],
)
async def test_a_program_stays_a_program(world: World, message: NoticeMessage) -> None:
    answer = await world.throw(frame(SIGNAL) + frame(message))
    assert answer == frame(SignalTaken())
    assert world.desks == []
    assert world.said == []


async def test_who_says_much_and_goes_without_an_ear_is_counted(world: World) -> None:
    _, writer = await connect_door(world.path)
    writer.write(frame(SIGNAL) * 300)
    writer.close()
    async with asyncio.timeout(10):
        while sum(signal.count for signal in world.signals) < 300:
            await asyncio.sleep(0.01)


async def test_a_length_beyond_the_limit_is_cut_off_before_it_comes(world: World) -> None:
    assert await world.throw(frame(SIGNAL) + (MAX_HEARD_BYTES + 1).to_bytes(4, "big")) == frame(SignalTaken())


@pytest.mark.parametrize(
    "what",
    [
        {"severity": "awful"},
        {"count": 0},
        {"count": 2**60},
        {"values": {f"v{number}": 1 for number in range(13)}},
        {"values": {"Bad Name": 1}},
        {"values": {"x": "a" * 121}},
        {"values": {"x": "two\nlines"}},
        {"values": {"x": float("nan")}},
        {"values": {"x": float("inf")}},
        {"values": {"x": [1]}},
        {"state": "maybe"},
        {"key": ["local.test", "", "low"]},
        {"key": ["local.test", "\u202eevil", "low"]},
        {"key": ["local.test", "x", "a b"]},
        {"key": ["local.test", "x" * 81, "low"]},
    ],
)
async def test_a_signal_that_breaks_its_form_ends_the_connection(world: World, what: dict[str, object]) -> None:
    signal = {"key": ["local.test", "Pump", "low"], "state": "on", "values": {}, "severity": None, "count": 1} | what
    data = msgspec.msgpack.encode({"t": "signal", "version": NOTICE_VERSION, "signal": [*signal.values()]})
    assert await world.throw(len(data).to_bytes(4, "big") + data) == b""
    assert world.signals == []


@pytest.mark.parametrize("source", ["pc.disk", "benchside.notifier", "vendor", "locality", "LOCAL.x"])
async def test_nobody_speaks_for_another_source(world: World, source: str) -> None:
    signal = Signal(ConditionKey(source, "x", "y"), SignalState.ON)
    answer = await world.throw(frame(SignalPushed(version=NOTICE_VERSION, signal=signal)))
    assert answer == frame(SignalTaken(refused="source"))
    assert world.signals == []


async def test_rubbish_at_random_harms_nobody(world: World) -> None:
    dice = random.Random(7)
    for _ in range(100):
        data = bytearray(frame(SIGNAL))
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        await world.throw(bytes(data))
    assert await world.is_well()


async def test_one_account_cannot_keep_others_out(world: World) -> None:
    callers = [await connect_door(world.path) for _ in range(MAX_CALLERS_EACH)]
    assert await world.throw(frame(SIGNAL)) == b"", "this account has enough"
    for _, writer in callers:
        writer.close()
    async with asyncio.timeout(10):
        while not await world.is_well():
            await asyncio.sleep(0.01)


CALL = """
import os, socket, sys
os.setgroups([]), os.setgid(int(sys.argv[2])), os.setuid(int(sys.argv[2]))
there = socket.socket(socket.AF_UNIX)
there.connect(sys.argv[1])
there.settimeout(5)
try:
    there.sendall(bytes.fromhex(sys.argv[3]))
    print("in" if there.recv(1) else "out")
except OSError:
    print("out")
"""


@pytest.mark.system
@pytest.mark.skipif(os.getuid() != 0, reason="only root can call as somebody else")
@pytest.mark.parametrize(("uid", "expected"), [(0, "in"), (1_234, "in"), (999, "out"), (61_200, "out")])
async def test_only_persons_and_named_accounts_are_let_in(world: World, uid: int, expected: str) -> None:
    words = (sys.executable, "-I", "-c", CALL, str(world.path), str(uid), frame(SIGNAL).hex())
    caller = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE, cwd="/")
    said, _ = await caller.communicate()
    assert said.decode().strip() == expected
