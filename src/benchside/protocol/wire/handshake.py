"""The opening of `main`: six messages in the clear that end in shared keys, or in a refusal.

Conversation (docs/protocol/handshake.md):

    console                                   PC (host)
    Hello(version, suite, key, nonce)    ->
                                         <-   Challenge(nonce, key)
    Proof(ticket, share, kem_key, sig,
          second)                        ->
                                  PC: ticket, signature, policy; one guess is counted by the agent
                                         <-   Answer(share, kem_ciphertext, sig)
    ConsoleConfirm(mac)                  ->
                                         <-   HostConfirm(mac)

Instead of any of its messages the PC may say Refused, once, and close.  A Refused is not authentic
(the relay could write it): the console shows it as a hint and changes nothing else.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.protocol.errors import Refusal
from benchside.protocol.wire.codec import Codec, Message
from benchside.protocol.wire.ids import Bytes32, Bytes64, Signature4096, SpkiBytes, TicketBytes
from benchside.protocol.wire.text import Word
from benchside.protocol.wire.ticket import UtcMs

__all__ = [
    "HANDSHAKE",
    "SUITE",
    "Answer",
    "Challenge",
    "ConsoleConfirm",
    "HandshakeMessage",
    "Hello",
    "HostConfirm",
    "Proof",
    "Refused",
    "SecondSaid",
]

SUITE = "CPACE-X25519-SHA512,ML-KEM-768,RSA-4096-PSS-SHA256,HKDF-SHA512,AES-256-GCM"
"""The only suite of this version."""

KemKey = Annotated[bytes, Meta(min_length=1184, max_length=1184)]
"""ML-KEM-768 encapsulation key (FIPS 203 table 3)."""
KemCiphertext = Annotated[bytes, Meta(min_length=1088, max_length=1088)]
"""ML-KEM-768 ciphertext (FIPS 203 table 3)."""


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    """The console's first word: who it says it is, and a fresh nonce."""

    version: int
    suite: Annotated[str, Meta(max_length=128)]
    key: SpkiBytes
    nonce: Bytes32


class Challenge(Message, frozen=True, kw_only=True, tag="challenge"):
    """The PC's nonce and identity."""

    nonce: Bytes32
    key: SpkiBytes


class SecondSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second associate agrees to this session, where the site's rules ask for one (trust/second.py)."""

    associate: Word
    key: SpkiBytes
    issued_utc_ms: UtcMs
    signature: Signature4096


class Proof(Message, frozen=True, kw_only=True, tag="proof"):
    """The console proves its key over everything said so far, and offers its two shares."""

    ticket: TicketBytes
    share: Bytes32
    kem_key: KemKey
    signature: Signature4096
    second: SecondSaid | None = None
    """Not under the console's signature: it carries one of its own, over this request and the console's key."""


class Answer(Message, frozen=True, kw_only=True, tag="answer"):
    """The PC's shares, sent only after the guess was counted."""

    share: Bytes32
    kem_ciphertext: KemCiphertext
    signature: Signature4096


class ConsoleConfirm(Message, frozen=True, kw_only=True, tag="console_confirm"):
    """Shows that the console knows the code."""

    mac: Bytes64


class HostConfirm(Message, frozen=True, kw_only=True, tag="host_confirm"):
    """Shows that the PC knows the code."""

    mac: Bytes64


class Refused(Message, frozen=True, kw_only=True, tag="refused"):
    """Why the PC will not go on; a hint, for it is not authentic."""

    reason: Refusal
    attempts_left: Annotated[int, Meta(ge=0, le=3)] | None = None
    wait_s: Annotated[int, Meta(ge=0, le=86_400)] | None = None


HandshakeMessage = Hello | Challenge | Proof | Answer | ConsoleConfirm | HostConfirm | Refused

HANDSHAKE: Codec[HandshakeMessage] = Codec(HandshakeMessage, max_bytes=4096, name="handshake")
"""4096: the largest is Proof with 1024 + 32 + 1184 + 512 bytes, a second's 64 + 600 + 512, and its field names."""
