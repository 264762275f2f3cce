"""Advisories at link-up: to a PC as it is this moment, and what was withdrawn to all."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import update
from tests.fakes.notified import add_device
from tests.fakes.notifier import Journal
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.wire.carrier import AdvisoryOffered, AdvisoryWithdrawn
from benchside.protocol.wire.condition import ConditionKey, Severity
from benchside.server.bus.contract import ToDevices
from benchside.server.enrolment.model import Instrument
from benchside.server.notices.advisories import Advisories, NewAdvisory
from benchside.server.notices.pcs import Pcs

PC, NEW = b"p" * 16, b"n" * 16


async def test_what_has_arrived_and_what_was_acknowledged_is_written_down_once(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await add_device(parts, PC)
        await add_device(parts, NEW)
        advisories = Advisories(parts.cloud, Pcs(parts.cloud, clock), parts.ledger, parts.bus, clock)
        said = NewAdvisory(
            severity=Severity.INFO, texts={"en": "Read."}, advice={}, sites=(), models=(),
            until_utc_ms=clock.now_ms + 86_400_000,
        )  # fmt: skip
        id_ = await advisories.make("root", said)
        journal, arrived_at = Journal(), clock.now_ms
        key = ConditionKey("vendor", id_.hex(), "advisory")
        others = (ConditionKey("vendor", "0" * 32, "advisory"), ConditionKey("vendor", "none", "advisory"))
        first = (journal.raised(key), *(journal.raised(other) for other in others), journal.cleared(key))
        await parts.intake.keep(PC, journal.batch(*first))
        (facts,) = await advisories.all()
        assert (facts.meant, facts.reached, facts.acknowledged) == (2, 1, 0)
        clock.now_ms += 1000
        again = (journal.raised(key), journal.acknowledged(key, by="Toni"), journal.acknowledged(key, by="Mara"))
        await parts.intake.keep(PC, journal.batch(*again))
        facts, answers = await advisories.answers(id_)
        assert (facts.meant, facts.reached, facts.acknowledged) == (2, 1, 1)
        assert {(one.pc.id, one.reached_utc_ms, one.acknowledged_utc_ms, one.by) for one in answers} == {
            (PC, arrived_at, clock.now_ms, "Toni"),
            (NEW, None, None, None),
        }


async def test_a_pc_is_told_as_it_is_this_moment(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await add_device(parts, PC)
        pcs = Pcs(parts.cloud, clock)
        advisories = Advisories(parts.cloud, pcs, parts.ledger, parts.bus, clock)
        said = NewAdvisory(
            severity=Severity.SERIOUS, texts={"en": "Do not use lot 7."}, advice={}, sites=(), models=("DX-9",),
            until_utc_ms=clock.now_ms + 86_400_000,
        )  # fmt: skip
        id_ = await advisories.make("root", said)
        assert await advisories.offers(PC) == []
        # neither the remembered PCs nor what they were a moment ago count
        await add_device(parts, NEW, model="DX-9")
        assert [type(one) for one in await advisories.offers(NEW)] == [AdvisoryOffered]
        async with parts.cloud.write() as rows:
            await rows.execute(update(Instrument).where(Instrument.device_id == PC).values(model="DX-9"))
        assert [type(one) for one in await advisories.offers(PC)] == [AdvisoryOffered]
        async with parts.cloud.write() as rows:
            await rows.execute(update(Instrument).where(Instrument.device_id == PC).values(model="CX-200"))
        news = parts.bus.subscribe(lambda one: isinstance(one, ToDevices), limit=10)
        await advisories.withdraw("root", id_)
        assert await news.next(1) == ToDevices(frozenset({PC, NEW}), AdvisoryWithdrawn(id=id_))
        assert list(await advisories.offers(PC)) == [AdvisoryWithdrawn(id=id_)]
        assert await advisories.offers(b"x" * 16) == ()
