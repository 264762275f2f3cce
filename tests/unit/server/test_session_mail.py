"""A mail for each session to the hospital's IT: once, in its language, without patients' or technicians' names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, update
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.trust.journal import JOURNAL_START, journal_head
from benchside.protocol.wire.audit import EventDetails, EventKind, PcEvent
from benchside.protocol.wire.policy import NO_RULES
from benchside.server.administration.facts import CustomerFacts, SiteFacts
from benchside.server.administration.places import Places
from benchside.server.administration.session_mail import SETTLE_MS, TOO_LATE_MS, SessionMails
from benchside.server.audit.kind import session_stream
from benchside.server.audit.model import Session
from benchside.server.broker.consoles import Consoles
from benchside.server.broker.model import Request
from benchside.server.broker.queue import Broker
from benchside.server.enrolment.model import Customer, Device
from benchside.server.mail.model import Mail
from benchside.server.parts import Parts
from benchside.server.presence.watch import Presence

REQUEST, DEVICE = b"r" * 16, b"d" * 16


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def parts(tmp_path: Path, clock: Clock) -> AsyncIterator[Parts]:
    async with opened_parts(tmp_path, clock) as opened:
        places = Places(opened.cloud, opened.ledger, clock)
        await places.put_customers(
            "x", [CustomerFacts(id="c", name="C", it_mail="it@hospital.example", mail_language="es")]
        )
        lab = SiteFacts(
            id="lab-9", name="Hematología", customer="c", laws=("gdpr",), time_zone="Europe/Madrid", rules=NO_RULES
        )
        await places.put_sites("x", [lab])
        yield opened


async def over(parts: Parts, clock: Clock, *kinds: tuple[EventKind, EventDetails]) -> None:
    """A session that has just ended, with these entries of the PC's journal."""
    now = clock()
    async with parts.cloud.write() as rows:
        rows.add(Device(
            id=DEVICE, site="lab-9", region="global", name="PC", device_key=bytes(32), identity_spki=bytes(550),
            identity_fingerprint=bytes(32), registrant="R", registrant_email="r@x.example", enrolled_utc_ms=1,
            policy_version=0,
        ))  # fmt: skip
        await rows.flush()
        rows.add(Request(
            id=REQUEST, device_id=DEVICE, technician="Toni Secret", reason="Patient Smith", instrument="i",
            queued_utc_ms=now, state="ended", ended_utc_ms=now,
        ))  # fmt: skip
    await parts.sessions.open(Session(
        id=REQUEST, device_id=DEVICE, device="PC of the\nanalyser", device_key=bytes(32), region="global", site="lab-9",
        site_name="L", models="[]", technician="Toni Secret", reason="Patient Smith", state="ended", opened_utc_ms=now,
        ended_utc_ms=now,
    ))  # fmt: skip
    await journal(parts, clock, *kinds)


async def journal(parts: Parts, clock: Clock, *kinds: tuple[EventKind, EventDetails]) -> list[PcEvent]:
    """What the PC writes, and the server keeps."""
    head, events = JOURNAL_START, []
    for sequence, (kind, details) in enumerate(kinds, start=1):
        head = journal_head(head, sequence=sequence, kind=kind, at_utc_ms=clock(), request_id=REQUEST, details=details)
        events.append(PcEvent(
            sequence=sequence, kind=kind, at_utc_ms=clock(), request_id=REQUEST, details=details, head=head,
        ))  # fmt: skip
    if events:
        await parts.ledger.keep_journal(DEVICE, events)
    return events


def broker_of(parts: Parts) -> Broker:
    presence, consoles = Presence(parts.session, parts.now), Consoles(parts.now)
    return Broker(
        parts.cloud, parts.register, parts.ledger, parts.sessions, parts.keeper, presence, consoles, parts.bus,
        parts.now,
    )  # fmt: skip


async def mails(parts: Parts) -> list[Mail]:
    async with parts.cloud.read() as rows:
        return list(await rows.scalars(select(Mail)))


ENTERED = (EventKind.CODE_ACCEPTED, EventDetails(associate="ana"))
SEES = (EventKind.CAPABILITY_GRANTED, EventDetails(capability="view"))


async def test_a_session_is_told_once_and_names_nobody_of_the_lab(parts: Parts, clock: Clock) -> None:
    await over(parts, clock, ENTERED, SEES, SEES)
    reporter = SessionMails(parts)
    await reporter.report()
    assert await mails(parts) == [], "the PC's last entries may still be on their way"
    clock.now_ms += SETTLE_MS
    await reporter.report()
    await reporter.report()
    (mail,) = await mails(parts)
    assert mail.recipient == "it@hospital.example"
    assert mail.subject == "Asistencia remota en Hematología: ana"
    assert "PC of the analyser" in mail.body
    assert "ver la pantalla\n" in mail.body
    assert "Europe/Madrid" in mail.body
    for secret in ("Toni", "Smith"):
        assert secret not in mail.body + mail.subject


async def test_where_nobody_entered_there_is_nothing_to_tell(parts: Parts, clock: Clock) -> None:
    await over(parts, clock)
    clock.now_ms += SETTLE_MS
    await SessionMails(parts).report()
    assert await mails(parts) == []


async def test_news_of_long_ago_and_customers_who_want_none(parts: Parts, clock: Clock) -> None:
    await over(parts, clock, ENTERED)
    clock.now_ms += TOO_LATE_MS
    await SessionMails(parts).report()
    places = Places(parts.cloud, parts.ledger, clock)
    await places.put_customers("x", [CustomerFacts(id="c", name="C", it_mail="", mail_language="en")])
    async with parts.cloud.write() as rows:
        await rows.execute(update(Request).values(ended_utc_ms=clock() - SETTLE_MS))
    await SessionMails(parts).report()
    assert await mails(parts) == []


async def test_what_a_pc_tells_late_is_told_late(parts: Parts, clock: Clock) -> None:
    await over(parts, clock)
    reporter, broker = SessionMails(parts), broker_of(parts)
    clock.now_ms += SETTLE_MS
    await reporter.report()
    assert await mails(parts) == []
    # the PC was out of reach, and its journal comes a day later
    clock.now_ms += 86_400_000
    await broker.note_journal(DEVICE, await journal(parts, clock, ENTERED, SEES))
    await reporter.report()
    await reporter.report()
    assert len(await mails(parts)) == 1


async def test_an_address_that_is_none_holds_up_nobody(parts: Parts, clock: Clock) -> None:
    await over(parts, clock, ENTERED)
    async with parts.cloud.write() as rows:
        await rows.execute(update(Customer).values(it_mail="it.@hospital.example"))
    clock.now_ms += SETTLE_MS
    await SessionMails(parts).report()
    async with parts.cloud.read() as rows:
        assert (await rows.scalars(select(Request.reported_utc_ms))).all() == [clock.now_ms]


async def test_a_log_full_of_refusals_hides_no_session(
    parts: Parts, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchside.server.audit.ledger.MAX_EVENTS_SHOWN", 3)
    await over(parts, clock)
    for _ in range(3):
        await parts.ledger.record(session_stream(REQUEST), EventKind.TICKET_REFUSED, EventDetails(associate="ana"))
    await journal(parts, clock, ENTERED, SEES)
    clock.now_ms += SETTLE_MS
    await SessionMails(parts).report()
    assert len(await mails(parts)) == 1
