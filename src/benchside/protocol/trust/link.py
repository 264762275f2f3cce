"""The records of a link: every message after the hello, both ways, sealed and in order (docs/protocol/link.md).

    record = AES-256-GCM ciphertext || 16-byte tag, as a channel's (trust/records.py)
    key    = HKDF-SHA512(salt = both nonces, secret from the device's key, info = direction, device and nonces)
    AAD    = direction, device and nonces || counter

Only who holds the device's key can make one, only the next one of its link and direction opens, and the first that
opens proves its sender: the nonces are fresh.  The keys stay those of the link's start when the device's key changes.
"""

from __future__ import annotations

from enum import Enum

from benchside.protocol.trust.derivation import derive, expand
from benchside.protocol.trust.device import LinkNonces
from benchside.protocol.trust.records import RecordOpener, RecordSealer
from benchside.protocol.wire.link import LINK

__all__ = ["LinkEnd", "link_records"]


class LinkEnd(Enum):
    """Who sends; the value names the direction in keys and associated data."""

    AGENT = "benchside/1 link record of agent"
    GATEWAY = "benchside/1 link record of gateway"


def link_records(device_key: bytes, nonces: LinkNonces, *, own: LinkEnd) -> tuple[RecordSealer, RecordOpener]:
    """Return what one end seals its messages with and opens the other's; both as LINK encodes them.

    `device_key`: the one that the hello proves.
    """
    other = LinkEnd.AGENT if own is LinkEnd.GATEWAY else LinkEnd.GATEWAY
    return (
        RecordSealer(*_stream(device_key, nonces, own), max_bytes=LINK.max_bytes),
        RecordOpener(*_stream(device_key, nonces, other), max_bytes=LINK.max_bytes),
    )


def _stream(device_key: bytes, nonces: LinkNonces, sender: LinkEnd) -> tuple[bytes, bytes]:
    name = nonces.under(sender.value)
    secret = expand(device_key, "benchside/1 link records", 32)
    return derive(salt=nonces.agent + nonces.gateway, ikm=secret, info=name, length=32), name
