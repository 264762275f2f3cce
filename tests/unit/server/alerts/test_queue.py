"""The queue of alerts: rules, groups, repeats, pauses, leases, and an end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text, update
from tests.fakes.notified import add_device
from tests.fakes.notifier import DISK, Journal
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, Severity
from benchside.server.alerts import queue
from benchside.server.alerts.facts import Message
from benchside.server.alerts.model import AlertChannel, AlertItem
from benchside.server.alerts.queue import GROUP_MS, LEASE_MS, STALE_MS, AlertQueue
from benchside.server.alerts.sender import AlertSender
from benchside.server.audit.model import Event
from benchside.server.notices.order import JournalFault
from benchside.server.notices.own import journal_fault, notifier_silent, pc_silent
from benchside.server.notices.pcs import Pcs
from benchside.server.parts import Parts

PC, OTHER = b"p" * 16, b"o" * 16


@dataclass
class FakeWay:
    """Takes what it is given, or says why not."""

    why: str | None = None
    sent: list[tuple[str, Message]] = field(default_factory=list)

    async def send(self, target: str, message: Message) -> str | None:
        self.sent.append((target, message))
        return self.why


@dataclass
class Office:
    parts: Parts
    clock: Clock
    queue: AlertQueue
    way: FakeWay
    journal: Journal = field(default_factory=Journal)

    async def channel(self, id_: str = "team", **changes: Any) -> None:
        fields = {
            "name": "Team", "target": f"jsons://secret@{id_}", "severity": Severity.WARNING.rank, "sites": "[]",
            "models": "[]", "language": "en", "repeat_min": 0, "is_on": True, "next_utc_ms": 0, "tries": 0,
        } | changes  # fmt: skip
        async with self.parts.cloud.write() as rows:
            rows.add(AlertChannel(id=id_, **fields))

    async def tell(self, *changes: Any, pc: bytes = PC, journal: Journal | None = None) -> None:
        await self.parts.intake.keep(pc, (journal or self.journal).batch(*changes))

    async def later(self, ms: int) -> list[tuple[str, list[str]]]:
        """Let time pass, and return what went out."""
        self.clock.now_ms += ms
        before = len(self.way.sent)
        await self.queue.tidy()
        sender = AlertSender(self.queue, self.way)
        await sender.send_due()
        await sender.settled()
        return [(target, [one.text for one in message.lines]) for target, message in self.way.sent[before:]]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await add_device(parts, PC)
        await add_device(parts, OTHER, model="DX-9")
        made = AlertQueue(parts.cloud, Pcs(parts.cloud, clock), parts.ledger, clock)
        await made.gather()  # what was before is nobody's news
        yield Office(parts, clock, made, FakeWay())


FULL = "C: is almost full."
YEAR_MS = 365 * 24 * 3600_000


async def test_a_rule_says_what_is_told(office: Office) -> None:
    await office.channel("all")
    await office.channel("serious", severity=Severity.SERIOUS.rank)
    await office.channel("elsewhere", sites='["lab-2"]')
    await office.channel("dx", models='["DX-9"]')
    await office.channel("off", is_on=False)
    other = Journal()
    await office.tell(office.journal.raised(), office.journal.raised(ConditionKey("a", "b", "c"), Severity.INFO))
    await office.tell(other.raised(severity=Severity.CRITICAL), pc=OTHER, journal=other)
    found = {target.partition("@")[2]: lines for target, lines in await office.later(0)}
    assert found == {"all": [FULL, FULL], "serious": [FULL], "dx": [FULL]}
    assert [one.severity for one in office.way.sent[0][1].lines] == [Severity.CRITICAL, Severity.WARNING]


async def test_one_message_a_minute_with_a_list(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MAX_LISTED", 2)
    await office.channel()
    await office.tell(office.journal.raised())
    assert len(await office.later(0)) == 1
    await office.tell(*(office.journal.raised(ConditionKey("local.x", f"s{n}", "odd")) for n in range(5)))
    assert await office.later(GROUP_MS - 1) == []
    ((_, lines),) = await office.later(1)
    assert len(lines) == 2
    assert office.way.sent[-1][1].more == 3
    assert await office.later(GROUP_MS) == [], "nothing is told twice"


async def test_it_is_repeated_until_somebody_acknowledges_it(office: Office) -> None:
    await office.channel(repeat_min=30)
    await office.tell(office.journal.raised())
    assert len(await office.later(0)) == 1
    assert await office.later(29 * 60_000) == []
    assert len(await office.later(60_000)) == 1
    await office.tell(office.journal.acknowledged())
    assert await office.later(60 * 60_000) == []
    # gone and back is news
    await office.tell(office.journal.cleared())
    await office.later(0)
    await office.tell(office.journal.raised())
    assert len(await office.later(GROUP_MS)) == 1


async def test_a_failure_waits_longer_each_time_and_ends(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MAX_TRIES", 3)
    office.way.why = "refused"
    await office.channel()
    await office.tell(office.journal.raised())
    assert len(await office.later(0)) == 1
    assert await office.later(1_000) == []
    assert len(await office.later(5_000)) == 1
    assert len(await office.later(10_000)) == 1
    assert await office.later(LEASE_MS * 10) == []
    async with office.parts.session.read() as rows:
        assert list(await rows.scalars(select(Event.kind).where(Event.kind == "alert_given_up"))) == ["alert_given_up"]
    async with office.parts.cloud.read() as rows:
        channel = await rows.get(AlertChannel, "team")
    assert channel is not None
    assert channel.given_up_utc_ms is not None
    assert (channel.why, channel.sent_utc_ms) == (office.way.why, None)
    office.way.why = None
    await office.tell(office.journal.cleared(), office.journal.raised())
    assert len(await office.later(0)) == 1


async def test_what_a_crash_cut_off_is_sent_again_after_its_lease(office: Office) -> None:
    await office.channel()
    await office.tell(office.journal.raised())
    await office.queue.gather()
    (due,) = await office.queue.take_due()
    assert await office.queue.take_due() == []
    # it came again, worse, while the message was on its way
    await office.tell(office.journal.raised(severity=Severity.CRITICAL))
    await office.queue.gather()
    await office.queue.sent(due)
    assert len(await office.later(GROUP_MS)) == 1
    await office.tell(office.journal.raised(ConditionKey("local.x", "s", "odd")))
    await office.queue.gather()
    office.clock.now_ms += GROUP_MS
    assert len(await office.queue.take_due()) == 1
    assert len(await office.later(LEASE_MS)) == 1


async def test_another_number_in_the_sentence_is_no_news_but_worse_is(office: Office) -> None:
    await office.channel()
    await office.tell(office.journal.raised())
    assert len(await office.later(0)) == 1
    changed = office.journal.write(ChangeKind.CHANGED, DISK, severity=Severity.WARNING, texts={"en": "3 GB left."})
    await office.tell(changed)
    assert await office.later(GROUP_MS) == []
    worse = office.journal.write(ChangeKind.CHANGED, DISK, severity=Severity.CRITICAL, texts={"en": "1 MB left."})
    await office.tell(worse)
    assert (await office.later(0))[0][1] == ["1 MB left."]


async def waiting(office: Office) -> int:
    async with office.parts.cloud.read() as rows:
        return len(list(await rows.scalars(select(AlertItem))))


@pytest.mark.parametrize(
    "rule", [{"severity": Severity.CRITICAL.rank}, {"sites": '["lab-2"]'}, {"models": '["DX-9"]'}], ids=str
)
async def test_a_rule_that_was_changed_holds_for_what_waits(office: Office, rule: dict[str, Any]) -> None:
    await office.channel(next_utc_ms=office.clock.now_ms + 10)
    await office.tell(office.journal.raised())
    assert await office.later(0) == []
    async with office.parts.cloud.write() as rows:
        await rows.execute(update(AlertChannel).values(**rule))
    assert await office.later(10) == []
    assert await waiting(office) == 0


async def test_nothing_is_told_of_a_pc_that_is_revoked(office: Office) -> None:
    await office.channel(next_utc_ms=office.clock.now_ms + 10)
    await office.tell(office.journal.raised())
    assert await office.later(0) == []
    await office.parts.register.revoke(PC)
    office.clock.now_ms += 10_000  # who was revoked a moment ago may still be told of
    assert await office.later(0) == []
    assert await waiting(office) == 0


async def test_what_came_and_went_is_told_for_an_hour(office: Office) -> None:
    late = office.clock.now_ms + STALE_MS
    await office.channel("soon")
    await office.channel("late", next_utc_ms=late)
    await office.tell(office.journal.raised(), office.journal.cleared(), office.journal.acknowledged())
    await office.tell(office.journal.raised(ConditionKey("local.x", "s", "odd")))
    assert [len(lines) for _, lines in await office.later(0)] == [2]
    assert [len(lines) for _, lines in await office.later(STALE_MS)] == [1], "what is still so is told"


async def test_what_is_shelved_is_not_repeated_before_its_time(office: Office) -> None:
    await office.channel(repeat_min=30)
    until = office.clock.now_ms + 45 * 60_000
    await office.tell(office.journal.raised())
    assert len(await office.later(0)) == 1
    shelved: dict[str, Any] = {"by": "Toni", "why": "we know", "until_utc_ms": until, "at_utc_ms": office.clock.now_ms}
    await office.tell(office.journal.write(ChangeKind.SHELVED, **shelved))
    assert await office.later(30 * 60_000) == []
    assert len(await office.later(15 * 60_000)) == 1


@pytest.mark.parametrize("wrong_by_ms", [-8 * 3600_000, 10 * YEAR_MS, -10 * YEAR_MS])
async def test_what_is_shelved_is_so_for_as_long_as_was_said_whatever_the_pcs_clock_says(
    office: Office, wrong_by_ms: int
) -> None:
    await office.channel(repeat_min=30)
    at = office.clock.now_ms + wrong_by_ms
    await office.tell(office.journal.raised())
    assert len(await office.later(0)) == 1
    shelved: dict[str, Any] = {"by": "Toni", "why": "we know", "until_utc_ms": at + 45 * 60_000, "at_utc_ms": at}
    await office.tell(office.journal.write(ChangeKind.SHELVED, **shelved))
    assert await office.later(30 * 60_000) == []
    assert len(await office.later(15 * 60_000)) == 1


async def test_a_clock_that_was_ahead_and_is_set_right_keeps_nobody_waiting(office: Office) -> None:
    await office.channel(repeat_min=30)
    office.clock.now_ms += 10 * YEAR_MS
    await office.tell(office.journal.raised())
    assert len(await office.later(0)) == 1
    office.clock.now_ms -= 10 * YEAR_MS
    await office.tell(office.journal.raised(ConditionKey("local.x", "s", "odd")))
    assert [len(lines) for _, lines in await office.later(0)] == [2], "the new one, and the other once more"
    assert await office.later(29 * 60_000) == []
    assert len(await office.later(60_000)) == 1, "and repeats go on as they did"


async def test_what_is_shelved_and_comes_again_is_told_when_it_is_back(office: Office) -> None:
    await office.channel()
    until = office.clock.now_ms + 3600_000
    shelved: dict[str, Any] = {"by": "Toni", "why": "being repaired", "until_utc_ms": until}
    shelved["at_utc_ms"] = office.clock.now_ms
    await office.tell(office.journal.raised(), office.journal.write(ChangeKind.SHELVED, **shelved))
    assert await office.later(0) == [], "somebody put it aside before anybody was told"
    await office.tell(office.journal.cleared())
    await office.tell(office.journal.raised())
    assert await office.later(GROUP_MS) == []
    await office.tell(office.journal.write(ChangeKind.UNSHELVED))
    assert len(await office.later(GROUP_MS)) == 1
    await office.tell(office.journal.write(ChangeKind.SHELVED, **shelved))
    await office.later(GROUP_MS)
    await office.tell(office.journal.write(ChangeKind.UNSHELVED))
    assert await office.later(GROUP_MS) == [], "it was told"


async def test_what_follows_from_another_is_told_when_it_does_no_more(office: Office) -> None:
    await office.channel()
    await office.tell(office.journal.raised(), office.journal.write(ChangeKind.SUPPRESSED))
    await office.tell(office.journal.raised(ConditionKey("local.x", "s", "cause")))
    assert [lines for _, lines in await office.later(0)] == [["s is almost full."]]
    await office.tell(office.journal.write(ChangeKind.UNSUPPRESSED))
    assert [lines for _, lines in await office.later(GROUP_MS)] == [[FULL]]
    await office.tell(office.journal.cleared(), office.journal.acknowledged())
    await office.tell(office.journal.raised(), office.journal.write(ChangeKind.SUPPRESSED))
    await office.later(GROUP_MS)
    await office.tell(office.journal.cleared(), office.journal.write(ChangeKind.UNSUPPRESSED))
    assert await office.later(GROUP_MS) == [], "it came and went behind the other"


async def test_what_nobody_can_acknowledge_is_told_once(office: Office) -> None:
    await office.channel(repeat_min=30)
    await office.parts.intake.say(PC, [notifier_silent(is_on=True)])
    await office.parts.intake.say(PC, [pc_silent(is_on=True, after_min=15), journal_fault(JournalFault.GAP)])
    assert [len(lines) for _, lines in await office.later(0)] == [3]
    assert await office.later(31 * 60_000) == []
    await office.parts.intake.say(PC, [notifier_silent(is_on=False)])
    await office.later(GROUP_MS)
    await office.parts.intake.say(PC, [notifier_silent(is_on=True)])
    assert [len(lines) for _, lines in await office.later(GROUP_MS)] == [1], "gone and back is news"


async def test_a_channel_speaks_its_language_and_its_target_rests_sealed(office: Office) -> None:
    await office.channel(language="es")
    await office.tell(msgspec.structs.replace(office.journal.raised()))
    assert (await office.later(0))[0] == ("jsons://secret@team", ["C: está casi llena."])
    async with office.parts.cloud.read() as rows:
        for row in await rows.execute(text("SELECT * FROM alert_channel")):
            assert b"secret" not in repr(row).encode()


@pytest.mark.parametrize("minutes", [1, 120])
async def test_what_was_told_is_not_told_again_for_having_followed_from_another_for_a_while(
    office: Office, minutes: int
) -> None:
    await office.channel()
    await office.tell(office.journal.raised())
    assert len(await office.later(0)) == 1
    await office.tell(office.journal.write(ChangeKind.SUPPRESSED))
    assert await office.later(GROUP_MS * minutes) == []
    await office.tell(office.journal.write(ChangeKind.UNSUPPRESSED))
    assert await office.later(GROUP_MS) == []
    # over and back behind the other is news
    await office.tell(office.journal.write(ChangeKind.SUPPRESSED), office.journal.cleared())
    assert await office.later(GROUP_MS) == []
    await office.tell(office.journal.raised(), office.journal.write(ChangeKind.SUPPRESSED))
    assert await office.later(GROUP_MS) == []
    await office.tell(office.journal.write(ChangeKind.UNSUPPRESSED))
    assert len(await office.later(GROUP_MS)) == 1


ASIDE: dict[ChangeKind, ChangeKind] = {
    ChangeKind.SUPPRESSED: ChangeKind.UNSUPPRESSED, ChangeKind.SHELVED: ChangeKind.UNSHELVED,
}  # fmt: skip


def aside(office: Office, kind: ChangeKind) -> ConditionChange:
    """Put aside by somebody, or by a rule."""
    at = office.clock.now_ms
    fields = {"by": "Toni", "why": "we know", "at_utc_ms": at, "until_utc_ms": at + 3600_000}
    return office.journal.write(kind, DISK, **(fields if kind is ChangeKind.SHELVED else {}))


@pytest.mark.parametrize("anew", [ChangeKind.RAISED, ChangeKind.FLAPPING])
@pytest.mark.parametrize("kind", ASIDE)
async def test_what_comes_anew_while_it_is_put_aside_is_told_when_it_is_back(
    office: Office, kind: ChangeKind, anew: ChangeKind
) -> None:
    await office.channel()
    await office.tell(office.journal.raised())
    assert len(await office.later(0)) == 1
    await office.tell(aside(office, kind))
    assert await office.later(GROUP_MS) == []
    over = office.journal.cleared(), office.journal.acknowledged()
    again = office.journal.write(anew, severity=Severity.WARNING, texts={"en": FULL})
    await office.tell(*over, again, aside(office, kind))  # nobody tidies up in between
    assert await office.later(GROUP_MS) == []
    await office.tell(office.journal.write(ASIDE[kind]))
    assert len(await office.later(GROUP_MS)) == 1
    assert await office.later(GROUP_MS) == []


@pytest.mark.parametrize("kind", ASIDE)
@pytest.mark.parametrize("is_worse", [False, True])
async def test_news_that_is_put_aside_before_it_is_told_is_told_when_it_is_back(
    office: Office, kind: ChangeKind, is_worse: bool
) -> None:
    await office.channel()
    await office.tell(office.journal.raised())
    assert len(await office.later(0)) == 1
    if is_worse:
        worse = {"severity": Severity.CRITICAL, "texts": {"en": FULL}}
        await office.tell(office.journal.write(ChangeKind.CHANGED, DISK, **worse))
    else:
        await office.tell(office.journal.cleared(), office.journal.raised())
    assert await office.later(1) == [], "the minute is not over"
    await office.tell(aside(office, kind))
    assert await office.later(GROUP_MS) == []
    await office.tell(office.journal.write(ASIDE[kind]))
    assert len(await office.later(0)) == 1


async def test_what_comes_anew_and_is_put_aside_while_the_last_message_is_on_its_way_is_news(office: Office) -> None:
    await office.channel()
    await office.tell(office.journal.raised())
    await office.queue.gather()
    (due,) = await office.queue.take_due()
    await office.tell(office.journal.cleared(), office.journal.raised(), office.journal.write(ChangeKind.SUPPRESSED))
    await office.queue.gather()
    await office.queue.sent(due)
    assert await office.later(GROUP_MS) == []
    await office.tell(office.journal.write(ChangeKind.UNSUPPRESSED))
    assert len(await office.later(0)) == 1
