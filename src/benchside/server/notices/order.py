"""What of a batch is new, and whether it follows from what is kept: decided here, nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from benchside.protocol.trust.conditions import CONDITIONS_START, fits
from benchside.protocol.wire.condition import ConditionChange

__all__ = ["START", "Admitted", "Cursor", "JournalFault", "admit"]


@dataclass(frozen=True)
class Cursor:
    """Up to where a journal is kept, and the head of its chain there."""

    sequence: int
    head: bytes


START = Cursor(0, CONDITIONS_START)


class JournalFault(StrEnum):
    """What is wrong with a journal; codes of the server's own conditions."""

    BROKEN = "broken"
    """A change does not follow from the one before: the journal was changed, or somebody else writes one."""
    GAP = "gap"
    """Changes before these will never come: the PC has cut them, or somebody keeps them back."""


@dataclass(frozen=True)
class Admitted:
    """What is new, where the journal stands after it, and what is wrong with it."""

    new: tuple[ConditionChange, ...]
    cursor: Cursor
    faults: frozenset[JournalFault]


def admit(cursor: Cursor, changes: tuple[ConditionChange, ...], *, insists: bool) -> Admitted | None:
    """Return what `changes` (in order, without a gap between them) add to `cursor`; None when some are missing before.

    `insists`: the PC was told where we are and says the same again, so what is missing will not come; intake goes on
    there, with the fault GAP.  A broken chain does not stop it either: a PC whose journal somebody touched still has
    to be heard, and the fault is what a person is told.
    """
    is_gap = changes[0].sequence > cursor.sequence + 1
    if is_gap and not insists:
        return None
    faults = {JournalFault.GAP} if is_gap else set()
    head = None if is_gap else cursor.head
    new = []
    for change in changes:
        if change.sequence <= cursor.sequence:
            if change.sequence == cursor.sequence and change.head != cursor.head:
                faults.add(JournalFault.BROKEN)
            continue
        if head is not None and not fits(head, change):
            faults.add(JournalFault.BROKEN)
        head = change.head
        new.append(change)
    if new:
        cursor = Cursor(new[-1].sequence, new[-1].head)
    return Admitted(tuple(new), cursor, frozenset(faults))
