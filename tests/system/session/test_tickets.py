"""Tickets that are forged, used, or for something else: refused by the relay, and by the PC behind one that pairs."""

from __future__ import annotations

import os
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer, TurnedAway, hear_plain
from tests.fakes.guesser import Knocking, knock
from tests.fakes.lab import GUEST, Lab
from tests.fakes.visit import Visit

from benchside.protocol.errors import Refusal
from benchside.protocol.wire import desk as shown
from benchside.protocol.wire.channel import CHANNEL_OPEN, Channel, ChannelOpen, Role
from benchside.protocol.wire.handshake import HANDSHAKE
from benchside.server.clock import utc_ms
from benchside.transport.websocket import Closed

pytestmark = [pytest.mark.system, pytest.mark.slow]


def forgeries() -> list[tuple[dict[str, Any], Refusal]]:
    """What is changed in an otherwise right ticket, and why the PC refuses it."""
    now = utc_ms()
    return [
        ({"signing_key": Ed25519PrivateKey.generate()}, Refusal.TICKET_INVALID),
        ({"version": 2}, Refusal.TICKET_INVALID),
        ({"expires_utc_ms": now + 3_600_000}, Refusal.TICKET_INVALID),
        ({"issued_utc_ms": now - 90_000, "expires_utc_ms": now - 30_000}, Refusal.TICKET_EXPIRED),
        ({"issued_utc_ms": now + 30_000, "expires_utc_ms": now + 90_000}, Refusal.TICKET_EXPIRED),
        ({"request_id": os.urandom(16)}, Refusal.TICKET_MISMATCH),
        ({"device_id": os.urandom(16)}, Refusal.TICKET_MISMATCH),
        ({"role": Role.PC}, Refusal.TICKET_MISMATCH),
        ({"channel": Channel.VIEW}, Refusal.TICKET_MISMATCH),
        ({"key": os.urandom(32)}, Refusal.TICKET_MISMATCH),
        ({"associate": "somebody.else"}, Refusal.NOT_IN_POLICY),
    ]


AT_THE_PC = (0, 3, 6, 8, 9, 10)
"""Of the forgeries, those that each stand for a check; the PC's pauses between visitors grow to three seconds."""


async def test_the_pc_refuses_what_a_relay_let_through(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    lab.session_door.target = lab.relay.port
    request_id, code = await lab.call(desk, engineer)
    for changes, reason in (forgeries()[number] for number in AT_THE_PC):
        right = Knocking(lab, request_id)
        forged = Knocking(lab, request_id)
        said = {"key": forged.engineer.fingerprint, "associate": GUEST, "request_id": request_id} | changes
        forged.ticket = lab.ticket(**said)
        await forged.pair(first=right.ticket)
        with pytest.raises(TurnedAway) as refused:
            await _go_on(forged, code)
        assert refused.value.refused.reason is reason, changes
        forged.link.abort()
        for one in (right, forged):
            await one.engineer.close()
    await lab.do(lab.wait, lambda: lab.kinds(request_id).count("associate_refused") == len(AT_THE_PC))
    assert "guess_counted" not in lab.kinds(request_id)
    # and after all that the right one still comes in
    main = await engineer.enter(code, lab.device_id)
    main.link.abort()
    desk.say(shown.StopSession())
    await desk.outcome()


async def _go_on(knocking: Knocking, code: str) -> None:
    hello, challenge = await knocking.greet()
    knocking.link.send(HANDSHAKE.encode(knocking.proof(hello, challenge, code)))
    await hear_plain(knocking.link)


async def test_the_relay_refuses_them_itself(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    request_id, _ = await lab.call(desk, engineer)
    own = [one for one in forgeries() if one[1] in (Refusal.TICKET_INVALID, Refusal.TICKET_EXPIRED)]
    for changes, _ in [*own, ({"relay": "relay-2"}, Refusal.TICKET_MISMATCH)]:
        knocking = Knocking(lab, request_id, **changes)
        with pytest.raises(Closed) as closed:
            await knocking.pair()
        assert closed.value.code == 4401, changes
        await knocking.engineer.close()
    used, url = await engineer.ticket(Channel.MAIN)
    knocking = Knocking(lab, request_id)
    await knocking.pair(first=used)
    with pytest.raises(Closed) as closed:
        await knocking.pair(first=used)
    assert closed.value.code == 4403
    await knocking.engineer.close()
    assert url.endswith("/v1/relay")
    desk.say(shown.CancelRequest())
    await desk.outcome()


async def test_a_ticket_for_another_channel_opens_none(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    """After the drop of `main`, a console comes back with a ticket for `view`: the PC does not go on with it."""
    lab.session_door.target = lab.relay.port
    _, visit = await lab.session(desk, engineer)
    visit.hang_up()
    await desk.phase(shown.RequestPhase.LINE_LOST)
    link, _ = await engineer.pair(Channel.MAIN)
    data = await link.receive()
    assert isinstance(data, bytes)
    theirs = CHANNEL_OPEN.decode(data)
    other, _ = await engineer.ticket(Channel.VIEW)
    reply = ChannelOpen(version=1, channel=Channel.MAIN, epoch=theirs.epoch, nonce=os.urandom(32), ticket=other)
    link.send(CHANNEL_OPEN.encode(reply))
    with pytest.raises(Closed):
        await link.receive()
    back = Visit(engineer, await engineer.open(Channel.MAIN))
    await desk.phase(shown.RequestPhase.IN_SESSION)
    back.hang_up()
    desk.say(shown.StopSession())
    await desk.outcome()


async def test_a_guest_with_all_in_order_comes_in(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    """So that the refusals above are for their reasons and not for the fake's mistakes."""
    lab.session_door.target = lab.relay.port
    request_id, code = await lab.call(desk, engineer)
    with pytest.raises(AssertionError, match="let somebody in"):
        await knock(lab, request_id, code)
    session = await desk.wait(shown.SessionShown)
    assert session.associate.name == "Rene Guest", "the policy's word, not the server's"
    desk.say(shown.StopSession())
    await desk.outcome()
