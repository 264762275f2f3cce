"""A PC that was set back to an older disk tells its journal anew under another id: its past is no news."""

from __future__ import annotations

import copy
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.notified import add_device
from tests.fakes.notifier import DISK, Journal
from tests.fakes.server_world import Clock, opened_parts
from tests.unit.server.alerts.test_queue import PC, FakeWay, Office

from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, Severity
from benchside.server.alerts.queue import GROUP_MS, AlertQueue
from benchside.server.notices.pcs import Pcs

OVER, BACK, FRESH = (ConditionKey("local.x", name, "odd") for name in ("over", "back", "fresh"))
WORSE: dict[str, Any] = {"severity": Severity.CRITICAL, "texts": {"en": "No room at all."}}
SAID = {key: f"{key.subject} is almost full." for key in (DISK, OVER, BACK, FRESH)}


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await add_device(parts, PC)
        made = AlertQueue(parts.cloud, Pcs(parts.cloud, clock), parts.ledger, clock)
        await made.gather()
        yield Office(parts, clock, made, FakeWay())


def image_of(journal: Journal) -> Journal:
    """The disk as it is now, which is told under another id later."""
    image = copy.copy(journal)
    image.id = os.urandom(16)
    return image


async def retell(office: Office, image: Journal, changes: list[ConditionChange], at_once: int) -> list[str]:
    """What goes out while it comes in pieces, and is looked at after each."""
    told = []
    for first in range(0, len(changes), at_once):
        await office.tell(*changes[first : first + at_once], journal=image)
        told += [line for _, lines in await office.later(GROUP_MS) for line in lines]
    return told


@pytest.mark.parametrize("at_once", [1, 2, 100])
async def test_what_another_journal_has_told_is_no_news_but_what_it_said_is_over_is(
    office: Office, at_once: int
) -> None:
    await office.channel(repeat_min=30)
    journal = office.journal
    past = [
        journal.raised(OVER), journal.cleared(OVER), journal.raised(), journal.raised(BACK), journal.acknowledged(OVER),
    ]  # fmt: skip
    image = image_of(journal)
    await office.tell(*past)
    assert [len(lines) for _, lines in await office.later(0)] == [3]
    await office.tell(journal.cleared(BACK), journal.acknowledged(BACK), journal.acknowledged())
    assert await office.later(GROUP_MS) == []
    since = [image.write(ChangeKind.STARTED, None), image.write(ChangeKind.STARTED, None), image.raised(FRESH)]
    told = await retell(office, image, past + since, at_once)
    assert sorted(told) == [SAID[BACK], SAID[FRESH]], "neither what came and went nor what was known all along"
    ((_, again),) = await office.later(31 * 60_000)
    assert sorted(again) == sorted([SAID[BACK], SAID[FRESH], SAID[DISK]]), "nobody knows any more who had seen it"
    await office.tell(image.cleared(), image.raised(), journal=image)
    assert [lines for _, lines in await office.later(GROUP_MS)] == [[SAID[DISK]]], "gone and back is news"


async def test_what_was_put_aside_since_then_is_told_as_it_is_no_more(office: Office) -> None:
    await office.channel(next_utc_ms=office.clock.now_ms + GROUP_MS)
    raised = office.journal.raised()
    image = image_of(office.journal)
    await office.tell(raised, office.journal.write(ChangeKind.SUPPRESSED))
    assert await office.later(0) == []
    assert await retell(office, image, [raised, image.write(ChangeKind.STARTED, None)], 100) == [SAID[DISK]]


async def test_what_waits_meanwhile_is_still_told_once(office: Office) -> None:
    await office.channel(next_utc_ms=office.clock.now_ms + 2 * GROUP_MS)
    raised = office.journal.raised()
    image = image_of(office.journal)
    await office.tell(raised)
    assert await office.later(0) == []
    told = await retell(office, image, [raised, image.write(ChangeKind.STARTED, None)], 1)
    assert told == [SAID[DISK]]


async def test_a_journal_that_is_none_of_the_same_disk_is_news(office: Office) -> None:
    """Somebody wiped the disk: the same condition at the same place of it is another one."""
    await office.channel()
    await office.tell(office.journal.raised(at_utc_ms=1_700_000_000_000))
    assert len(await office.later(0)) == 1
    other = Journal()
    await office.tell(other.raised(at_utc_ms=1_700_000_001_000), journal=other)
    assert len(await office.later(GROUP_MS)) == 1


async def test_another_pc_with_the_same_past_is_another(office: Office) -> None:
    await office.channel()
    await add_device(office.parts, b"c" * 16)
    raised = office.journal.raised()
    image = image_of(office.journal)
    await office.tell(raised)
    assert len(await office.later(0)) == 1
    await office.tell(raised, pc=b"c" * 16, journal=image)
    office.clock.now_ms += 10_000  # which PCs there are is remembered for some seconds
    assert len(await office.later(GROUP_MS)) == 1


@pytest.mark.parametrize("at_once", [1, 100])
async def test_what_gets_worse_from_there_on_is_told(office: Office, at_once: int) -> None:
    await office.channel("serious", severity=Severity.CRITICAL.rank)
    raised = office.journal.raised()
    image = image_of(office.journal)
    await office.tell(raised)
    assert await office.later(0) == []
    since = [image.write(ChangeKind.STARTED, None), image.write(ChangeKind.CHANGED, **WORSE)]
    assert await retell(office, image, [raised, *since], at_once) == ["No room at all."]


@pytest.mark.parametrize("at_once", [1, 100])
async def test_what_comes_anew_and_gets_worse_from_there_on_is_told(office: Office, at_once: int) -> None:
    await office.channel("serious", severity=Severity.CRITICAL.rank)
    raised = office.journal.raised()
    image = image_of(office.journal)
    await office.tell(raised)
    assert await office.later(0) == []
    since = [
        image.write(ChangeKind.STARTED, None), image.cleared(), image.acknowledged(), image.raised(),
        image.write(ChangeKind.CHANGED, **WORSE),
    ]  # fmt: skip
    assert await retell(office, image, [raised, *since], at_once) == ["No room at all."]


def aside(journal: Journal, kind: ChangeKind) -> ConditionChange:
    """Put aside by somebody, or by a rule."""
    if kind is ChangeKind.SUPPRESSED:
        return journal.write(kind)
    return journal.write(kind, by="Toni", why="we know", until_utc_ms=1_700_000_000_000 + 6 * 3600_000)


ASIDE = [(ChangeKind.SUPPRESSED, ChangeKind.UNSUPPRESSED), (ChangeKind.SHELVED, ChangeKind.UNSHELVED)]


@pytest.mark.parametrize("at_once", [1, 100])
@pytest.mark.parametrize(("kind", "back"), ASIDE)
async def test_what_was_put_aside_before_is_told_as_it_is_no_more(
    office: Office, kind: ChangeKind, back: ChangeKind, at_once: int
) -> None:
    await office.channel()
    past = [office.journal.raised(), aside(office.journal, kind)]
    image = image_of(office.journal)
    await office.tell(*past)
    assert await office.later(0) == []
    since = [image.write(ChangeKind.STARTED, None), image.write(back)]
    assert await retell(office, image, [*past, *since], at_once) == [SAID[DISK]]


@pytest.mark.parametrize("kind", [ChangeKind.CHANGED, ChangeKind.SUPPRESSED, ChangeKind.SHELVED])
async def test_what_was_told_and_only_goes_on_from_there_is_no_news(office: Office, kind: ChangeKind) -> None:
    await office.channel(repeat_min=30)
    past = [office.journal.raised(OVER), office.journal.raised()]
    image = image_of(office.journal)
    await office.tell(*past)
    assert [len(lines) for _, lines in await office.later(0)] == [2]
    since = [image.write(ChangeKind.STARTED, None)]
    if kind is ChangeKind.CHANGED:
        since.append(image.write(kind, severity=Severity.WARNING, texts={"en": "3 GB left."}))
    else:
        since += [aside(image, kind), image.write(dict(ASIDE)[kind])]
    # the second was not there for a moment, and nothing is known of it any more
    assert await retell(office, image, past[:1], 1) == []
    assert await retell(office, image, [past[1], *since], 100) == []
    assert [len(lines) for _, lines in await office.later(31 * 60_000)] == [2]


@pytest.mark.parametrize("at_once", [1, 100])
@pytest.mark.parametrize("kind", [ChangeKind.POPPED_UP, ChangeKind.CHANGED])
async def test_what_nobody_knows_to_stand_is_told_though_it_only_goes_on(
    office: Office, kind: ChangeKind, at_once: int
) -> None:
    await office.channel()
    raised = office.journal.raised()
    image = image_of(office.journal)
    await office.tell(raised)
    assert len(await office.later(0)) == 1
    await office.tell(office.journal.cleared(), office.journal.acknowledged())
    assert await office.later(GROUP_MS) == []
    fields: dict[str, Any] = {"severity": Severity.WARNING, "texts": raised.texts}
    since = [image.write(ChangeKind.STARTED, None), image.write(kind, **(fields if kind is ChangeKind.CHANGED else {}))]
    assert await retell(office, image, [raised, *since], at_once) == [SAID[DISK]]


async def test_what_is_over_and_stands_again_at_once_is_told(office: Office) -> None:
    """Nobody has tidied up in between."""
    await office.channel()
    past = [office.journal.raised(), office.journal.raised(BACK)]
    image = image_of(office.journal)
    await office.tell(*past)
    assert [len(lines) for _, lines in await office.later(0)] == [2]
    await office.tell(office.journal.cleared(BACK), office.journal.raised(BACK))
    assert len(await office.later(GROUP_MS)) == 1
    await office.tell(office.journal.cleared())
    assert await retell(office, image, [*past, image.write(ChangeKind.STARTED, None)], 100) == [SAID[DISK]]
