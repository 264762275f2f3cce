"""A laboratory that goes to another customer: no name of the one is shown to the other, whatever a PC's clock says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select
from tests.fakes.notified import add_device
from tests.fakes.notifier import Journal
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.wire.condition import ChangeKind
from benchside.server.administration.facts import CustomerFacts
from benchside.server.administration.places import Places
from benchside.server.notices.fleet import Fleet
from benchside.server.notices.model import KeptCondition
from benchside.server.notices.personal import joined
from benchside.server.parts import Parts

PC = b"p" * 16
HOUR_MS = 3600_000
DAY_MS = 24 * HOUR_MS


@dataclass
class Lab:
    """One PC at a laboratory that is the first customer's."""

    parts: Parts
    clock: Clock
    places: Places
    journal: Journal = field(default_factory=Journal)

    async def goes_to(self, customer: str) -> None:
        (site,) = [one for one in await self.places.sites() if one.id == "lab-1"]
        await self.places.put_sites("root", [msgspec.structs.replace(site, customer=customer)])

    async def acknowledged(self, by: str, *, at_ms: int, kept_ms: int, journal: Journal | None = None) -> None:
        """Somebody acknowledges at a moment by the PC's clock, and the server hears of it at another by its own."""
        self.clock.now_ms = kept_ms
        journal = journal or self.journal
        await self.parts.intake.keep(PC, journal.batch(journal.acknowledged(by=by, at_utc_ms=at_ms)))

    async def raised(self, *, at_ms: int) -> None:
        self.clock.now_ms = at_ms
        await self.parts.intake.keep(PC, self.journal.batch(self.journal.raised(at_utc_ms=at_ms)))

    async def seen_by(self, customer: str) -> list[str | None]:
        """Whom the timeline names, oldest first; None: a line without a name."""
        terms = [one for one in await self.places.terms_of(customer) if one.site == "lab-1"]
        fleet = Fleet(self.parts.cloud, self.clock)
        found = await fleet.timeline(PC, before=2**53, limit=50, terms=terms)
        return [one.people.by for one in reversed(found) if one.kind == ChangeKind.ACKNOWLEDGED.value]

    async def named_now(self) -> str | None:
        """Whom the condition names that is shown, to whoever may see the PC."""
        async with self.parts.cloud.read() as rows:
            (row,) = list(await rows.scalars(select(KeptCondition)))
        return joined(row.state, row.personal).acknowledged_by


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await add_device(parts, PC)
        places = Places(parts.cloud, parts.ledger, clock)
        named = [CustomerFacts(id=id_, name=id_, it_mail="", mail_language="en") for id_ in ("one", "two")]
        await places.put_customers("root", named)
        made = Lab(parts, clock, places)
        await made.goes_to("one")
        clock.now_ms += DAY_MS
        await made.raised(at_ms=clock.now_ms)
        yield made


async def test_what_an_offline_pc_brings_afterwards_stays_with_the_customer_it_had(lab: Lab) -> None:
    handed_over = lab.clock.now_ms + DAY_MS
    await lab.acknowledged("Ana", at_ms=handed_over - 2 * HOUR_MS, kept_ms=handed_over - 2 * HOUR_MS)
    lab.clock.now_ms = handed_over
    await lab.goes_to("two")
    await lab.acknowledged("Ana", at_ms=handed_over - HOUR_MS, kept_ms=handed_over + HOUR_MS)
    assert await lab.seen_by("two") == []
    assert await lab.named_now() is None
    assert await lab.seen_by("one") == ["Ana", None], "a clock that is behind would say the same of the next ones"
    await lab.acknowledged("Ben", at_ms=handed_over + HOUR_MS, kept_ms=handed_over + HOUR_MS)
    assert await lab.seen_by("two") == ["Ben"]
    assert await lab.named_now() == "Ben"
    assert await lab.seen_by("one") == ["Ana", None]


async def test_a_journal_that_is_told_anew_names_nobody_to_the_next_customer(lab: Lab) -> None:
    handed_over = lab.clock.now_ms + DAY_MS
    lab.clock.now_ms = handed_over
    await lab.goes_to("two")
    image = Journal()
    await lab.acknowledged("Ana", at_ms=handed_over - HOUR_MS, kept_ms=handed_over + HOUR_MS, journal=image)
    assert await lab.seen_by("two") == []


async def test_a_clock_that_is_behind_shows_nobody_to_the_customer_before(lab: Lab) -> None:
    handed_over = lab.clock.now_ms + DAY_MS
    lab.clock.now_ms = handed_over
    await lab.goes_to("two")
    await lab.acknowledged("Ben", at_ms=handed_over - 5 * HOUR_MS, kept_ms=handed_over + HOUR_MS)
    assert await lab.seen_by("one") == [None]
    lab.clock.now_ms += DAY_MS
    await lab.goes_to("one")
    assert await lab.seen_by("one") == [None], "nor once it is theirs again"
    assert await lab.seen_by("two") == []


@pytest.mark.parametrize("ahead_ms", [2 * HOUR_MS, 3650 * DAY_MS])
async def test_a_clock_that_is_ahead_shows_nobody_to_the_next_customer(lab: Lab, ahead_ms: int) -> None:
    handed_over = lab.clock.now_ms + DAY_MS
    lab.clock.now_ms = handed_over - 2 * HOUR_MS
    now = lab.clock.now_ms
    await lab.acknowledged("Ana", at_ms=now + ahead_ms, kept_ms=now)
    assert await lab.seen_by("one") == ["Ana"], "what came in time was theirs"
    lab.clock.now_ms = handed_over
    await lab.goes_to("two")
    await lab.acknowledged("Ana", at_ms=handed_over - HOUR_MS + ahead_ms, kept_ms=handed_over + HOUR_MS)
    assert await lab.named_now() is None
    later = handed_over + 10 * DAY_MS
    await lab.acknowledged("Ben", at_ms=later + ahead_ms, kept_ms=later)
    assert await lab.seen_by("two") == [None, "Ben"]
    assert await lab.named_now() == "Ben"


@pytest.mark.parametrize("wrong_by_ms", [-3650 * DAY_MS, 3650 * DAY_MS])
async def test_where_there_was_no_other_customer_no_clock_matters(lab: Lab, wrong_by_ms: int) -> None:
    now = lab.clock.now_ms
    await lab.acknowledged("Ana", at_ms=now + wrong_by_ms, kept_ms=now)
    assert await lab.seen_by("one") == ["Ana"]
    assert await lab.named_now() == "Ana"
