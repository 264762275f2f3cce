"""A worker that watches a log, and a notifier that goes: what was not taken is told again, and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchside.notifier.watch.worker import serve
from benchside.protocol.wire.condition import ConditionKey, Signal
from benchside.protocol.wire.watch import WATCH, Seen, Taken, WatchMessage, WatchStarted
from benchside.transport.frames import FrameStream

HOT = ConditionKey("log.cx", "instrument", "laser_hot")
RULES = """
[[rule]]
code = "laser_hot"
state = "on"
line = "LASER HOT"
[[rule]]
code = "laser_hot"
state = "off"
line = "LASER COLD"
"""


class Line:
    """The notifier's end: what a worker writes, and what it is to read."""

    def __init__(self) -> None:
        self.transport = self
        self.reader = asyncio.StreamReader()
        self.said: list[WatchMessage] = []
        self.came = asyncio.Event()

    def write(self, data: bytes) -> None:
        self.said.append(WATCH.decode(data[4:]))
        self.came.set()

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def tell(self, message: WatchMessage) -> None:
        data = WATCH.encode(message)
        self.reader.feed_data(len(data).to_bytes(4, "big") + data)

    def seen(self) -> list[Seen]:
        return [message for message in self.said if isinstance(message, Seen)]

    def signals(self) -> list[Signal]:
        return [signal for seen in self.seen() for signal in seen.signals if signal.key == HOT]

    async def until(self, fact: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not fact():
                self.came.clear()
                await self.came.wait()


class Lab:
    """A vendor's log, its rules, and one worker after the other."""

    def __init__(self, folder: Path) -> None:
        self.path, self.place = folder / "cx.log", folder / "log-cx.place"
        (folder / "rules.toml").write_text(RULES)
        self.settings = {
            "path": str(self.path), "rules": str(folder / "rules.toml"), "memory": str(self.place),
            "from_start": True, "every_s": 0.001,
        }  # fmt: skip

    def write(self, text: str) -> None:
        with self.path.open("a") as file:
            file.write(text)

    async def work(self, *, is_taken: bool, until: Callable[[Line], bool]) -> Line:
        """Run a worker until `until`, after which the notifier is gone."""
        line = Line()
        given = json.dumps({"settings": self.settings, "folders": []}).encode()
        line.tell(WatchStarted(what="log", name="cx", settings=given))
        task = asyncio.create_task(serve(FrameStream(line.reader, line, WATCH)))  # type: ignore[arg-type]
        await line.until(lambda: until(line))
        if is_taken:
            line.tell(Taken(upto=line.seen()[-1].upto))
        line.reader.feed_eof()
        assert await task == 0
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        return line


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def has_hot(line: Line) -> bool:
    return bool(line.signals())


async def test_what_the_notifier_has_not_taken_is_told_by_the_next_worker(lab: Lab) -> None:
    lab.write("10:00 LASER HOT\n")
    for _ in range(2):
        line = await lab.work(is_taken=False, until=has_hot)
        assert [signal.state.value for signal in line.signals()] == ["on"]


async def test_what_it_has_taken_is_told_once(lab: Lab) -> None:
    lab.write("10:00 LASER HOT\n")
    await lab.work(is_taken=True, until=has_hot)
    lab.write("10:01 LASER COLD\n")
    line = await lab.work(is_taken=False, until=has_hot)
    assert [signal.state.value for signal in line.signals()] == ["off"]
