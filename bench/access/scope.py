"""Random attempts to see, claim and enter across regions, sites and models, forged tickets and policies among them.

What should happen is computed here from the sets alone, not by the product's own rule.
"""

from __future__ import annotations

import asyncio
import base64
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes import people
from tests.fakes.server_world import MODEL, Console, Pc, World, rsa_key, running_world

from benchside.protocol.errors import BenchsideError
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.trust.policy import sign_policy
from benchside.protocol.trust.ticket import issue_ticket
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.enrolment import DeviceEnrolled
from benchside.protocol.wire.link import LINK, PolicyOffered
from benchside.protocol.wire.policy import AssociateRole, PolicyPayload, Training
from benchside.protocol.wire.session import InstrumentInfo
from benchside.protocol.wire.ticket import TicketPayload
from benchside.server.clock import utc_ms
from benchside.transport.websocket import dial

ATTEMPTS, ASSOCIATES, PCS = 1000, 6, 4
SITES, MODELS, REGIONS = ("lab-1", "lab-2", "lab-3"), (MODEL, "DX-1", "EX-9"), ("global", "cn")
CUSTOMERS = {"lab-1": "north", "lab-2": "north", "lab-3": "south"}
LAWS = {"lab-1": "gdpr", "lab-2": "hipaa", "lab-3": "gdpr"}


@dataclass
class Associate:
    console: Console
    account: str
    key: bytes
    may: dict[str, Any] = field(default_factory=dict)


@dataclass
class Place:
    pc: Pc
    request_id: bytes
    site: str
    models: tuple[str, ...]


async def main(folder: Path, quick: bool) -> dict[str, float]:
    dice = random.Random(4)
    attempts = 60 if quick else ATTEMPTS
    async with running_world(folder) as world:
        for site in SITES[1:]:
            await world.parts.register.add_site(site, site)
        for site in SITES:
            world.authority.add_site(people.site(site, customer=CUSTOMERS[site], laws=(LAWS[site],)))
        associates = [await associate(world, number, dice) for number in range(ASSOCIATES)]
        places = [await place(world, number, dice) for number in range(PCS)]
        leaks = wrongly_refused = 0
        for _ in range(attempts):
            kind = dice.choice(("see", "see", "claim", "claim", "ticket", "policy"))
            who, where = dice.choice(associates), dice.choice(places)
            if dice.random() < 0.05:
                await change(world, who, dice)
            if kind in ("ticket", "policy"):
                leaks += await (forged_ticket(world, who, where) if kind == "ticket" else forged_policy(world, who))
                continue
            got, should = await (see(who, where) if kind == "see" else claim(who, where)), covers(who.may, where)
            leaks += got and not should
            wrongly_refused += should and not got
    return {"scope_attempts": attempts, "scope_leaks": leaks, "scope_wrongly_refused": wrongly_refused}


def covers(may: dict[str, Any], where: Place) -> bool:
    law, ends = LAWS[where.site], {one.law: one.expires_utc_ms for one in may["trainings"]}
    return (
        may["expires_utc_ms"] > utc_ms()
        and may["role"] == AssociateRole.ENGINEER
        and "global" in may["regions"]
        and bool({"*", where.site} & set(may["sites"]))
        and bool({"*", CUSTOMERS[where.site]} & set(may["customers"]))
        and ("*" in may["models"] or set(where.models) <= set(may["models"]))
        and ends.get(law, 0) > utc_ms()
    )


def training(law: str, dice: random.Random) -> Training:
    return Training(course=law, law=law, expires_utc_ms=utc_ms() + dice.choice((-1000, 3600_000, 3600_000, 3600_000)))


def scopes(dice: random.Random) -> dict[str, Any]:
    trainings = tuple(training(law, dice) for law in dice.sample(sorted(set(LAWS.values())), dice.randint(1, 2)))
    wanted = utc_ms() + dice.choice((-1000, 3600_000, 3600_000, 3600_000))
    return {
        "regions": tuple(dice.sample(REGIONS, dice.randint(1, 2))),
        "sites": ("*",) if dice.random() < 0.2 else tuple(dice.sample(SITES, dice.randint(1, 3))),
        "models": ("*",) if dice.random() < 0.2 else tuple(dice.sample(MODELS, dice.randint(1, 3))),
        "customers": ("*",) if dice.random() < 0.5 else tuple(dice.sample(sorted(set(CUSTOMERS.values())), 1)),
        "role": AssociateRole.ENGINEER,
        "trainings": trainings,
        # the authority signs nobody for longer than the last training
        "expires_utc_ms": min(wanted, max(one.expires_utc_ms for one in trainings)),
    }


async def associate(world: World, number: int, dice: random.Random) -> Associate:
    account = f"associate-{number}"
    console = await world.console(account, key=None)
    spki = public_bytes(rsa_key(10 + number).public_key())
    await console.put("/api/me/key", spki=base64.b64encode(spki).decode())
    made = Associate(console, account, fingerprint(spki))
    await change(world, made, dice)
    return made


async def change(world: World, who: Associate, dice: random.Random) -> None:
    who.may = scopes(dice)
    world.authority.sign_in(people.associate(who.account, who.key, **who.may))
    await world.install_policy()


async def place(world: World, number: int, dice: random.Random) -> Place:
    site, models = dice.choice(SITES), tuple(dice.sample(MODELS, dice.randint(1, 2)))
    instruments = tuple(InstrumentInfo(id=one, model=one, serial="S", patient_data=False) for one in models)
    pc = Pc(world, rsa_key(20 + number), os.urandom(32))
    answer = await pc.enrol(await world.token(site), instruments=instruments)
    assert isinstance(answer, DeviceEnrolled)
    pc.device_id = answer.device_id
    await pc.connect()
    pc.describe(site=site, instruments=instruments)
    request_id = os.urandom(16)
    pc.say(
        wire.RequestOpened(
            request_id=request_id, technician="T", reason="R", instrument=models[0], opened_utc_ms=utc_ms()
        )
    )
    await pc.hear(wire.RequestQueued)
    return Place(pc, request_id, site, models)


async def see(who: Associate, where: Place) -> bool:
    listed = (await who.console.get("/api/requests")).json()["requests"]
    one = await who.console.get(f"/api/sessions/{where.request_id.hex()}")
    is_listed = any(each["id"] == where.request_id.hex() for each in listed)
    if is_listed != (one.status_code == 200):
        raise AssertionError("the list and the session disagree")
    return is_listed


async def claim(who: Associate, where: Place) -> bool:
    """Claim, ask for a ticket, and give it back; whether any of it was had."""
    path = f"/api/requests/{where.request_id.hex()}"
    claimed = await who.console.post(f"{path}/claim")
    ticket: httpx.Response = await who.console.post(f"{path}/tickets", channel="main")
    if claimed.status_code == 200:
        await who.console.post(f"{path}/release")
    return claimed.status_code == 200 or ticket.status_code == 200


async def forged_ticket(world: World, who: Associate, where: Place) -> bool:
    """A ticket for this very session, signed by a key that is not the office's: whether the relay waits with it."""
    now = utc_ms()
    payload = TicketPayload(
        version=VERSION, serial=os.urandom(16), relay=world.parts.settings.relay_name, request_id=where.request_id,
        device_id=where.pc.device_id, associate=who.account, role=Role.CONSOLE, channel=Channel.MAIN,
        key=who.key, issued_utc_ms=now, expires_utc_ms=now + 60_000,
    )  # fmt: skip
    link = await dial(world.listeners.session_url + "/v1/relay", tls=None, max_bytes=1 << 20)
    link.send(issue_ticket(payload, Ed25519PrivateKey.generate()))
    try:
        await asyncio.wait_for(link.receive(), 5)
    except (BenchsideError, TimeoutError):
        return False
    finally:
        link.abort()
    return True


async def forged_policy(world: World, who: Associate) -> bool:
    """A policy in which this associate may do everything, by another authority: whether the server installs it."""
    state = world.authority.state().payload()
    fields = {name: getattr(state, name) for name in state.__struct_fields__} | {"version": state.version + 1}
    payload = PolicyPayload(**fields)
    signed = sign_policy(payload, Ed25519PrivateKey.generate())
    try:
        await world.parts.keeper.install(LINK.encode(PolicyOffered(policy=signed)))
    except BenchsideError:
        return False
    return True
