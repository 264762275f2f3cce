"""What the carrier makes of the journal, without an agent."""

from __future__ import annotations

import random

from msgspec.structs import replace

from benchside.notifier.carrier import _packed
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.wire.carrier import unpack_batch
from benchside.protocol.wire.condition import MAX_BATCH, ChangeKind, ConditionChange, ConditionKey

JOURNAL = b"j" * 16


def noise(sequence: int) -> ConditionChange:
    dice = random.Random(sequence)
    values = {f"v{number}": "".join(chr(dice.randrange(0x4E00, 0x9FFF)) for _ in range(120)) for number in range(12)}
    draft = drafted(ChangeKind.RAISED, 1, ConditionKey("a", "b", "c"), values=values)
    return replace(draft, sequence=sequence)


def test_changes_that_do_not_pack_well_travel_in_smaller_numbers() -> None:
    changes = [noise(sequence) for sequence in range(1, MAX_BATCH + 1)]
    packed, last = _packed(JOURNAL, changes)
    assert 1 < last < MAX_BATCH
    assert unpack_batch(packed).changes == tuple(changes[:last])
