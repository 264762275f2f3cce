"""The device's AES-256 key on the link: each side proves that it holds the key, over both nonces."""

from __future__ import annotations

import hashlib
import hmac

from benchside.protocol.trust.bytes import expand, lp

__all__ = ["link_proof_agent", "link_proof_gateway"]


def _proof(device_key: bytes, label: str, device_id: bytes, nonce_agent: bytes, nonce_gateway: bytes) -> bytes:
    key = expand(device_key, "benchside/1 link", 32)
    return hmac.new(key, lp(label, device_id, nonce_agent, nonce_gateway), hashlib.sha256).digest()


def link_proof_agent(device_key: bytes, *, device_id: bytes, nonce_agent: bytes, nonce_gateway: bytes) -> bytes:
    """Return what the agent sends in LinkHello: 32 bytes.  Compare with `hmac.compare_digest`."""
    return _proof(device_key, "benchside/1 link agent", device_id, nonce_agent, nonce_gateway)


def link_proof_gateway(device_key: bytes, *, device_id: bytes, nonce_agent: bytes, nonce_gateway: bytes) -> bytes:
    """Return what the gateway sends in LinkWelcome: 32 bytes."""
    return _proof(device_key, "benchside/1 link gateway", device_id, nonce_agent, nonce_gateway)
