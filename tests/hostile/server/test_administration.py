"""Administration: who may, what a table may hold, and that nothing entered here opens a PC without the authority."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update
from tests.fakes.entry_points import at, reason
from tests.fakes.people import site
from tests.fakes.server_world import Console, World, rsa_key, running_world

from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventKind
from benchside.protocol.wire.policy import SiteRules
from benchside.server.accounts.model import SignIn
from benchside.server.administration.people import People
from benchside.server.audit.commitment import details_of
from benchside.server.audit.model import Event, Session
from benchside.server.authority.proposal import PROPOSAL, merge
from benchside.server.clock import utc_ms
from benchside.server.http.table import ENTRY_POINTS, EntryPolicy
from benchside.server.identity.chain import Hold

pytestmark = [pytest.mark.system, pytest.mark.slow]

IN_A_YEAR = 365 * 86_400_000


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def administrator(world: World, account: str = "root") -> Console:
    console = await world.console(account, key=None)
    await People(world.parts.cloud, world.parts.ledger).make_administrator(account, is_administrator=True)
    return console


def person(**changes: object) -> dict[str, object]:
    return {
        "name": "Ben Example", "organisation": "Vendor", "role": "engineer", "is_administrator": False,
        "officer_of": None, "until_utc_ms": None, "is_active": True, "groups": [], "trainings": [],
    } | changes  # fmt: skip


def trained() -> list[dict[str, object]]:
    return [{"course": "privacy", "law": "gdpr", "expires_utc_ms": utc_ms() + IN_A_YEAR}]


async def made_places(root: Console) -> None:
    """Two customers with a site each, and a group for the first one's."""
    for number in (1, 2):
        given = {"name": f"Customer {number}", "it_mail": "", "mail_language": "en"}
        assert (await root.put(f"/api/admin/customers/customer-{number}", **given)).status_code == 204
        site = {
            "name": f"Lab {number}", "customer": f"customer-{number}", "laws": ["gdpr"], "time_zone": "Europe/Madrid",
            "hours": [], "named": [], "second_eyes": False,
        }  # fmt: skip
        assert (await root.put(f"/api/admin/sites/lab-{number}", **site)).status_code == 204
    group = {"name": "North", "customers": ["customer-1"], "sites": ["*"], "models": ["*"]}
    assert (await root.put("/api/admin/groups/north", **group)).status_code == 204


async def test_what_was_entered_is_shown_as_it_was(world: World) -> None:
    root = await administrator(world)
    await made_places(root)
    (shown,) = (await root.get("/api/admin/groups")).json()["groups"]
    assert len(shown.pop("version")) == 32
    assert shown == {"id": "north", "name": "North", "customers": ["customer-1"], "sites": ["*"], "models": ["*"]}
    for entry in ENTRY_POINTS:
        if entry.policy is EntryPolicy.ADMINISTRATOR and entry.method == "GET" and "{" not in entry.path:
            assert (await root.get(entry.path)).status_code == 200, entry


async def refused_everywhere(console: Console, policy: EntryPolicy) -> None:
    for entry in ENTRY_POINTS:
        if entry.policy is policy:
            answer = await console.http.request(entry.method, at(entry.path), json={})
            # a body that is none is told so before anybody is looked at; nothing is read from it
            assert answer.status_code == 403, (entry, answer.status_code)
            assert reason(answer) == "not_authorised", entry


async def test_nobody_else_administers(world: World) -> None:
    root = await administrator(world)
    await made_places(root)
    ana = await world.console("ana")
    await refused_everywhere(ana, EntryPolicy.ADMINISTRATOR)
    assert (await root.put("/api/admin/people/ana", **person(officer_of="customer-1"))).status_code == 200
    await refused_everywhere(ana, EntryPolicy.ADMINISTRATOR)
    assert (await root.get("/api/admin/people")).status_code == 200
    # whoever is not active, or whose time is over, is none any more
    for changes in ({"is_active": False}, {"until_utc_ms": 1}):
        assert (await root.put("/api/admin/people/ana", **person(is_administrator=True))).status_code == 200
        assert (await ana.get("/api/admin/people")).status_code == 200
        given = person(is_administrator=True, **changes)
        assert (await root.put("/api/admin/people/ana", **given)).status_code == 200
        await refused_everywhere(ana, EntryPolicy.ADMINISTRATOR)


async def test_nobody_else_looks_at_a_customer(world: World) -> None:
    root, ana = await administrator(world), await world.console("ana")
    for console in (root, ana):
        await refused_everywhere(console, EntryPolicy.OFFICER)


async def test_an_administrator_cannot_lock_everybody_out_nor_remove_oneself(world: World) -> None:
    root = await administrator(world)
    for changes in ({}, {"is_administrator": True, "is_active": False}):
        refused = await root.put("/api/admin/people/root", **person(**changes))
        assert (refused.status_code, reason(refused)) == (403, "not_authorised")
    unseen = await root.http.delete("/api/admin/people/root")
    assert unseen.status_code == 422, "nothing goes that nobody looked at"
    refused = await root.delete("/api/admin/people/root")
    assert (refused.status_code, reason(refused)) == (403, "not_authorised")


async def test_an_old_proof_changes_nothing(world: World) -> None:
    root = await administrator(world)
    await made_places(root)
    async with world.parts.cloud.write() as rows:
        await rows.execute(update(SignIn).values(proved_utc_ms=1))
    for entry in ENTRY_POINTS:
        if entry.policy is EntryPolicy.ADMINISTRATOR and entry.method != "GET":
            answer = await send(root, entry.method, at(entry.path))
            assert (answer.status_code, reason(answer)) == (403, "step_up"), entry
    assert (await root.get("/api/admin/people")).status_code == 200


BODIES: dict[str, dict[str, object]] = {
    "/api/admin/people/": person(),
    "/api/admin/groups/": {"name": "N", "customers": [], "sites": [], "models": []},
    "/api/admin/customers/": {"name": "N", "it_mail": "", "mail_language": "en"},
    "/api/admin/sites/": {
        "name": "N", "customer": None, "laws": [], "time_zone": "UTC", "hours": [], "named": [], "second_eyes": False,
    },
    "/api/admin/models": {"model": "X", "patient_data": True},
    "/api/admin/tokens": {"site": "lab-1", "hours": 1},
    "/api/admin/devices/": {"number": None},
    "/api/admin/advisories": {
        "severity": "warning", "text_en": "T", "text_es": "", "advice_en": "", "advice_es": "", "sites": [],
        "models": [], "until_utc_ms": utc_ms() + 86_400_000,
    },
    "/api/admin/alerts/": {
        "name": "N", "severity": "serious", "sites": [], "models": [], "language": "en", "repeat_min": 0,
        "is_on": True, "target": "mailto:it@lab.example",
    },
}  # fmt: skip


async def send(console: Console, method: str, path: str) -> httpx.Response:
    body = next((body for prefix, body in BODIES.items() if path.startswith(prefix)), {})
    match = {"If-Match": f'"{"0" * 32}"'}  # any version that could be
    return await console.http.request(method, path, json=body, headers=match)


async def test_what_is_entered_opens_nothing_until_the_authority_signed_it(world: World) -> None:
    root = await administrator(world)
    await made_places(root)
    pc, ben = await world.enrolled_pc(), await world.console("ben", key=None)
    spki = public_bytes(rsa_key(2).public_key())
    assert (await ben.put("/api/me/key", spki=base64.b64encode(spki).decode())).status_code == 200
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    given = person(groups=["north"], trainings=trained())
    assert (await root.put("/api/admin/people/ben", **given)).json()["why_not"] is None
    refused = await ben.post(f"/api/requests/{request_id.hex()}/claim")
    assert (refused.status_code, reason(refused)) == (403, "not_in_policy")
    waiting = (await root.get("/api/admin/policy")).json()["waiting"]
    assert ("added", "ben", [fingerprint(spki).hex()]) in [(one["kind"], one["id"], one["new_keys"]) for one in waiting]
    # the authority looks through it, signs, and an administrator installs
    proposal = PROPOSAL.decode((await root.get("/api/admin/policy/proposal")).content)
    state = world.authority.state()
    merged = merge(state.associates, state.sites, proposal)
    world.authority.take(merged.associates, merged.sites)
    signed = world.authority.export(lambda: b"")
    forged = bytearray(signed)
    forged[len(forged) // 2] ^= 1
    refused = await root.http.post("/api/admin/policy", content=bytes(forged))
    assert refused.status_code == 422
    installed = await root.http.post("/api/admin/policy", content=signed)
    assert installed.status_code == 200, installed.text
    again = await root.http.post("/api/admin/policy", content=signed)
    assert (again.status_code, reason(again)) == (403, "old_policy")
    assert (await root.get("/api/admin/policy")).json()["waiting"] == []
    assert (await ben.post(f"/api/requests/{request_id.hex()}/claim")).status_code == 200


async def test_an_officer_sees_one_customer_and_changes_nothing(world: World) -> None:
    root = await administrator(world)
    await made_places(root)
    pc = await world.enrolled_pc()
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    world.authority.add_site(site("lab-1", customer="customer-1"))
    await world.install_policy()
    for number, officer in enumerate(("olga", "otto"), start=1):
        console = await world.console(officer, key=None)
        given = person(role=None, officer_of=f"customer-{number}")
        assert (await root.put(f"/api/admin/people/{officer}", **given)).status_code == 200
        devices = (await console.get("/api/officer/devices")).json()["devices"]
        sessions = (await console.get("/api/officer/sessions")).json()["sessions"]
        one = await console.get(f"/api/officer/sessions/{request_id.hex()}")
        verified = await console.get(f"/api/officer/sessions/{request_id.hex()}/verify")
        stored = await console.get(f"/api/officer/devices/{pc.device_id.hex()}/stored")
        admitted = (await console.get("/api/officer/admitted")).json()
        if number == 1:
            assert [one["id"] for one in devices] == [pc.device_id.hex()]
            assert [one["id"] for one in sessions] == [request_id.hex()]
            assert one.json()["session"]["id"] == request_id.hex()
            assert verified.json()["intact"] is True
            assert "@" in stored.json()["registrant_email"]
            shown = [(each["id"], each["laws"], each["time_zone"], each["in_policy"]) for each in admitted["sites"]]
            assert shown == [("lab-1", ["gdpr"], "UTC", False)], "what is signed, not what was entered since"
        else:
            assert devices == sessions == []
            assert [answer.status_code for answer in (one, verified, stored)] == [404, 404, 404]
        # nothing of the queue, nothing to claim, nothing to administer
        assert (await console.get("/api/requests")).json() == {"requests": []}
        refused = await console.post(f"/api/requests/{request_id.hex()}/claim")
        assert (refused.status_code, reason(refused)) == (403, "not_in_policy")
        await refused_everywhere(console, EntryPolicy.ADMINISTRATOR)
    assert not [entry for entry in ENTRY_POINTS if entry.policy is EntryPolicy.OFFICER and entry.method != "GET"]


async def test_a_pc_that_is_held_is_shown_with_its_numbers_and_released_by_one_of_them(world: World) -> None:
    root, pc = await administrator(world), await world.enrolled_pc()
    path = f"/api/admin/devices/{pc.device_id.hex()}"
    refused = await root.post(f"{path}/release", number=None)
    assert (refused.status_code, reason(refused)) == (404, "unknown"), "it is not held"
    for instance in (b"a" * 16, b"b" * 16):
        await world.parts.identities.hold(pc.device_id, Hold.COPIED, instance)
    shown = (await root.get("/api/admin/devices")).json()["devices"][0]["hold"]
    assert (shown["why"], sorted(shown["numbers"])) == ("copied", ["6161-6161", "6262-6262"])
    for number in (None, "1111-2222"):
        refused = await root.post(f"{path}/release", number=number)
        assert (refused.status_code, reason(refused)) == (404, "unknown")
    assert (await root.post(f"{path}/release", number="6262-6262")).status_code == 204
    assert (await root.get("/api/admin/devices")).json()["devices"][0]["hold"] is None
    assert (await root.post(f"{path}/rotation")).status_code == 204
    unknown = await root.post(f"/api/admin/devices/{'00' * 16}/rotation")
    assert (unknown.status_code, reason(unknown)) == (404, "unknown")


async def test_an_officer_finds_each_session_however_many_others_there_are(world: World) -> None:
    root = await administrator(world)
    await made_places(root)
    olga = await world.console("olga", key=None)
    given = person(role=None, officer_of="customer-1")
    assert (await root.put("/api/admin/people/olga", **given)).status_code == 200
    async with world.parts.session.write() as rows:
        for number in range(605):
            rows.add(Session(
                id=number.to_bytes(16), device_id=bytes(16), device="PC", device_key=bytes(32), region="global",
                site="lab-1" if number < 3 else "lab-2", site_name="L", models="[]", technician="T", reason="R",
                state="ended", opened_utc_ms=1_000 + number,
            ))  # fmt: skip
    first = (await olga.get("/api/officer/sessions", limit=2)).json()
    assert ([one["id"][-1] for one in first["sessions"]], first["more"]) == (["2", "1"], True)
    before = first["sessions"][-1]["opened_utc_ms"]
    last = (await olga.get("/api/officer/sessions", limit=2, before=before)).json()
    assert ([one["id"][-1] for one in last["sessions"]], last["more"]) == (["0"], False)


async def test_the_log_says_who_made_a_token(world: World) -> None:
    root = await administrator(world)
    assert (await root.post("/api/admin/tokens", site="lab-1", hours=1)).status_code == 200
    async with world.parts.session.read() as rows:
        made = await rows.scalars(select(Event).where(Event.kind == "token_made").order_by(Event.sequence.desc()))
        said = made.first()
    assert said is not None
    assert said.salted_details is not None
    assert details_of(said.salted_details).associate == "root"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02", "not_text"),
        (b"PK\x03\x04 an xlsx that was sent as it is\x00", "not_text"),
        (b"account;name\nben;Ben\n", "missing_column"),
        (b"account;account;name;organisation\na;b;c;d\n", "twice"),
        (b'account,name,organisation\n"ben,Ben,Vendor\n', "not_a_table"),
        (b"account,name,organisation\n" + b"x,y,z\n" * 20_001, "too_many_rows"),
        (b"account,name,organisation\nben," + b"x" * 2000 + b",Vendor\n", "too_long"),
        (b"account,name,organisation\n../etc/passwd,Ben,Vendor\n", "slash"),
        (b"account,name,organisation,role\nben,Ben,Vendor,root\n", "unknown_role"),
        (b"account,name,organisation,groups\nben,Ben,Vendor,south\n", "unknown_group"),
        ("account,name,organisation\nben,Ben \u202egnp.exe,Vendor\n".encode(), "bad_value"),
    ],
)
async def test_a_table_that_is_none_changes_nothing(world: World, data: bytes, why: str) -> None:
    root = await administrator(world)
    any_version = {"If-Match": f'"{"0" * 32}"'}
    answer = await root.http.post("/api/admin/import/people?apply=true", content=data, headers=any_version)
    assert answer.status_code == 200
    done = answer.json()
    assert (done["applied"], done["problems"][0]["why"]) == (False, why)
    assert [one["id"] for one in (await root.get("/api/admin/people")).json()["people"]] == ["root"]


async def test_a_body_that_is_too_large_is_refused(world: World) -> None:
    root = await administrator(world)
    answer = await root.http.post("/api/admin/import/people", content=b"x" * (3 * 1024 * 1024))
    assert (answer.status_code, reason(answer)) == (413, "too_large")
    answer = await root.http.put("/api/admin/people/ben", content=b"x" * 20_000)
    assert (answer.status_code, reason(answer)) == (413, "too_large")


async def test_an_associate_finds_old_sessions_behind_many_of_others(world: World) -> None:
    ana = await world.console("ana")
    key = fingerprint(public_bytes(rsa_key(1).public_key()))
    await world.sign_into_policy("ana", key, sites=("lab-1",))
    async with world.parts.session.write() as rows:
        for number in range(1105):
            rows.add(Session(
                id=number.to_bytes(16), device_id=bytes(16), device="PC", device_key=bytes(32), region="global",
                site="lab-1" if number < 3 else "lab-2", site_name="L", models='["CX-200"]', technician="T", reason="R",
                state="ended", opened_utc_ms=1_000 + number,
            ))  # fmt: skip
    first = (await ana.get("/api/sessions", limit=2)).json()
    assert ([one["id"][-1] for one in first["sessions"]], first["more"]) == (["2", "1"], True)
    last = (await ana.get("/api/sessions", limit=2, before=first["sessions"][-1]["opened_utc_ms"])).json()
    assert ([one["id"][-1] for one in last["sessions"]], last["more"]) == (["0"], False)


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
