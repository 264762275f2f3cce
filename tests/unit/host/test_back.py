"""Coming back: an opening that anybody may have kept brings nothing back, the first authentic record does."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes.people import associate, site

from benchside.host import lines as module
from benchside.host.agent import AgentSide, HeldTicket
from benchside.host.channel import Opened, PairedLink, RelayDialler
from benchside.host.lines import LineEvents, Lines
from benchside.host.reception import MAX_USED_TICKETS, Reception
from benchside.host.visit import _settle
from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError, UnavailableError
from benchside.protocol.flow import entry as flow
from benchside.protocol.flow.entry import Visitor
from benchside.protocol.flow.session import Phase
from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.trust.policy import sign_policy
from benchside.protocol.trust.schedule import SessionKeys
from benchside.protocol.trust.ticket import issue_ticket
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.handshake import HANDSHAKE, HostConfirm, Refused
from benchside.protocol.wire.host import BeginHosting
from benchside.protocol.wire.policy import NO_RULES, AssociateEntry, PolicyPayload
from benchside.protocol.wire.ticket import TicketPayload

MAX_WAIT_S = 15.0


@dataclass
class Link:
    """What comes of it is what the test says."""

    said: list[bytes] = field(default_factory=list)
    is_closed: bool = False

    def send(self, data: bytes) -> None:
        self.said.append(data)

    def close(self) -> None:
        self.is_closed = True

    abort = close


class Events:
    """A session that writes down what its lines tell it."""

    phase = Phase.LOST

    def __init__(self) -> None:
        self.told: list[str] = []
        self.news = asyncio.Event()

    def __getattr__(self, name: str) -> Callable[..., None]:
        def note(*_: object) -> None:
            self.told.append(name)
            self.news.set()

        return note

    async def wait(self, count: int, name: str) -> None:
        async with asyncio.timeout(MAX_WAIT_S):
            while self.told.count(name) < count:
                self.news.clear()
                await self.news.wait()


class Replays:
    """Whoever holds the relay: opens `main` as often as it likes, and has no record of its own."""

    def __init__(self) -> None:
        self.runs: list[asyncio.Queue[bytes | Exception]] = []

    async def pair(self, channel: Channel, within_s: float | None) -> PairedLink:
        return PairedLink(cast(Any, Link()), HeldTicket(b"", 0))


class Record:
    """An open epoch whose records are what the test puts into its queue."""

    is_forgotten = False

    def __init__(self, queue: asyncio.Queue[bytes | Exception]) -> None:
        self._queue = queue
        self.link = Link()

    def forget(self) -> None:
        self.is_forgotten = True

    def seal(self, plain: bytes) -> bytes:
        return plain

    async def serve(self, take: Callable[[bytes], None]) -> None:
        while True:
            record = await self._queue.get()
            if isinstance(record, Exception):
                raise record
            take(record)


@pytest.fixture
async def events(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Events, Replays, Lines]]:
    events, relay = Events(), Replays()

    async def open_epoch(*_: object, **__: object) -> Opened:
        relay.runs.append(asyncio.Queue())
        return cast(Opened, Record(relay.runs[-1]))

    monkeypatch.setattr(module, "open_epoch", open_epoch)
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(module, "MAX_WAIT_S", 0.001)
    lines = Lines(cast(RelayDialler, relay), cast(LineEvents, events))
    keys = SessionKeys(request_id=bytes(16), role=Role.PC, master=bytes(64))
    lines.take_keys(keys, cast(Opened, Record(asyncio.Queue())))
    lines.start()
    yield events, relay, lines
    lines.end(b"", lambda: None)


async def test_main_counts_as_back_at_the_first_authentic_record(events: tuple[Events, Replays, Lines]) -> None:
    told, relay, _ = events
    for opening in range(1, 6):
        await told.wait(opening, "main_opened")
        assert "main_stood" not in told.told, "an opening shows nobody"
        fault = PeerError(PeerFault.NOT_AUTHENTIC, "expected a record of this epoch, got another")
        relay.runs[-1].put_nowait(fault if opening % 2 else UnavailableError("gone"))
    await told.wait(6, "main_opened")
    relay.runs[-1].put_nowait(b"a record")
    await told.wait(1, "main_said")
    assert told.told.index("main_stood") < told.told.index("main_said")
    relay.runs[-1].put_nowait(b"another")
    await told.wait(2, "main_said")
    assert told.told.count("main_stood") == 1
    assert told.told.count("record_forged") == 3


# tickets

AUTHORITY, TICKETS = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
REQUEST, DEVICE, KEY = bytes(16), b"d" * 16, b"k" * 32


def now_ms() -> int:
    """Of this moment, not of the import: a long run of tests is longer than a ticket lives."""
    return time.time_ns() // 1_000_000


def ticket(serial: bytes, *, expires_in_ms: int = 60_000) -> bytes:
    now = now_ms()  # asked once: a ticket of a minute and a millisecond is refused
    payload = TicketPayload(
        version=VERSION,
        serial=serial,
        associate="m.ferrer",
        relay="relay-1",
        request_id=REQUEST,
        device_id=DEVICE,
        role=Role.CONSOLE,
        channel=Channel.MAIN,
        key=KEY,
        issued_utc_ms=now,
        expires_utc_ms=now + expires_in_ms,
    )
    return issue_ticket(payload, TICKETS)


@pytest.fixture
def reception() -> Reception:
    entry = associate("m.ferrer", KEY, expires_utc_ms=now_ms() + 3_600_000)
    other = associate("a.lind", bytes(31) + b"2", expires_utc_ms=now_ms() + 3_600_000, name="Anna Lind")
    payload = PolicyPayload(
        version=1,
        issued_utc_ms=now_ms(),
        expires_utc_ms=now_ms() + 3_600_000,
        ticket_keys=(public_bytes(TICKETS.public_key()),),
        associates=(entry, other),
        sites=(site("lab"),),
    )
    begin = cast(BeginHosting, Begin(sign_policy(payload, AUTHORITY)))
    reception = Reception(begin)
    reception.visitor = Visitor(entry=entry, key=KEY, nonces=(bytes(32), bytes(32)))
    return reception


@pytest.mark.parametrize(("second", "name"), [(None, None), ("a.lind", "Anna Lind")])
def test_a_person_is_shown_by_the_names_that_the_policy_has(
    reception: Reception, second: str | None, name: str | None
) -> None:
    assert reception.visitor is not None
    reception.visitor = dataclasses.replace(reception.visitor, second=second)
    shown = reception.shown()
    assert shown is not None
    assert (shown.name, shown.second) == (reception.visitor.entry.name, name)


class Begin:
    request_id, device_id = REQUEST, DEVICE
    authority_key = public_bytes(AUTHORITY.public_key())
    region, site = "global", "lab"
    instruments = ()
    rules = NO_RULES

    def __init__(self, policy: bytes) -> None:
        self.policy = policy


def test_a_ticket_that_a_relay_shows_again_opens_nothing(reception: Reception) -> None:
    first, second = ticket(b"1" * 16), ticket(b"2" * 16)
    reception.check_ticket(first, Channel.MAIN, 0)
    for _ in range(3):
        with pytest.raises(RefusedError) as caught:
            reception.check_ticket(first, Channel.MAIN, 0)
        assert caught.value.reason is Refusal.TICKET_USED
    reception.check_ticket(second, Channel.MAIN, 0)
    with pytest.raises(RefusedError):
        reception.check_ticket(first, Channel.MAIN, 0)


def test_the_memory_of_tickets_has_a_bound_and_does_not_forget(reception: Reception) -> None:
    first = ticket(b"1" * 16)
    reception.check_ticket(first, Channel.MAIN, 0)
    for number in range(MAX_USED_TICKETS - 1):
        reception.check_ticket(ticket(number.to_bytes(16, "big")), Channel.MAIN, 0)
    for serial in (b"1" * 16, b"9" * 16):
        with pytest.raises(RefusedError):
            reception.check_ticket(ticket(serial), Channel.MAIN, 0)
    assert len(reception._used) == MAX_USED_TICKETS


# the journal before the confirmation


class Journals:
    """An agent that answers, or does not."""

    def __init__(self, *, writes: bool) -> None:
        self.asked = asyncio.Event()
        self.written = asyncio.Event()
        self._writes = writes

    async def settle_guess(self) -> None:
        self.asked.set()
        if not self._writes:
            raise UnavailableError("expected the agent's answer, got none")
        await self.written.wait()


def established() -> flow.Established:
    entry = cast(AssociateEntry, type("Entry", (), {"id": "m.ferrer"})())
    visitor = Visitor(entry=entry, key=KEY, nonces=(bytes(32), bytes(32)))
    return flow.Established(visitor=visitor, master=bytes(64), confirm=HostConfirm(mac=bytes(64)))


async def test_the_console_hears_nothing_before_the_journal_has_it() -> None:
    link, agent = Link(), Journals(writes=True)
    paired = PairedLink(cast(Any, link), HeldTicket(b"", 0))
    settling = asyncio.create_task(_settle(paired, cast(AgentSide, agent), established(), lambda: True))
    await agent.asked.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    assert link.said == []
    agent.written.set()
    outcome = await settling
    assert outcome.established is not None
    assert isinstance(HANDSHAKE.decode(link.said[0]), HostConfirm)


@pytest.mark.parametrize(
    ("writes", "is_current", "why"), [(False, True, Refusal.JOURNAL), (True, False, Refusal.CODE_DEAD)]
)
async def test_no_confirmation_without_an_entry_or_for_a_dead_code(
    writes: bool, is_current: bool, why: Refusal
) -> None:
    link, agent = Link(), Journals(writes=writes)
    paired = PairedLink(cast(Any, link), HeldTicket(b"", 0))
    outcome = await _settle(paired, cast(AgentSide, agent), established(), lambda: is_current)
    assert outcome.established is None
    assert outcome.over is not None
    assert outcome.over.counted, "it could have been right, so it counts"
    assert [HANDSHAKE.decode(each) for each in link.said] == [Refused(reason=why)]
    assert link.is_closed
    assert agent.asked.is_set() is is_current
