"""Nothing leaves this machine in plain text, whatever an address looks like."""

from __future__ import annotations

import pytest

from benchside.protocol.errors import UnavailableError
from benchside.transport.websocket import dial

PLAIN_ELSEWHERE = (
    "ws://relay.example/v1/relay",
    "ws://127.relay.example/v1/relay",
    "ws://localhost:1@relay.example/v1/relay",
    "ws://localhost.example:8442/",
    "ws://192.0.2.1:443/",
    "ws://[2001:db8::1]/",
    "http://localhost/",
    "WS://relay.example/",
    "",
)


@pytest.mark.parametrize("url", PLAIN_ELSEWHERE)
async def test_plain_text_is_for_loopback_only(url: str) -> None:
    with pytest.raises(UnavailableError, match="wss://"):
        await dial(url, tls=None, max_bytes=1024)
