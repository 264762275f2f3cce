"""The receipt of a session: its journal entries, signed by the device, for anybody to check without a server.

A receipt is one JSON file.  It holds every journal entry from the request's first to its last (entries of
other kinds that fell in between included, or the chain could not be followed), the chain's head before and
after, and the device identity's PSS signature over all of it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from benchside.agent.journal import Journal
from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError
from benchside.protocol.trust.bytes import lp, u64
from benchside.protocol.trust.journal import JOURNAL_START, journal_head
from benchside.protocol.trust.keys import fingerprint, load_rsa_identity, pss_sign, pss_verify, public_bytes
from benchside.protocol.wire.audit import PcEvent

__all__ = ["Receipt", "check_receipt", "make_receipt", "read_receipt"]

MAX_RECEIPT_BYTES = 16 * 1024 * 1024
MAX_ENTRIES = 20_000
"""A session of a whole shift with a question a minute writes some thousand."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All byte strings are base64 in the file (msgspec's way of writing bytes into JSON)."""

    version: int
    device: str
    site: str
    request_id: bytes
    identity_key: bytes
    head_before: bytes
    events: tuple[PcEvent, ...]
    signature: bytes


def _content(receipt: Receipt) -> bytes:
    """What is signed: the ends of the chain stand for every entry between them."""
    last = receipt.events[-1]
    return lp(
        "benchside/1 receipt",
        u64(receipt.version),
        receipt.device,
        receipt.site,
        receipt.request_id,
        receipt.head_before,
        u64(receipt.events[0].sequence),
        u64(last.sequence),
        last.head,
    )


def make_receipt(journal: Journal, identity: RSAPrivateKey, *, request_id: bytes, device: str, site: str) -> Receipt:
    """Return the receipt of one request; RefusedError when the journal does not know it."""
    own = journal.of_request(request_id, MAX_ENTRIES)
    if not own:
        raise RefusedError(Refusal.NO_REQUEST, "expected a request that the journal knows, got another")
    first, last = own[0].sequence, own[-1].sequence
    before = journal.after(first - 2, 1) if first > 1 else []
    receipt = Receipt(
        version=1,
        device=device,
        site=site,
        request_id=request_id,
        identity_key=public_bytes(identity.public_key()),
        head_before=before[0].head if before else JOURNAL_START,
        events=tuple(journal.after(first - 1, last - first + 1)),
        signature=b"",
    )
    return msgspec.structs.replace(receipt, signature=pss_sign(identity, _content(receipt)))


def read_receipt(path: Path) -> Receipt:
    """Return the receipt in a file; PeerError when it is none."""
    with path.open("rb") as file:
        data = file.read(MAX_RECEIPT_BYTES + 1)
    if len(data) > MAX_RECEIPT_BYTES:
        raise PeerError(PeerFault.TOO_LARGE, f"expected a receipt of at most {MAX_RECEIPT_BYTES} bytes, got more")
    try:
        return msgspec.json.decode(data, type=Receipt)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise PeerError(PeerFault.MALFORMED, f"expected a receipt, got another file: {error}") from error


def check_receipt(receipt: Receipt) -> bytes:
    """Return the fingerprint of the device that signed it; PeerError when an entry or the signature does not fit."""
    if not receipt.events or receipt.version != 1:
        raise PeerError(PeerFault.MALFORMED, "expected a receipt of version 1 with entries, got another")
    head = receipt.head_before
    for place, event in enumerate(receipt.events):
        head = journal_head(
            head,
            sequence=receipt.events[0].sequence + place,
            kind=event.kind,
            at_utc_ms=event.at_utc_ms,
            request_id=event.request_id,
            details=event.details,
        )
        if event.head != head or event.sequence != receipt.events[0].sequence + place:
            raise PeerError(
                PeerFault.NOT_AUTHENTIC, f"expected entry {event.sequence} to fit the one before, got another"
            )
    pss_verify(load_rsa_identity(receipt.identity_key), receipt.signature, _content(receipt))
    return fingerprint(receipt.identity_key)
