"""Hostile runs of the handshake: out of order, wrong in every part, guesses, and how they are counted."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer, TurnedAway, hear_plain
from tests.fakes.guesser import Knocking, wrong
from tests.fakes.keys import rsa_key
from tests.fakes.lab import Lab

from benchside.protocol.errors import Refusal
from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.wire import desk as shown
from benchside.protocol.wire.handshake import HANDSHAKE, ConsoleConfirm
from benchside.transport.websocket import Closed

pytestmark = [pytest.mark.system, pytest.mark.slow]

P = 2**255 - 19
BAD_POINTS = {"zero": bytes(32), "one": (1).to_bytes(32, "little"), "p": P.to_bytes(32, "little")}


async def refused_or_closed(knocking: Knocking, message: bytes) -> Refusal | None:
    """Say it; the PC must answer with a refusal or the end, and with nothing else."""
    knocking.link.send(message)
    try:
        answer = await hear_plain(knocking.link)
    except TurnedAway as turned:
        return turned.refused.reason
    except Closed:
        return None
    raise AssertionError(f"the PC answered {type(answer).__name__}")


async def test_malformed_runs_end_without_a_guess(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    lab.session_door.target = lab.relay.port
    request_id, code = await lab.call(desk, engineer)
    small = public_bytes(rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key())
    first: list[Any] = [
        HANDSHAKE.encode(ConsoleConfirm(mac=bytes(64))),
        os.urandom(300),
        HANDSHAKE.encode(Knocking(lab, request_id).hello(version=2)),
        HANDSHAKE.encode(Knocking(lab, request_id).hello(suite="none")),
        HANDSHAKE.encode(Knocking(lab, request_id).hello(key=small)),
    ]
    for message in first:
        knocking = Knocking(lab, request_id)
        await knocking.pair()
        assert await refused_or_closed(knocking, message) is None, message[:40]
        knocking.link.abort()
    await lab.do(lab.wait, lambda: lab.kinds(request_id).count("associate_refused") == len(first))
    assert "guess_counted" not in lab.kinds(request_id)
    knocking = Knocking(lab, request_id)
    await knocking.pair()
    hello, challenge = await knocking.greet()
    stranger = rsa_key(2)
    knocking.engineer.identity, right = stranger, knocking.engineer.identity
    proof = knocking.proof(hello, challenge, code)
    knocking.engineer.identity = right
    assert await refused_or_closed(knocking, HANDSHAKE.encode(proof)) is None, "another key's signature"
    assert "guess_counted" not in lab.kinds(request_id)
    desk.say(shown.CancelRequest())
    await desk.outcome()


async def test_invalid_points_get_no_answer(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    lab.session_door.target = lab.relay.port
    request_id, _ = await lab.call(desk, engineer)
    for name, point in BAD_POINTS.items():
        knocking = Knocking(lab, request_id)
        await knocking.pair()
        hello, challenge = await knocking.greet()
        proof = HANDSHAKE.encode(knocking.proof_with_share(hello, challenge, point))
        assert await refused_or_closed(knocking, proof) in (None, Refusal.WAIT), name
        knocking.link.abort()
    assert "code_accepted" not in lab.kinds(request_id)
    desk.say(shown.CancelRequest())
    await desk.outcome()
    await lab.do(lab.forget_guesses)


async def test_three_wrong_codes_kill_the_code_and_only_a_hand_makes_another(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    lab.session_door.target = lab.relay.port
    request_id, code = await lab.call(desk, engineer)
    guest, own = {}, {"engineer": engineer, "associate": lab.world.account}
    for left, who in ((2, guest), (1, own), (0, guest)):
        knocking = Knocking(lab, request_id, **who)
        with pytest.raises(TurnedAway) as turned:
            await knocking.guess(wrong(code))
        knocking.link.abort()
        refused = turned.value.refused
        assert (refused.reason, refused.attempts_left) == (Refusal.CODE_WRONG, left)
        if left == 2:
            knocking = Knocking(lab, request_id)
            with pytest.raises(TurnedAway) as turned:
                await knocking.guess(code)
            knocking.link.abort()
            assert turned.value.refused.reason is Refusal.WAIT, "the key waits, even with the right code"
            assert 1 <= (turned.value.refused.wait_s or 0) <= 60
            await asyncio.sleep(2)
        if left:
            assert (await desk.wait(shown.CodeShown)).attempts_left == left
    assert (await desk.wait(shown.CodeGone)).reason == "wrong"
    assert lab.kinds(request_id).count("guess_counted") == 3
    knocking = Knocking(lab, request_id)
    await knocking.pair()
    with pytest.raises(TurnedAway) as turned:
        await knocking.greet()
    assert turned.value.refused.reason is Refusal.CODE_DEAD
    knocking.link.abort()
    assert lab.kinds(request_id).count("code_made") == 1, "nothing but the technician makes another"
    desk.say(shown.NewCode())
    fresh = await desk.wait(shown.CodeShown)
    assert fresh.code != code
    lab.forget_limits()  # the server's own pause after wrong codes
    await asyncio.sleep(2.1)  # the key's, after one wrong attempt of its own
    main = await engineer.enter(fresh.code, lab.device_id)
    await desk.phase(shown.RequestPhase.IN_SESSION)
    main.link.abort()
    desk.say(shown.StopSession())
    await desk.outcome()
    await lab.do(lab.forget_guesses)


async def test_an_agent_killed_in_the_middle_of_a_guess_has_counted_it(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    lab.session_door.target = lab.relay.port
    before = len((lab.fact("lockout") or {"wrong_at": []})["wrong_at"])
    request_id, code = await lab.call(desk, engineer)
    knocking = Knocking(lab, request_id, engineer, associate=lab.world.account)
    await knocking.to_answer(code)
    lab.kill_agent()
    knocking.link.abort()
    assert len(lab.fact("lockout")["wrong_at"]) == before + 1
    await lab.do(lab.start_agent)
    assert lab.outcomes(request_id) == ["agent_lost"]
    assert len(lab.fact("lockout")["wrong_at"]) == before + 1
    await lab.do(lab.forget_guesses)


async def test_after_ten_wrong_in_a_day_a_code_has_one_attempt(lab: Lab, engineer: Engineer) -> None:
    await lab.do(lab.kill_agent)
    if lab.fact("lockout") is not None:
        lab.change_fact("lockout", wrong_at=[time.time() - 60 * i for i in range(10)], keys={})
    await lab.do(lab.start_agent)
    lab.session_door.target = lab.relay.port
    desk = await lab.desk()
    try:
        desk.say(shown.OpenRequest(technician="Pia Roca", reason="again", instrument="CX-2"))
        made = await desk.wait(shown.CodeShown)
        assert made.warned
        assert made.attempts_left == 1
        found = await engineer.wait_for_request()
        await engineer.claim(found["id"])
        request_id = bytes.fromhex(found["id"])
        knocking = Knocking(lab, request_id)
        with pytest.raises(TurnedAway) as turned:
            await knocking.guess(wrong(made.code))
        assert turned.value.refused.attempts_left == 0
        assert (await desk.wait(shown.CodeGone)).reason == "wrong"
        knocking.link.abort()
        desk.say(shown.CancelRequest())
        await desk.outcome()
    finally:
        await desk.close()
        await lab.do(lab.forget_guesses)


async def test_a_host_confirmation_comes_after_the_consoles_only(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    """A console that waits for the PC's tag first gets none, and its run counts as wrong."""
    lab.session_door.target = lab.relay.port
    request_id, code = await lab.call(desk, engineer)
    knocking = Knocking(lab, request_id, engineer, associate=lab.world.account)
    answer = await knocking.to_answer(code)
    confirm, _, _ = knocking.run.confirm(answer)
    spoilt = ConsoleConfirm(mac=bytes(byte ^ 1 for byte in confirm.mac))
    knocking.link.send(HANDSHAKE.encode(spoilt))
    with pytest.raises(TurnedAway) as turned:
        await hear_plain(knocking.link)
    assert turned.value.refused.reason is Refusal.CODE_WRONG
    knocking.link.abort()
    desk.say(shown.CancelRequest())
    await desk.outcome()
    await lab.do(lab.forget_guesses)
