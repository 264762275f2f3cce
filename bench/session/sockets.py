"""One session through a hostile relay on real sockets: the product's dialler and handshake on the PC's side."""

from __future__ import annotations

import asyncio
import contextlib
from typing import cast

import picows

from bench.session.ends import PLACE, ConsoleEnd, Scene, main_channel
from bench.session.mutation import Tamperer
from benchside.host.agent import AgentSide, HeldTicket
from benchside.host.channel import Opened, RelayDialler
from benchside.host.visit import receive_visitor
from benchside.protocol.errors import BenchsideError, PeerError
from benchside.protocol.trust.keys import pss_sign, public_bytes
from benchside.protocol.trust.schedule import ChannelNonces, SessionKeys
from benchside.protocol.wire.channel import MAX_FRAME_BYTES, Channel, Role
from benchside.transport.websocket import WebSocketLink, dial

RECORDS = 10
QUIET_S = 0.25
"""A session in which nothing came for so long has noticed, or would by the missing ping."""


class PromptAgent:
    """Stands for the agent: tickets, counting and signing at once."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    async def ticket(self, channel: Channel, *, is_patient: bool = False) -> HeldTicket:
        return HeldTicket(self._scene.ticket(channel, Role.PC), 0)

    async def spend_guess(self, associate: str, key: bytes, second: str | None) -> int:
        return 2

    async def settle_guess(self) -> None:
        return None

    async def sign(self, content: bytes) -> bytes:
        return pss_sign(self._scene.pc, content)


class HostileRelay:
    """Pairs the first two connections and passes messages on through a tamperer in one direction.

    The first to come is the PC, for the bench dials in that order.
    """

    def __init__(self, tamperer: Tamperer, *, to_pc: bool) -> None:
        self._tamperer = tamperer
        self._to_pc = to_pc
        self._ends: list[picows.WSTransport] = []
        self._last: dict[int, bytes] = {}

    async def start(self) -> tuple[asyncio.Server, str]:
        server = await picows.ws_create_server(lambda request: _End(self), "127.0.0.1", 0)
        return server, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/relay"

    def joined(self, transport: picows.WSTransport) -> int:
        self._ends.append(transport)
        if len(self._ends) == 2:
            for end in self._ends:
                end.send(picows.WSMsgType.TEXT, b"paired")
        return len(self._ends) - 1

    def said(self, index: int, message: bytes) -> None:
        if len(self._ends) < 2:
            return
        to_pc = index == 1
        self._last[index] = message
        reflected = self._last.get(1 - index)
        passed = self._tamperer.pass_on(message, reflected) if to_pc is self._to_pc else [message]
        for one in passed:
            self._ends[1 - index].send(picows.WSMsgType.BINARY, one)

    def left(self) -> None:
        for end in self._ends:
            end.disconnect()


class _End(picows.WSListener):
    def __init__(self, relay: HostileRelay) -> None:
        self._relay = relay
        self._index: int | None = None

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is not picows.WSMsgType.BINARY:
            return
        if self._index is None:
            self._index = self._relay.joined(transport)  # the ticket
        else:
            self._relay.said(self._index, frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self._relay.left()


async def session_through_sockets(scene: Scene, tamperer: Tamperer, *, to_pc: bool) -> bool:
    """Play one session; return whether a change went through undetected."""
    server, url = await HostileRelay(tamperer, to_pc=to_pc).start()
    agent = cast(AgentSide, PromptAgent(scene))
    try:
        pc = asyncio.create_task(_pc_side(scene, agent, url))
        await asyncio.sleep(0.01)  # the PC is the first at the relay
        console = asyncio.create_task(_console_side(scene, url))
        pc_result, console_result = await asyncio.gather(pc, console)
    finally:
        server.close()
    if pc_result is None or console_result is None:
        return False
    # each end says what it sent and what it took; what was taken must be a beginning of what was sent
    (pc_sent, pc_took), (console_sent, console_took) = pc_result, console_result
    wrong = pc_took != console_sent[: len(pc_took)] or console_took != pc_sent[: len(console_took)]
    complete = len(pc_took) == len(console_sent) and len(console_took) == len(pc_sent)
    return wrong or (complete and tamperer.done)


async def _pc_side(scene: Scene, agent: AgentSide, url: str) -> tuple[list[bytes], list[bytes]] | None:
    try:
        paired = await RelayDialler(agent, url=url, tls=None).pair(Channel.MAIN, 5.0)
        async with asyncio.timeout(3.0):
            outcome = await receive_visitor(
                paired,
                agent,
                meeting=scene.meeting,
                identity_key=public_bytes(scene.pc.public_key()),
                code=scene.code,
                policy=scene.policy,
                place=PLACE,
                is_current=lambda: True,
            )
    except (BenchsideError, TimeoutError):
        return None
    if outcome.established is None:
        return None
    pc_nonce, console_nonce = outcome.established.visitor.nonces
    keys = SessionKeys(request_id=scene.meeting.request_id, role=Role.PC, master=outcome.established.master)
    sealer, opener = keys.channel(
        Channel.MAIN, keys.main, epoch=0, nonces=ChannelNonces(pc=pc_nonce, console=console_nonce)
    )
    opened = Opened(Channel.MAIN, paired.link, sealer, opener, 0)
    sent = [f"pc {number}".encode() for number in range(RECORDS)]
    took: list[bytes] = []
    for plain in sent:
        opened.send(plain)
    with contextlib.suppress(BenchsideError, TimeoutError):
        async with asyncio.timeout(QUIET_S):
            await opened.serve(took.append)
    opened.link.abort()
    return sent, took


async def _console_side(scene: Scene, url: str) -> tuple[list[bytes], list[bytes]] | None:
    end = ConsoleEnd(scene)
    try:
        link = await dial(url, tls=None, max_bytes=MAX_FRAME_BYTES)
        link.send(scene.ticket())
        async with asyncio.timeout(3.0):
            while await link.receive() != "paired":
                pass
            for message in end.begin():
                link.send(message)
            while end.keys is None:
                data = await link.receive()
                for answer in end.hear(data if isinstance(data, bytes) else data.encode()):
                    link.send(answer)
    except (BenchsideError, TimeoutError):
        return None
    return await _exchange(end, link)


async def _exchange(end: ConsoleEnd, link: WebSocketLink) -> tuple[list[bytes], list[bytes]]:
    sealer, opener = main_channel(end)
    sent = [f"console {number}".encode() for number in range(RECORDS)]
    took: list[bytes] = []
    for plain in sent:
        link.send(sealer.seal(plain))
    with contextlib.suppress(BenchsideError, PeerError, TimeoutError):
        async with asyncio.timeout(QUIET_S):
            while True:
                record = await link.receive()
                if isinstance(record, bytes):
                    took.append(opener.open(record))
    link.abort()
    return sent, took
