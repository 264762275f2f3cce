"""The order of the handshake on the PC: one machine for each run on `main`.

    AWAIT_HELLO -> AWAIT_PROOF -> COUNTING -> SIGNING -> AWAIT_CONFIRM -> DONE
                        any of them -> OVER

INVARIANT: nothing derived from the code leaves before the agent has counted the guess, and the guess is not
asked for before ticket, signature and policy were believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from benchside.protocol.errors import CallerError, PeerError, PeerFault, Refusal, RefusedError
from benchside.protocol.trust.admission import Moment, Place
from benchside.protocol.trust.handshake import Greeting, HostRun, HostVerdict, Meeting, check_hello
from benchside.protocol.trust.keys import fingerprint
from benchside.protocol.trust.policy import Policy
from benchside.protocol.trust.second import SecondFor
from benchside.protocol.trust.ticket import TicketFor, check_ticket, match_ticket
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.handshake import (
    Challenge,
    ConsoleConfirm,
    HandshakeMessage,
    Hello,
    Proof,
    Refused,
)
from benchside.protocol.wire.policy import AssociateEntry

__all__ = [
    "AnswerWanted",
    "EntryEffect",
    "EntryMachine",
    "EntryOver",
    "EntryStage",
    "Established",
    "GuessWanted",
    "SayPlain",
    "Visitor",
]

HELLO_WITHIN_S = 15.0
"""From being paired to the console's Hello: one slow round trip and a page that is still loading."""
PROOF_WITHIN_S = 20.0
"""An RSA-4096 signature and two key pairs on a slow laptop take up to three seconds; the rest is the line."""
AGENT_WITHIN_S = 5.0
"""Counting and signing are local; a PC that needs longer is not able to run a session."""
CONFIRM_WITHIN_S = 20.0


class EntryStage(StrEnum):
    """How far the run has come."""

    AWAIT_HELLO = "await_hello"
    AWAIT_PROOF = "await_proof"
    COUNTING = "counting"
    SIGNING = "signing"
    AWAIT_CONFIRM = "await_confirm"
    DONE = "done"
    OVER = "over"


@dataclass(frozen=True)
class SayPlain:
    """Send this in the clear."""

    message: HandshakeMessage


@dataclass(frozen=True)
class GuessWanted:
    """Ask the agent to count one attempt of this associate and key."""

    entry: AssociateEntry
    key: bytes
    second: str | None = None


@dataclass(frozen=True)
class AnswerWanted:
    """Ask the agent to sign this content."""

    content: bytes


@dataclass(frozen=True)
class Established:
    """Both ends proved everything; `master` opens the session.

    `confirm` is sent once the agent has journalled the right code, and not before.
    """

    visitor: Visitor
    master: bytes
    confirm: HandshakeMessage


@dataclass(frozen=True)
class EntryOver:
    """The run failed; close the connection.  `counted`: an attempt was spent on it."""

    reason: Refusal | PeerFault
    counted: bool
    associate: str | None


@dataclass(frozen=True)
class Visitor:
    """The associate at the other end, as the policy knows them, and the key that they proved."""

    entry: AssociateEntry
    key: bytes
    nonces: tuple[bytes, bytes]
    """The PC's and the console's nonce of the handshake."""
    second: str | None = None
    """Who agreed to the session beside them, where the site's rules ask for it."""


EntryEffect = SayPlain | GuessWanted | AnswerWanted | Established | EntryOver


class EntryMachine:
    """One run.  The pump reports what the console says, what the agent answers, and the time."""

    def __init__(
        self,
        *,
        meeting: Meeting,
        identity_key: bytes,
        nonce: bytes,
        scalar: bytes,
        code: bytes,
        policy: Policy,
        place: Place,
        now: float,
    ) -> None:
        """`nonce` and `scalar`: 32 fresh random bytes each, for this run alone; `code`: normal form."""
        self.stage = EntryStage.AWAIT_HELLO
        self._meeting = meeting
        self._challenge = Challenge(nonce=nonce, key=identity_key)
        self._scalar = scalar
        self._code = code
        self._policy = policy
        self._place = place
        self._until = now + HELLO_WITHIN_S
        self._greeting: Greeting | None = None
        self._run: HostRun | None = None
        self._verdict: HostVerdict | None = None
        self._entry: AssociateEntry | None = None
        self._second: str | None = None
        self._counted = False
        self._attempts_left: int | None = None

    def deadline(self) -> float | None:
        """Return when the run is given up; None once it is over."""
        return None if self.stage in (EntryStage.DONE, EntryStage.OVER) else self._until

    def console_said(
        self, message: HandshakeMessage, now: float, *, moment: Moment, server_ahead_ms: int = 0
    ) -> list[EntryEffect]:
        """Take the console's next message.

        `moment`: of this PC's clock, by which the policy expires; `server_ahead_ms` is added for the ticket.
        """
        try:
            match self.stage, message:
                case EntryStage.AWAIT_HELLO, Hello():
                    return self._greet(message, now)
                case EntryStage.AWAIT_PROOF, Proof():
                    return self._believe(message, now, moment, server_ahead_ms)
                case EntryStage.AWAIT_CONFIRM, ConsoleConfirm():
                    return self._judge(message)
                case _:
                    raise PeerError(
                        PeerFault.OUT_OF_ORDER, f"expected what follows {self.stage}, got {type(message).__name__}"
                    )
        except RefusedError as error:
            return self._give_up(error.reason, error.wait_s)
        except PeerError as error:
            return self._give_up(error.fault, None)

    def guess_counted(self, now: float, attempts_left: int) -> list[EntryEffect]:
        """The agent has the attempt on disk: now, and only now, the answer is computed."""
        self._attempts_left = attempts_left
        if self.stage is not EntryStage.COUNTING or self._run is None:
            raise CallerError(f"a guess was counted in stage {self.stage}")
        self._counted = True
        self.stage, self._until = EntryStage.SIGNING, now + AGENT_WITHIN_S
        try:
            return [AnswerWanted(self._run.begin_answer(self._code, self._scalar))]
        except PeerError as error:
            return self._give_up(error.fault, None)

    def guess_refused(self, reason: Refusal, wait_s: float | None) -> list[EntryEffect]:
        """The agent counts no attempt now."""
        return self._give_up(reason, wait_s)

    def answer_signed(self, signature: bytes, now: float) -> list[EntryEffect]:
        """The device's identity signed the answer."""
        if self.stage is not EntryStage.SIGNING or self._run is None:
            raise CallerError(f"an answer was signed in stage {self.stage}")
        answer, self._verdict = self._run.answer(signature)
        self._run = None
        self.stage, self._until = EntryStage.AWAIT_CONFIRM, now + CONFIRM_WITHIN_S
        return [SayPlain(answer)]

    def time_passed(self, now: float) -> list[EntryEffect]:
        """Give the run up when its deadline has come."""
        until = self.deadline()
        return [] if until is None or now < until else self._give_up(PeerFault.TOO_SLOW, None)

    def line_lost(self) -> list[EntryEffect]:
        """The connection ended in the middle."""
        if self.deadline() is None:
            return []
        return self._give_up(PeerFault.OUT_OF_ORDER, None, say=False)

    def _greet(self, hello: Hello, now: float) -> list[EntryEffect]:
        self._greeting = check_hello(hello, self._meeting, self._challenge)
        self.stage, self._until = EntryStage.AWAIT_PROOF, now + PROOF_WITHIN_S
        return [SayPlain(self._challenge)]

    def _believe(self, proof: Proof, now: float, moment: Moment, server_ahead_ms: int) -> list[EntryEffect]:
        greeting = self._greeting
        if greeting is None:
            raise CallerError("a proof is believed after the greeting")
        key = fingerprint(greeting.console_key)
        ticket = check_ticket(
            proof.ticket, ticket_keys=self._policy.ticket_keys, relay=None, now_utc_ms=moment.utc_ms + server_ahead_ms
        )
        match_ticket(
            ticket,
            TicketFor(
                request_id=self._meeting.request_id,
                device_id=self._meeting.device_id,
                role=Role.CONSOLE,
                channel=Channel.MAIN,
                key=key,
            ),
        )
        self._run = HostRun(greeting, proof)
        entry = self._policy.admit(key, associate_id=ticket.associate, place=self._place, now=moment)
        about = SecondFor(
            request_id=self._meeting.request_id, device_id=self._meeting.device_id, associate=entry.id, key=key
        )
        self._second = self._policy.check_second(proof.second, about, place=self._place, now=moment)
        self._entry = entry
        self.stage, self._until = EntryStage.COUNTING, now + AGENT_WITHIN_S
        return [GuessWanted(entry, key, self._second)]

    def _judge(self, confirm: ConsoleConfirm) -> list[EntryEffect]:
        verdict, greeting, entry = self._verdict, self._greeting, self._entry
        if verdict is None or greeting is None or entry is None:
            raise CallerError("a confirmation is judged after the answer")
        self._verdict = None
        message, master = verdict.judge(confirm)
        self.stage = EntryStage.DONE
        nonces = (greeting.pc_nonce, greeting.console_nonce)
        visitor = Visitor(entry, fingerprint(greeting.console_key), nonces, self._second)
        return [Established(visitor, master, message)]

    def _give_up(self, reason: Refusal | PeerFault, wait_s: float | None, *, say: bool = True) -> list[EntryEffect]:
        self.stage = EntryStage.OVER
        self._run = self._verdict = None
        associate = None if self._entry is None else self._entry.id
        effects: list[EntryEffect] = []
        hint = Refusal.CODE_WRONG if reason is PeerFault.WRONG_CODE else reason
        if say and isinstance(hint, Refusal):
            wait = None if wait_s is None else int(wait_s + 0.999)
            left = self._attempts_left if hint is Refusal.CODE_WRONG else None
            effects.append(SayPlain(Refused(reason=hint, attempts_left=left, wait_s=wait)))
        effects.append(EntryOver(reason, self._counted, associate))
        return effects
