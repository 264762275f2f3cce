"""A server that is away, and one that lies: what the PC does without it, and what it never believes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.gateway import HostileGateway
from tests.fakes.lab import GUEST, Lab

from benchside.agent.identity import DeviceFolder
from benchside.protocol.trust.policy import sign_policy
from benchside.protocol.wire import desk as shown
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.policy import PolicyPayload
from benchside.protocol.wire.session import SessionEnd
from benchside.server.clock import utc_ms
from benchside.transport.serve import server_tls

pytestmark = [pytest.mark.system, pytest.mark.slow]

StartGateway = Callable[[bytes], HostileGateway]


@pytest.fixture
def start_gateway(lab: Lab) -> Iterator[StartGateway]:
    """Leads the agent to a hostile gateway that holds this device key."""
    gateways: list[HostileGateway] = []

    def start(device_key: bytes) -> HostileGateway:
        certificates = lab.world.certificates
        assert certificates is not None
        tls = server_tls(certificates.chain, certificates.key)
        gateways.append(HostileGateway(tls, device_key, journal_sequence=len(lab.journal())))
        lab.link_door.target = gateways[-1].port
        lab.link_door.end_all()
        return gateways[-1]

    yield start
    lab.link_door.target = lab.world.ports[1]
    lab.link_door.end_all()
    for gateway in gateways:
        gateway.close()


def policies_refused(lab: Lab) -> list[str | None]:
    return [details.cause for kind, details in lab.journal() if kind == "policy_refused"]


async def test_a_server_without_the_devices_key_hears_nothing(
    lab: Lab, desk: FakeDesk, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(os.urandom(32))
    await lab.do(lab.wait, lambda: len(gateway.heard) >= 2, 8)
    assert {type(one) for one in gateway.heard} == {wire.LinkHello}, "it was refused, and tried again"


async def test_older_and_foreign_policies_are_refused_and_written_down_a_bounded_number_of_times(
    lab: Lab, desk: FakeDesk, start_gateway: StartGateway
) -> None:
    folder = DeviceFolder(lab.world.pc_folder)
    stored = folder.policy()
    assert stored is not None
    old, version = stored[0], stored[1].version
    await lab.do(lab.admit, GUEST)
    gateway = start_gateway(folder.device_key())
    await lab.do(lab.wait, lambda: gateway.has_heard(wire.Described), 8)
    before = len(policies_refused(lab))
    foreign = PolicyPayload(
        version=version + 100,
        issued_utc_ms=utc_ms(),
        expires_utc_ms=utc_ms() + 10**9,
        ticket_keys=stored[1].ticket_keys,
        associates=(lab.entry("eve", os.urandom(32)),),
        sites=(),
    )
    own = sign_policy(foreign, Ed25519PrivateKey.generate())
    gateway.say(wire.PolicyOffered(policy=old), wire.PolicyOffered(policy=old), wire.PolicyOffered(policy=own))
    await lab.do(lab.wait, lambda: len(policies_refused(lab)) == before + 2)
    assert policies_refused(lab)[-2:] == ["old_policy", "wrong_signature"]
    for _ in range(200):
        gateway.say(wire.PolicyOffered(policy=os.urandom(64)))
    gateway.say(wire.LinkPing())
    await lab.do(lab.wait, lambda: gateway.has_heard(wire.LinkPong))
    assert len(policies_refused(lab)) - before <= 100
    assert lab.pc_policy_version() == version + 1


async def test_whom_only_the_server_knows_gets_no_name_and_claims_do_not_fill_the_disk(
    lab: Lab, desk: FakeDesk, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(DeviceFolder(lab.world.pc_folder).device_key())
    await lab.do(lab.wait, lambda: gateway.has_heard(wire.Described), 8)
    request_id, _ = await desk.ask_for_help()
    for _ in range(100):
        gateway.say(
            wire.RequestQueued(request_id=request_id),
            wire.RequestClaimed(request_id=request_id, associate="eve"),
            wire.RequestReleased(request_id=request_id),
        )
    gateway.say(wire.RequestClaimed(request_id=request_id, associate="eve"))
    claimed = await desk.phase(shown.RequestPhase.CLAIMED)
    assert claimed.associate is None, "nobody whom the policy does not know"
    gateway.say(wire.LinkPing())
    await lab.do(lab.wait, lambda: gateway.has_heard(wire.LinkPong))
    assert lab.kinds(request_id).count("request_claimed") <= 50
    desk.say(shown.CancelRequest())
    assert await desk.outcome() is SessionEnd.CANCELLED


async def test_a_request_without_a_server_is_in_its_log_afterwards(
    lab: Lab, desk: FakeDesk, engineer: Engineer
) -> None:
    lab.link_door.cut()
    await desk.wait(shown.LinkShown, where=lambda one: not one.online)
    welcome = next(one for one in desk.heard if isinstance(one, shown.DeskWelcome))
    assert welcome.phone, "whom to call meanwhile"
    request_id, code = await desk.ask_for_help()
    assert len(code) == 13
    desk.say(shown.CancelRequest())
    assert await desk.outcome() is SessionEnd.CANCELLED
    with pytest.raises(httpx.HTTPStatusError):
        await engineer.claim(request_id.hex())
    lab.link_door.mend()
    assert await lab.server_outcome(request_id, within_s=15) == "cancelled"
    seen = (await engineer.http.get(f"/api/sessions/{request_id.hex()}")).json()
    # a host that has not said good-bye after its quarter of a second is killed, which a busy machine can bring about
    kinds = [event["kind"] for event in seen["events"] if event["kind"] != "host_killed"]
    assert kinds == ["request_opened", "code_made", "session_ended"]
    assert await engineer.requests() == []


async def test_an_agent_that_starts_before_its_server(lab: Lab, engineer: Engineer) -> None:
    await lab.do(lab.kill_server)
    await lab.do(lab.kill_agent)
    await lab.do(lab.start_agent)
    desk = await FakeDesk.come(lab.world.socket, lab.display.environment, sees=False)
    request_id, _ = await desk.ask_for_help()
    await lab.do(lab.start_server)
    await desk.wait(shown.LinkShown, where=lambda one: one.online, within_s=15)
    assert (await engineer.wait_for_request())["id"] == request_id.hex()
    desk.say(shown.CancelRequest())
    await desk.outcome()
    await desk.close()
