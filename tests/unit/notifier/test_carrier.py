"""What the carrier makes of the journal and of what the server says, without an agent."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from msgspec.structs import replace

from benchside.notifier.carrier import SAID_IN_TEN_S, Carrier, _packed, advisory_key
from benchside.notifier.journal import Journal
from benchside.notifier.words import Words
from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.flow.conditions.draft import drafted
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
ADVISORY = AdvisoryOffered(
    id=b"a" * 16, severity=Severity.SERIOUS, texts={"en": "Lot 7."}, advice={"en": "Use lot 8."}, until_utc_ms=2**41
)
WITHDRAWN = AdvisoryWithdrawn(id=ADVISORY.id)
ONLINE = CarrierShown(is_online=True, is_assay_running=False, site="Lab", device="PC 7", instruments=())


class Agent:
    """Stands in for the line to the agent, and for the notifier around the carrier."""

    def __init__(self, folder: Path) -> None:
        self.sent: list[DeskMessage] = []
        self.signals: list[Signal] = []
        self.journal = Journal(folder / "notices.db")
        self.words = Words({}, ())
        self.carrier = Carrier(folder / "agent.sock", self.journal, self.words, self)
        self.carrier._stream = self  # type: ignore[assignment]  # sends, and no more

    def send(self, message: DeskMessage) -> None:
        self.sent.append(message)

    def agent_said(self, *, is_online: bool | None, is_assay_running: bool) -> None:
        pass

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
