"""One broken adapter says 10,000 signals a second for ten seconds: what it costs the PC, and what comes of them.

Once a program floods the local socket, as `benchside notify` would but on one connection; once the instrument's program
floods its log.  Each time a real notifier with its workers stands beside a desk; four of five signals say again that
one of twenty pumps fails, the fifth is something that happened and is over.  The processor's share is of one core, from
the first signal until the last is taken, of notifier and workers together.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from tests.fakes.notifier_process import NotifierProcess

from bench.notices.world import LOCAL, LOG, RULES, write_settings
from bench.session.footprint import cpu_s
from benchside.notifier.journal import Journal
from benchside.platform.door.here import connect_door
from benchside.protocol.flow.popups import CARDS_APART_S
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState
from benchside.protocol.wire.notice import (
    NOTICE,
    NOTICE_VERSION,
    NoticeAlive,
    NoticeMessage,
    NoticesShown,
    PopUp,
    PopUpShown,
    SignalPushed,
    SignalTaken,
)
from benchside.transport.frames import FrameStream

A_SECOND = 10_000
SECONDS = 10.0
PIECE = 100
"""Signals at once, a hundred times a second: a program that floods does not wait in between."""
PUMPS = 20
MARK = 999
"""The pump that fails last, by which the end of the log is known."""
SETTLED_S = 4.0
"""What starting takes is not what a flood takes."""
WITHIN_S = 60.0
WORKERS = 2
"""The checks' and the log's."""
PULSE = """
[[rule]]
code = "retried"
state = "pulse"
line = "WARN W7003 command repeated"
subject = "Controller"
"""


@dataclass
class Desk:
    """Somebody at the PC, who is shown things."""

    stream: FrameStream[NoticeMessage]
    popups: int = 0
    active: set[ConditionKey] = field(default_factory=set)

    async def listen(self) -> None:
        while (message := await self.stream.receive()) is not None:
            if isinstance(message, PopUp):
                self.popups += 1
                self.stream.send(PopUpShown(number=message.number))
            elif isinstance(message, NoticesShown):
                self.active = {one.state.key for one in message.notices if one.state.is_active}

    async def stay(self) -> None:
        while True:
            await asyncio.sleep(10)
            self.stream.send(NoticeAlive())


Flood = Callable[[NotifierProcess, Path, float, Desk], Awaitable[int]]
"""Floods for some seconds, waits until the last signal is taken, and returns how many there were."""


async def main(folder: Path, quick: bool) -> dict[str, float]:
    """Measure both; the issue's figures are the worse of each."""
    seconds = 1.0 if quick else SECONDS
    of = {
        "local": await measure(folder / "local", flood_door, LOCAL, seconds),
        "log": await measure(folder / "log", flood_log, LOG, seconds),
    }
    worst = {name: max(one[name] for one in of.values()) for name in of["local"]}
    worst["flood_signals_s"] = min(one["flood_signals_s"] for one in of.values())
    return worst | {name.replace("flood_", f"flood_{kind}_"): one[name] for kind, one in of.items() for name in one}


async def measure(folder: Path, flood: Flood, source: str, seconds: float) -> dict[str, float]:
    folder.mkdir()
    notifier, log = NotifierProcess(folder), folder / "analyser.log"
    log.write_text("")
    write_settings(notifier.state, log)
    (notifier.state / "rules.toml").write_text(RULES + PULSE)
    await notifier.start()
    stream, _ = await notifier.desk()
    desk = Desk(stream)
    tasks = [asyncio.create_task(desk.listen()), asyncio.create_task(desk.stay())]
    await asyncio.sleep(SETTLED_S)
    before_kb = kilobytes(notifier)
    processes = await lasting(notifier)
    began, cpu = time.monotonic(), cpu_s(processes)
    sent = await flood(notifier, log, seconds, desk)
    took_s, cpu = time.monotonic() - began, cpu_s(processes) - cpu
    # a worker says at most four turns of one condition, a tenth of a second apart; and a card waits for the one before
    await asyncio.sleep(1.0 if seconds < SECONDS else CARDS_APART_S + 5.0)
    assert all(one.is_running() for one in processes), "a process was started anew"
    grown_kb = kilobytes(notifier) - before_kb
    assert await notifier.stop() == 0
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    entries, counted = in_journal(notifier, source)
    print(
        f"  {source}: {sent} signals in {took_s:.1f} s, {counted} counted in {entries} entries, {desk.popups} pop-ups",
        flush=True,
    )
    return {
        "flood_signals_s": round(sent / took_s),
        "flood_cpu_percent": round(100 * cpu / took_s, 1),
        "flood_popups": desk.popups,
        "flood_journal_entries": entries,
        "flood_counted_wrong": abs(sent - counted),
        "flood_journal_kb": grown_kb,
    }


async def lasting(notifier: NotifierProcess) -> list[psutil.Process]:
    """The notifier, its nursery and its workers; what a worker starts, as a look into the system's journal, is not."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            program = psutil.Process(notifier.pid)
            nurseries = program.children()
            workers = [worker for nursery in nurseries for worker in nursery.children()]
            if len(workers) == WORKERS:
                return [program, *nurseries, *workers]
            await asyncio.sleep(0.1)


def kilobytes(notifier: NotifierProcess) -> int:
    """The journal's files with what waits beside it."""
    return sum(file.stat().st_size for file in notifier.state.glob("notices.db*")) // 1024


def in_journal(notifier: NotifierProcess, source: str) -> tuple[int, int]:
    """How many entries there are of the flood, and the sum of the signals in them."""
    journal, entries, counted, at = Journal(notifier.state / "notices.db"), 0, 0, 0
    try:
        assert journal.project().broken_at is None
        while changes := journal.after(at, 500):
            at = changes[-1].sequence
            of = [one for one in changes if one.key is not None and one.key.source == source]
            entries += len(of)
            counted += sum(one.count or 0 for one in of)
    finally:
        journal.close()
    return entries, counted


async def paced(seconds: float, piece: Callable[[], Awaitable[None]]) -> None:
    """Call `piece` a hundred times a second, and make up for what was late."""
    began = time.monotonic()
    for number in range(int(seconds * A_SECOND / PIECE)):
        await asyncio.sleep(max(0.0, began + number * PIECE / A_SECOND - time.monotonic()))
        await piece()


async def flood_door(notifier: NotifierProcess, log: Path, seconds: float, desk: Desk) -> int:
    """On one connection, without waiting for an answer; each is answered."""
    del log, desk
    reader, writer = await connect_door(notifier.socket)
    count = int(seconds * A_SECOND / PIECE) * PIECE
    on = [Signal(ConditionKey(LOCAL, f"Pump {number + 1}", "failed"), SignalState.ON) for number in range(PUMPS)]
    pulse = Signal(ConditionKey(LOCAL, "Controller", "retried"), SignalState.PULSE)
    frames = bytearray()
    for number in range(PIECE):
        signal = pulse if number % 5 == 4 else on[number % PUMPS]
        frame = NOTICE.encode(SignalPushed(version=NOTICE_VERSION, signal=signal))
        frames += len(frame).to_bytes(4, "big") + frame
    answers = asyncio.create_task(all_taken(FrameStream(reader, writer, NOTICE), count))

    async def piece() -> None:
        writer.write(bytes(frames))
        await writer.drain()

    await paced(seconds, piece)
    await answers
    writer.close()
    return count


async def all_taken(stream: FrameStream[NoticeMessage], count: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        for _ in range(count):
            answer = await stream.receive()
            assert answer == SignalTaken(), f"expected each signal to be taken, got {answer}"


async def flood_log(notifier: NotifierProcess, log: Path, seconds: float, desk: Desk) -> int:
    """A hundred lines at a time, as a program that buffers its log writes them; a last one says where it ends."""
    del notifier
    lines = [
        "2026-03-01 10:00:00.123 [Fluidics  ] WARN W7003 command repeated\r\n" if number % 5 == 4
        else f"2026-03-01 10:00:00.123 [Fluidics  ] ERROR E7001 pump {number % PUMPS + 1} failed\r\n"
        for number in range(PIECE)
    ]  # fmt: skip
    text = "".join(lines).encode()
    with log.open("ab", buffering=0) as file:

        async def piece() -> None:
            file.write(text)

        await paced(seconds, piece)
        file.write(f"2026-03-01 10:00:10.123 [Fluidics  ] ERROR E7001 pump {MARK} failed\r\n".encode())
    async with asyncio.timeout(WITHIN_S):
        while ConditionKey(LOG, f"Pump {MARK}", "failed") not in desk.active:
            await asyncio.sleep(0.02)
    return int(seconds * A_SECOND / PIECE) * PIECE + 1
