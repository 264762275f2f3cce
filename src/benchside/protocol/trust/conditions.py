"""The chain of the notifier's journal: each head stands for every change before it (R69)."""

from __future__ import annotations

import hashlib

import msgspec

from benchside.protocol.trust.bytes import lp
from benchside.protocol.wire.condition import CHANGE, ConditionChange

__all__ = ["CONDITIONS_START", "conditions_head", "fits"]

CONDITIONS_START = bytes(32)
"""The head before the first change, and what stands in a change while its own head is made."""


def conditions_head(before: bytes, change: ConditionChange) -> bytes:
    """Return the head after `change`: SHA-256 over the head before it and all else that it says."""
    bare = msgspec.structs.replace(change, head=CONDITIONS_START)
    return hashlib.sha256(lp("benchside/1 conditions", before, CHANGE.encode(bare))).digest()


def fits(before: bytes, change: ConditionChange) -> bool:
    """Return whether `change` follows `before` unchanged."""
    return change.head == conditions_head(before, change)
