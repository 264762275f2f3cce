"""The two ends of a session in memory: the product's machines on the PC's side, the protocol's sums on the other."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from functools import cache

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from tests.fakes.people import associate, site

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.flow import entry as flow
from benchside.protocol.trust.admission import Place
from benchside.protocol.trust.code import code_from_random, read_code
from benchside.protocol.trust.handshake import ConsoleRun, Meeting, check_hello
from benchside.protocol.trust.keys import fingerprint, pss_sign, public_bytes
from benchside.protocol.trust.policy import AuthorityPin, Policy, read_policy, sign_policy
from benchside.protocol.trust.records import RecordOpener, RecordSealer
from benchside.protocol.trust.schedule import ChannelNonces, SessionKeys
from benchside.protocol.trust.ticket import TICKET_LIFE_MS, issue_ticket
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.handshake import (
    HANDSHAKE,
    SUITE,
    Answer,
    Challenge,
    HandshakeMessage,
    Hello,
    HostConfirm,
    SecondSaid,
)
from benchside.protocol.wire.policy import NO_RULES, AssociateEntry, PolicyPayload, SiteRules
from benchside.protocol.wire.ticket import TicketPayload
from benchside.server.access.moment import moment_at

PLACE = Place(region="global", site="lab", models=("CX-200",))
SCENE_LIFE_MS = 86_400_000


def now_utc_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Scene:
    """Keys, a policy that admits one associate, and a code: everything that a session needs before it starts."""

    console: rsa.RSAPrivateKey
    pc: rsa.RSAPrivateKey
    ticket_key: Ed25519PrivateKey
    policy: Policy
    code: bytes
    meeting: Meeting = field(default_factory=lambda: Meeting(request_id=os.urandom(16), device_id=os.urandom(16)))

    def ticket(self, channel: Channel = Channel.MAIN, role: Role = Role.CONSOLE) -> bytes:
        """A fresh ticket for one connection."""
        key = self.console if role is Role.CONSOLE else self.pc
        issued = now_utc_ms()
        return issue_ticket(
            TicketPayload(
                version=1,
                serial=os.urandom(16),
                relay="relay-1",
                request_id=self.meeting.request_id,
                device_id=self.meeting.device_id,
                associate="m.ferrer" if role is Role.CONSOLE else None,
                role=role,
                channel=channel,
                key=fingerprint(public_bytes(key.public_key())),
                issued_utc_ms=issued,
                expires_utc_ms=issued + TICKET_LIFE_MS,
            ),
            self.ticket_key,
        )


@cache
def _identities() -> tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]:
    """Two RSA-4096 keys; making them takes seconds, so all scenes of a process share them."""
    first, second = (rsa.generate_private_key(public_exponent=65537, key_size=4096) for _ in range(2))
    return first, second


def make_scene(rules: SiteRules = NO_RULES, *others: AssociateEntry) -> Scene:
    """A scene with a fresh authority, ticket key, code and session; `rules` are the site's."""
    console, pc = _identities()
    authority, ticket_key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    later = now_utc_ms() + SCENE_LIFE_MS
    key = fingerprint(public_bytes(console.public_key()))
    entry = associate("m.ferrer", key, models=("CX-200",), sites=("lab",), expires_utc_ms=later)
    payload = PolicyPayload(
        version=1,
        issued_utc_ms=now_utc_ms(),
        expires_utc_ms=later,
        ticket_keys=(public_bytes(ticket_key.public_key()),),
        associates=(entry, *others),
        sites=(site("lab", rules=rules),),
    )
    pin = AuthorityPin(key=public_bytes(authority.public_key()))
    policy = read_policy(sign_policy(payload, authority), pin, at_least_version=1)
    return Scene(console, pc, ticket_key, policy, read_code(code_from_random(os.urandom(8))))


class PcEnd:
    """The PC: the product's entry machine, with an agent that counts and signs at once."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._machine = flow.EntryMachine(
            meeting=scene.meeting,
            identity_key=public_bytes(scene.pc.public_key()),
            nonce=os.urandom(32),
            scalar=os.urandom(32),
            code=scene.code,
            policy=scene.policy,
            place=PLACE,
            now=0.0,
        )
        self.keys: SessionKeys | None = None
        self.nonces: ChannelNonces | None = None
        self.over: flow.EntryOver | None = None
        self.guesses = 0
        self.second: str | None = None

    def hear(self, data: bytes) -> list[bytes]:
        """Take a message; return what the PC says to it."""
        try:
            message = HANDSHAKE.decode(data)
        except PeerError:
            effects = self._machine.line_lost()
        else:
            effects = self._machine.console_said(message, 0.0, moment=moment_at(now_utc_ms(), "UTC"))
        said: list[bytes] = []
        while effects:
            match effects.pop(0):
                case flow.SayPlain(message):
                    said.append(HANDSHAKE.encode(message))
                case flow.GuessWanted():
                    self.guesses += 1
                    effects += self._machine.guess_counted(0.0, 2)
                case flow.AnswerWanted(content):
                    effects += self._machine.answer_signed(pss_sign(self._scene.pc, content), 0.0)
                case flow.Established(visitor, master, confirm):
                    said.append(HANDSHAKE.encode(confirm))
                    request_id = self._scene.meeting.request_id
                    self.keys = SessionKeys(request_id=request_id, role=Role.PC, master=master)
                    self.second = visitor.second
                    self.nonces = ChannelNonces(pc=visitor.nonces[0], console=visitor.nonces[1])
                case flow.EntryOver() as over:
                    self.over = over
        return said


class ConsoleEnd:
    """The console, as the documents say it."""

    def __init__(self, scene: Scene, code: bytes | None = None, second: SecondSaid | None = None) -> None:
        self._scene = scene
        self._code = scene.code if code is None else code
        self._second = second
        self._hello = Hello(version=1, suite=SUITE, key=public_bytes(scene.console.public_key()), nonce=os.urandom(32))
        self._run: ConsoleRun | None = None
        self._expected = b""
        self._master = b""
        self._pc_nonce = b""
        self.keys: SessionKeys | None = None
        self.nonces: ChannelNonces | None = None

    def begin(self) -> list[bytes]:
        return [HANDSHAKE.encode(self._hello)]

    def hear(self, data: bytes) -> list[bytes]:
        """Take a message; return what the console says to it.  PeerError when it breaks the rules."""
        return [HANDSHAKE.encode(message) for message in self._answer(HANDSHAKE.decode(data))]

    def _answer(self, message: HandshakeMessage) -> list[HandshakeMessage]:
        match message:
            case Challenge() if self._run is None:
                if message.key != public_bytes(self._scene.pc.public_key()):
                    raise PeerError(PeerFault.WRONG_KEY, "expected the PC's key, got another")
                greeting = check_hello(self._hello, self._scene.meeting, message)
                self._pc_nonce = message.nonce
                self._run = ConsoleRun(
                    greeting,
                    code=self._code,
                    ticket=self._scene.ticket(),
                    scalar=os.urandom(32),
                    kem=MLKEM768PrivateKey.generate(),
                )
                proof = self._run.proof(pss_sign(self._scene.console, self._run.content()))
                return [msgspec.structs.replace(proof, second=self._second)]
            case Answer() if self._run is not None and not self._expected:
                confirm, self._expected, self._master = self._run.confirm(message)
                return [confirm]
            case HostConfirm() if self.keys is None and self._expected and message.mac == self._expected:
                request_id = self._scene.meeting.request_id
                self.keys = SessionKeys(request_id=request_id, role=Role.CONSOLE, master=self._master)
                self.nonces = ChannelNonces(pc=self._pc_nonce, console=self._hello.nonce)
                return []
            case _:
                raise PeerError(PeerFault.OUT_OF_ORDER, "expected the next message of the handshake, got another")


def main_channel(end: PcEnd | ConsoleEnd) -> tuple[RecordSealer, RecordOpener]:
    """`main` in its first epoch, of an end that has keys."""
    assert end.keys is not None
    assert end.nonces is not None
    return end.keys.channel(Channel.MAIN, end.keys.main, epoch=0, nonces=end.nonces)
