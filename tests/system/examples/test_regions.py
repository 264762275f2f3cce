"""Two regions beside each other: what belongs to one means nothing to the other's server and relay."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
import pytest
from examples.demo.children import Children
from examples.demo.world import CN, World, add_region, make_world, run, sign_in_associate
from tests.fakes.authenticator import Authenticator
from tests.fakes.clients import ANSWER_S, KEPT
from tests.fakes.server_world import PASSWORD, Pc, rsa_key
from tests.fakes.server_world import World as ServerWorld

from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.enrolment import TOKEN, DeviceEnrolled, EnrolmentRefused
from benchside.protocol.wire.relay import RelayClose, RelayWord
from benchside.transport.websocket import Closed, dial

pytestmark = [pytest.mark.system, pytest.mark.long]


@dataclass
class Two:
    """The world with both, and an engineer who is signed in at each."""

    first: World
    cn: World
    engineers: dict[str, httpx.Client] = field(default_factory=dict)
    pcs: dict[str, Pc] = field(default_factory=dict)
    """Beside the world's own, one for each that a test plays."""
    requests: dict[str, bytes] = field(default_factory=dict)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    with Children(tmp_path_factory.mktemp("regions") / "run") as children:
        first = make_world(children, tls=False)
        both = Two(first, add_region(first, CN))
        for number, world in enumerate((both.first, both.cn)):
            both.engineers[world.region.name] = engineer_of(world, number)
        yield both
        for engineer in both.engineers.values():
            engineer.close()


def browser(world: World) -> httpx.Client:
    headers = {"Origin": world.web_url, "X-Benchside": "1"}
    return httpx.Client(base_url=world.web_url, headers=headers, trust_env=False, timeout=ANSWER_S, limits=KEPT)


def engineer_of(world: World, number: int) -> httpx.Client:
    """With a key in the policy, which is the same for both regions."""
    http = browser(world)
    given = {"account": world.account, "password": world.password}
    assert http.post("/api/sign-in", json=given).status_code == 200
    assert http.post("/api/password", json={"old": world.password, "new": PASSWORD}).status_code == 204
    authenticator = Authenticator(http.post("/api/second-factor").json()["secret"])
    assert http.put("/api/second-factor", json={"code": authenticator.code()}).status_code == 204
    spki = public_bytes(rsa_key(number).public_key())
    assert http.put("/api/me/key", json={"spki": base64.b64encode(spki).decode()}).status_code == 200
    sign_in_associate(world, fingerprint(spki).hex())
    return http


def token_of(world: World) -> bytes:
    text = run("admin", "enrolment-token", "--data", world.server_folder, "--site", world.region.site)
    compact = "".join(text.split())
    return TOKEN.decode(base64.urlsafe_b64decode(compact + "=" * (-len(compact) % 4))).secret


def pc_at(world: World) -> Pc:
    place = SimpleNamespace(listeners=SimpleNamespace(link_url=world.link_url))
    return Pc(cast(ServerWorld, place), rsa_key(2), os.urandom(32))


async def enrolled(world: World, secret: bytes, region: str) -> Pc | EnrolmentRefused:
    pc = pc_at(world)
    answer = await pc.enrol(secret, region=region)
    if isinstance(answer, EnrolmentRefused):
        return answer
    assert isinstance(answer, DeviceEnrolled)
    pc.device_id = answer.device_id
    await pc.connect()
    pc.describe(site=world.region.site)
    return pc


async def connected(two: Two, world: World) -> Pc:
    region = world.region.name
    if region not in two.pcs:
        pc = await enrolled(world, token_of(world), region)
        assert isinstance(pc, Pc)
        two.pcs[region] = pc
    else:
        await two.pcs[region].connect()
        two.pcs[region].describe(site=world.region.site)
    return two.pcs[region]


async def asked_for_help(two: Two, world: World) -> bytes:
    """The one request of this region's PC, which stays open."""
    pc = await connected(two, world)
    if world.region.name not in two.requests:
        two.requests[world.region.name] = os.urandom(16)
        pc.ask_for_help(two.requests[world.region.name])
        await pc.hear(wire.RequestQueued)
    return two.requests[world.region.name]


async def test_a_token_of_one_region_enrols_nobody_in_the_other(two: Two) -> None:
    secret = token_of(two.first)
    for region in ("cn", "global"):
        assert isinstance(await enrolled(two.cn, secret, region), EnrolmentRefused)
    assert isinstance(await enrolled(two.first, secret, "cn"), EnrolmentRefused)  # a token serves its region alone
    assert (await connected(two, two.first)).device_id


async def test_an_engineer_of_one_region_sees_nothing_of_the_other(two: Two) -> None:
    request_id = await asked_for_help(two, two.cn)
    here, there = (two.engineers[name] for name in ("global", "cn"))
    assert [one["id"] for one in there.get("/api/requests").json()["requests"]] == [request_id.hex()]
    assert here.get("/api/requests").json()["requests"] == []
    for path in (f"/api/sessions/{request_id.hex()}", f"/api/sessions/{request_id.hex()}/verify"):
        assert here.get(path).status_code == 404
    assert here.post(f"/api/requests/{request_id.hex()}/claim").status_code == 404
    with browser(two.cn) as stranger:
        stranger.cookies.update(here.cookies)  # a sign-in of one is none at the other
        assert stranger.get("/api/requests").status_code == 401
        given = {"account": two.first.account, "password": PASSWORD}
        assert stranger.post("/api/sign-in", json=given).status_code == 401


async def test_a_policy_that_names_an_engineer_for_one_region_lets_no_one_in_elsewhere(two: Two) -> None:
    """Even with an account at the other's server, and the very key that the shared policy holds."""
    password = run("admin", "account", "add", "--data", two.cn.server_folder, two.first.account)
    request_id = await asked_for_help(two, two.cn)
    with browser(two.cn) as guest:
        given = {"account": two.first.account, "password": password}
        assert guest.post("/api/sign-in", json=given).status_code == 200
        assert guest.post("/api/password", json={"old": password, "new": PASSWORD}).status_code == 204
        authenticator = Authenticator(guest.post("/api/second-factor").json()["secret"])
        assert guest.put("/api/second-factor", json={"code": authenticator.code()}).status_code == 204
        spki = public_bytes(rsa_key(0).public_key())
        assert guest.put("/api/me/key", json={"spki": base64.b64encode(spki).decode()}).status_code == 200
        assert guest.get("/api/requests").json()["requests"] == []
        assert guest.post(f"/api/requests/{request_id.hex()}/claim").status_code in (403, 404)


async def test_a_ticket_of_one_region_is_nothing_to_the_others_relay(two: Two) -> None:
    request_id = await asked_for_help(two, two.first)
    engineer = two.engineers["global"]
    assert engineer.post(f"/api/requests/{request_id.hex()}/claim").status_code == 200
    given = engineer.post(f"/api/requests/{request_id.hex()}/tickets", json={"channel": "main"}).json()
    ticket = base64.b64decode(given["ticket"])
    other = await dial(f"{two.cn.session_url}/v1/relay", tls=None, max_bytes=1000)
    other.send(ticket)
    with pytest.raises(Closed) as refused:
        await other.receive()
    assert refused.value.code == RelayClose.TICKET_REFUSED
    own = await dial(given["relay_url"], tls=None, max_bytes=1000)
    own.send(ticket)
    assert await own.receive() == RelayWord.WAITING
    own.abort()


def test_they_share_the_authority_and_nothing_else(two: Two) -> None:
    def keys(world: World) -> dict[str, bytes]:
        folder: Path = world.server_folder / "keys"
        return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}

    here, there = keys(two.first), keys(two.cn)
    assert here.keys() == there.keys()
    assert not [name for name in here if here[name] == there[name]]
    authorities = [(world.folder / "authority.pem").read_bytes() for world in (two.first, two.cn)]
    assert authorities[0] == authorities[1]
    assert not set(two.first.ports) & set(two.cn.ports)
