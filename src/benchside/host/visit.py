"""Receiving a visitor on `main`: runs the entry machine over one connection, with the agent's help."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass

from benchside.host.agent import AgentSide
from benchside.host.channel import PairedLink
from benchside.host.moment import local_moment
from benchside.protocol.errors import PeerError, Refusal, RefusedError, UnavailableError
from benchside.protocol.flow import entry as flow
from benchside.protocol.trust.admission import Place
from benchside.protocol.trust.handshake import Meeting
from benchside.protocol.trust.policy import Policy
from benchside.protocol.wire.handshake import HANDSHAKE, Refused

__all__ = ["Outcome", "receive_visitor", "turn_away"]


@dataclass(frozen=True)
class Outcome:
    """What became of one run: a visitor with the shared master, or the reason for which it ended."""

    established: flow.Established | None
    over: flow.EntryOver | None


def turn_away(paired: PairedLink, reason: Refusal) -> None:
    """Say why, without a run: there is no code that could be tried."""
    paired.link.send(HANDSHAKE.encode(Refused(reason=reason)))
    paired.link.close()


async def receive_visitor(
    paired: PairedLink,
    agent: AgentSide,
    *,
    meeting: Meeting,
    identity_key: bytes,
    code: bytes,
    policy: Policy,
    place: Place,
    is_current: Callable[[], bool],
) -> Outcome:
    """Run the handshake to its end.  The link is closed unless a visitor was established.  May be cancelled.

    `is_current`: whether the code is still the one that this run began with.
    """
    loop = asyncio.get_running_loop()
    machine = flow.EntryMachine(
        meeting=meeting,
        identity_key=identity_key,
        nonce=os.urandom(32),
        scalar=os.urandom(32),
        code=code,
        policy=policy,
        place=place,
        now=loop.time(),
    )
    effects: list[flow.EntryEffect] = []
    established: flow.Established | None = None
    while True:
        while effects:
            match effects.pop(0):
                case flow.SayPlain(message):
                    paired.link.send(HANDSHAKE.encode(message))
                case flow.GuessWanted() as wanted:
                    effects += await _spend(machine, agent, wanted)
                case flow.AnswerWanted(content):
                    effects += await _sign(machine, agent, content)
                case flow.Established() as done:
                    established = done
                case flow.EntryOver() as over:
                    paired.link.close()
                    return Outcome(None, over)
        if established is not None:
            return await _settle(paired, agent, established, is_current)
        effects = await _next_word(machine, paired)


async def _settle(
    paired: PairedLink, agent: AgentSide, established: flow.Established, is_current: Callable[[], bool]
) -> Outcome:
    """Confirm to the console, but only a code that still counts, and only after the journal has it."""
    associate = established.visitor.entry.id
    if not is_current():
        turn_away(paired, Refusal.CODE_DEAD)
        return Outcome(None, flow.EntryOver(Refusal.CODE_DEAD, True, associate))
    try:
        await agent.settle_guess()
    except UnavailableError:
        turn_away(paired, Refusal.JOURNAL)
        return Outcome(None, flow.EntryOver(Refusal.JOURNAL, True, associate))
    paired.link.send(HANDSHAKE.encode(established.confirm))
    return Outcome(established, None)


async def _spend(machine: flow.EntryMachine, agent: AgentSide, wanted: flow.GuessWanted) -> list[flow.EntryEffect]:
    try:
        left = await agent.spend_guess(wanted.entry.id, wanted.key, wanted.second)
    except RefusedError as error:
        return machine.guess_refused(error.reason, error.wait_s)
    except UnavailableError:
        return machine.guess_refused(Refusal.JOURNAL, None)
    return machine.guess_counted(asyncio.get_running_loop().time(), left)


async def _sign(machine: flow.EntryMachine, agent: AgentSide, content: bytes) -> list[flow.EntryEffect]:
    try:
        signature = await agent.sign(content)
    except UnavailableError:
        return machine.line_lost()
    return machine.answer_signed(signature, asyncio.get_running_loop().time())


async def _next_word(machine: flow.EntryMachine, paired: PairedLink) -> list[flow.EntryEffect]:
    """Wait for the console's next message, no longer than the machine allows."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout_at(machine.deadline()):
            data = await paired.link.receive()
        if isinstance(data, str):
            return machine.line_lost()
        message = HANDSHAKE.decode(data)
    except TimeoutError:
        return machine.time_passed(loop.time())
    except (PeerError, UnavailableError):
        return machine.line_lost()
    return machine.console_said(
        message, loop.time(), moment=local_moment(), server_ahead_ms=paired.held.server_ahead_ms
    )
