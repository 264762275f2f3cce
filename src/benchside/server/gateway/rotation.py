"""The gateway's side of a new device key, on one link (trust/rotation.py)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.rotation import SharesOfKey, next_key, next_key_proof_gateway
from benchside.protocol.wire.link import KeyChanged, LinkMessage, NextKeyKept, NextKeyProved, NextKeyShare
from benchside.server.gateway.meeting import Met
from benchside.server.identity.keeper import DeviceKeeper

__all__ = ["GatewayRotation"]

MAX_OF_ONE_LINK = 8
"""One in ninety days, and whatever an operator asks for; an agent that wants more only makes us compute."""


class GatewayRotation:
    """Answers an agent's shares and proofs."""

    def __init__(self, keeper: DeviceKeeper, met: Met) -> None:
        self._keeper = keeper
        self._met = met
        self._key = met.key
        self._left = MAX_OF_ONE_LINK

    async def answer(self, message: NextKeyShare | NextKeyProved) -> LinkMessage:
        """Return the answer; what it says is on disk.  PeerError for a wrong share or proof, or too many.

        UnavailableError when a person has decided about the device since the link's welcome.
        """
        device_id, nonces, decisions = self._met.device_id, self._met.nonces, self._met.link.decisions
        if isinstance(message, NextKeyProved):
            self._key = await self._keeper.prove_next(device_id, nonces, message.proof, decisions)
            return KeyChanged()
        self._left -= 1
        if self._left < 0:
            raise PeerError(PeerFault.TOO_MANY, f"expected at most {MAX_OF_ONE_LINK} new keys on a link, got more")
        own = X25519PrivateKey.generate()
        share = own.public_key().public_bytes_raw()
        key = next_key(self._key, nonces, SharesOfKey(agent=message.share, gateway=share), own, message.share)
        await self._keeper.keep_next(device_id, key, decisions)
        return NextKeyKept(share=share, proof=next_key_proof_gateway(key, nonces))
