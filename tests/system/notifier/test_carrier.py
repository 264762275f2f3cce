"""From the notifier's journal through the agent's door to a server, in order, once, and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from benchside.agent.door import Door
from benchside.agent.identity import DeviceFile
from benchside.agent.notices import Notices
from benchside.notifier.carrier import Carrier, advisory_key
from benchside.notifier.journal import Journal
from benchside.notifier.words import PACKAGE_CATALOGUE, read_words
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.wire import carrier as wire
from benchside.protocol.wire.condition import ChangeKind, ConditionKey, Severity, Signal, SignalState
from benchside.protocol.wire.link import LinkMessage

pytestmark = pytest.mark.system

KEY = ConditionKey("pc.disk", "C:", "space_low")
ADVISORY = wire.AdvisoryOffered(
    id=b"a" * 16,
    severity=Severity.SERIOUS,
    texts={"en": "Do not use lot 7."},
    advice={"en": "Use lot 8."},
    until_utc_ms=2**41,
)


DEVICE = DeviceFile(
    device_id="00",
    device="PC 7",
    site="lab",
    site_name="Lab",
    region="global",
    link_url="",
    relay="",
    relay_url="",
    phone="",
    instruments=(),
    authority_key="",
)


class Server:
    """What the other end of the link would do; `keeps` can be taken away."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "agent.sock"
        self.is_online = True
        self.keeps = True
        self.sequences: list[int] = []
        """Each that came, as often as it came, and that was kept."""
        self.told: list[bool] = []
        self.notices = Notices(self.hear, lambda: self.is_online)
        self.door = Door(
            self.socket,
            desk_users=(),
            on_enter=lambda desk: None,
            on_message=lambda desk, message: None,
            on_leave=lambda desk: None,
            on_assay=lambda running: running,
            on_carrier=self.notices.serve,
        )

    def hear(self, message: LinkMessage) -> None:
        match message:
            case wire.NoticesAsked():
                self._kept(message.journal)
            case wire.NoticesReported():
                batch = wire.unpack_batch(message.batch)
                if self.keeps:
                    self.sequences += [change.sequence for change in batch.changes]
                    self._kept(batch.journal)
            case wire.WatchTold():
                self.told.append(message.is_well)

    def _kept(self, journal: bytes) -> None:
        self.notices.link_said(wire.NoticesKept(journal=journal, sequence=max(self.sequences, default=0)))

    def look(self, now: float = 0.0, *, assay: bool = False) -> None:
        self.notices.look(DEVICE, is_assay_running=assay, now=now)


class Notifier:
    """What the carrier tells its notifier."""

    def __init__(self) -> None:
        self.online: list[bool | None] = []
        self.assays: list[bool] = []
        self.signals: list[Signal] = []

    def agent_said(self, *, is_online: bool | None, is_assay_running: bool) -> None:
        self.online.append(is_online)
        self.assays.append(is_assay_running)

    def signals_came(self, signals: tuple[Signal, ...]) -> None:
        self.signals += signals


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path)
    await server.door.open()
    yield server
    await server.door.close()


class Carried:
    """A journal, its carrier, and the notifier around it."""

    def __init__(self, folder: Path, agent: Path) -> None:
        self.journal = Journal(folder / "notices.db")
        self.notifier = Notifier()
        self.words = read_words([PACKAGE_CATALOGUE])
        self.carrier = Carrier(agent, self.journal, self.words, self.notifier)
        self.task = asyncio.create_task(self.carrier.run())

    def write(self, count: int = 1) -> None:
        self.journal.append([drafted(ChangeKind.CLEARED, 1, KEY, count=1)] * count)
        self.carrier.changed()


@pytest.fixture
async def carried(tmp_path: Path, server: Server) -> AsyncIterator[Carried]:
    carried = Carried(tmp_path, server.socket)
    yield carried
    carried.task.cancel()


async def until(fact: Callable[[], bool], server: Server) -> None:
    async with asyncio.timeout(10):
        while not fact():
            server.look()
            await asyncio.sleep(0.01)


async def test_all_of_the_journal_arrives_in_order_and_once(carried: Carried, server: Server) -> None:
    carried.write(250)
    await until(lambda: len(server.sequences) == 250, server)
    carried.write()
    await until(lambda: len(server.sequences) == 251, server)
    assert server.sequences == list(range(1, 252))
    await until(lambda: carried.carrier.unsent == 0, server)
    assert server.told == [True]


async def test_it_goes_on_where_the_server_is_after_the_link_was_away(carried: Carried, server: Server) -> None:
    carried.write(3)
    await until(lambda: carried.carrier.unsent == 0, server)
    server.is_online = False
    server.notices.link_down()
    carried.write(120)
    await until(lambda: carried.notifier.online[-1] is False, server)
    assert len(server.sequences) == 3
    server.is_online = True
    await until(lambda: carried.carrier.unsent == 0, server)
    assert server.sequences == list(range(1, 124))
    assert server.told == [True, True]


async def test_a_restarted_notifier_asks_first(carried: Carried, server: Server, tmp_path: Path) -> None:
    carried.write(5)
    await until(lambda: carried.carrier.unsent == 0, server)
    carried.task.cancel()
    again = Carried(tmp_path, server.socket)
    assert again.carrier.kept == 5
    again.write(2)
    await until(lambda: again.carrier.unsent == 0, server)
    assert server.sequences == list(range(1, 8))
    again.task.cancel()


async def test_a_server_that_lost_some_gets_them_again(carried: Carried, server: Server) -> None:
    carried.write(5)
    await until(lambda: carried.carrier.unsent == 0, server)
    del server.sequences[2:]
    server.is_online = False
    server.notices.link_down()
    server.is_online = True
    await until(lambda: server.sequences == [1, 2, 3, 4, 5], server)


async def test_without_an_agent_nothing_is_lost(tmp_path: Path) -> None:
    alone = Carried(tmp_path, tmp_path / "nobody.sock")
    alone.write(7)
    await asyncio.sleep(0)
    assert alone.carrier.unsent == 7
    alone.task.cancel()


async def test_an_advisory_becomes_a_condition_with_its_own_words(
    carried: Carried, server: Server, tmp_path: Path
) -> None:
    await until(lambda: True in carried.notifier.online, server)
    server.notices.link_said(ADVISORY)
    key = advisory_key(ADVISORY.id)
    await until(lambda: Signal(key, SignalState.ON, severity=Severity.SERIOUS) in carried.notifier.signals, server)
    assert carried.words.tell(key, {}) == {"en": "Do not use lot 7."}
    again = Carried(tmp_path, tmp_path / "nobody.sock")
    assert again.words.tell(key, {}) == {"en": "Do not use lot 7."}
    again.task.cancel()
    server.notices.link_said(wire.AdvisoryWithdrawn(id=ADVISORY.id))
    await until(lambda: carried.notifier.signals[-1] == Signal(key, SignalState.OFF), server)


async def test_an_advisory_ends_with_its_time(carried: Carried, server: Server) -> None:
    await until(lambda: True in carried.notifier.online, server)
    server.notices.link_said(ADVISORY)
    await until(lambda: bool(carried.notifier.signals), server)
    carried.carrier.look(2**41)
    assert carried.notifier.signals[-1].state is SignalState.OFF
    carried.carrier.look(1)
    assert carried.notifier.signals[-1].state is SignalState.ON, "the clock was ten years ahead for a while"


async def test_a_run_is_told_and_a_missing_notifier_after_a_minute(carried: Carried, server: Server) -> None:
    await until(lambda: True in carried.notifier.online, server)
    server.look(assay=True)
    await until(lambda: True in carried.notifier.assays, server)
    carried.task.cancel()
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(10):
        while server.told[-1]:
            server.look(loop.time() + 61)
            await asyncio.sleep(0.01)
    assert server.told == [True, False]
