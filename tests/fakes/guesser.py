"""Consoles that knock at a PC with tickets of their own making, and may break off or lie at any step."""

from __future__ import annotations

import asyncio
import os
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from tests.fakes.engineer import Engineer, TurnedAway, hear_plain
from tests.fakes.lab import GUEST, Lab

from benchside.protocol.trust.code import code_from_random, read_code
from benchside.protocol.trust.handshake import ConsoleRun, Meeting, check_hello, proof_content
from benchside.protocol.trust.keys import pss_sign
from benchside.protocol.wire.channel import MAX_FRAME_BYTES
from benchside.protocol.wire.handshake import HANDSHAKE, SUITE, Answer, Challenge, Hello, Proof
from benchside.transport.websocket import WebSocketLink, dial

__all__ = ["Knocking", "knock", "wrong"]

Expected = TypeVar("Expected", bound=BaseException)


def wrong(code: str) -> str:
    """Another code that is well formed."""
    while (other := code_from_random(os.urandom(8))) == code:
        pass
    return other


class Knocking:
    """One run of the handshake, step by step, on a connection through the hostile relay (or the real one)."""

    def __init__(self, lab: Lab, request_id: bytes, engineer: Engineer | None = None, **ticket: Any) -> None:
        self.lab = lab
        self.engineer = engineer or lab.guest()
        self.ticket = lab.ticket(request_id, **({"key": self.engineer.fingerprint, "associate": GUEST} | ticket))
        self.meeting = Meeting(request_id=request_id, device_id=lab.device_id)
        self.link: WebSocketLink
        self.run: ConsoleRun

    async def pair(self, first: bytes | None = None, within_s: float = 30.0) -> WebSocketLink:
        """`first`: the ticket that the relay sees, if it is another than the PC will."""
        url = f"wss://localhost:{self.lab.session_door.port}/v1/relay"
        self.link = await dial(url, tls=self.lab.tls, max_bytes=MAX_FRAME_BYTES)
        self.link.send(first or self.ticket)
        async with asyncio.timeout(within_s):
            while await self.link.receive() != "paired":
                pass
        return self.link

    def hello(self, **changes: Any) -> Hello:
        said = {"version": 1, "suite": SUITE, "key": self.engineer.key, "nonce": os.urandom(32)}
        return Hello(**(said | changes))

    async def greet(self) -> tuple[Hello, Challenge]:
        hello = self.hello()
        self.link.send(HANDSHAKE.encode(hello))
        challenge = await hear_plain(self.link)
        assert isinstance(challenge, Challenge)
        return hello, challenge

    def proof(self, hello: Hello, challenge: Challenge, code: str) -> Proof:
        self.run = ConsoleRun(
            check_hello(hello, self.meeting, challenge),
            code=read_code(code),
            ticket=self.ticket,
            scalar=os.urandom(32),
            kem=MLKEM768PrivateKey.generate(),
        )
        return self.run.proof(pss_sign(self.engineer.identity, self.run.content()))

    def proof_with_share(self, hello: Hello, challenge: Challenge, share: bytes) -> Proof:
        """A proof that is right in everything but its share."""
        greeting = check_hello(hello, self.meeting, challenge)
        kem_key = MLKEM768PrivateKey.generate().public_key().public_bytes_raw()
        content = proof_content(greeting, self.ticket, share, kem_key)
        signature = pss_sign(self.engineer.identity, content)
        return Proof(ticket=self.ticket, share=share, kem_key=kem_key, signature=signature)

    async def to_answer(self, code: str) -> Answer:
        """Up to the PC's answer, so a guess was counted."""
        await self.pair()
        hello, challenge = await self.greet()
        self.link.send(HANDSHAKE.encode(self.proof(hello, challenge, code)))
        answer = await hear_plain(self.link)
        assert isinstance(answer, Answer)
        return answer

    async def guess(self, code: str) -> None:
        """The whole of it; TurnedAway when the code was wrong."""
        answer = await self.to_answer(code)
        confirm, _, _ = self.run.confirm(answer)
        self.link.send(HANDSHAKE.encode(confirm))
        await hear_plain(self.link)


async def knock(
    lab: Lab, request_id: bytes, code: str, *, expect: type[Expected] = TurnedAway, **ticket: Any
) -> Expected:
    """Try to come in and be refused as expected; return the refusal."""
    knocking = Knocking(lab, request_id, **ticket)
    try:
        await knocking.guess(code)
    except expect as refused:
        return refused
    finally:
        if hasattr(knocking, "link"):
            knocking.link.abort()
        await knocking.engineer.close()
    raise AssertionError("the PC let somebody in")
