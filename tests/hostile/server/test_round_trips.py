"""What was taken is shown, and what is shown is taken again: at the limits too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.entry_points import reason
from tests.fakes.people import site
from tests.fakes.server_world import World, running_world
from tests.hostile.server.test_administration import administrator, made_places, person, trained

from benchside.protocol.wire.policy import MAX_HOURS, Hours, SiteRules
from benchside.server.administration.facts import CustomerFacts, PersonFacts
from benchside.server.administration.people import People
from benchside.server.administration.places import Places
from benchside.server.clock import utc_ms
from benchside.server.http.table import ENTRY_POINTS, EntryPolicy

pytestmark = [pytest.mark.system, pytest.mark.slow]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


def lab(hours: list[str]) -> dict[str, object]:
    return {
        "name": "L" * 80, "customer": "customer-1", "laws": [f"law-{n}" for n in range(8)],
        "time_zone": "Europe/Madrid", "hours": hours, "named": [f"person-{n}" for n in range(200)],
        "second_eyes": True, "silent_after_min": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "shown"),
    [
        # a line for each shift, as people write it: one over midnight is kept as two
        ([*(f"{day} 22:00-06:00" for day in DAYS), "mon 18:00-00:30"], 16),
        ([f"{day} {hour:02}:00-{hour:02}:30" for day in DAYS for hour in (7, 12, 17)], MAX_HOURS),
        ([*(f"{day} 22:00-06:00" for day in DAYS), *(f"{day} 12:00-13:00" for day in DAYS)], MAX_HOURS),
    ],
)
async def test_a_site_with_all_its_hours(world: World, hours: list[str], shown: int) -> None:
    root = await administrator(world)
    await made_places(root)
    assert (await root.put("/api/admin/sites/lab-1", **lab(hours))).status_code == 204
    for entry in ENTRY_POINTS:
        if entry.policy is EntryPolicy.ADMINISTRATOR and entry.method == "GET" and "{" not in entry.path:
            assert (await root.get(entry.path)).status_code == 200, entry
    before = (await root.get("/api/admin/sites")).json()["sites"][0]
    assert len(before["hours"]) == shown
    given = {name: value for name, value in before.items() if name not in ("id", "version", "in_policy")}
    assert (await root.put("/api/admin/sites/lab-1", **given)).status_code == 204
    assert (await root.get("/api/admin/sites")).json()["sites"][0] == before


async def test_an_officer_sees_all_hours_that_the_authority_signed(world: World) -> None:
    root, officer = await administrator(world), await world.console("officer", key=None)
    await made_places(root)
    put = await root.put("/api/admin/people/officer", **person(role=None, officer_of="customer-1"))
    assert put.status_code == 200
    hours = tuple(
        Hours(days=(day,), from_minute=hour * 60, to_minute=hour * 60 + 30) for day in range(7) for hour in (7, 12, 17)
    )
    world.authority.add_site(site("lab-1", customer="customer-1", rules=SiteRules(hours=hours)))
    await world.install_policy()
    answer = await officer.get("/api/officer/admitted")
    assert answer.status_code == 200
    assert len(answer.json()["sites"][0]["hours"]) == MAX_HOURS


async def test_people_groups_customers_and_models(world: World) -> None:
    root = await administrator(world)
    await made_places(root)
    course = {"course": "c" * 64, "law": "l" * 32, "expires_utc_ms": 253_402_300_799_999}
    many = [course | {"course": f"c-{n}"} for n in range(32)]
    put: dict[str, dict[str, object]] = {
        "people/" + "p" * 64: person(
            name="N" * 80, organisation="O" * 80, groups=["north"], trainings=many,
            until_utc_ms=253_402_300_799_999, officer_of="customer-1",
        ),
        "people/ben": person(trainings=[course, *trained()]),
        "groups/" + "g" * 64: {"name": "N" * 80, "customers": ["c" * 64], "sites": ["*"], "models": ["m" * 64]},
        "customers/" + "c" * 64: {"name": "N" * 80, "it_mail": "", "mail_language": "es"},
    }  # fmt: skip
    for path, given in put.items():
        assert (await root.put(f"/api/admin/{path}", **given)).is_success, path
    for path, given in put.items():
        kind, _, one = path.partition("/")
        shown = next(each for each in (await root.get(f"/api/admin/{kind}")).json()[kind] if each["id"] == one)
        again = {name: shown[name] for name in given}
        assert (await root.put(f"/api/admin/{path}", **again)).is_success, path
        after = next(each for each in (await root.get(f"/api/admin/{kind}")).json()[kind] if each["id"] == one)
        assert after == shown
    assert (await root.put("/api/admin/models", model="m" * 200, patient_data=True)).status_code == 204
    assert "m" * 200 in [one["model"] for one in (await root.get("/api/admin/models")).json()["models"]]


async def test_what_was_named_with_a_slash_before_can_be_changed_and_removed(world: World) -> None:
    """Tables and providers took such ids; nobody makes one any more, in either form of the path."""
    root = await administrator(world)
    await made_places(root)
    old = PersonFacts(
        id="corp/ana", name="Ana", organisation="V", role=None, is_administrator=False, officer_of=None,
        until_utc_ms=None, is_active=True, groups=(), trainings=(),
    )  # fmt: skip
    await People(world.parts.cloud, world.parts.ledger).put("root", [old])
    customer = CustomerFacts(id="c/1", name="C", it_mail="", mail_language="en")
    await Places(world.parts.cloud, world.parts.ledger, utc_ms).put_customers("root", [customer])

    async def seen(kind: str, one: str) -> dict[str, str]:
        shown = (await root.get(f"/api/admin/{kind}")).json()[kind]
        return {"If-Match": f'"{next(each["version"] for each in shown if each["id"] == one)}"'}

    for path in ("people/corp/ana", "people/corp%2Fana"):
        given = person(name=f"Ana at {path}")
        headers = await seen("people", "corp/ana")
        assert (await root.http.put(f"/api/admin/{path}", json=given, headers=headers)).status_code == 200, path
    headers = await seen("people", "corp/ana")
    assert (await root.http.delete("/api/admin/people/corp%2Fana", headers=headers)).status_code == 204
    headers = await seen("customers", "c/1")
    assert (await root.http.delete("/api/admin/customers/c%2F1", headers=headers)).status_code == 204
    site_given = lab([]) | {"named": []}
    fresh: list[tuple[str, dict[str, object]]] = [
        ("people/corp%2Fana", person()),
        ("customers/c%2F1", {"name": "C", "it_mail": "", "mail_language": "en"}),
        ("sites/north/lab", site_given),
        ("groups/a%2Fb", {"name": "N", "customers": ["*"], "sites": ["*"], "models": ["*"]}),
    ]
    for path, new in fresh:
        answer = await root.http.put(f"/api/admin/{path}", json=new, headers={"If-None-Match": "*"})
        assert (answer.status_code, reason(answer)) == (422, "malformed"), path
    table = await root.http.post(
        "/api/admin/import/people",
        content=b"account;name;organisation\ncorp/ben;Ben;V\n",
        headers={"Content-Type": "text/csv"},
    )
    assert table.json()["problems"] == [{"line": 2, "column": "account", "why": "slash"}]
