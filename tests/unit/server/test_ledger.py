"""The session log: what it keeps, what it refuses, and what its verification finds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.errors import PeerError
from benchside.protocol.trust.journal import JOURNAL_START, journal_head
from benchside.protocol.wire.audit import EventDetails, EventKind, PcEvent
from benchside.server.audit.commitment import commit, fits
from benchside.server.audit.kind import session_stream
from benchside.server.audit.model import Session
from benchside.server.parts import Parts

REQUEST, DEVICE = bytes(15) + b"r", bytes(15) + b"d"


def journal(*kinds: EventKind) -> list[PcEvent]:
    head, events = JOURNAL_START, []
    for sequence, kind in enumerate(kinds, start=1):
        details = EventDetails(cause=f"cause {sequence}")
        head = journal_head(head, sequence=sequence, kind=kind, at_utc_ms=sequence, request_id=REQUEST, details=details)
        events.append(
            PcEvent(sequence=sequence, kind=kind, at_utc_ms=sequence, request_id=REQUEST, details=details, head=head)
        )
    return events


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    async with opened_parts(tmp_path, Clock()) as opened:
        await opened.sessions.open(
            Session(
                id=REQUEST,
                device_id=DEVICE,
                device="PC",
                device_key=bytes(32),
                region="global",
                site="lab-1",
                site_name="Lab",
                models="[]",
                technician="Toni",
                reason="?",
                state="queued",
                opened_utc_ms=1,
            )
        )
        await opened.ledger.record(session_stream(REQUEST), EventKind.REQUEST_CLAIMED, EventDetails(associate="ana"))
        await opened.ledger.keep_journal(DEVICE, journal(EventKind.CODE_MADE, EventKind.CODE_ACCEPTED))
        yield opened


def test_a_commitment_fits_its_own_details_only() -> None:
    commitment, salted = commit(bytes(32), EventDetails(cause="stopped"))
    assert fits(commitment, salted)
    assert not fits(commitment, salted[:-1])
    assert not fits(commitment, b"\x01" + salted[1:])
    assert commit(b"\x01" * 32, EventDetails(cause="stopped"))[0] != commitment


async def test_both_sources_stand_in_one_sequence(parts: Parts) -> None:
    events = await parts.ledger.events_of(REQUEST)
    assert [(event.sequence, event.source, event.kind) for event in events] == [
        (1, "server", "request_claimed"),
        (2, "pc", "code_made"),
        (3, "pc", "code_accepted"),
    ]
    assert events[0].details == EventDetails(associate="ana")
    verdict = await parts.ledger.verify(REQUEST)
    assert (verdict.is_intact, verdict.events) == (True, 3)


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE event SET commitment = zeroblob(32) WHERE sequence = 1",
        "UPDATE event SET kind = 'code_wrong' WHERE sequence = 3",
        "UPDATE event SET at_utc_ms = 99 WHERE sequence = 2",
        "UPDATE event SET pc_head = zeroblob(32) WHERE sequence = 2",
        "DELETE FROM event WHERE sequence = 2",
        "DELETE FROM event WHERE sequence = 1",
        "UPDATE event SET salted_details = (SELECT salted_details FROM event WHERE sequence = 3) WHERE sequence = 2",
    ],
)
async def test_tampering_with_the_database_is_found(parts: Parts, tamper: str) -> None:
    async with parts.session.write() as rows:
        await rows.execute(text(tamper))
    assert not (await parts.ledger.verify(REQUEST)).is_intact


async def test_erased_details_leave_the_rest_standing(parts: Parts) -> None:
    async with parts.session.write() as rows:
        await rows.execute(text("UPDATE event SET salted_details = NULL WHERE sequence = 1"))
    assert (await parts.ledger.verify(REQUEST)).is_intact
    assert (await parts.ledger.events_of(REQUEST))[0].details is None


async def test_repeats_are_passed_over_and_a_bad_batch_keeps_nothing(parts: Parts) -> None:
    events = journal(EventKind.CODE_MADE, EventKind.CODE_ACCEPTED, EventKind.SESSION_ENDED, EventKind.CODE_MADE)
    assert await parts.ledger.keep_journal(DEVICE, events[:3]) == 3
    assert (
        await parts.ledger.journal_after(DEVICE, 1, (EventKind.CODE_ACCEPTED, EventKind.SESSION_ENDED)) == events[1:3]
    )
    assert await parts.ledger.journal_after(DEVICE, 2, (EventKind.CODE_ACCEPTED,)) == []
    gap = msgspec.structs.replace(events[3], sequence=6)
    with pytest.raises(PeerError):
        await parts.ledger.keep_journal(DEVICE, [events[3], gap])
    assert (await parts.ledger.journal_head(DEVICE))[0] == 3


async def test_a_pc_cannot_write_into_another_pcs_session(parts: Parts) -> None:
    await parts.ledger.keep_journal(bytes(16), journal(EventKind.SESSION_ENDED))
    (said,) = await parts.ledger.journal_after(bytes(16), 0, (EventKind.SESSION_ENDED,))
    assert said.request_id is None
    assert len(await parts.ledger.events_of(REQUEST)) == 3
