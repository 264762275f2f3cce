"""What a customer's own officer is told: whom the PCs really let in, and of one customer's PCs alone."""

from __future__ import annotations

import pytest
from tests.fakes.people import site
from tests.fakes.server_world import World
from tests.hostile.server.test_administration import administrator, made_places, person, world

from benchside.protocol.wire.audit import EventKind
from benchside.protocol.wire.policy import SiteRules

__all__ = ["world"]

pytestmark = [pytest.mark.system, pytest.mark.slow]


async def test_an_officer_is_told_whom_the_pcs_let_in_and_nobody_else(world: World) -> None:
    root = await administrator(world)
    await made_places(root)
    pc, olga = await world.enrolled_pc(), await world.console("olga", key=None)
    assert (await root.put("/api/admin/people/olga", **person(role=None, officer_of="customer-1"))).status_code == 200
    world.authority.add_site(site("lab-1", customer="customer-1", rules=SiteRules(named=("ana", "eve", "dora"))))
    for number, (account, changes) in enumerate({
        "ana": {"models": ("CX-200",)}, "ben": {}, "eve": {"models": ("DX-1",)}, "dora": {"customers": ("customer-2",)},
    }.items()):  # fmt: skip
        await world.sign_into_policy(account, bytes([number]) * 32, **changes)

    async def told() -> list[tuple[str, list[str]]]:
        people = (await olga.get("/api/officer/admitted")).json()["people"]
        return [(one["id"], one["sites"]) for one in people]

    assert await told() == [], "the PC has no policy yet"
    version = world.parts.keeper.version
    pc.describe(policy_version=version)
    await pc.report(pc.entry(EventKind.ENROLLED, None))
    assert await told() == [("ana", ["lab-1"])]
    await world.sign_into_policy("ana", bytes(32), models=("DX-1",))
    assert await told() == [("ana", ["lab-1"])], "the PC has not taken the newer policy"
    pc.describe(policy_version=version + 1)
    await pc.report(pc.entry(EventKind.ENROLLED, None))
    assert await told() == []


async def test_an_officer_reads_one_customers_pcs_alone(world: World) -> None:
    root = await administrator(world)
    await made_places(root)
    pc, otto = await world.enrolled_pc(), await world.console("otto", key=None)
    assert (await root.put("/api/admin/people/otto", **person(role=None, officer_of="customer-2"))).status_code == 200
    assert await world.parts.register.devices_of("customer-2") == []
    assert await world.parts.register.devices_of("customer-2", pc.device_id) == []
    assert [one.id for one in await world.parts.register.devices_of("customer-1", pc.device_id)] == [pc.device_id]
    assert (await otto.get("/api/officer/admitted")).json()["people"] == []
