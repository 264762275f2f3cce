"""The device's AES-256 key at a link's beginning: the agent's proof over both nonces, and the PC's state between links.

What follows the hello is proved record by record (trust/link.py).

Each welcome gives the agent a fresh random state, which it proves at its next link.  A restored disk has an older one,
and of two copies of a disk only one gets the newest: both show at their first link, whatever the key says.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from benchside.protocol.trust.bytes import lp, u64
from benchside.protocol.trust.derivation import expand

__all__ = [
    "FIRST_STEP",
    "LinkNonces",
    "LinkState",
    "first_state",
    "link_proof_agent",
    "show_number",
    "state_proof",
]

STATE_BYTES = 32
FIRST_STEP = 0


@dataclass(frozen=True)
class LinkNonces:
    """Which link: the device and both nonces, the agent's first."""

    device_id: bytes
    agent: bytes
    gateway: bytes

    def under(self, label: str) -> bytes:
        """Return them as bytes, for what `label` names and nothing else."""
        return lp(label, self.device_id, self.agent, self.gateway)


@dataclass(frozen=True)
class LinkState:
    """Where the chain of links of one PC stands: how many steps, and the random value of the last."""

    step: int
    value: bytes


def first_state(device_key: bytes) -> LinkState:
    """Return the state of a PC that was never linked; both ends know it from the enrolment."""
    return LinkState(FIRST_STEP, expand(device_key, "benchside/1 first state", STATE_BYTES))


def state_proof(device_key: bytes, nonces: LinkNonces, state: LinkState) -> bytes:
    """Return what shows on one link, to whom knows it, that the agent holds this state: 32 bytes."""
    key = expand(device_key, "benchside/1 link state", 32)
    return hmac.new(key, nonces.under("benchside/1 link state") + lp(u64(state.step), state.value), "sha256").digest()


def link_proof_agent(
    device_key: bytes, nonces: LinkNonces, *, instance: bytes, step: int, state: bytes, has_next: bool
) -> bytes:
    """Return what the agent sends in LinkHello: 32 bytes.  Compare with `hmac.compare_digest`.

    It covers what else the hello says of the device, or whoever inspects TLS could have the device held.
    """
    key = expand(device_key, "benchside/1 link", 32)
    said = lp(instance, u64(step), state, b"next" if has_next else b"")
    return hmac.new(key, nonces.under("benchside/1 link agent") + said, "sha256").digest()


def show_number(instance: bytes) -> str:
    """Return the number by which people tell one agent from another: eight hexadecimal digits."""
    digits = instance[:4].hex().upper()
    return f"{digits[:4]}-{digits[4:]}"
