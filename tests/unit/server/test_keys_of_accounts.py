"""Keys and passwords of an account: what takes another's place, who is told, and how long a sign-in lasts after it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.fakes.keys import rsa_key
from tests.fakes.server_world import SETTINGS, Clock, opened_parts

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.server.accounts.sign_ins import ABSOLUTE_MS, IDLE_MS, SignedIn
from benchside.server.audit.commitment import details_of
from benchside.server.audit.kind import ServerKind
from benchside.server.audit.model import Event
from benchside.server.location.visit import Visit
from benchside.server.mail.model import Mail
from benchside.server.parts import Parts

MAILED = replace(SETTINGS, smtp="127.0.0.1:25", smtp_tls="off", mail_from="benchside@vendor.example")
VISIT = Visit("192.0.2.10", "", "Firefox, Windows", "en", "https://web.example", "https://web.example")
SPKI = {number: public_bytes(rsa_key(number).public_key()) for number in (1, 2)}


async def signed_in(parts: Parts, account: str) -> SignedIn:
    password = await parts.accounts.add(account)
    return await seen(parts, (await parts.accounts.sign_in(account, password, VISIT.source)).token)


async def seen(parts: Parts, token: str) -> SignedIn:
    found = await parts.sign_ins.check(token)
    assert found is not None
    return found


async def registered(parts: Parts) -> list[str | None]:
    async with parts.session.read() as rows:
        kinds = Event.kind == ServerKind.KEY_REGISTERED.value
        found = list(await rows.scalars(select(Event).where(kinds).order_by(Event.sequence)))
    return [details_of(one.salted_details).cause for one in found if one.salted_details]


@pytest.mark.parametrize("language", ["en", "es"])
async def test_the_owner_is_told_of_a_key_in_place_of_theirs(tmp_path: Path, language: str) -> None:
    async with opened_parts(tmp_path, Clock(), MAILED) as parts:
        ana, visit = await signed_in(parts, "ana"), replace(VISIT, language=language)
        await parts.addresses.set("ana", "ana@lab.example")
        digest = await parts.accounts.set_key(ana, SPKI[1], visit)
        assert digest == fingerprint(SPKI[1])
        ana = replace(ana, key=digest)
        await parts.accounts.set_key(ana, SPKI[1], visit)
        async with parts.cloud.read() as rows:
            assert list(await rows.scalars(select(Mail))) == []
        second = (await parts.accounts.set_key(ana, SPKI[2], visit)).hex()
        async with parts.cloud.read() as rows:
            (mail,) = list(await rows.scalars(select(Mail)))
        assert mail.recipient == "ana@lab.example"
        assert second in "".join(mail.body.split())
        for word in ("Firefox, Windows", "192.0.2.0/24"):
            assert word in mail.body
        assert max(len(line) for line in mail.body.splitlines()) <= 78
        assert await registered(parts) == [None, None, "replaced"]


async def test_a_key_of_two_accounts_is_one_accounts_however_close_they_come(tmp_path: Path) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:
        both = [await signed_in(parts, name) for name in ("ana", "ben")]
        done = await asyncio.gather(
            *(parts.accounts.set_key(one, SPKI[1], VISIT) for one in both), return_exceptions=True
        )
        refused = [one for one in done if isinstance(one, RefusedError)]
        assert [one.reason for one in refused] == [Refusal.NOT_AUTHORISED]
        assert len(await registered(parts)) == 1


async def test_a_first_key_takes_the_place_of_none_that_came_meanwhile(tmp_path: Path) -> None:
    """For a first key nobody was asked for a proof."""
    async with opened_parts(tmp_path, Clock()) as parts:
        ana = await signed_in(parts, "ana")
        await parts.accounts.set_key(ana, SPKI[1], VISIT)
        with pytest.raises(RefusedError) as refused:
            await parts.accounts.set_key(ana, SPKI[2], VISIT)
        assert refused.value.reason is Refusal.CHANGED
        assert await parts.accounts.key_of("ana") == fingerprint(SPKI[1])


async def test_a_new_password_lets_no_sign_in_last_longer(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        password = await parts.accounts.add("ana")
        token = (await parts.accounts.sign_in("ana", password, VISIT.source)).token
        began = clock.now_ms
        for number in range(ABSOLUTE_MS // IDLE_MS):
            clock.now_ms += IDLE_MS
            who = await seen(parts, token)
            new = f"a fresh password {number}"
            token = await parts.accounts.change_password(who, password, new, VISIT.source)
            password = new
            assert (await seen(parts, token)).proved_utc_ms == began
        clock.now_ms += 1
        assert await parts.sign_ins.check(token) is None
