"""The device's AES-256 key on the link: proofs of both sides over both nonces, and the PC's state between links.

Each welcome gives the agent a fresh random state, which it proves at its next link.  A restored disk has an older one,
and of two copies of a disk only one gets the newest: both show at their first link, whatever the key says.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.bytes import expand, lp, u64

__all__ = [
    "FIRST_STEP",
    "LinkNonces",
    "LinkState",
    "first_state",
    "here_proof",
    "link_proof_agent",
    "link_proof_gateway",
    "open_offer",
    "seal_offer",
    "show_number",
    "state_proof",
]

STATE_BYTES = 32
FIRST_STEP = 0
_NONCE_BYTES = 12


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


def link_proof_agent(device_key: bytes, nonces: LinkNonces, *, instance: bytes, step: int, state: bytes) -> bytes:
    """Return what the agent sends in LinkHello: 32 bytes.  Compare with `hmac.compare_digest`.

    It covers what else the hello says of the device, or whoever inspects TLS could have the device held.
    """
    return _proof(device_key, nonces.under("benchside/1 link agent") + lp(instance, u64(step), state))


def link_proof_gateway(
    device_key: bytes, nonces: LinkNonces, *, held: bool, offer: bytes | None, sequence: int, head: bytes | None
) -> bytes:
    """Return what the gateway sends in LinkWelcome: 32 bytes, over what the welcome says of the device, too.

    `sequence`, `head`: of the PC's journal as the server has it; the PC goes on from there where its own is another, so
    whoever inspects TLS could take entries out of it.
    """
    said = lp(b"held" if held else b"", offer or b"", u64(sequence), head or b"")
    return _proof(device_key, nonces.under("benchside/1 link gateway") + said)


def here_proof(device_key: bytes, nonces: LinkNonces, asked: bytes) -> bytes:
    """Return what answers AreYouThere(`asked`) on this link: 32 bytes.  Compare with `hmac.compare_digest`.

    Or whoever inspects TLS could hold a link open that its PC has given up, answer on it, and have the device held.
    """
    return _proof(device_key, nonces.under("benchside/1 link here") + lp(asked))


def seal_offer(device_key: bytes, nonces: LinkNonces, state: LinkState, fresh_nonce: bytes) -> bytes:
    """Return the next state so that only the device can read it, on this link.  `fresh_nonce`: 12 bytes, used once."""
    plain = u64(state.step) + state.value
    return fresh_nonce + _offers(device_key).encrypt(fresh_nonce, plain, nonces.under("benchside/1 link offer"))


def open_offer(device_key: bytes, nonces: LinkNonces, sealed: bytes) -> LinkState:
    """Return the state of a welcome; PeerError when it was not sealed for this link under this key."""
    try:
        plain = _offers(device_key).decrypt(
            sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], nonces.under("benchside/1 link offer")
        )
    except (InvalidTag, ValueError) as error:
        raise PeerError(PeerFault.NOT_AUTHENTIC, "expected a state sealed for this link, got another") from error
    return LinkState(int.from_bytes(plain[:8], "big"), plain[8:])


def show_number(instance: bytes) -> str:
    """Return the number by which people tell one agent from another: eight hexadecimal digits."""
    digits = instance[:4].hex().upper()
    return f"{digits[:4]}-{digits[4:]}"


def _offers(device_key: bytes) -> AESGCM:
    return AESGCM(expand(device_key, "benchside/1 link offer", 32))


def _proof(device_key: bytes, content: bytes) -> bytes:
    return hmac.new(expand(device_key, "benchside/1 link", 32), content, hashlib.sha256).digest()
