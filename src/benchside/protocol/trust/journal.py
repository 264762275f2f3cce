"""The chain of a PC's journal: each head stands for every entry before it."""

from __future__ import annotations

import hashlib

from benchside.protocol.trust.bytes import lp, u64
from benchside.protocol.wire.audit import DETAILS, EventDetails, EventKind

__all__ = ["JOURNAL_START", "journal_head"]

JOURNAL_START = bytes(32)
"""The head before the first entry."""


def journal_head(
    before: bytes,
    *,
    sequence: int,
    kind: EventKind,
    at_utc_ms: int,
    request_id: bytes | None,
    details: EventDetails,
) -> bytes:
    """Return the head after an entry: SHA-256 over the head before it and all that the entry says.

    `sequence` counts from 1 without gaps; `request_id` None is written as an empty part.
    """
    return hashlib.sha256(
        lp(
            "benchside/1 journal",
            before,
            u64(sequence),
            kind.value,
            u64(at_utc_ms),
            request_id or b"",
            DETAILS.encode(details),
        )
    ).digest()
