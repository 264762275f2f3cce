"""What a hello proves: which of its device's keys, and which state of the chain.  Pure."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from benchside.protocol.trust.device import LinkNonces, LinkState, link_proof_agent, state_proof
from benchside.protocol.wire.link import LinkHello
from benchside.server.enrolment.model import Device
from benchside.server.identity.chain import Said
from benchside.server.identity.model import DeviceChain

__all__ = ["KeyProved", "said_by", "who_proves"]

_NO_KEY = bytes(32)


@dataclass(frozen=True)
class KeyProved:
    """Which key a hello proved; `is_old`: one that was changed since, so it opens nothing."""

    key: bytes
    is_next: bool
    is_old: bool


def said_by(hello: LinkHello, nonces: LinkNonces, proved: KeyProved) -> Said:
    """Return what the hello says of its state, under the key that it proved."""

    def proves(state: LinkState) -> bool:
        right = state_proof(proved.key, nonces, state)
        return state.step == hello.step and hmac.compare_digest(hello.state, right)

    return Said(hello.instance, hello.step, proves)


def who_proves(
    device: Device | None, chain: DeviceChain | None, hello: LinkHello, nonces: LinkNonces
) -> KeyProved | None:
    """Return which of the device's keys the hello proves; None for none, an unknown and a revoked device alike."""
    keys = (device.device_key if device else None, *((chain.next_key, chain.old_key) if chain else (None, None)))
    # the same work whether there is a key or not
    fits = [_fits(key or _NO_KEY, hello, nonces) and key is not None for key in keys]
    found = next((index for index, is_right in enumerate(fits) if is_right), None)
    key = None if found is None else keys[found]
    if device is None or device.revoked_utc_ms is not None or key is None:
        return None
    return KeyProved(key, is_next=found == 1, is_old=found == 2)


def _fits(key: bytes, hello: LinkHello, nonces: LinkNonces) -> bool:
    proof = link_proof_agent(
        key, nonces, instance=hello.instance, step=hello.step, state=hello.state, has_next=hello.has_next
    )
    return hmac.compare_digest(proof, hello.proof)
