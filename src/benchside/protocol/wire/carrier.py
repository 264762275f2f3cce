"""What carries notices from the notifier to the server and back: the same messages on both legs of the way.

    notifier           agent's door (wire/desk.py)           agent                    link (wire/link.py)   gateway
    CarrierWanted                              ->
                                               <-  CarrierShown, at each change again
    NoticesAsked(journal)                      ->      passed on as it is       ->
                                               <-                               <-  NoticesKept(journal, sequence)
    NoticesReported(batch)                     ->                               ->  stores, in order, each once
                                               <-                               <-  NoticesKept(journal, sequence)
                                               <-                               <-  AdvisoryOffered, AdvisoryWithdrawn
                                                   WatchTold(is_well)           ->

One batch is on its way at a time; the next goes when it is kept.  A batch begins after what is kept, or later where the
PC has cut what nobody fetched for 30 days; within a batch there is no gap.  A PC whose disk was set back to an older
image has a journal that goes another way from there: it is told anew under another id.  After each reconnect the
notifier asks again, so the journal on disk is the only queue.  The agent looks into none of it.  What is malformed ends
the line.
"""

from __future__ import annotations

import zlib
from typing import Annotated

from msgspec import Meta

from benchside.protocol.errors import CallerError, PeerError, PeerFault
from benchside.protocol.wire.codec import Message
from benchside.protocol.wire.condition import BATCH, NoticeBatch, Severity, Texts
from benchside.protocol.wire.ids import Bytes16, Bytes32
from benchside.protocol.wire.session import InstrumentInfo
from benchside.protocol.wire.text import Line
from benchside.protocol.wire.ticket import UtcMs

__all__ = [
    "MAX_PACKED_BYTES",
    "AdvisoryOffered",
    "AdvisoryWithdrawn",
    "CarrierMessage",
    "CarrierShown",
    "CarrierWanted",
    "NoticesAsked",
    "NoticesKept",
    "NoticesReported",
    "WatchTold",
    "pack_batch",
    "unpack_batch",
]

MAX_PACKED_BYTES = 256 * 1024
"""Half of what the gateway takes from an agent at once; a usual batch has 4 kB."""


class NoticesAsked(Message, frozen=True, kw_only=True, tag="notices_asked"):
    """From the notifier: how far does the server have this journal?  Answered by NoticesKept."""

    journal: Bytes16


class NoticesReported(Message, frozen=True, kw_only=True, tag="notices_reported"):
    """Changes of one journal, in order, going on from what is kept; `batch` is for `unpack_batch`."""

    batch: Annotated[bytes, Meta(min_length=1, max_length=MAX_PACKED_BYTES)]


class NoticesKept(Message, frozen=True, kw_only=True, tag="notices_kept"):
    """The server has stored every change of `journal` up to `sequence` durably; 0: none."""

    journal: Bytes16
    sequence: Annotated[int, Meta(ge=0, le=2**53)]
    head: Bytes32 | None = None
    """With the answer to NoticesAsked: the chain's head there, by which a journal that was set back is known."""


class AdvisoryOffered(Message, frozen=True, kw_only=True, tag="advisory"):
    """The vendor's word to the person at this PC; said again after each reconnect while it holds, once in effect."""

    id: Bytes16
    severity: Severity
    texts: Annotated[Texts, Meta(min_length=1)]
    advice: Texts
    until_utc_ms: UtcMs


class AdvisoryWithdrawn(Message, frozen=True, kw_only=True, tag="advisory_withdrawn"):
    """It does not hold any more."""

    id: Bytes16


class WatchTold(Message, frozen=True, kw_only=True, tag="watch_told"):
    """From the agent: whether a notifier is there; false when there has been none for a minute."""

    is_well: bool


class CarrierWanted(Message, frozen=True, kw_only=True, tag="carrier_wanted"):
    """The notifier's first message at the agent's door, in place of DeskHello; only the agent's own account may."""

    version: int


class CarrierShown(Message, frozen=True, kw_only=True, tag="carrier"):
    """What the notifier must know of the agent: which PC it is, whether the server is reached, and of a run."""

    is_online: bool
    is_assay_running: bool
    site: Line
    device: Line
    instruments: Annotated[tuple[InstrumentInfo, ...], Meta(max_length=16)]


CarrierMessage = (
    CarrierWanted | CarrierShown | NoticesAsked | NoticesReported | NoticesKept | AdvisoryOffered | AdvisoryWithdrawn
)
"""What the notifier and the agent say to each other, over a desk's socket."""


def pack_batch(batch: NoticeBatch) -> bytes:
    """Return `batch` as it travels; CallerError when it is too large even so: send fewer changes."""
    packed = zlib.compress(BATCH.encode(batch), level=6)
    if len(packed) > MAX_PACKED_BYTES:
        raise CallerError(f"a packed batch has at most {MAX_PACKED_BYTES} bytes, this has {len(packed)}")
    return packed


def unpack_batch(packed: bytes) -> NoticeBatch:
    """Return what `pack_batch` packed; PeerError for anything else, and never more memory than BATCH.max_bytes."""
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(packed, BATCH.max_bytes)
    except zlib.error as error:
        raise PeerError(PeerFault.MALFORMED, "expected a packed batch, got bytes that do not unpack") from error
    if inflater.unconsumed_tail:
        raise PeerError(PeerFault.TOO_LARGE, f"expected a batch of at most {BATCH.max_bytes} bytes, got more")
    if not inflater.eof or inflater.unused_data:
        raise PeerError(PeerFault.MALFORMED, "expected exactly one packed batch of notices, got a part or more")
    batch = BATCH.decode(data)
    first = batch.changes[0].sequence
    if any(change.sequence != first + place for place, change in enumerate(batch.changes)):
        raise PeerError(PeerFault.OUT_OF_ORDER, "expected changes that follow one another, got a gap")
    return batch
