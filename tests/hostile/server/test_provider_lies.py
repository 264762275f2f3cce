"""A provider that misbehaves, answers that were mixed up or forged, and strangers at the way back."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.fakes import lying_provider as lies
from tests.fakes.clients import http_client
from tests.fakes.lying_provider import CLIENT, SECRET, LyingProvider, settings_for
from tests.fakes.server_world import SETTINGS, Console, World, running_world

from benchside.protocol.errors import RefusedError, UnavailableError
from benchside.server.sso import asking, fetch, service
from benchside.server.sso.fetch import Fetch
from benchside.server.sso.provider import Provider
from benchside.server.worker import loops

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def provider() -> AsyncIterator[LyingProvider]:
    made = LyingProvider()
    yield made
    made.close()


@pytest.fixture
async def world(tmp_path: Path, provider: LyingProvider) -> AsyncIterator[World]:
    async with running_world(tmp_path, settings=settings_for(provider, tmp_path)) as running:
        yield running


async def begun(world: World, provider: LyingProvider, path: str = "/api/sso/start") -> tuple[Console, dict[str, str]]:
    """A browser at the provider's door, and what it brought there."""
    console = Console(world)
    answer = await console.get(path)
    assert answer.status_code == 303
    query = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    provider.nonce = query["nonce"]
    return console, query


async def back(console: Console, provider: LyingProvider, query: dict[str, str], **changes: str | None) -> str:
    """The browser comes back; where it is sent on to."""
    said = {"state": query["state"], "code": "code-1", "iss": provider.issuer} | changes
    answer = await console.http.get("/api/sso/callback", params={k: v for k, v in said.items() if v is not None})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def is_in(console: Console) -> bool:
    return (await console.get("/api/me")).status_code == 200


async def test_an_honest_answer_signs_in_with_pkce_and_a_confidential_client(
    world: World, provider: LyingProvider
) -> None:
    console, query = await begun(world, provider)
    assert query["code_challenge_method"] == "S256"
    assert await back(console, provider, query) == "/"
    me = (await console.get("/api/me")).json()
    assert (me["account"], me["must_change"], me["is_local"]) == ("ana", False, False)
    form = provider.asked[-1]
    assert form["grant_type"] == "authorization_code"
    assert len(form["code_verifier"]) >= 43
    assert "client_secret" not in form
    # the same answer again: its attempt is over in this browser
    assert await back(console, provider, query) == "/?sign-in=late"


Claims = dict[str, Any]
WRONG: dict[str, Callable[[LyingProvider], Callable[[Claims], None]]] = {
    "another issuer": lambda p: lambda c: c.update(iss="https://evil.example"),
    "another issuer by a slash": lambda p: lambda c: c.update(iss=p.issuer + "/"),
    "another audience": lambda p: lambda c: c.update(aud="other-client"),
    "no audience": lambda p: lambda c: c.pop("aud"),
    "several audiences": lambda p: lambda c: c.update(aud=[CLIENT, "other-client"]),
    "several audiences, another party": lambda p: lambda c: c.update(aud=[CLIENT, "other"], azp="other"),
    "another party": lambda p: lambda c: c.update(azp="other-client"),
    "an audience that is a number": lambda p: lambda c: c.update(aud=7),
    "another nonce": lambda p: lambda c: c.update(nonce="another"),
    "no nonce": lambda p: lambda c: c.pop("nonce"),
    "expired": lambda p: lambda c: c.update(exp=c["iat"] - 1000),
    "no expiry": lambda p: lambda c: c.pop("exp"),
    "from the future": lambda p: lambda c: c.update(iat=c["iat"] + 3600),
    "times that are words": lambda p: lambda c: c.update(exp="tomorrow"),
    "another access token": lambda p: lambda c: c.update(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "no subject": lambda p: lambda c: c.pop("sub"),
    "a subject that is a number": lambda p: lambda c: c.update(sub=1),
    "an endless subject": lambda p: lambda c: c.update(sub="s" * 256),
}


@pytest.mark.parametrize("lie", WRONG)
async def test_a_token_that_breaks_a_rule_signs_nobody_in(world: World, provider: LyingProvider, lie: str) -> None:
    provider.change_claims = WRONG[lie](provider)
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/?sign-in=provider"
    assert not await is_in(console)


@pytest.mark.parametrize(
    "forge",
    [
        lies.unsigned,
        lies.by_our_secret,
        lies.by_the_public_key,
        lies.by_a_stranger,
        lies.by_an_unknown_key,
        lies.with_a_key_inside,
        lambda _p, _c: "no.token.at all",
        lambda _p, _c: "x" * 20_000,
        lambda p, c: p.sign(c)[:-8] + "AAAAAAAA",
    ],
)
async def test_what_the_provider_did_not_sign_signs_nobody_in(
    world: World, provider: LyingProvider, forge: Callable[[LyingProvider, Claims], str]
) -> None:
    provider.make_token = forge
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/?sign-in=provider"
    assert not await is_in(console)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "provider"),
        (b"not json", "provider"),
        (b"[]", "provider"),
        (b"{}", "provider"),
        (b"[" * 100_000, "provider"),
        (b'"' + b"x" * 300_000 + b'"', "provider"),
        (json.dumps({"access_token": "a", "token_type": "Bearer"}).encode(), "provider"),
        (json.dumps({"access_token": "a", "token_type": "mac", "id_token": "x"}).encode(), "provider"),
    ],
)
async def test_rubbish_from_the_token_endpoint_is_refused(
    world: World, provider: LyingProvider, raw: bytes, why: str
) -> None:
    provider.raw = raw
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == f"/?sign-in={why}"
    assert not await is_in(console)


@pytest.mark.parametrize(("status", "why"), [(400, "refused"), (302, "refused"), (500, "away")])
async def test_a_provider_that_says_no_leads_or_fails(
    world: World, provider: LyingProvider, status: int, why: str
) -> None:
    provider.status = status
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == f"/?sign-in={why}"


async def test_mixed_up_and_forged_ways_back(world: World, provider: LyingProvider) -> None:
    console, query = await begun(world, provider)
    assert await back(console, provider, query, iss="https://evil.example") == "/?sign-in=provider"
    console, query = await begun(world, provider)
    assert await back(console, provider, query, iss=None) == "/?sign-in=provider"  # it said that it names itself
    console, query = await begun(world, provider)
    assert await back(console, provider, query, state="another") == "/?sign-in=late"
    _, query = await begun(world, provider)
    assert await back(Console(world), provider, query) == "/?sign-in=late"  # somebody else's browser
    console, query = await begun(world, provider)
    assert await back(console, provider, query, code=None, error="access_denied") == "/?sign-in=refused"
    assert provider.asked == []  # no code was given away


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(issuer="https://evil.example"),
        lambda m: m.update(token_endpoint="http://192.0.2.1/token"),
        lambda m: m.update(jwks_uri="file:///etc/passwd"),
        lambda m: m.pop("authorization_endpoint"),
        lambda m: m.update(authorization_endpoint="javascript:alert(1)"),
        lambda m: m.update(code_challenge_methods_supported=["plain"]),
    ],
)
async def test_metadata_that_cannot_be_right_begins_nothing(
    world: World, provider: LyingProvider, change: Callable[[dict[str, Any]], None]
) -> None:
    provider.change_metadata = change
    answer = await Console(world).get("/api/sso/start")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?sign-in=away")


async def test_rotated_keys_are_found_and_unknown_ones_do_not_make_us_hammer(
    world: World, provider: LyingProvider
) -> None:
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/"
    before = provider.key_fetches
    for _ in range(20):
        answer = await console.http.post("/api/sso/logout", data={"logout_token": provider.sign({}, lies.fresh_key())})
        assert answer.status_code == 422
    assert provider.key_fetches <= before + 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda c: c.update(preferred_username="../ana"), "account"),
        (lambda c: c.update(preferred_username="a" * 65), "account"),
        (lambda c: c.update(preferred_username="corp/ana"), "name"),
        (lambda c: c.update(preferred_username=["ana"]), "account"),
        (lambda c: c.pop("preferred_username"), "account"),
        (lambda c: c.update(preferred_username="break-glass"), "account"),
    ],
)
async def test_nobody_takes_an_account_that_is_not_theirs(
    world: World, provider: LyingProvider, change: Callable[[Claims], None], why: str
) -> None:
    await world.parts.accounts.add("break-glass")
    provider.change_claims = change
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == f"/?sign-in={why}"
    assert not await is_in(console)


async def test_a_subject_keeps_its_account_and_another_subject_does_not_get_it(
    world: World, provider: LyingProvider
) -> None:
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/"
    provider.subject = "subject-2"
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/?sign-in=account"
    provider.subject = "subject-1"
    provider.change_claims = lambda c: c.update(preferred_username="renamed")
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/"
    assert (await console.get("/api/me")).json()["account"] == "ana"
    await world.parts.accounts.disable("ana")
    assert not await is_in(console)
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/?sign-in=account"


async def test_a_stale_proof_does_not_pass_for_a_fresh_one(world: World, provider: LyingProvider) -> None:
    console, query = await begun(world, provider, "/api/sso/start?again=true")
    assert (query["max_age"], query["prompt"].split()[0]) == ("0", "login")
    provider.change_claims = lambda c: c.update(auth_time=c["auth_time"] - 3600)
    assert await back(console, provider, query) == "/?sign-in=refused"
    provider.change_claims = lambda c: c.pop("auth_time")
    console, query = await begun(world, provider, "/api/sso/start?again=true")
    assert await back(console, provider, query) == "/?sign-in=refused"


async def test_many_forged_ways_back_have_to_wait(world: World, provider: LyingProvider) -> None:
    provider.status = 400
    seen = set()
    for _ in range(20):
        console, query = await begun(world, provider)
        seen.add(await back(console, provider, query))
    assert "/?sign-in=wait" in seen
    assert len(provider.asked) < 20


def logout_lies(provider: LyingProvider) -> dict[str, str]:
    return {
        "a stranger's": provider.sign({"iss": provider.issuer}, lies.fresh_key()),
        "an ID token": provider.sign(provider.claims()),
        "with a nonce": provider.logout_token(nonce="n"),
        "another issuer's": provider.logout_token(iss="https://evil.example"),
        "another client's": provider.logout_token(aud="other"),
        "an old one": provider.logout_token(iat=1),
        "one that is over": provider.logout_token(exp=1),
        "of nobody": provider.logout_token(sid=None),
        "of no event": provider.logout_token(events={}),
        "without an id": provider.logout_token(jti=None),
    }


async def test_only_a_right_logout_token_ends_a_sign_in_and_only_once(world: World, provider: LyingProvider) -> None:
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/"
    stranger = http_client(world.listeners.web_url)  # no header of our pages
    for lie, token in logout_lies(provider).items():
        assert (await stranger.post("/api/sso/logout", data={"logout_token": token})).status_code == 422, lie
    for rubbish in (b"", b"\xff\xfe", b"logout_token", b"&".join([b"a=b"] * 100), b"logout_token=" + b"x" * 15_000):
        answer = await stranger.post("/api/sso/logout", content=rubbish)
        assert answer.status_code == 422, rubbish[:20]
    assert await is_in(console)
    right = provider.logout_token()
    assert (await stranger.post("/api/sso/logout", data={"logout_token": right})).status_code == 200
    assert not await is_in(console)
    assert (await stranger.post("/api/sso/logout", data={"logout_token": right})).status_code == 422


async def test_only_a_clear_no_of_the_provider_ends_a_sign_in(
    world: World, provider: LyingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our secret has expired, it is asked too much, it is away, it says rubbish: nobody is cut off by that."""
    monkeypatch.setattr(asking, "ASK_AGAIN_MS", 0)
    monkeypatch.setattr(loops, "ASK_PROVIDER_EVERY_S", 3600.0)
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/"
    sso = single_sign_on(world, provider)
    for status, error in ((401, "invalid_client"), (429, "slow_down"), (500, "server_error"), (400, "invalid_request")):
        provider.status, provider.error = status, error
        await sso.ask_again()
        assert await is_in(console), error
    provider.status, provider.raw = 200, b"<html>"
    await sso.ask_again()
    assert await is_in(console)
    provider.raw, provider.status, provider.error = None, 400, "invalid_grant"
    await sso.ask_again()
    assert not await is_in(console)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_too_many_questions_and_its_own_failures_count_for_all_whatever_stands_there(
    provider: LyingProvider, status: int
) -> None:
    """A door before the provider says so with a page; as what cannot be read of one person, a round would go on."""
    provider.status, provider.raw = status, b"<html>" + b"x" * fetch.MAX_ANSWER_BYTES
    asked = Fetch()
    with pytest.raises(UnavailableError, match=str(status)):
        await asked.post(f"{provider.issuer}/token", {"grant_type": "refresh_token"}, None)
    await asked.close()


def single_sign_on(world: World, provider: LyingProvider) -> service.SingleSignOn:
    """Another like the server's own, whose rounds a test starts."""
    parts = world.parts
    return service.SingleSignOn(
        Provider(provider.issuer, CLIENT, SECRET, Fetch(), parts.now), scope="openid offline_access",
        account_claim="preferred_username", addresses=None, database=parts.cloud, keys=parts.cloud_keys.data,
        sign_ins=parts.sign_ins, ledger=parts.ledger, refusals=parts.refusals, delays=parts.delays, now=parts.now,
    )  # fmt: skip


async def test_a_session_at_the_provider_that_is_old_is_no_fresh_proof(world: World, provider: LyingProvider) -> None:
    provider.change_claims = lambda c: c.update(auth_time=c["auth_time"] - 7200)
    console, query = await begun(world, provider)
    assert query["max_age"] == "43200"
    assert await back(console, provider, query) == "/"
    refused = await console.post(f"/api/requests/{'00' * 16}/claim")
    assert refused.json()["error"]["reason"] == "step_up"


async def test_a_page_that_sends_browsers_back_delays_nobody(world: World, provider: LyingProvider) -> None:
    victim = Console(world)
    for _ in range(30):
        answer = await victim.http.get("/api/sso/callback", params={"state": "x", "code": "y", "iss": provider.issuer})
        assert answer.headers["location"] == "/?sign-in=late"
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/"


@pytest.mark.alone
async def test_a_provider_that_drips_holds_nobody_for_long(
    world: World, provider: LyingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "ANSWER_WITHIN_S", 1.0)
    provider.drip_s = 0.3
    console, query = await begun(world, provider)
    started = time.monotonic()
    assert await back(console, provider, query) == "/?sign-in=away"
    assert time.monotonic() - started < 4


async def test_without_accounts_of_our_own_old_sign_ins_by_password_are_over(
    tmp_path: Path, provider: LyingProvider
) -> None:
    async with running_world(tmp_path / "on") as world:
        console = await world.console("ana", key=None)
        assert await is_in(console)
        token = console.http.cookies.get("benchside_session")
    async with running_world(tmp_path / "on", settings=replace(SETTINGS, local_accounts="off")) as world:
        stale = Console(world)
        stale.http.cookies.set("benchside_session", token or "")
        assert not await is_in(stale)
        assert (await stale.post("/api/confirm", password="x", code="000000")).status_code == 401


async def test_who_signs_in_at_the_provider_is_given_no_password(world: World, provider: LyingProvider) -> None:
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/"
    with pytest.raises(RefusedError):
        await world.parts.accounts.reset("ana")
    await world.parts.accounts.disable("ana")
    await world.parts.accounts.enable("ana")
    console, query = await begun(world, provider)
    assert await back(console, provider, query) == "/"
