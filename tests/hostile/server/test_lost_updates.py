"""Nothing is put over what somebody else has just put: what the API asks of whoever changes something."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.entry_points import reason
from tests.fakes.server_world import World, running_world
from tests.hostile.server.test_administration import BODIES, administrator, made_places, person

pytestmark = [pytest.mark.system, pytest.mark.slow]

PUT = {f"/api/admin/{what}/" for what in ("people", "groups", "customers", "sites", "alerts")}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def test_nothing_is_put_without_saying_what_was_seen(world: World) -> None:
    root = await administrator(world)
    await made_places(root)
    for path, body in BODIES.items():
        if path not in PUT:
            continue
        where = f"{path}anybody"
        for wrong in (
            {}, {"If-Match": "*"}, {"If-Match": "0" * 32}, {"If-Match": f'W/"{"0" * 32}"'}, {"If-Match": '""'},
            {"If-None-Match": f'"{"0" * 32}"'}, {"If-Match": f'"{"0" * 32}"', "If-None-Match": "*"},
        ):  # fmt: skip
            answer = await root.http.put(where, json=body, headers=wrong)
            assert (answer.status_code, reason(answer)) == (422, "malformed"), (where, wrong)
        answer = await root.http.put(where, json=body, headers={"If-Match": f'"{"0" * 32}"'})
        assert (answer.status_code, reason(answer)) == (412, "changed"), where
        answer = await root.http.put(where, json=body, headers={"If-None-Match": "*"})
        assert answer.status_code in (200, 204), where
        answer = await root.http.put(where, json=body, headers={"If-None-Match": "*"})
        assert (answer.status_code, reason(answer)) == (412, "changed"), where


async def test_who_saves_second_is_told_and_changes_nothing(world: World) -> None:
    root, ana = await administrator(world), await administrator(world, "ana")
    await made_places(root)
    seen = await ana.seen("/api/admin/sites/lab-1")
    site_given = {**BODIES["/api/admin/sites/"], "customer": "customer-1", "laws": ["gdpr"]}
    assert (await root.put("/api/admin/sites/lab-1", **site_given | {"second_eyes": True})).status_code == 204
    answer = await ana.http.put("/api/admin/sites/lab-1", json=site_given, headers=seen)
    assert (answer.status_code, reason(answer)) == (412, "changed")
    (lab,) = [one for one in (await ana.get("/api/admin/sites")).json()["sites"] if one["id"] == "lab-1"]
    assert lab["second_eyes"] is True


async def test_a_table_is_taken_only_as_it_was_shown(world: World) -> None:
    root = await administrator(world)
    table = b"account,name,organisation\nben,Ben,Vendor\n"
    path = "/api/admin/import/people?apply=true"
    unseen = await root.http.post(path, content=table)
    assert (unseen.status_code, reason(unseen)) == (422, "malformed")
    shown = (await root.http.post("/api/admin/import/people", content=table)).json()
    assert (await root.put("/api/admin/people/ben", **person(name="Benno"))).status_code == 200
    late = await root.http.post(path, content=table, headers={"If-Match": f'"{shown["version"]}"'})
    assert (late.status_code, reason(late)) == (412, "changed")
    again = (await root.http.post("/api/admin/import/people", content=table)).json()
    done = await root.http.post(path, content=table, headers={"If-Match": f'"{again["version"]}"'})
    assert done.json()["applied"] is True
