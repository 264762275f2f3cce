"""The host program: started by the agent for one session, spoken to by nobody else, gone after it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from benchside.host.agent import AgentSide
from benchside.host.channel import RelayDialler
from benchside.host.desktop import Desktop
from benchside.host.parts import desktop_parts
from benchside.host.session import HostedSession
from benchside.logs.setup import start_logging
from benchside.platform.child.here import has_parent, speak_to_parent
from benchside.platform.service.here import on_stop
from benchside.protocol.errors import BenchsideError, PeerError, PeerFault
from benchside.protocol.wire import host as wire
from benchside.protocol.wire.session import SessionEnd
from benchside.transport.frames import FrameStream
from benchside.transport.proxy import Credentials
from benchside.transport.way_out import WayOut
from benchside.transport.websocket import client_tls

__all__ = ["main"]

log = logging.getLogger(__name__)

BEGIN_WITHIN_S = 10.0
BEAT_EVERY_S = 0.25
FAREWELL_WITHIN_S = 0.1
"""For our last words to the agent, and again for it to take them; it kills us 250 ms after a stop."""
AGENT_SILENT_S = 0.9
"""The agent beats four times a second; without it nobody journals and nobody could stop the session."""


class HostProgram:
    """Reads the agent's orders and keeps the beat."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._session: HostedSession | None = None
        self._say: Callable[[wire.HostMessage], None] = lambda message: None
        self._desktop: Desktop | None = None
        self._heard_at = self._loop.time()

    async def run(self, stream: FrameStream[wire.HostMessage]) -> None:
        """Host one session from BeginHosting to its end."""
        async with asyncio.timeout(BEGIN_WITHIN_S):
            begin = await stream.receive()
        if not isinstance(begin, wire.BeginHosting):
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected BeginHosting first, got another message")
        agent = AgentSide(stream, self._order)
        self._say = agent.send
        tls = None
        if begin.relay_url.startswith("wss://"):
            tls = client_tls(None if begin.ca_file is None else Path(begin.ca_file))
        asked = Credentials(begin.proxy_user, begin.proxy_password) if begin.proxy_user else None
        dialler = RelayDialler(agent, url=begin.relay_url, tls=tls, out=WayOut(begin.proxy, asked))
        self._desktop = Desktop(desktop_parts())
        self._desktop.take_terms(begin)
        self._session = session = HostedSession(begin, agent, dialler, self._desktop)
        self._heard_at = self._loop.time()
        listening = self._loop.create_task(agent.listen(), name="agent listens")
        beating = self._loop.create_task(self._beat(agent, session), name="beat")
        session.start()
        await session.over.wait()
        beating.cancel()
        await stream.say_no_more(FAREWELL_WITHIN_S)
        await asyncio.wait([listening], timeout=FAREWELL_WITHIN_S)  # until the agent has taken the outcome
        listening.cancel()

    async def _beat(self, agent: AgentSide, session: HostedSession) -> None:
        while True:
            agent.send(wire.HostAlive())
            session.beat()
            silent_at = self._heard_at + AGENT_SILENT_S
            if self._loop.time() >= silent_at:
                session.end(SessionEnd.AGENT_LOST)
            await asyncio.sleep(max(0.0, min(BEAT_EVERY_S, silent_at - self._loop.time())))

    def _order(self, message: wire.HostMessage | None) -> None:
        session, desktop = self._session, self._desktop
        if session is None or desktop is None:
            return
        self._heard_at = self._loop.time()
        match message:
            case None:
                session.end(SessionEnd.AGENT_LOST)
            case wire.AgentAlive():
                pass
            case wire.EndHosting():
                session.end(message.reason)
            case wire.RenewCode():
                session.renew_code()
            case wire.KillCodeNow():
                session.kill_code()
            case wire.PromptAnswered():
                session.answered(message)
            case wire.RevokeHosting():
                session.revoke(message.capability)
            case wire.PauseHosting():
                session.pause(message.paused)
            case wire.WatchIndicator():
                desktop.watch(message.window, message.stop)
            case wire.CoverByHand():
                desktop.cover_by_hand(message.areas)
            case wire.CoversAsked():
                self._say(wire.CoversStand(covers=desktop.covers()))
            case wire.AssayChanged():
                desktop.assay_changed(message.running)
            case wire.PolicyChanged():
                self._change_policy(session, message.policy)
            case _:
                log.warning("agent said what a host says", extra={"message": type(message).__name__})

    def _change_policy(self, session: HostedSession, policy: bytes) -> None:
        try:
            session.change_policy(policy)
        except BenchsideError as error:
            log.warning("policy cannot be followed", extra={"cause": str(error)})
            session.end(SessionEnd.POLICY_CHANGED)


async def _main(argv: list[str]) -> int:
    try:
        stream = FrameStream(*await speak_to_parent(argv), wire.HOST)
        program = HostProgram()
        task = asyncio.current_task()
        on_stop(lambda: task.cancel() if task is not None else None)
        await program.run(stream)
    except (BenchsideError, TimeoutError) as error:
        log.error("host ends", extra={"cause": str(error)})
        return 1
    return 0


def main() -> int:
    """Serve one session for whoever started us; 0 when it ended as it should."""
    start_logging("host")
    argv = sys.argv[1:]
    if not has_parent(argv):
        print("benchside host is started by the agent and by nobody else", file=sys.stderr)
        return 2
    with contextlib.suppress(asyncio.CancelledError):
        return asyncio.run(_main(argv))
    return 1


if __name__ == "__main__":
    sys.exit(main())
