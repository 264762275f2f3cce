"""Asking for a WebSocket by hand (RFC 6455, 4.1), and whether the answer is by somebody who speaks it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

__all__ = ["is_accepted", "make_key", "upgrade_request"]

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""Of every WebSocket (RFC 6455, 1.3)."""


def make_key() -> str:
    """Return a fresh key for one request."""
    return base64.b64encode(os.urandom(16)).decode()


def upgrade_request(target: str, path: str, key: str) -> bytes:
    """Return the request as it travels.  `target`: host and port."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {target}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def is_accepted(head: str, key: str) -> bool:
    """Whether the head of an answer takes up `key`: anybody can say 101, only a WebSocket's server says this too."""
    fields = (line.partition(":") for line in head.split("\r\n")[1:])
    said = next((value.strip() for name, _, value in fields if name.strip().lower() == "sec-websocket-accept"), "")
    digest = hashlib.sha1(f"{key}{_GUID}".encode(), usedforsecurity=False).digest()
    return hmac.compare_digest(said.encode(), base64.b64encode(digest))
