"""What the provider says of a person while that person is on the way back from there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.fakes.clients import http_client
from tests.fakes.lying_provider import LyingProvider, settings_for
from tests.fakes.server_world import World, running_world
from tests.hostile.server.test_provider_lies import back, begun, is_in

from benchside.server.accounts.model import SignIn
from benchside.server.sso.provider import Provider, Signed, Tokens

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def provider() -> AsyncIterator[LyingProvider]:
    made = LyingProvider()
    made.change_answer = lambda answer: answer.pop("refresh_token")  # it is never asked again
    yield made
    made.close()


@pytest.fixture
async def world(tmp_path: Path, provider: LyingProvider) -> AsyncIterator[World]:
    async with running_world(tmp_path, settings=settings_for(provider, tmp_path)) as running:
        yield running


async def log_out(world: World, provider: LyingProvider, **claims: object) -> None:
    async with http_client(world.listeners.web_url) as http:
        answer = await http.post("/api/sso/logout", data={"logout_token": provider.logout_token(**claims)})
        assert answer.status_code == 200


MEANT = [{}, {"sub": "subject-1", "sid": None}, {"sub": "subject-1"}]


@pytest.mark.parametrize("claims", MEANT)
async def test_a_log_out_while_the_code_is_exchanged_counts(
    world: World, provider: LyingProvider, monkeypatch: pytest.MonkeyPatch, claims: dict[str, object]
) -> None:
    read_identity = Provider.read_identity

    async def slow(self: Provider, tokens: Tokens, *, nonce: str | None) -> Signed:
        signed = await read_identity(self, tokens, nonce=nonce)
        await log_out(world, provider, **claims)
        return signed

    monkeypatch.setattr(Provider, "read_identity", slow)
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/?sign-in=refused"
    assert not await is_in(console)
    async with world.parts.cloud.read() as rows:
        assert (await rows.scalars(select(SignIn))).first() is None
    monkeypatch.setattr(Provider, "read_identity", read_identity)
    console, query = await begun(world, provider)  # whom the provider lets pass after it is in
    assert await back(console, provider, query) == "/"
    assert await is_in(console)


async def test_a_log_out_of_somebody_else_meanwhile_counts_for_nobody_here(
    world: World, provider: LyingProvider
) -> None:
    console, query = await begun(world, provider)
    await log_out(world, provider, sid="sid-2")
    await log_out(world, provider, sub="subject-2", sid=None)
    assert await back(console, provider, query) == "/"
    assert await is_in(console)
