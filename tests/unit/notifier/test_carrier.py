"""What the carrier makes of the journal and of what the server says, without an agent."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from msgspec.structs import replace

from benchside.notifier.carrier import (
    BELIEVED_MS,
    OFFERED_WRONG_MS,
    SAID_IN_TEN_S,
    SET_BACK,
    Carrier,
    _packed,
    advisory_key,
)
from benchside.notifier.journal import Journal
from benchside.notifier.words import Words
from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.trust.conditions import CONDITIONS_START
from benchside.protocol.wire.carrier import (
    AdvisoryOffered,
    AdvisoryWithdrawn,
    CarrierShown,
    NoticesAsked,
    NoticesKept,
    NoticesReported,
    unpack_batch,
)
from benchside.protocol.wire.condition import (
    MAX_BATCH,
    ChangeKind,
    ConditionChange,
    ConditionKey,
    Severity,
    Signal,
    SignalState,
)
from benchside.protocol.wire.desk import DeskMessage

JOURNAL = b"j" * 16
DAY_MS = 86_400_000
NOW = 1_800_000_000_000
ADVISORY = AdvisoryOffered(
    id=b"a" * 16,
    severity=Severity.SERIOUS,
    texts={"en": "Lot 7."},
    advice={"en": "Use lot 8."},
    until_utc_ms=NOW + 10 * DAY_MS,
)
OVER = ADVISORY.until_utc_ms
WITHDRAWN = AdvisoryWithdrawn(id=ADVISORY.id)
ONLINE = CarrierShown(is_online=True, is_assay_running=False, site="Lab", device="PC 7", instruments=())


class Agent:
    """Stands in for the line to the agent, and for the notifier around the carrier."""

    def __init__(self, folder: Path) -> None:
        self.sent: list[DeskMessage] = []
        self.signals: list[Signal] = []
        self.said: list[bool | None] = []
        self.journal = Journal(folder / "notices.db")
        self.words = Words({}, ())
        self.utc_ms = NOW
        self._agent = folder / "agent.sock"
        self.begin()

    def begin(self) -> None:
        """The notifier starts, or starts again."""
        self.carrier = Carrier(self._agent, self.journal, self.words, self, lambda: self.utc_ms)
        self.carrier._stream = self  # type: ignore[assignment]  # sends, and no more

    def said_of_it(self, *, is_again: bool = True) -> list[SignalState]:
        """Return what the board hears of ADVISORY in some days: looks, and reconnects at which it is said again."""
        self.signals.clear()
        for day in range(5):
            self.utc_ms += DAY_MS
            self.carrier.look(self.utc_ms)
            if day % 2:
                self.carrier._drop()
                self.carrier.look(self.utc_ms)
                self.says(ONLINE, *[ADVISORY] * is_again)
            self.carrier.look(self.utc_ms)
        return [signal.state for signal in self.signals]

    def send(self, message: DeskMessage) -> None:
        self.sent.append(message)

    def agent_said(self, *, is_online: bool | None, is_assay_running: bool) -> None:
        self.said.append(is_online)

    def signals_came(self, signals: tuple[Signal, ...]) -> None:
        self.signals += signals

    def says(self, *messages: DeskMessage) -> None:
        for message in messages:
            self.carrier._take(message)


@pytest.fixture
async def agent(tmp_path: Path) -> Agent:
    return Agent(tmp_path)


def noise(sequence: int) -> ConditionChange:
    dice = random.Random(sequence)
    values = {f"v{number}": "".join(chr(dice.randrange(0x4E00, 0x9FFF)) for _ in range(120)) for number in range(12)}
    draft = drafted(ChangeKind.RAISED, 1, ConditionKey("a", "b", "c"), values=values)
    return replace(draft, sequence=sequence)


def test_changes_that_do_not_pack_well_travel_in_smaller_numbers() -> None:
    changes = [noise(sequence) for sequence in range(1, MAX_BATCH + 1)]
    packed, last = _packed(JOURNAL, changes)
    assert 1 < last < MAX_BATCH
    assert unpack_batch(packed).changes == tuple(changes[:last])


async def test_a_server_that_floods_is_broken_off_also_after_a_reconnect(agent: Agent) -> None:
    agent.says(ONLINE, *[ADVISORY, WITHDRAWN] * (SAID_IN_TEN_S // 2))
    for _ in range(2):
        with pytest.raises(PeerError) as caught:
            agent.says(ADVISORY)
        assert caught.value.fault is PeerFault.TOO_MANY
        agent.carrier._drop()
    assert len(agent.signals) == SAID_IN_TEN_S


async def test_all_that_was_withdrawn_in_a_year_is_no_flood(agent: Agent) -> None:
    agent.says(ONLINE, ADVISORY)
    agent.says(*(AdvisoryWithdrawn(id=number.to_bytes(16, "big")) for number in range(2 * SAID_IN_TEN_S)))
    agent.says(WITHDRAWN)
    assert [one.state for one in agent.signals] == [SignalState.ON, SignalState.OFF]


async def test_answers_that_were_asked_for_know_no_pace(agent: Agent) -> None:
    key = ConditionKey("a", "b", "c")
    count = SAID_IN_TEN_S + 10
    agent.says(ONLINE, NoticesKept(journal=agent.journal.id, sequence=0))
    for number in range(1, count + 1):
        agent.journal.append([drafted(ChangeKind.RAISED, 1, key)])
        agent.carrier.changed()
        agent.says(NoticesKept(journal=agent.journal.id, sequence=number))
    assert agent.carrier.unsent == 0
    assert sum(isinstance(message, NoticesReported) for message in agent.sent) == count
    agent.carrier._drop()


async def test_a_server_that_keeps_nothing_and_says_so_again_and_again_is_broken_off(agent: Agent) -> None:
    agent.journal.append([noise(1)])
    kept = NoticesKept(journal=agent.journal.id, sequence=0)
    with pytest.raises(PeerError):
        agent.says(ONLINE, *[kept] * (2 * SAID_IN_TEN_S + 2))
    agent.carrier._drop()


async def test_one_question_waits_at_a_time(agent: Agent) -> None:
    agent.journal.append([noise(1)])
    agent.says(ONLINE, NoticesKept(journal=agent.journal.id, sequence=0))
    first = agent.carrier._again
    assert first is not None
    agent.says(NoticesKept(journal=agent.journal.id, sequence=0))
    assert first.cancelled()
    agent.carrier._drop()
    assert isinstance(agent.sent[0], NoticesAsked)


async def test_the_words_of_a_withdrawn_advisory_are_forgotten(agent: Agent) -> None:
    key = advisory_key(ADVISORY.id)
    agent.says(ADVISORY)
    assert agent.words.tell(key, {}) == ADVISORY.texts
    agent.says(WITHDRAWN)
    assert agent.words.tell(key, {}) != ADVISORY.texts
    assert agent.signals[-1] == Signal(key, SignalState.OFF)


ON, OFF = SignalState.ON, SignalState.OFF


@pytest.mark.parametrize("ahead_ms", [OFFERED_WRONG_MS, 20 * DAY_MS, 3000 * DAY_MS])
async def test_a_clock_that_is_ahead_ends_no_advisory_that_the_server_says_holds(agent: Agent, ahead_ms: int) -> None:
    """Each end and beginning would take the acknowledgement away, and pop up anew."""
    agent.utc_ms = OVER + ahead_ms
    agent.says(ONLINE, ADVISORY)
    assert [signal.state for signal in agent.signals] == [ON]
    assert set(agent.said_of_it()) <= {ON}
    agent.begin()
    agent.carrier.look(agent.utc_ms)
    assert set(agent.said_of_it()) <= {ON}, "over a restart, too, before the server is reached"


async def test_a_clock_that_was_set_ahead_since_the_offer_is_found_out_once(agent: Agent) -> None:
    agent.says(ONLINE, ADVISORY)
    agent.utc_ms = OVER + DAY_MS
    said = agent.said_of_it()
    assert said[:2] == [OFF, ON]
    assert set(said[1:]) == {ON}


async def test_a_clock_that_is_ahead_by_less_than_a_clock_may_be_is_believed_also_at_a_reconnect(agent: Agent) -> None:
    agent.utc_ms = OVER - 1
    agent.says(ONLINE, ADVISORY)
    agent.utc_ms = OVER
    for _ in range(3):
        agent.carrier.look(agent.utc_ms)
        agent.carrier._drop()
        agent.says(ONLINE, ADVISORY)
    assert [signal.state for signal in agent.signals if signal.state is ON] == [ON]


async def test_a_pc_whose_clock_was_wrong_believes_it_again_once_it_is_set_right(agent: Agent) -> None:
    agent.utc_ms = OVER + DAY_MS
    agent.says(ONLINE, ADVISORY)
    agent.carrier.look(NOW)
    agent.begin()
    agent.carrier.look(OVER)
    assert agent.signals[-1].state is OFF


@pytest.mark.parametrize("passed_ms", [-3000 * DAY_MS, BELIEVED_MS + DAY_MS])
async def test_what_the_server_said_too_long_ago_is_over(agent: Agent, passed_ms: int) -> None:
    """A PC that is offline for long, or that was switched off until after the end and whose clock is right again."""
    agent.utc_ms = OVER + 4000 * DAY_MS
    agent.says(ONLINE, ADVISORY)
    agent.carrier._drop()
    agent.begin()
    agent.utc_ms += passed_ms
    assert agent.said_of_it(is_again=False) == [OFF]


async def test_one_that_is_withdrawn_is_over_whatever_the_clock_says(agent: Agent) -> None:
    agent.utc_ms = OVER + DAY_MS
    agent.says(ONLINE, ADVISORY, WITHDRAWN)
    agent.begin()
    assert agent.said_of_it(is_again=False) == []


async def test_a_disk_without_room_takes_no_advisory_away(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(name: str, value: bytes) -> None:
        raise UnavailableError(f"expected room for {name} of {len(value)} bytes, got none")

    monkeypatch.setattr(agent.journal, "keep_fact", full)
    agent.utc_ms = OVER + DAY_MS
    agent.says(ONLINE, ADVISORY)
    assert set(agent.said_of_it()) <= {ON}


async def test_the_server_s_word_against_the_clock_is_one_write_a_day(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.utc_ms = OVER + DAY_MS
    agent.says(ONLINE, ADVISORY)
    kept: list[str] = []
    keep = agent.journal.keep_fact
    monkeypatch.setattr(agent.journal, "keep_fact", lambda name, value: (kept.append(name), keep(name, value)))
    for _ in range(5):
        agent.says(ADVISORY)
    assert kept == []
    agent.utc_ms += DAY_MS
    agent.says(ADVISORY)
    assert len(kept) == 1


def raised(count: int) -> list[ConditionChange]:
    return [drafted(ChangeKind.RAISED, 1, ConditionKey("a", "b", f"c{number}")) for number in range(count)]


@pytest.mark.parametrize("since", [1, 7])
async def test_a_journal_that_was_set_back_is_told_anew_under_another_id(agent: Agent, since: int) -> None:
    """The server has 5 entries of before; the older image had 3, and `since` were written on it."""
    agent.journal.append(raised(3))
    agent.journal.append(raised(since))
    before = agent.journal.id
    agent.says(ONLINE, NoticesKept(journal=before, sequence=5, head=b"h" * 32))
    assert agent.journal.id != before
    assert Signal(SET_BACK, SignalState.PULSE) in agent.signals
    proofs = [unpack_batch(said.batch) for said in agent.sent if isinstance(said, NoticesReported)]
    assert [proof.changes[0].sequence for proof in proofs] == ([5] if since == 7 else [])
    agent.carrier._ask()
    agent.says(NoticesKept(journal=agent.journal.id, sequence=0, head=CONDITIONS_START))
    said = agent.sent[-1]
    assert isinstance(said, NoticesReported)
    told = unpack_batch(said.batch)
    assert (told.journal, len(told.changes)) == (agent.journal.id, 3 + since)
    agent.carrier._drop()


async def test_a_journal_that_the_server_knows_goes_on(agent: Agent) -> None:
    written = agent.journal.append(raised(5))
    before = agent.journal.id
    agent.says(ONLINE, NoticesKept(journal=before, sequence=3, head=written[2].head))
    assert agent.journal.id == before
    assert agent.signals == []
    agent.carrier._drop()


async def test_a_server_that_knows_no_journal_of_ours_has_no_more_than_two_a_minute(agent: Agent) -> None:
    agent.says(ONLINE)
    for _ in range(SAID_IN_TEN_S):
        agent.says(NoticesKept(journal=agent.journal.id, sequence=2**53))
    with pytest.raises(PeerError):
        agent.says(NoticesKept(journal=agent.journal.id, sequence=2**53))
    assert sum(isinstance(said, NoticesAsked) for said in agent.sent) == 1
    agent.carrier._drop()


@pytest.mark.parametrize("is_ended", [True, False], ids=["we end", "the agent ends"])
async def test_who_ends_says_nothing_of_the_agent(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, is_ended: bool
) -> None:
    asked = asyncio.Event()

    async def connect(_path: Path) -> None:
        if not is_ended and not asked.is_set():
            asked.set()
            raise PeerError(PeerFault.TOO_MANY, "expected an agent, got none")
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("benchside.notifier.carrier.connect_door", connect)
    task = asyncio.create_task(agent.carrier.run())
    await asked.wait()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert agent.said == ([] if is_ended else [None])
