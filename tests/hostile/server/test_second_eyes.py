"""Sites that want a second associate: nobody gets a ticket alone, and nothing else counts as agreement."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.fakes.entry_points import reason
from tests.fakes.people import associate, site
from tests.fakes.server_world import Console, Pc, World, rsa_key, running_world

from benchside.protocol.trust.keys import fingerprint, pss_sign, public_bytes
from benchside.protocol.trust.second import SecondFor, second_content
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventKind
from benchside.protocol.wire.policy import SiteRules
from benchside.server.broker.model import Agreement, Request
from benchside.server.clock import utc_ms
from benchside.server.tickets.office import MAX_REFUSALS_WRITTEN

pytestmark = [pytest.mark.system, pytest.mark.slow]

IN_A_YEAR = 365 * 86_400_000


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def asked_where_two_are_wanted(world: World) -> tuple[Pc, Console, Console, bytes]:
    """A PC that asks for help, two associates, and the request."""
    pc, ana, ben = await world.enrolled_pc(), await world.console("ana"), await world.console("ben", key=2)
    world.authority.add_site(site("lab-1", rules=SiteRules(second_eyes=True)))
    await world.install_policy()
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    return pc, ana, ben, request_id


async def test_a_site_that_wants_two_lets_nobody_in_alone(world: World) -> None:
    pc, ana, ben, request_id = await asked_where_two_are_wanted(world)
    path = f"/api/requests/{request_id.hex()}"
    assert (await ana.post(f"{path}/claim")).status_code == 200
    refused = await ana.post(f"{path}/tickets", channel="main")
    assert (refused.status_code, reason(refused)) == (403, "second_eyes")
    for _ in range(MAX_REFUSALS_WRITTEN + 5):
        assert reason(await ana.post(f"{path}/tickets", channel="main")) == "second_eyes"
    written = [one.kind for one in await world.parts.ledger.events_of(request_id)]
    assert written.count("ticket_refused") == MAX_REFUSALS_WRITTEN, "nobody fills a session's log"
    shown = (await ben.get("/api/requests")).json()["requests"][0]["second"]
    assert shown["may_agree"] is True
    assert (await ana.get("/api/requests")).json()["requests"][0]["second"]["may_agree"] is False
    about = SecondFor(
        request_id=request_id, device_id=pc.device_id, associate="ana", key=bytes.fromhex(shown["associate_key"])
    )
    now = utc_ms()

    def agreement(signer: int, second: str, issued: int = now) -> dict[str, object]:
        signature = pss_sign(rsa_key(signer), second_content(about, second, issued))
        return {"issued_utc_ms": issued, "signature": base64.b64encode(signature).decode()}

    for console, given in (
        (ana, agreement(1, "ana")),
        (ana, agreement(2, "ben")),
        (ben, agreement(1, "ben")),
        (ben, agreement(2, "ana")),
        (ben, agreement(2, "ben", now - 3_600_000)),
        (ben, agreement(2, "ben") | {"signature": base64.b64encode(bytes(512)).decode()}),
    ):
        refused = await console.post(f"{path}/agreement", **given)
        assert (refused.status_code, reason(refused)) == (403, "second_eyes")
    assert reason(await ana.post(f"{path}/tickets", channel="main")) == "second_eyes"
    assert (await ben.post(f"{path}/agreement", **agreement(2, "ben"))).status_code == 204
    ticket = await ana.post(f"{path}/tickets", channel="main")
    assert ticket.json()["second"]["associate"] == "ben"
    # who entered with it comes back without another, however long the session lasts
    await pc.report(pc.entry(EventKind.CODE_ACCEPTED, request_id, associate="ana", second="ben"))
    async with world.parts.cloud.write() as rows:
        await rows.execute(update(Agreement).values(issued_utc_ms=now - 3_600_000))
    assert (await ana.post(f"{path}/tickets", channel="main")).status_code == 200
    assert (await ana.post(f"{path}/tickets", channel="control")).status_code == 200
    async with world.parts.cloud.write() as rows:
        await rows.execute(update(Agreement).values(issued_utc_ms=now))
        await rows.execute(update(Request).values(state="claimed"))
    assert (await ana.post(f"{path}/tickets", channel="main")).status_code == 200
    # who is out of the policy has not agreed either
    key = fingerprint(public_bytes(rsa_key(2).public_key()))
    world.authority.sign_in(associate("ben", key, sites=("lab-2",), expires_utc_ms=now + IN_A_YEAR))
    await world.install_policy()
    assert reason(await ana.post(f"{path}/tickets", channel="main")) == "second_eyes"


async def test_who_makes_a_new_key_after_the_claim_is_agreed_to_with_that_one(world: World) -> None:
    """An agreement to the key of before is worth nothing at the PC, and must not stand in the way of another."""
    pc, ana, ben, request_id = await asked_where_two_are_wanted(world)
    path = f"/api/requests/{request_id.hex()}"

    async def agree() -> str:
        shown = (await ben.get("/api/requests")).json()["requests"][0]["second"]
        key, issued = bytes.fromhex(shown["associate_key"]), utc_ms()
        about = SecondFor(request_id=request_id, device_id=pc.device_id, associate="ana", key=key)
        signature = base64.b64encode(pss_sign(rsa_key(2), second_content(about, "ben", issued))).decode()
        given = {"issued_utc_ms": issued, "signature": signature}
        assert (await ben.post(f"{path}/agreement", **given)).status_code == 204
        return key.hex()

    assert (await ana.post(f"{path}/claim")).status_code == 200
    first = await agree()
    assert (await ana.post(f"{path}/tickets", channel="main")).status_code == 200
    spki = public_bytes(rsa_key(3).public_key())
    assert (await ana.put("/api/me/key", spki=base64.b64encode(spki).decode())).status_code == 200
    assert reason(await ana.post(f"{path}/tickets", channel="main")) == "not_in_policy"
    await world.sign_into_policy("ana", fingerprint(spki))
    assert reason(await ana.post(f"{path}/tickets", channel="main")) == "second_eyes"
    assert await agree() == fingerprint(spki).hex() != first
    assert (await ana.post(f"{path}/tickets", channel="main")).json()["second"]["associate"] == "ben"
    assert (await ana.post(f"{path}/claim")).status_code == 200
    written = [one.kind for one in await world.parts.ledger.events_of(request_id)]
    assert written.count("request_claimed") == 2  # for each key once


async def test_a_pc_that_wants_two_by_a_rule_of_its_own_gets_two(world: World) -> None:
    pc, ana, ben = await world.enrolled_pc(), await world.console("ana"), await world.console("ben", key=2)
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    path = f"/api/requests/{request_id.hex()}"
    assert (await ana.post(f"{path}/claim")).status_code == 200
    assert (await ana.post(f"{path}/tickets", channel="main")).json()["second"] is None
    assert (await ben.get("/api/requests")).json()["requests"][0]["second"] is None
    await pc.report(pc.entry(EventKind.ASSOCIATE_REFUSED, request_id, cause="second_eyes"))
    assert reason(await ana.post(f"{path}/tickets", channel="main")) == "second_eyes"
    shown = (await ben.get("/api/requests")).json()["requests"][0]["second"]
    assert shown["may_agree"] is True
    about = SecondFor(
        request_id=request_id, device_id=pc.device_id, associate="ana", key=bytes.fromhex(shown["associate_key"])
    )
    issued = utc_ms()
    signature = base64.b64encode(pss_sign(rsa_key(2), second_content(about, "ben", issued))).decode()
    assert (await ben.post(f"{path}/agreement", issued_utc_ms=issued, signature=signature)).status_code == 204
    assert (await ana.post(f"{path}/tickets", channel="main")).json()["second"]["associate"] == "ben"
