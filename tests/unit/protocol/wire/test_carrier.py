"""Batches of notices as they travel: packed, bounded, in order."""

from __future__ import annotations

import zlib

import msgspec
import pytest

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.wire.carrier import pack_batch, unpack_batch
from benchside.protocol.wire.condition import BATCH, ChangeKind, ConditionChange, ConditionKey, NoticeBatch

KEY = ConditionKey("pc.disk", "C:", "space_low")


def change(sequence: int) -> ConditionChange:
    return ConditionChange(sequence=sequence, kind=ChangeKind.CLEARED, at_utc_ms=1, key=KEY, head=bytes(32))


def batch(*sequences: int) -> NoticeBatch:
    return NoticeBatch(journal=bytes(16), changes=tuple(change(each) for each in sequences))


def test_a_batch_comes_back_as_it_was() -> None:
    assert unpack_batch(pack_batch(batch(7, 8, 9))) == batch(7, 8, 9)


def test_a_hundred_plain_changes_travel_in_some_kilobytes() -> None:
    assert len(pack_batch(batch(*range(1, 101)))) < 4096


@pytest.mark.parametrize(
    ("packed", "fault"),
    [
        (b"rubbish", PeerFault.MALFORMED),
        (pack_batch(batch(1))[:-3], PeerFault.MALFORMED),
        (pack_batch(batch(1)) + b"x", PeerFault.MALFORMED),
        (zlib.compress(b"rubbish"), PeerFault.MALFORMED),
        (zlib.compress(bytes(BATCH.max_bytes + 1)), PeerFault.TOO_LARGE),
        (pack_batch(batch(1, 3)), PeerFault.OUT_OF_ORDER),
        (pack_batch(batch(2, 1)), PeerFault.OUT_OF_ORDER),
    ],
)
def test_nothing_else_is_taken(packed: bytes, fault: PeerFault) -> None:
    with pytest.raises(PeerError) as caught:
        unpack_batch(packed)
    assert caught.value.fault is fault


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(bytes(200 * 1024 * 1024), level=9)
    assert len(bomb) < 256 * 1024
    with pytest.raises(PeerError):
        unpack_batch(bomb)


def test_no_changes_make_no_batch() -> None:
    empty = zlib.compress(msgspec.msgpack.encode({"journal": bytes(16), "changes": []}))
    with pytest.raises(PeerError):
        unpack_batch(empty)
