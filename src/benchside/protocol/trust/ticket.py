"""Tickets: issuing them on the server, believing them in the relay and on the PC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchside.protocol.errors import PeerError, Refusal, RefusedError
from benchside.protocol.trust.signed import TICKET_PURPOSE, open_signed, sign
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.ids import Fingerprint
from benchside.protocol.wire.ticket import TICKET, TicketPayload

__all__ = ["TICKET_LIFE_MS", "TICKET_SKEW_MS", "TicketFor", "check_ticket", "issue_ticket", "match_ticket"]

TICKET_LIFE_MS = 60_000
"""Long enough for a slow proxy and TLS, short enough that the relay's memory of used ones stays small."""
TICKET_SKEW_MS = 5_000
"""How far the clocks of server, relay and PC may differ where they are kept by NTP."""


@dataclass(frozen=True, kw_only=True)
class TicketFor:
    """What a ticket must be for, besides being genuine and of this moment.

    `key` is None only where the bearer's key is not known yet and will be proved right after.
    """

    request_id: bytes
    device_id: bytes
    role: Role
    channel: Channel
    key: Fingerprint | None


def issue_ticket(payload: TicketPayload, key: Ed25519PrivateKey) -> bytes:
    """Return the signed ticket as it travels."""
    return sign(TICKET_PURPOSE, TICKET.encode(payload), key)


def check_ticket(
    signed: bytes,
    *,
    ticket_keys: Sequence[bytes],
    relay: str | None,
    now_utc_ms: int,
    skew_ms: int = TICKET_SKEW_MS,
) -> TicketPayload:
    """Return the payload of a genuine ticket for `relay` (None: any) at this moment; RefusedError otherwise.

    `skew_ms`: how far this machine's clock may be off from the server's, either way.
    """
    try:
        payload = TICKET.decode(open_signed(TICKET_PURPOSE, signed, ticket_keys))
    except PeerError as error:
        raise RefusedError(Refusal.TICKET_INVALID, f"expected a ticket signed by the ticket key: {error}") from error
    if payload.version != VERSION:
        raise RefusedError(Refusal.TICKET_INVALID, f"expected a ticket of version {VERSION}, got {payload.version}")
    if relay is not None and payload.relay != relay:
        raise RefusedError(Refusal.TICKET_MISMATCH, "expected a ticket for this relay, got one for another")
    if (
        payload.expires_utc_ms - payload.issued_utc_ms > TICKET_LIFE_MS
        or payload.expires_utc_ms <= payload.issued_utc_ms
    ):
        raise RefusedError(Refusal.TICKET_INVALID, "expected a ticket of at most a minute, got one that lives longer")
    if not payload.issued_utc_ms - skew_ms <= now_utc_ms < payload.expires_utc_ms + skew_ms:
        raise RefusedError(Refusal.TICKET_EXPIRED, "expected a ticket of this moment, got an expired or future one")
    return payload


def match_ticket(payload: TicketPayload, wanted: TicketFor) -> None:
    """Return when the ticket is for exactly this bearer and connection; RefusedError otherwise."""
    pairs = (
        ("request", payload.request_id, wanted.request_id),
        ("device", payload.device_id, wanted.device_id),
        ("role", payload.role, wanted.role),
        ("channel", payload.channel, wanted.channel),
        ("key", payload.key, payload.key if wanted.key is None else wanted.key),
    )
    for name, got, expected in pairs:
        if got != expected:
            raise RefusedError(Refusal.TICKET_MISMATCH, f"expected a ticket for this {name}, got one for another")
