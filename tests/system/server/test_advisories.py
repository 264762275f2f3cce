"""Advisories: written by an administrator, told to the PCs that are meant, acknowledged there, withdrawn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from tests.fakes.entry_points import reason
from tests.fakes.notified import add_device
from tests.fakes.notifier import Journal
from tests.fakes.server_world import Console, World, running_world

from benchside.protocol.wire import link as wire
from benchside.protocol.wire.carrier import pack_batch
from benchside.protocol.wire.condition import ChangeKind, ConditionKey, Severity
from benchside.server.administration.people import People
from benchside.server.clock import utc_ms
from benchside.server.http import advisory_routes
from benchside.server.notices import advisories
from benchside.server.notices.advisory_model import Advisory

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def administrator(world: World) -> Console:
    console = await world.console("root", key=None)
    await People(world.parts.cloud, world.parts.ledger, world.parts.now).make_administrator(
        "root", is_administrator=True
    )
    return console


def advisory(**changes: object) -> dict[str, Any]:
    return {
        "severity": "serious", "text_en": "Do not use lot 7.", "text_es": "No use el lote 7.",
        "advice_en": "Put it aside.", "advice_es": "", "sites": [], "models": [],
        "until_utc_ms": utc_ms() + 86_400_000,
    } | changes  # fmt: skip


async def test_it_is_told_at_once_and_at_link_up_acknowledged_and_withdrawn(world: World) -> None:
    root, pc = await administrator(world), await world.enrolled_pc()
    pc.say(wire.LinkPing())
    await pc.hear(wire.LinkPong)  # what it says of itself is kept
    await add_device(world.parts, b"q" * 16, model="DX-9")
    made = await root.post("/api/admin/advisories", **advisory(models=["CX-200"]))
    assert made.status_code == 200, made.text
    id_ = made.json()["id"]
    told = await pc.hear(wire.AdvisoryOffered)
    assert (told.id.hex(), told.severity) == (id_, Severity.SERIOUS)
    assert told.texts == {"en": "Do not use lot 7.", "es": "No use el lote 7."}
    assert told.advice == {"en": "Put it aside."}
    journal = Journal()
    key = ConditionKey("vendor", id_, "advisory")
    raised, seen = journal.raised(key, Severity.SERIOUS), journal.acknowledged(key)
    pc.say(wire.NoticesReported(batch=pack_batch(journal.batch(raised, seen))))
    await pc.hear(wire.NoticesKept)
    (listed,) = (await root.get("/api/admin/advisories")).json()["advisories"]
    assert (listed["meant"], listed["reached"], listed["acknowledged"], listed["made_by"]) == (1, 1, 1, "root")
    (answer,) = (await root.get(f"/api/admin/advisories/{id_}")).json()["answers"]
    assert (answer["pc"]["id"], answer["by"]) == (pc.device_id.hex(), "Toni")
    # again at each link-up, while it holds
    await pc.connect()
    pc.describe()
    assert (await pc.hear(wire.AdvisoryOffered)).id.hex() == id_
    assert (await root.delete(f"/api/admin/advisories/{id_}")).status_code == 204
    assert (await pc.hear(wire.AdvisoryWithdrawn)).id.hex() == id_
    # who was away when it was withdrawn
    await pc.connect()
    pc.describe()
    assert (await pc.hear(wire.AdvisoryWithdrawn)).id.hex() == id_
    assert (await root.delete(f"/api/admin/advisories/{id_}")).status_code == 204
    assert (await root.delete("/api/admin/advisories/" + "0" * 32)).status_code == 404


async def test_a_notifier_that_comes_after_link_up_hears_it_too(world: World) -> None:
    root, pc = await administrator(world), await world.enrolled_pc()
    pc.say(wire.LinkPing())
    await pc.hear(wire.LinkPong)  # what it says of itself is kept
    made = await root.post("/api/admin/advisories", **advisory())
    assert made.status_code == 200, made.text
    await pc.hear(wire.AdvisoryOffered)  # by an agent that has nobody to tell it to
    pc.say(wire.NoticesAsked(journal=Journal().id))
    assert (await pc.hear(wire.NoticesKept)).sequence == 0
    assert (await pc.hear(wire.AdvisoryOffered)).id.hex() == made.json()["id"]


async def test_a_pc_whose_clock_is_wrong_hears_at_link_up_that_one_is_over(world: World) -> None:
    """It holds on to one by the server's word, which may have come just before the end."""
    root, pc = await administrator(world), await world.enrolled_pc()
    pc.say(wire.LinkPing())
    await pc.hear(wire.LinkPong)
    made = await root.post("/api/admin/advisories", **advisory())
    await pc.hear(wire.AdvisoryOffered)
    async with world.parts.cloud.write() as rows:
        await rows.execute(update(Advisory).values(until_utc_ms=utc_ms() - 1))
    await pc.connect()
    pc.describe()
    assert (await pc.hear(wire.AdvisoryWithdrawn)).id.hex() == made.json()["id"]


async def test_pcs_that_are_not_meant_hear_nothing(world: World) -> None:
    root, pc = await administrator(world), await world.enrolled_pc()
    for changes in ({"sites": ["lab-2"]}, {"models": ["DX-9"]}):
        assert (await root.post("/api/admin/advisories", **advisory(**changes))).status_code == 200
    pc.describe()
    pc.say(wire.LinkPing())
    while True:
        message = await pc.hear_next()
        assert not isinstance(message, wire.AdvisoryOffered)
        if isinstance(message, wire.LinkPong):
            break


async def test_as_many_places_as_may_be_named_fit(world: World) -> None:
    """Of what the API's own description allows; models with accents, as the longest that people have."""
    root = await administrator(world)
    places = {
        "sites": [f"{number:064}" for number in range(advisory_routes.MAX_SITES)],
        "models": [f"{number:0>200}".replace("0", "é") for number in range(advisory_routes.MAX_MODELS)],
    }
    full = advisory(**dict.fromkeys(("text_en", "text_es", "advice_en", "advice_es"), "é" * 300), **places)
    assert (await root.post("/api/admin/advisories", **full)).status_code == 200
    (listed,) = (await root.get("/api/admin/advisories")).json()["advisories"]
    assert (len(listed["sites"]), len(listed["models"])) == (advisory_routes.MAX_SITES, advisory_routes.MAX_MODELS)
    # one that is not allowed, and yet read: it is told why, and not that it is too large
    channel = {"name": "é" * 80, "severity": "info", "language": "es", "repeat_min": 0, "is_on": True, **places}
    refused = await root.put("/api/admin/alerts/a", **channel, target="é" * 1000)
    assert (refused.status_code, reason(refused)) == (403, "not_authorised")


async def test_what_an_advisory_may_not_be(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    root = await administrator(world)
    for changes in (
        {"until_utc_ms": utc_ms() - 1},
        {"until_utc_ms": utc_ms() + 400 * 86_400_000},
        {"text_en": ""},
        {"text_en": "x" * 301},
        {"text_en": "a\u202eb"},
        {"severity": "bad"},
        {"more": 1},
    ):
        assert (await root.post("/api/admin/advisories", **advisory(**changes))).status_code == 422, changes
    monkeypatch.setattr(advisories, "MAX_HOLDING", 1)
    assert (await root.post("/api/admin/advisories", **advisory())).status_code == 200
    assert (await root.post("/api/admin/advisories", **advisory())).json()["error"]["reason"] == "busy"


async def test_an_acknowledgement_of_nothing_is_kept_as_any_other_change(world: World) -> None:
    root, pc = await administrator(world), await world.enrolled_pc()
    journal = Journal()
    for subject in ("0" * 32, "rubbish"):
        key = ConditionKey("vendor", subject, "advisory")
        changes = (journal.raised(key), journal.write(ChangeKind.ACKNOWLEDGED, key, by="Toni"))
        pc.say(wire.NoticesReported(batch=pack_batch(journal.batch(*changes))))
        await pc.hear(wire.NoticesKept)
    assert (await root.get("/api/admin/advisories")).json()["advisories"] == []
