"""Used tickets are remembered until they are worth nothing, and within bounds."""

from __future__ import annotations

import pytest

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.ticket import TicketPayload
from benchside.server.relay import used
from benchside.server.relay.used import UsedTickets


def ticket(serial: int, expires_utc_ms: int = 60_000) -> TicketPayload:
    return TicketPayload(
        version=1, serial=serial.to_bytes(16, "big"), relay="r", request_id=bytes(16), device_id=bytes(16),
        associate=None, role=Role.PC, channel=Channel.MAIN, key=bytes(32), issued_utc_ms=0,
        expires_utc_ms=expires_utc_ms,
    )  # fmt: skip


def test_a_ticket_passes_once_while_it_lives() -> None:
    tickets = UsedTickets()
    tickets.use(ticket(1), 0)
    for now in (0, 59_999, 69_999):
        with pytest.raises(RefusedError) as refused:
            tickets.use(ticket(1), now)
        assert refused.value.reason is Refusal.TICKET_USED
    tickets.use(ticket(2), 70_000)
    assert len(tickets._serials) == 1


def test_when_full_nothing_is_forgotten_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(used, "MAX_KEPT", 2)
    tickets = UsedTickets()
    tickets.use(ticket(1), 0)
    tickets.use(ticket(2), 0)
    with pytest.raises(RefusedError) as refused:
        tickets.use(ticket(3), 0)
    assert refused.value.reason is Refusal.WAIT
    tickets.use(ticket(3, expires_utc_ms=130_000), 70_000)
