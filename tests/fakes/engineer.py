"""A support engineer in Python: signs in, claims, and speaks the console's side of the protocol.

The product's console is TypeScript; this one exists so that tests and benchmarks can be hostile in it.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import ssl
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from tests.fakes.authenticator import Authenticator
from tests.fakes.keys import rsa_key

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.code import read_code
from benchside.protocol.trust.handshake import ConsoleRun, Meeting, check_hello
from benchside.protocol.trust.keys import fingerprint, pss_sign, public_bytes
from benchside.protocol.trust.records import RecordOpener, RecordSealer
from benchside.protocol.trust.schedule import ChannelNonces, GrantSecret, SessionKeys
from benchside.protocol.wire.channel import CHANNEL_OPEN, MAX_FRAME_BYTES, Channel, ChannelOpen, Role
from benchside.protocol.wire.handshake import (
    HANDSHAKE,
    SUITE,
    Answer,
    Challenge,
    HandshakeMessage,
    Hello,
    HostConfirm,
    Refused,
)
from benchside.protocol.wire.session import SESSION, SessionMessage
from benchside.transport.websocket import WebSocketLink, dial

__all__ = ["Engineer", "EngineerChannel", "TurnedAway"]


class TurnedAway(Exception):
    """The PC said why it does not go on."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason.value)
        self.refused = refused


@dataclass
class EngineerChannel:
    """One open epoch of one channel, as the console has it."""

    link: WebSocketLink
    sealer: RecordSealer
    opener: RecordOpener

    def send(self, plain: bytes) -> None:
        self.link.send(self.sealer.seal(plain))

    async def receive(self, within_s: float = 30.0) -> bytes:
        async with asyncio.timeout(within_s):
            record = await self.link.receive()
        if isinstance(record, str):
            raise PeerError(PeerFault.MALFORMED, "expected a record, got text")
        return self.opener.open(record)

    async def hear(self, kind: type[Any] | None = None, within_s: float = 30.0) -> Any:
        """The next message on `main` (of `kind`, if one is given; others are passed over)."""
        async with asyncio.timeout(within_s):
            while True:
                message: SessionMessage = SESSION.decode(await self.receive(within_s))
                if kind is None or isinstance(message, kind):
                    return message

    def say(self, message: SessionMessage) -> None:
        self.send(SESSION.encode(message))


@dataclass
class Engineer:
    """One associate with one key."""

    web_url: str
    tls: ssl.SSLContext | None = None
    account: str = ""
    identity: rsa.RSAPrivateKey = field(default_factory=lambda: rsa_key(2))
    keys: SessionKeys | None = None
    request_id: bytes = b""

    def __post_init__(self) -> None:
        self.http = httpx.AsyncClient(
            base_url=self.web_url,
            verify=self.tls if self.tls is not None else True,
            headers={"X-Benchside": "1", "Origin": self.web_url},
            timeout=20,
            limits=httpx.Limits(keepalive_expiry=2.0),  # shorter than the server keeps an idle connection
        )

    @property
    def key(self) -> bytes:
        return public_bytes(self.identity.public_key())

    @property
    def fingerprint(self) -> bytes:
        return fingerprint(self.key)

    async def sign_in(self, account: str, password: str, new_password: str | None = None) -> None:
        """Sign in; change the password when a new one is given; register the key."""
        self.account = account
        answer = await self.http.post("/api/sign-in", json={"account": account, "password": password})
        answer.raise_for_status()
        if new_password is not None:
            answer = await self.http.post("/api/password", json={"old": password, "new": new_password})
            answer.raise_for_status()
            offered = await self.http.post("/api/second-factor")
            code = Authenticator(offered.json()["secret"]).code()
            (await self.http.put("/api/second-factor", json={"code": code})).raise_for_status()
        answer = await self.http.put("/api/me/key", json={"spki": base64.b64encode(self.key).decode()})
        answer.raise_for_status()

    async def requests(self) -> list[dict[str, Any]]:
        answer = await self.http.get("/api/requests")
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["requests"]
        return found

    async def wait_for_request(self, within_s: float = 30.0) -> dict[str, Any]:
        async with asyncio.timeout(within_s):
            while not (found := [one for one in await self.requests() if one["state"] == "queued"]):
                await asyncio.sleep(0.05)
        return found[0]

    async def claim(self, request_id: str) -> dict[str, Any]:
        answer = await self.http.post(f"/api/requests/{request_id}/claim")
        answer.raise_for_status()
        session: dict[str, Any] = answer.json()
        self.request_id = bytes.fromhex(request_id)
        return session

    async def ticket(self, channel: Channel) -> tuple[bytes, str]:
        """A fresh ticket and the relay's address."""
        answer = await self.http.post(f"/api/requests/{self.request_id.hex()}/tickets", json={"channel": channel.value})
        answer.raise_for_status()
        body = answer.json()
        return base64.b64decode(body["ticket"]), body["relay_url"]

    async def pair(self, channel: Channel, within_s: float = 30.0) -> tuple[WebSocketLink, bytes]:
        """A connection with the PC at its other end, and the ticket that was used."""
        ticket, url = await self.ticket(channel)
        link = await dial(url, tls=self.tls if url.startswith("wss") else None, max_bytes=MAX_FRAME_BYTES)
        link.send(ticket)
        async with asyncio.timeout(within_s):
            while await link.receive() != "paired":
                pass
        return link, ticket

    async def enter(self, code: str, device_id: bytes) -> EngineerChannel:
        """The whole handshake; TurnedAway when the PC refuses."""
        link, ticket = await self.pair(Channel.MAIN)
        meeting = Meeting(request_id=self.request_id, device_id=device_id)
        hello = Hello(version=1, suite=SUITE, key=self.key, nonce=os.urandom(32))
        link.send(HANDSHAKE.encode(hello))
        challenge = await hear_plain(link)
        assert isinstance(challenge, Challenge)
        greeting = check_hello(hello, meeting, challenge)
        run = ConsoleRun(
            greeting, code=read_code(code), ticket=ticket, scalar=os.urandom(32), kem=MLKEM768PrivateKey.generate()
        )
        link.send(HANDSHAKE.encode(run.proof(pss_sign(self.identity, run.content()))))
        answer = await hear_plain(link)
        assert isinstance(answer, Answer)
        confirm, expected, master = run.confirm(answer)
        link.send(HANDSHAKE.encode(confirm))
        theirs = await hear_plain(link)
        assert isinstance(theirs, HostConfirm)
        assert hmac.compare_digest(theirs.mac, expected)
        self.keys = SessionKeys(request_id=self.request_id, role=Role.CONSOLE, master=master)
        nonces = ChannelNonces(pc=challenge.nonce, console=hello.nonce)
        sealer, opener = self.keys.channel(Channel.MAIN, self.keys.main, epoch=0, nonces=nonces)
        return EngineerChannel(link, sealer, opener)

    async def open(self, channel: Channel, grant: GrantSecret | None = None) -> EngineerChannel:
        """Open an epoch of a channel with its grant (None: `main` again after a drop)."""
        assert self.keys is not None
        link, ticket = await self.pair(channel)
        data = await link.receive()
        assert isinstance(data, bytes)
        theirs = CHANNEL_OPEN.decode(data)
        nonce = os.urandom(32)
        mine = ChannelOpen(version=1, channel=channel, epoch=theirs.epoch, nonce=nonce, ticket=ticket)
        link.send(CHANNEL_OPEN.encode(mine))
        nonces = ChannelNonces(pc=theirs.nonce, console=nonce)
        secret = self.keys.main if grant is None else grant
        sealer, opener = self.keys.channel(channel, secret, epoch=theirs.epoch, nonces=nonces)
        return EngineerChannel(link, sealer, opener)

    async def close(self) -> None:
        await self.http.aclose()


async def hear_plain(link: WebSocketLink, within_s: float = 30.0) -> HandshakeMessage:
    """The PC's next word of the handshake; TurnedAway when it is a refusal."""
    async with asyncio.timeout(within_s):
        data = await link.receive()
    assert isinstance(data, bytes)
    message = HANDSHAKE.decode(data)
    if isinstance(message, Refused):
        raise TurnedAway(message)
    return message
