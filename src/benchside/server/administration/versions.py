"""Which state of something an administrator looked at, so that a change does not undo another's without a word.

A version is taken from what is stored, not counted: whatever changes it, a table, a command or a group that is removed,
changes the version, and what is as it was seen has the version that was seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from benchside.protocol.errors import Refusal, RefusedError

__all__ = ["ABSENT", "Seen", "refuse_changed", "version_of"]

ABSENT = "absent"
"""The version of what there is not."""
_BYTES = 16
"""Of the hash: nobody finds two contents of one version, and it is no secret."""

Seen = Mapping[str, str] | None
"""By id, the version that each was seen in; None for whoever changes it however it is (an operator's command)."""


def version_of(*facts: msgspec.Struct | None) -> str:
    """Return the version of one thing as it is stored, or of several together; ABSENT for one that there is not."""
    if facts == (None,):
        return ABSENT
    return hashlib.sha256(msgspec.json.encode(facts)).digest()[:_BYTES].hex()


def refuse_changed(seen: Seen, ids: Iterable[str], now: Mapping[str, msgspec.Struct]) -> None:
    """RefusedError(CHANGED) when one of `ids` is not `now` as it was seen."""
    for each in ids if seen is not None else ():
        if seen is not None and seen.get(each, ABSENT) != version_of(now.get(each)):
            raise RefusedError(Refusal.CHANGED, f"expected {each} as it was seen, got one that was changed since")
