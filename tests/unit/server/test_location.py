"""New browsers and networks: what is known, for how long, what a link opens, and what it does not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from tests.fakes.server_world import SETTINGS, Clock, opened_parts

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.audit import EventDetails
from benchside.server.accounts.sign_ins import CONFIRM_MS, SignedIn, hash_of
from benchside.server.audit.kind import ServerKind
from benchside.server.audit.model import Event
from benchside.server.location.known import KNOWN_FOR_MS, MAX_KNOWN
from benchside.server.location.links import HOUR_MS, KEEP_MS, LINK_MS, PAUSE_MS
from benchside.server.location.making import make_locations
from benchside.server.location.model import KnownLocation, LocationLink
from benchside.server.location.service import Confirmed, Locations
from benchside.server.location.visit import Visit, family_of, network_of
from benchside.server.mail.model import Mail
from benchside.server.parts import Parts

MAILED = replace(SETTINGS, smtp="127.0.0.1:25", smtp_tls="off", mail_from="benchside@vendor.example")
HOME = Visit("192.0.2.10", "", "Firefox, Windows", "en", "https://web.example", "https://web.example")
ADDRESS = "ana@lab.example"


@dataclass
class Ana:
    """An account with an address, and the browsers that sign in to it."""

    parts: Parts
    locations: Locations
    password: str

    async def begin(self, visit: Visit = HOME) -> tuple[SignedIn, bool]:
        """Sign in; whether nothing more was asked."""
        new = await self.parts.accounts.sign_in("ana", self.password, visit.source)
        is_in = await self.locations.look(new.token, visit)
        return await self.check(new.token), is_in

    async def check(self, token: str) -> SignedIn:
        found = await self.parts.sign_ins.check(token)
        assert found is not None
        return found

    async def tokens(self) -> list[str]:
        """Of all mails that wait, in order."""
        async with self.parts.cloud.read() as rows:
            mails = list(await rows.scalars(select(Mail).order_by(Mail.id)))
        assert {mail.recipient for mail in mails} <= {ADDRESS}
        return [found[1] for mail in mails if (found := re.search(r"/location#(\S{43})\n", mail.body))]

    async def enter(self, visit: Visit = HOME) -> Confirmed:
        """Sign in and use the link."""
        signed_in, is_in = await self.begin(visit)
        assert not is_in
        return await self.locations.confirm(signed_in, (await self.tokens())[-1], visit)

    async def kinds(self) -> list[str]:
        async with self.parts.session.read() as rows:
            return list(
                await rows.scalars(select(Event.kind).where(Event.stream == "account:ana").order_by(Event.sequence))
            )


@asynccontextmanager
async def ana_at(folder: Path, clock: Clock) -> AsyncIterator[Ana]:
    async with opened_parts(folder, clock, MAILED) as parts:
        locations = make_locations(parts)
        assert locations is not None
        password = await parts.accounts.add("ana")
        await parts.addresses.set("ana", ADDRESS)
        yield Ana(parts, locations, password)


async def refused(locations: Locations, signed_in: SignedIn, token: str, visit: Visit = HOME) -> Refusal:
    with pytest.raises(RefusedError) as found:
        await locations.confirm(signed_in, token, visit)
    return found.value.reason


@pytest.mark.parametrize(
    ("source", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("127.0.0.1", "127.0.0.0/24"),
        ("", ""),
        ("192.0.2.77, 203.0.113.1", ""),
        ("nobody", ""),
    ],
)
def test_the_network_of_an_address(source: str, network: str) -> None:
    assert network_of(source) == network


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1", "Safari, iOS"),
        ("https://evil.example: your account is at risk, call +1 555\r\nBcc: x", "–"),
        ("", "–"),
    ],
)
def test_a_browser_is_told_in_our_own_words(agent: str, family: str) -> None:
    assert family_of(agent) == family


async def test_the_first_sign_in_and_each_new_browser_or_network_needs_a_link(tmp_path: Path) -> None:
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        confirmed = await ana.enter()
        known = replace(HOME, browser=confirmed.browser)
        assert not (await ana.check(confirmed.token)).needs_location
        for visit, is_known in (
            (known, True),
            (replace(known, source="192.0.2.200"), True),
            (replace(known, source="::ffff:192.0.2.11"), True),
            (HOME, False),
            (replace(known, browser="x" * 43), False),
            (replace(known, source="192.0.3.10"), False),
            (replace(known, source="not an address"), False),
        ):
            clock.now_ms += HOUR_MS
            signed_in, is_in = await ana.begin(visit)
            assert (is_in, signed_in.needs_location) == (is_known, not is_known), visit
        await ana.parts.accounts.add("ben")
        await ana.parts.addresses.set("ben", "ben@lab.example")
        new = await ana.parts.accounts.sign_in("ben", await ana.parts.accounts.reset("ben"), HOME.source)
        assert not await ana.locations.look(new.token, known)  # what is known is known of one account
        assert (await ana.kinds()).count("location_confirmed") == 1


async def test_an_account_without_an_address_does_not_come_in(tmp_path: Path) -> None:
    async with ana_at(tmp_path, Clock()) as ana:
        password = await ana.parts.accounts.add("ben")
        new = await ana.parts.accounts.sign_in("ben", password, HOME.source)
        with pytest.raises(RefusedError) as found:
            await ana.locations.look(new.token, HOME)
        assert found.value.reason is Refusal.NO_ADDRESS
        assert await ana.parts.sign_ins.check(new.token) is None
        for bad in ("", "ben", "Ben <ben@lab.example>", "ben@lab.example\nx"):
            with pytest.raises(RefusedError):
                await ana.parts.addresses.set("ben", bad)


async def test_a_sign_in_that_nobody_looked_at_stays_unconfirmed(tmp_path: Path) -> None:
    async with ana_at(tmp_path, Clock()) as ana:
        new = await ana.parts.accounts.sign_in("ana", ana.password, HOME.source)
        assert (await ana.check(new.token)).needs_location


async def test_a_link_opens_its_own_sign_in_once_and_for_ten_minutes(tmp_path: Path) -> None:
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        first, _ = await ana.begin()
        clock.now_ms += PAUSE_MS + 1
        second, _ = await ana.begin()
        one, two = await ana.tokens()
        assert await refused(ana.locations, second, one) is Refusal.LINK_EXPIRED
        assert await refused(ana.locations, first, "x" * 43) is Refusal.LINK_EXPIRED
        confirmed = await ana.locations.confirm(second, two, HOME)
        assert await ana.parts.sign_ins.check("x") is None
        now_in = await ana.check(confirmed.token)
        assert now_in.token_hash != second.token_hash
        assert now_in.proved_utc_ms == second.proved_utc_ms  # the link is no proof of who sits there
        assert await refused(ana.locations, now_in, two) is Refusal.LINK_EXPIRED
        clock.now_ms += LINK_MS - PAUSE_MS + 60_000
        assert await refused(ana.locations, first, one) is Refusal.LINK_EXPIRED


async def test_any_of_the_links_of_one_sign_in_opens_it_and_then_none(tmp_path: Path) -> None:
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        signed_in, _ = await ana.begin()
        clock.now_ms += PAUSE_MS + 1
        await ana.locations.send_again(signed_in, "es", HOME)
        one, two = await ana.tokens()
        await ana.locations.confirm(signed_in, one, HOME)
        async with ana.parts.cloud.read() as rows:
            assert set(await rows.scalars(select(LocationLink.is_spent))) == {True}
        assert await refused(ana.locations, signed_in, two) is Refusal.LINK_EXPIRED


async def test_mails_are_one_a_minute_and_five_an_hour_over_all_sign_ins_of_an_account(tmp_path: Path) -> None:
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        for _ in range(3):
            await ana.begin()
        assert len(await ana.tokens()) == 1
        signed_in, _ = await ana.begin()
        for _ in range(20):
            clock.now_ms += PAUSE_MS
            await ana.locations.send_again(signed_in, "en", HOME)
        assert len(await ana.tokens()) == 5
        await ana.parts.accounts.sign_out(signed_in)  # which does not begin the count again
        await ana.begin()
        assert len(await ana.tokens()) == 5
        clock.now_ms += HOUR_MS
        await ana.begin()
        assert len(await ana.tokens()) == 6


async def test_tries_of_tokens_have_to_wait(tmp_path: Path) -> None:
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        signed_in, _ = await ana.begin()
        right = (await ana.tokens())[0]
        for number in range(3):
            assert await refused(ana.locations, signed_in, f"{number}" * 43) is Refusal.LINK_EXPIRED
            clock.now_ms += 1
        assert await refused(ana.locations, signed_in, right) is Refusal.WAIT
        clock.now_ms += 3_000
        await ana.locations.confirm(signed_in, right, HOME)
        for _ in range(12):
            with pytest.raises(RefusedError):
                await ana.locations.deny("x" * 43, "198.51.100.7")
        with pytest.raises(RefusedError) as found:
            await ana.locations.deny(right, "198.51.100.7")
        assert found.value.reason is Refusal.WAIT


async def test_it_was_not_me_ends_what_is_let_in_at_that_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ana_at(tmp_path, Clock()) as ana:
        signed_in, _ = await ana.begin()
        token = (await ana.tokens())[-1]
        record, let_in = ana.parts.ledger.record, list[Confirmed]()

        async def meanwhile(stream: str, kind: ServerKind, details: EventDetails) -> None:
            if kind is ServerKind.LOCATION_DENIED:
                let_in.append(await ana.locations.confirm(signed_in, token, HOME))
            await record(stream, kind, details)

        monkeypatch.setattr(ana.parts.ledger, "record", meanwhile)
        await ana.locations.deny(token, "192.0.2.10")
        assert await ana.parts.sign_ins.check(let_in[0].token) is None


async def test_it_was_not_me_ends_the_sign_in_and_tells_the_operator(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        known = await ana.enter()
        clock.now_ms += HOUR_MS
        stranger = replace(HOME, source="198.51.100.7")
        new = await ana.parts.accounts.sign_in("ana", ana.password, stranger.source)
        assert not await ana.locations.look(new.token, stranger)
        token = (await ana.tokens())[-1]
        clock.now_ms += 8 * HOUR_MS  # found the next morning
        await ana.locations.deny(token, "192.0.2.10")
        await ana.locations.deny(token, "192.0.2.10")
        assert await ana.parts.sign_ins.check(new.token) is None
        assert (await ana.kinds()).count("location_denied") == 1
        assert (await ana.parts.accounts.all())[0].denied_utc_ms == clock.now_ms
        assert [record.levelname for record in caplog.records if "denied" in record.message] == ["WARNING"]
        assert "ana" not in " ".join(record.getMessage() for record in caplog.records)
        assert not (await ana.begin(replace(HOME, browser=known.browser)))[1]  # all is new again
        await ana.parts.accounts.reset("ana")
        assert (await ana.parts.accounts.all())[0].denied_utc_ms is None
        clock.now_ms += KEEP_MS
        with pytest.raises(RefusedError):
            await ana.locations.deny(token, "192.0.2.10")


async def test_it_was_not_me_also_ends_what_the_link_let_in(tmp_path: Path) -> None:
    async with ana_at(tmp_path, Clock()) as ana:
        who = await ana.check((await ana.enter()).token)
        renewed = await ana.parts.accounts.change_password(who, ana.password, "correct horse battery", HOME.source)
        await ana.locations.deny((await ana.tokens())[0], HOME.source)
        assert await ana.parts.sign_ins.check(renewed) is None


async def test_it_was_not_me_leaves_the_owners_own_sign_in_alone(tmp_path: Path) -> None:
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        mine = await ana.enter()
        clock.now_ms += PAUSE_MS + 1
        await ana.begin(replace(HOME, source="198.51.100.7"))
        await ana.locations.deny((await ana.tokens())[-1], HOME.source)
        assert await ana.parts.sign_ins.check(mine.token) is not None


async def test_what_is_not_confirmed_ends_by_itself(tmp_path: Path) -> None:
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        new = await ana.parts.accounts.sign_in("ana", ana.password, HOME.source)
        await ana.locations.look(new.token, HOME)
        clock.now_ms += CONFIRM_MS
        assert await ana.parts.sign_ins.check(new.token) is not None
        clock.now_ms += 1
        assert await ana.parts.sign_ins.check(new.token) is None
        await ana.locations.expire()
        await ana.locations.expire()
        assert (await ana.kinds()).count("location_expired") == 1


async def test_what_was_known_is_forgotten_by_time_by_number_and_by_a_reset(tmp_path: Path) -> None:
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        known = replace(HOME, browser=(await ana.enter()).browser)
        clock.now_ms += KNOWN_FOR_MS
        assert (await ana.begin(known))[1]
        clock.now_ms += KNOWN_FOR_MS
        assert (await ana.begin(known))[1]  # half a year since it was last seen
        clock.now_ms += KNOWN_FOR_MS + 1
        assert not (await ana.begin(known))[1]
        await ana.locations.forget_old()
        async with ana.parts.cloud.read() as rows:
            assert await rows.scalar(select(func.count()).select_from(KnownLocation)) == 0
        for number in range(MAX_KNOWN["browser"] + 5):
            clock.now_ms += HOUR_MS
            known = replace(HOME, browser=(await ana.enter(replace(HOME, source=f"10.0.{number}.1"))).browser)
        async with ana.parts.cloud.read() as rows:
            browsers = select(func.count()).select_from(KnownLocation).where(KnownLocation.kind == "browser")
            assert await rows.scalar(browsers) == MAX_KNOWN["browser"]
        ana.password = await ana.parts.accounts.reset("ana")
        assert not (await ana.begin(replace(known, source="10.0.24.1")))[1]


async def test_a_token_that_was_put_into_a_browser_is_worth_nothing_afterwards(tmp_path: Path) -> None:
    """Whoever plants their own browser's token in somebody's browser does not become that one's browser."""
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        planted = (await ana.enter()).browser
        clock.now_ms += HOUR_MS
        fresh = await ana.enter(Visit("203.0.113.5", planted, "x", "en", "https://web.example", "https://web.example"))
        assert fresh.browser != planted
        assert not (await ana.begin(replace(HOME, browser=planted)))[1]
        clock.now_ms += HOUR_MS
        assert (await ana.begin(replace(HOME, browser=fresh.browser)))[1]


async def test_a_change_of_password_or_factor_does_not_ask_again(tmp_path: Path) -> None:
    async with ana_at(tmp_path, Clock()) as ana:
        confirmed = await ana.enter()
        who = await ana.check(confirmed.token)
        token = await ana.parts.accounts.change_password(who, ana.password, "correct horse battery", HOME.source)
        assert not (await ana.check(token)).needs_location
        assert await ana.locations.is_network_known("ana", "192.0.2.99")
        assert not await ana.locations.is_network_known("ana", "198.51.100.7")


async def test_neither_address_nor_network_nor_token_lies_open(tmp_path: Path) -> None:
    async with ana_at(tmp_path, Clock()) as ana:
        confirmed = await ana.enter()
        await ana.begin(replace(HOME, source="198.51.100.7"))
        secret = [ADDRESS, "lab.example", "192.0.2", "198.51.100", "Firefox", confirmed.token, confirmed.browser]
        secret += await ana.tokens()
        raw = b""
        async with ana.parts.cloud.read() as rows:
            for table in ("account", "sign_in", "known_location", "new_location", "location_link", "mail", "delay"):
                for row in await rows.execute(text(f"SELECT * FROM {table}")):
                    raw += b" ".join(one if isinstance(one, bytes) else str(one).encode() for one in row)
        assert not [word for word in secret if word.encode() in raw]
        async with ana.parts.session.read() as rows:
            details = [row.salted_details or b"" for row in await rows.scalars(select(Event))]
        assert not [word for word in secret if word.encode() in b"".join(details)]


async def test_switched_off_nothing_is_asked(tmp_path: Path) -> None:
    async with opened_parts(tmp_path, Clock(), replace(MAILED, new_location="off")) as parts:
        assert make_locations(parts) is None
        new = await parts.accounts.sign_in("ana", await parts.accounts.add("ana"), HOME.source)
        found = await parts.sign_ins.check(new.token)
        assert found is not None
        assert not found.needs_location


async def test_a_sign_in_that_ended_meanwhile_is_not_let_in(tmp_path: Path) -> None:
    async with ana_at(tmp_path, Clock()) as ana:
        signed_in, _ = await ana.begin()
        token = (await ana.tokens())[0]
        await ana.parts.accounts.sign_out(signed_in)
        assert await refused(ana.locations, signed_in, token) is Refusal.LINK_EXPIRED
        async with ana.parts.cloud.write() as rows:
            await rows.execute(update(LocationLink).values(sign_in=hash_of("another")))
        assert await refused(ana.locations, signed_in, token) is Refusal.LINK_EXPIRED
