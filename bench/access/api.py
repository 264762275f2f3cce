"""schemathesis over the API's own description, as each role: answers that the description does not allow.

Where a call ended the role's sign-in, it signs in again.  The stream of changes is left out, since it does not end.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.core.result import Err
from tests.fakes.server_world import Console, World, running_world

from benchside.server.administration.facts import CustomerFacts, PersonFacts
from benchside.server.administration.people import People
from benchside.server.administration.places import Places
from benchside.server.clock import utc_ms

ROLES = ("stranger", "beginner", "engineer", "administrator", "officer")
EXAMPLES = 40
ENDLESS = "/api/stream"
JUDGES = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
          "response_headers_conformance", "negative_data_rejection")  # fmt: skip


@dataclass
class Role:
    """One who calls; `console` is signed in as far as the role is."""

    name: str
    console: Console
    cookies: dict[str, str]


async def main(folder: Path, quick: bool) -> dict[str, float]:
    found: Counter[str] = Counter()
    calls = 0
    async with running_world(folder) as world:
        for name in ROLES:
            role, loop, most = await a_role(world, name), asyncio.get_running_loop(), 5 if quick else EXAMPLES
            description = (await role.console.get("/api/openapi.json")).json()
            stay = partial(stay_in_from, loop, world, role)
            for path, operations in description["paths"].items():
                one = {**description, "paths": {path: operations}}
                if path != ENDLESS:
                    calls += await asyncio.to_thread(ask, one, role, stay, found, most)
    print(*(f"{count} x {what}" for what, count in found.most_common(40)), sep="\n")
    return {"api_calls": calls, "api_failures": found.total()}


async def a_role(world: World, name: str) -> Role:
    if name == "stranger":
        return Role(name, Console(world), {})
    if name == "beginner":
        first = await world.parts.accounts.add(name)
        console = Console(world)
        assert (await console.post("/api/sign-in", account=name, password=first)).status_code == 200
        return Role(name, console, dict(console.http.cookies))
    console = await world.console(name, key=1 if name == "engineer" else None)
    people, places = (
        People(world.parts.cloud, world.parts.ledger),
        Places(world.parts.cloud, world.parts.ledger, utc_ms),
    )
    if name == "administrator":
        await people.make_administrator(name, is_administrator=True)
    if name == "officer":
        await places.put_customers("x", [CustomerFacts(id="c-1", name="C", it_mail="", mail_language="en")])
        await people.put("x", [PersonFacts(
            id=name, name=name, organisation="Hospital", role=None, is_administrator=False, officer_of="c-1",
            until_utc_ms=None, is_active=True, groups=(), trainings=(),
        )])  # fmt: skip
    return Role(name, console, dict(console.http.cookies))


def ask(description: dict[str, Any], role: Role, stay: Callable[[], str], found: Counter[str], most: int) -> int:
    """Call one path in many ways; count what no answer of the description is."""
    checks.load_all_checks()
    judges: list[Any] = [checks.CHECKS.get_one(name) for name in JUDGES]
    schema = schemathesis.openapi.from_dict(description)
    schema.config.update(base_url=(url := stay()))
    asked = 0
    for operation in schema.get_all_operations():
        if isinstance(operation, Err):
            raise operation.err()
        case_of = operation.ok()

        @settings(
            max_examples=most, deadline=None, database=None, suppress_health_check=list(HealthCheck),
            phases=[Phase.generate], derandomize=True,
        )  # fmt: skip
        @given(case=case_of.as_strategy())
        def call(case: schemathesis.Case[Any]) -> None:
            nonlocal asked
            asked += 1
            stay()
            response = case.call(
                headers={"X-Benchside": "1", "Origin": url}, cookies=role.cookies,
                allow_redirects=False, timeout=30,
            )  # fmt: skip
            try:
                case.validate_response(response, checks=judges)
            except BaseExceptionGroup as group:
                for one in group.exceptions:
                    found[f"{role.name} {case.method} {case.path} {type(one).__name__} {response.status_code}"] += 1

        call()
    return asked


def stay_in_from(loop: asyncio.AbstractEventLoop, world: World, role: Role) -> str:
    """The same from another thread; return where the server is."""
    asyncio.run_coroutine_threadsafe(stay_in(world, role), loop).result()
    return world.listeners.web_url


async def stay_in(world: World, role: Role) -> None:
    """Sign in again where the last call signed out or disabled the sign-in."""
    if not role.cookies:
        return
    if await world.parts.sign_ins.check(next(iter(role.cookies.values()))) is not None:
        return
    async with world.parts.cloud.write() as rows:
        fresh = world.parts.sign_ins.begin(rows, role.name)
    role.cookies = {next(iter(role.cookies)): fresh}
