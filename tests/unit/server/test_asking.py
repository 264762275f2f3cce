"""Rounds in which the provider is asked of those who are signed in: one answer about one person is of nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import ColumnElement, select
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.errors import UnavailableError
from benchside.server.accounts.model import Account, SignIn
from benchside.server.accounts.sign_ins import hash_of
from benchside.server.parts import Parts
from benchside.server.sso import asking
from benchside.server.sso.asking import ASK_AGAIN_MS, ASKED_AT_ONCE, Asking
from benchside.server.sso.fetch import Answer, Fetch
from benchside.server.sso.model import ProviderSession
from benchside.server.sso.provider import Provider

ISSUER = "https://login.example"
METADATA = {
    "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/a", "token_endpoint": f"{ISSUER}/t",
    "jwks_uri": f"{ISSUER}/k",
}  # fmt: skip
STILL_IN = 200, {"access_token": "a", "token_type": "Bearer"}
OUT = 400, {"error": "invalid_grant"}


@dataclass
class Said:
    """HTTP towards a provider that says of each refresh token what a test wants; STILL_IN of all others."""

    of: dict[str, Answer | UnavailableError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=lambda: dict(METADATA))
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    """An answer comes when this is set."""
    wanted: int = 1
    there: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when so many questions wait for their answers."""
    waiting: int = 0
    most_waiting: int = 0

    async def get(self, _url: str) -> dict[str, Any]:
        return dict(self.metadata)

    async def post(self, _url: str, form: Mapping[str, str], _basic: object) -> Answer:
        token = form["refresh_token"]
        self.asked.append(token)
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        if self.waiting == self.wanted:
            self.there.set()
        await self.goes_on.wait()
        self.waiting -= 1
        said = self.of.get(token, STILL_IN)
        if isinstance(said, UnavailableError):
            raise said
        return said


@dataclass
class Signed:
    """A server's sign-ins, and the rounds about them."""

    parts: Parts
    clock: Clock
    said: Said
    asking: Asking

    async def begin(self, *accounts: str) -> None:
        """Who comes first is asked first; the refresh token has the account's name."""
        async with self.parts.cloud.write() as rows:
            for number, account in enumerate(accounts):
                values: dict[str, Any] = {"password_hash": "", "must_change": False, "disabled": False}
                rows.add(Account(id=account, created_utc_ms=0, **values))
                await rows.flush()
                token = self.parts.sign_ins.begin(rows, account)
                await rows.flush()
                checked = self.clock() - ASK_AGAIN_MS - len(accounts) + number
                rows.add(ProviderSession(token_hash=hash_of(token), refresh_token=account, checked_utc_ms=checked))

    async def are_in(self) -> set[str]:
        async with self.parts.cloud.read() as rows:
            return set(await rows.scalars(select(SignIn.account)))

    async def kept(self) -> list[str | None]:
        async with self.parts.cloud.read() as rows:
            return list(await rows.scalars(select(ProviderSession.refresh_token)))

    async def round(self) -> list[str]:
        """Who was asked; among those who are asked at once the order is any."""
        self.said.asked.clear()
        await self.asking.ask_due()
        return sorted(self.said.asked)


@asynccontextmanager
async def signed(folder: Path) -> AsyncIterator[Signed]:
    clock, said = Clock(), Said()
    said.goes_on.set()
    async with opened_parts(folder, clock) as parts:

        async def end(which: ColumnElement[bool]) -> None:
            await parts.sign_ins.end(which)

        provider = Provider(ISSUER, "client", "secret", cast(Fetch, said), clock)
        yield Signed(parts, clock, said, Asking(provider, parts.cloud, end, clock))


@pytest.mark.parametrize(
    "error",
    ["invalid_grant", "interaction_required", "login_required", "consent_required", "account_selection_required"],
)
async def test_who_has_to_come_there_again_is_out_and_nobody_else(tmp_path: Path, error: str) -> None:
    async with signed(tmp_path) as here:
        await here.begin("ana", "bob", "cyd")
        here.said.of = {"ana": (400, {"error": error}), "cyd": OUT}
        assert await here.round() == ["ana", "bob", "cyd"]
        assert await here.are_in() == {"bob"}


@pytest.mark.parametrize(
    "unclear",
    [
        (400, {"error": "invalid_request"}),
        (400, {"error": "unauthorized_client"}),
        (400, {"error": ["interaction_required"]}),
        (401, {}),
        (403, {"error": "access_denied"}),
        (302, {}),
        (200, {"token_type": "Bearer"}),
    ],
)
async def test_an_answer_that_says_nothing_of_this_one_leaves_them_in_and_the_others_have_their_turn(
    tmp_path: Path, unclear: Answer
) -> None:
    async with signed(tmp_path) as here:
        await here.begin("ana", "bob")
        here.said.of = {"ana": unclear, "bob": OUT}
        assert await here.round() == ["ana", "bob"]
        assert await here.are_in() == {"ana"}
        assert await here.round() == []  # a minute later, as everybody
        here.clock.now_ms += ASK_AGAIN_MS
        assert await here.round() == ["ana"]


@pytest.mark.parametrize(
    "away",
    [(401, {"error": "invalid_client"}), UnavailableError("429, 500, or no connection")],
)
async def test_where_it_is_away_for_all_a_round_ends_and_the_next_one_begins_with_others(
    tmp_path: Path, away: Answer | UnavailableError
) -> None:
    """If it fails for one alone, that one must not stand before the others in each round."""
    async with signed(tmp_path) as here:
        accounts = ["ana", *(f"p{number}" for number in range(ASKED_AT_ONCE))]
        await here.begin(*accounts)
        here.said.of = {"ana": away, accounts[-1]: OUT}
        assert await here.round() == accounts[:ASKED_AT_ONCE]
        assert await here.are_in() == set(accounts)
        assert await here.round() == accounts[ASKED_AT_ONCE:]
        assert await here.are_in() == set(accounts[:-1])


async def test_metadata_that_cannot_be_right_ends_a_round_before_it_begins(tmp_path: Path) -> None:
    async with signed(tmp_path) as here:
        await here.begin("ana", "bob")
        here.said.metadata["issuer"] = "https://evil.example"
        assert await here.round() == []
        here.said.metadata["issuer"] = ISSUER
        assert await here.round() == ["ana", "bob"]


async def test_several_are_asked_at_once_and_no_more_than_that(tmp_path: Path) -> None:
    async with signed(tmp_path) as here:
        accounts = [f"p{number:02}" for number in range(2 * ASKED_AT_ONCE + 3)]
        await here.begin(*accounts)
        here.said.wanted = ASKED_AT_ONCE
        here.said.goes_on.clear()
        asked = asyncio.create_task(here.round())
        await here.said.there.wait()
        here.said.goes_on.set()
        assert await asked == accounts
        assert here.said.most_waiting == ASKED_AT_ONCE


async def test_a_round_takes_the_longest_unasked_first_and_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "ASKED_IN_ROUND", 2)
    async with signed(tmp_path) as here:
        await here.begin("ana", "bob", "cyd")
        assert await here.round() == ["ana", "bob"]
        assert await here.round() == ["cyd"]


async def test_who_was_asked_about_by_a_clock_ahead_is_asked_about_again(tmp_path: Path) -> None:
    async with signed(tmp_path) as here:
        here.clock.now_ms += 24 * 3600_000
        await here.begin("ana")
        assert await here.round() == ["ana"]
        here.clock.now_ms -= 24 * 3600_000
        assert await here.round() == ["ana"]
        assert await here.round() == []


async def test_two_processes_do_not_use_one_refresh_token_twice(tmp_path: Path) -> None:
    async with signed(tmp_path) as here:
        await here.begin("ana")
        here.said.goes_on.clear()
        first = asyncio.create_task(here.asking.ask_due())
        await here.said.there.wait()
        await here.asking.ask_due()  # another's round meanwhile
        here.said.goes_on.set()
        await first
        assert here.said.asked == ["ana"]


@pytest.mark.parametrize("answer", [(200, STILL_IN[1] | {"refresh_token": "ana-2"}), OUT])
async def test_an_answer_counts_for_the_sign_in_that_took_the_others_place_meanwhile(
    tmp_path: Path, answer: Answer
) -> None:
    """As when its location is confirmed: a renewed refresh token that is lost would look like a stolen one."""
    async with signed(tmp_path) as here:
        await here.begin("ana")
        here.said.of["ana"] = answer
        here.said.goes_on.clear()
        asked = asyncio.create_task(here.asking.ask_due())
        await here.said.there.wait()
        sign_ins = here.parts.sign_ins
        async with here.parts.cloud.write() as rows:
            present = (await rows.scalars(select(SignIn))).one()
            await sign_ins.confirm_within(rows, present)
            await sign_ins.end_within(rows, SignIn.token_hash == present.token_hash)
        here.said.goes_on.set()
        await asked
        assert (await here.are_in(), await here.kept()) == ((set(), []) if answer is OUT else ({"ana"}, ["ana-2"]))
