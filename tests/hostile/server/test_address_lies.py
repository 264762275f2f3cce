"""Addresses that a provider did not vouch for, or that are none, get no link."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.fakes.lying_provider import CLIENT, LyingProvider
from tests.fakes.server_world import SETTINGS, running_world
from tests.hostile.server.test_provider_lies import back, begun, is_in

from benchside.server.mail.model import Mail

pytestmark = [pytest.mark.system, pytest.mark.slow]
GOOD = "ana@vendor.example"


@pytest.mark.parametrize(
    ("said", "goes_to"),
    [
        ({"email": GOOD, "email_verified": True}, GOOD),
        ({"email": GOOD}, None),
        ({"email": GOOD, "email_verified": False}, None),
        ({"email": GOOD, "email_verified": "true"}, None),
        ({"email": GOOD, "email_verified": 1}, None),
        ({"email": None, "email_verified": True}, None),
        ({"email": [GOOD], "email_verified": True}, None),
        ({"email": f"{GOOD}\r\nBcc: evil@evil.example", "email_verified": True}, None),
        ({"email": f"Ana <{GOOD}>", "email_verified": True}, None),
        ({"email": f"{GOOD},evil@evil.example", "email_verified": True}, None),
        ({"email": "a" * 5000 + "@vendor.example", "email_verified": True}, None),
        ({}, None),
    ],
)
async def test_only_a_verified_plain_address_gets_a_link(
    tmp_path: Path, said: dict[str, object], goes_to: str | None
) -> None:
    provider = LyingProvider()
    provider.change_claims = lambda claims: claims.update(said)
    settings = replace(
        SETTINGS, sso_issuer=provider.issuer, sso_client_id=CLIENT, smtp="127.0.0.1:9", smtp_tls="off",
        mail_from="benchside@vendor.example",
    )  # fmt: skip
    async with running_world(tmp_path, settings=settings) as world:
        console, query = await begun(world, provider)
        assert await back(console, provider, query) == ("/" if goes_to else "/?sign-in=address")
        assert await is_in(console) is bool(goes_to)
        async with world.parts.cloud.read() as rows:
            assert list(await rows.scalars(select(Mail.recipient))) == ([goes_to] if goes_to else [])
        if goes_to:  # what it vouched for once stays where it says nothing, and no other takes its place
            provider.change_claims = lambda claims: claims.update(email="evil@evil.example", email_verified=False)
            other, query = await begun(world, provider)
            assert await back(other, provider, query) == "/"
            assert await world.parts.addresses.of("ana") == GOOD
    provider.close()
