"""The device key of the link and its successor: which to prove next, and the change from one to the other.

INVARIANT: whatever breaks, the server knows one of the two that are here.  The next key is stored before it is proved,
and the old one goes when the server has shown that it goes by the next.  The next one goes for a later one alone, even
when the server goes by the old: the word that this PC has stored it may be on its way yet.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import random
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from benchside.agent.identity import DeviceFolder
from benchside.agent.journal import Journal
from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.device import LinkNonces
from benchside.protocol.trust.rotation import SharesOfKey, next_key, next_key_proof_agent, next_key_proof_gateway
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.link import KeyChanged, LinkMessage, NextKeyKept, NextKeyProved, NextKeyShare, RotateKey

__all__ = ["DeviceKeys", "KeyChange"]

log = logging.getLogger(__name__)

_SINCE = "device.key_utc_ms"
DAY_MS = 24 * 3600_000
"""A site's PCs were often enrolled on one day: each waits up to this much longer, at random."""


class DeviceKeys:
    """Both keys, in memory and as files.  What writes files may take a second (a TPM) and is to run in a thread."""

    def __init__(self, folder: DeviceFolder, journal: Journal, *, days: int) -> None:
        """`days`: how long a key is used before the agent has another made.  UnavailableError: no key to be had."""
        self._folder = folder
        self._journal = journal
        self._key, self._next = folder.device_key(), folder.next_key()
        self._is_next_refused = False
        self._life_ms = days * DAY_MS + random.randrange(DAY_MS)  # noqa: S311 - spreads load, guards nothing

    @property
    def key(self) -> bytes:
        """The key to prove at the next link."""
        return self._key if self._next is None or self._is_next_refused else self._next

    @property
    def has_next(self) -> bool:
        """Whether `key` is the older of two."""
        return self._next is not None and self._is_next_refused

    def refused(self) -> None:
        """Somebody says that the server did not take `key`: try the other one now, if there is one; store nothing."""
        self._is_next_refused = not self._is_next_refused

    async def proved(self, key: bytes) -> None:
        """The server has shown that it goes by this key; if it is the next one, the old one is worth nothing now."""
        if self._next is not None and hmac.compare_digest(key, self._next):
            await self._take(key)

    async def keep_next(self, key: bytes) -> None:
        """Store a key that the server has stored already; durable on return."""
        await asyncio.to_thread(self._folder.keep_next_key, key)
        self._next, self._is_next_refused = key, False

    async def changed(self) -> None:
        """The server goes by the next key now, which it has been shown."""
        if self._next is not None:
            await self._take(self._next)

    def is_due(self) -> bool:
        """Whether the key has been in use for long enough."""
        now = time.time_ns() // 1_000_000
        since = self._journal.fact(_SINCE)
        if since is None:
            self._journal.keep_fact(_SINCE, now.to_bytes(8, "big"))
            return False
        return now - int.from_bytes(since, "big") > self._life_ms

    async def _take(self, key: bytes) -> None:
        # first: an agent that is killed after the key was taken would find it old and have another made
        self._journal.keep_fact(_SINCE, (time.time_ns() // 1_000_000).to_bytes(8, "big"))
        await asyncio.to_thread(self._folder.take_next_key, key)
        self._key, self._next = key, None
        self._journal.append(EventKind.DEVICE_KEY_CHANGED, None, EventDetails())
        log.info("the device key was changed")


class KeyChange:
    """The agent's side of a change on one link (trust/rotation.py)."""

    def __init__(self, keys: DeviceKeys, key: bytes, nonces: LinkNonces, send: Callable[[LinkMessage], None]) -> None:
        self._keys = keys
        self._key = key
        self._nonces = nonces
        self._send = send
        self._own: X25519PrivateKey | None = None
        self._is_proved = False

    def begin_when_due(self) -> None:
        """Begin when the key is old enough, unless a change is on its way."""
        if self._own is None and self._keys.is_due():
            self._begin()

    async def take(self, message: RotateKey | NextKeyKept | KeyChanged) -> None:
        """What the gateway says of it; PeerError when it could not prove that it has the same key."""
        match message:
            case RotateKey():
                if self._own is None:
                    self._begin()
            case NextKeyKept():
                await self._kept(message)
            case KeyChanged():
                if not self._is_proved:
                    raise PeerError(
                        PeerFault.OUT_OF_ORDER, "expected a change of the key to follow its proof, got it alone"
                    )
                await self._keys.changed()
                self._key, self._own, self._is_proved = self._keys.key, None, False

    def _begin(self) -> None:
        self._own = X25519PrivateKey.generate()
        self._send(NextKeyShare(share=self._own.public_key().public_bytes_raw()))

    async def _kept(self, message: NextKeyKept) -> None:
        if self._own is None:
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected a share to follow ours, got one alone")
        shares = SharesOfKey(agent=self._own.public_key().public_bytes_raw(), gateway=message.share)
        key = next_key(self._key, self._nonces, shares, self._own, message.share)
        if not hmac.compare_digest(message.proof, next_key_proof_gateway(key, self._nonces)):
            raise PeerError(PeerFault.NOT_AUTHENTIC, "expected a gateway that derived the same key, got another")
        await self._keys.keep_next(key)
        self._is_proved = True
        self._send(NextKeyProved(proof=next_key_proof_agent(key, self._nonces)))
