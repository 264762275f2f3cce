"""The other processes of the relay's benchmark: the relay, and an end that echoes or swallows."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import time
from pathlib import Path

import picows
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.trust.ticket import issue_ticket
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.ticket import TicketPayload
from benchside.server.clock import utc_ms
from benchside.server.relay.pairing import MAX_RELAY_FRAME_BYTES, PING_IDLE_S, Relay
from benchside.transport.serve import bind, listen, server_tls

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
"""Known to everybody: this relay carries nothing but noise."""


def ticket(role: Role, request: int) -> bytes:
    """Admission to one of the benchmark's requests."""
    now = utc_ms()
    payload = TicketPayload(
        version=VERSION,
        serial=os.urandom(16),
        relay="bench",
        request_id=request.to_bytes(16, "big"),
        device_id=bytes(16),
        associate=None,
        role=role,
        channel=Channel.MAIN,
        key=bytes(32),
        issued_utc_ms=now,
        expires_utc_ms=now + 60_000,
    )
    return issue_ticket(payload, KEY)


def client_tls(certificate: str) -> ssl.SSLContext | None:
    """Trust the one certificate, or nothing to trust."""
    return ssl.create_default_context(cafile=certificate) if certificate else None


class Far(picows.WSListener):
    """Echoes; but a message that starts with S is swallowed, and the answer to E says when all had come."""

    def __init__(self, bearer: bytes | None) -> None:
        self._bearer = bearer

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        if self._bearer is not None:
            transport.send(picows.WSMsgType.BINARY, self._bearer)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.BINARY:
            view = frame.get_payload_as_memoryview()
            if view[0] != 83:
                transport.send(picows.WSMsgType.BINARY, view)
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            transport.disconnect()

    def pause_writing(self) -> None:
        pass

    def resume_writing(self) -> None:
        pass


async def main(word: str, port: int, certificate: str, key: str) -> None:
    tls = server_tls(Path(certificate), Path(key)) if certificate else None
    if word == "relay":
        relay = Relay((public_bytes(KEY.public_key()),), "bench", utc_ms)
        await listen(
            bind("127.0.0.1", port), {"/v1/relay": relay.make_end}, tls=tls,
            max_frame_bytes=MAX_RELAY_FRAME_BYTES, ping_idle_s=PING_IDLE_S,
        )  # fmt: skip
    elif word == "direct":
        await listen(
            bind("127.0.0.1", port), {"/v1/relay": lambda: Far(None)}, tls=tls, max_frame_bytes=MAX_RELAY_FRAME_BYTES
        )
    else:
        url = f"ws{'s' if certificate else ''}://127.0.0.1:{port}/v1/relay"
        await picows.ws_connect(lambda: Far(ticket(Role.PC, 1)), url, ssl_context=client_tls(certificate))
    print("ready", flush=True)
    ends = time.monotonic() + 300
    while time.monotonic() < ends and os.getppid() != 1:
        await asyncio.sleep(1)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]))
