"""Refusals of strangers in the log: the first at once, then at most one a minute, and none uncounted."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.errors import RefusedError
from benchside.protocol.wire.audit import EventDetails
from benchside.server.audit import refusals
from benchside.server.audit.commitment import details_of
from benchside.server.audit.kind import SERVER, ServerKind
from benchside.server.audit.model import Event
from benchside.server.audit.refusals import WRITE_EVERY_MS
from benchside.server.parts import Parts

KIND = ServerKind.ENROLMENT_REFUSED
DETAILS = EventDetails(cause="token_unknown")


async def written(parts: Parts, kind: ServerKind = KIND) -> list[tuple[str, str | None]]:
    """Stream and number of tries of each event, in order."""
    async with parts.session.read() as rows:
        found = await rows.scalars(select(Event).where(Event.kind == kind.value).order_by(Event.kept_utc_ms))
        return [(row.stream, _scope(row)) for row in found]


def _scope(row: Event) -> str | None:
    assert row.salted_details is not None
    return details_of(row.salted_details).scope


async def test_one_a_minute_of_a_kind_and_source_is_written_and_the_rest_counted(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        for _ in range(20):
            await parts.refusals.note(KIND, "198.51.100.1", SERVER, DETAILS)
        assert await written(parts) == [(SERVER, None)]
        await parts.refusals.note(KIND, "198.51.100.2", SERVER, DETAILS)
        assert await written(parts) == [(SERVER, None)] * 2
        await parts.refusals.write_counted()
        assert len(await written(parts)) == 2
        clock.now_ms += WRITE_EVERY_MS
        await parts.refusals.note(KIND, "198.51.100.1", SERVER, DETAILS)
        assert await written(parts) == [(SERVER, None), (SERVER, None), (SERVER, "20")]
        await parts.refusals.note(KIND, "198.51.100.1", SERVER, DETAILS)
        await parts.refusals.note(KIND, "198.51.100.1", SERVER, DETAILS)
        clock.now_ms += WRITE_EVERY_MS
        for _ in range(3):
            await parts.refusals.write_counted()
        assert [scope for _, scope in await written(parts)] == [None, None, "20", "2"]


async def test_addresses_without_end_fill_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MAX_SOURCES", 3)
    async with opened_parts(tmp_path, Clock()) as parts:
        for number in range(10):
            await parts.refusals.note(KIND, f"198.51.100.{number}", SERVER, DETAILS)
        assert len(parts.refusals._since) == 3


async def test_who_is_quiet_is_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await parts.refusals.note(KIND, "198.51.100.1", SERVER, DETAILS)
        clock.now_ms += WRITE_EVERY_MS
        await parts.refusals.write_counted()
        assert not parts.refusals._since


async def test_wrong_sign_ins_are_written_once_a_minute(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await parts.accounts.add("ana")
        for account in ("ana", "ana", *(f"nobody-{number}" for number in range(6))):
            with pytest.raises(RefusedError):
                await parts.accounts.sign_in(account, "wrong", "198.51.100.1")
            clock.now_ms += 5000
        assert await written(parts, ServerKind.SIGN_IN_REFUSED) == [("account:ana", None)]
        clock.now_ms += WRITE_EVERY_MS
        await parts.refusals.write_counted()
        assert await written(parts, ServerKind.SIGN_IN_REFUSED) == [("account:ana", None), (SERVER, "7")]
