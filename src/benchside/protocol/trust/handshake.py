"""The sums of the handshake on `main`, both ends: what is signed, derived and confirmed.

Order and time-outs are flow/entry.py's; this file only computes and believes.  Fresh bytes come from the
caller, but for what `cryptography` draws inside a signature, a key pair or an encapsulation.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust import cpace
from benchside.protocol.trust.bytes import lp, u64
from benchside.protocol.trust.derivation import derive, expand
from benchside.protocol.trust.keys import fingerprint, load_rsa_identity, pss_verify
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.handshake import (
    SUITE,
    Answer,
    Challenge,
    ConsoleConfirm,
    Hello,
    HostConfirm,
    Proof,
)

__all__ = [
    "ConsoleRun",
    "Greeting",
    "HostRun",
    "Meeting",
    "answer_content",
    "check_hello",
    "proof_content",
    "ticket_hash",
]

_CONSOLE, _PC = b"console", b"pc"


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """Which session of which device this is."""

    request_id: bytes
    device_id: bytes


@dataclass(frozen=True, kw_only=True)
class Greeting:
    """What both ends know after Hello and Challenge."""

    meeting: Meeting
    console_key: bytes
    pc_key: bytes
    console_nonce: bytes
    pc_nonce: bytes

    def channel_id(self) -> bytes:
        """CPace's CI."""
        keys = fingerprint(self.console_key), fingerprint(self.pc_key)
        return lp("benchside/1 cpace", self.meeting.request_id, self.meeting.device_id, *keys)

    def session_id(self) -> bytes:
        """CPace's sid: 16 bytes that neither end chooses alone."""
        return hashlib.sha512(lp("benchside/1 sid", self.console_nonce, self.pc_nonce)).digest()[:16]

    def generator(self, code: bytes) -> bytes:
        """CPace's secret generator for this code (12 ASCII characters)."""
        return cpace.generator(code, channel_id=self.channel_id(), session_id=self.session_id())


def ticket_hash(ticket: bytes) -> bytes:
    """SHA-256 of a signed ticket as it travelled."""
    return hashlib.sha256(ticket).digest()


def check_hello(hello: Hello, meeting: Meeting, challenge: Challenge) -> Greeting:
    """Return the greeting; PeerError for another version, suite or kind of key."""
    if hello.version != VERSION or hello.suite != SUITE:
        raise PeerError(
            PeerFault.WRONG_VERSION, f"expected version {VERSION} and its suite, got version {hello.version}"
        )
    load_rsa_identity(hello.key)
    load_rsa_identity(challenge.key)
    return Greeting(
        meeting=meeting,
        console_key=hello.key,
        pc_key=challenge.key,
        console_nonce=hello.nonce,
        pc_nonce=challenge.nonce,
    )


def proof_content(greeting: Greeting, ticket: bytes, share: bytes, kem_key: bytes) -> bytes:
    """What the console signs."""
    return lp(
        "benchside/1 console proof",
        u64(VERSION),
        SUITE,
        greeting.meeting.request_id,
        greeting.meeting.device_id,
        fingerprint(greeting.console_key),
        fingerprint(greeting.pc_key),
        greeting.console_nonce,
        greeting.pc_nonce,
        ticket_hash(ticket),
        share,
        kem_key,
    )


def answer_content(said: bytes, share: bytes, kem_ciphertext: bytes) -> bytes:
    """What the PC signs; `said` is proof_content."""
    return lp("benchside/1 pc answer", said, share, kem_ciphertext)


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """Everything that both ends computed alike."""

    master: bytes
    confirmed: bytes

    def mac(self, label: str) -> bytes:
        return hmac.new(expand(self.master, label, 64), self.confirmed, hashlib.sha512).digest()

    def console_mac(self) -> bytes:
        return self.mac("benchside/1 confirm console")

    def pc_mac(self) -> bytes:
        return self.mac("benchside/1 confirm pc")


def _conclude(greeting: Greeting, proof: Proof, answer: Answer, *, point: bytes, kem_secret: bytes) -> _Outcome:
    isk = cpace.intermediate_session_key(
        point,
        session_id=greeting.session_id(),
        initiator=(proof.share, _CONSOLE),
        responder=(answer.share, _PC),
    )
    transcript = hashlib.sha512(
        lp(
            "benchside/1 transcript",
            u64(VERSION),
            SUITE,
            "console",
            greeting.console_key,
            "pc",
            greeting.pc_key,
            greeting.meeting.request_id,
            greeting.meeting.device_id,
            ticket_hash(proof.ticket),
            greeting.console_nonce,
            greeting.pc_nonce,
            proof.share,
            answer.share,
            proof.kem_key,
            answer.kem_ciphertext,
        )
    ).digest()
    master = derive(salt=b"", ikm=lp(isk, kem_secret), info=lp("benchside/1 master", transcript), length=64)
    identities = fingerprint(greeting.console_key), fingerprint(greeting.pc_key)
    return _Outcome(master=master, confirmed=lp(transcript, proof.signature, answer.signature, *identities))


class HostRun:
    """One run on the PC, from a proof whose signature is right to the shared master.

    The caller checks ticket and policy and has the guess counted before it calls `begin_answer`.
    """

    def __init__(self, greeting: Greeting, proof: Proof) -> None:
        """Check the console's signature; PeerError when it is wrong or a key is malformed."""
        self._greeting = greeting
        self._proof = proof
        self._said = proof_content(greeting, proof.ticket, proof.share, proof.kem_key)
        pss_verify(load_rsa_identity(greeting.console_key), proof.signature, self._said)
        try:
            self._kem = MLKEM768PublicKey.from_public_bytes(proof.kem_key)
        except ValueError as error:
            raise PeerError(PeerFault.WRONG_KEY, "expected an ML-KEM-768 key, got bytes that are none") from error
        self._point = b""
        self._kem_secret = b""
        self._share = b""
        self._ciphertext = b""

    def begin_answer(self, code: bytes, scalar: bytes) -> bytes:
        """Return the content that the device's identity must sign.

        `scalar`: 32 fresh random bytes.  PeerError when the console's share is an invalid point.
        """
        self._point = cpace.shared_point(scalar, self._proof.share)
        self._share = cpace.share(scalar, self._greeting.generator(code))
        self._kem_secret, self._ciphertext = self._kem.encapsulate()
        return answer_content(self._said, self._share, self._ciphertext)

    def answer(self, signature: bytes) -> tuple[Answer, HostVerdict]:
        """Return the message, and what judges the console's confirmation."""
        message = Answer(share=self._share, kem_ciphertext=self._ciphertext, signature=signature)
        outcome = _conclude(self._greeting, self._proof, message, point=self._point, kem_secret=self._kem_secret)
        self._point = self._kem_secret = b""
        return message, HostVerdict(outcome)


class HostVerdict:
    """Judges the console's confirmation; the PC's own is made only when that was right."""

    def __init__(self, outcome: _Outcome) -> None:
        self._outcome = outcome

    def judge(self, confirm: ConsoleConfirm) -> tuple[HostConfirm, bytes]:
        """Return the PC's confirmation and the master; PeerError(WRONG_CODE) when the console's is wrong."""
        if not hmac.compare_digest(confirm.mac, self._outcome.console_mac()):
            raise PeerError(PeerFault.WRONG_CODE, "expected a confirmation with the right code, got another")
        return HostConfirm(mac=self._outcome.pc_mac()), self._outcome.master


class ConsoleRun:
    """One run as the console: for tests, hostile peers and vectors.  The product's console is TypeScript."""

    def __init__(
        self, greeting: Greeting, *, code: bytes, ticket: bytes, scalar: bytes, kem: MLKEM768PrivateKey
    ) -> None:
        """`scalar`: 32 fresh random bytes; `kem`: a fresh key pair."""
        self._greeting = greeting
        self._scalar = scalar
        self._kem = kem
        self._ticket = ticket
        self._share = cpace.share(scalar, greeting.generator(code))
        self._kem_key = kem.public_key().public_bytes_raw()
        self._proof: Proof | None = None

    def content(self) -> bytes:
        """What the console's identity must sign."""
        return proof_content(self._greeting, self._ticket, self._share, self._kem_key)

    def proof(self, signature: bytes) -> Proof:
        """Return the Proof with this signature."""
        self._proof = Proof(ticket=self._ticket, share=self._share, kem_key=self._kem_key, signature=signature)
        return self._proof

    def confirm(self, answer: Answer) -> tuple[ConsoleConfirm, bytes, bytes]:
        """Return the confirmation, the MAC that the PC must send, and the master; PeerError for a false answer."""
        if self._proof is None:
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected a proof before the answer, got none")
        said = answer_content(self.content(), answer.share, answer.kem_ciphertext)
        pss_verify(load_rsa_identity(self._greeting.pc_key), answer.signature, said)
        point = cpace.shared_point(self._scalar, answer.share)
        kem_secret = self._kem.decapsulate(answer.kem_ciphertext)
        outcome = _conclude(self._greeting, self._proof, answer, point=point, kem_secret=kem_secret)
        return ConsoleConfirm(mac=outcome.console_mac()), outcome.pc_mac(), outcome.master
