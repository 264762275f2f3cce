"""Many tries at once, tries that are given up, and strangers who try an owner's account."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.errors import RefusedError
from benchside.server.access.delays import KNOWN_FOR_MS
from benchside.server.accounts.service import Accounts
from benchside.server.parts import Parts

HOME, ELSEWHERE, STRANGER = "192.0.2.1", "192.0.2.2", "198.51.100.9"


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were looked at; each takes a while, as in life."""
    from benchside.server.accounts.password import Passwords

    seen: list[str] = []
    is_right = Passwords.is_right

    async def slowly(self: Passwords, stored: str | None, password: str) -> bool:
        seen.append(password)
        for _ in range(50):
            await asyncio.sleep(0)
        return await is_right(self, stored, password)

    monkeypatch.setattr(Passwords, "is_right", slowly)
    return seen


async def refused_wait_s(accounts: Accounts, account: str, source: str, password: str = "wrong") -> float | None:
    with pytest.raises(RefusedError) as refused:
        await accounts.sign_in(account, password, source)
    return refused.value.wait_s


async def shut(accounts: Accounts, clock: Clock, account: str) -> None:
    """A stranger tries until the account waits for a whole minute; every time from another address."""
    number = 0
    while (wait_s := await refused_wait_s(accounts, account, f"198.51.100.{number}")) != 60:
        number += 1
        clock.now_ms += int((wait_s or 0) * 1000)


async def test_of_many_tries_at_once_only_the_free_ones_are_looked_at(tmp_path: Path, looked_at: list[str]) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:
        await parts.accounts.add("ana")
        tries = [parts.accounts.sign_in("ana", f"guess {n}", f"198.51.100.{n}") for n in range(200)]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert all(isinstance(one, RefusedError) for one in answers)
        assert len(looked_at) == 3
        looked_at.clear()
        names = [parts.accounts.sign_in(f"nobody-{n}", "guess", STRANGER) for n in range(100)]
        await asyncio.gather(*names, return_exceptions=True)
        assert len(looked_at) == 9  # an address is three times as patient


async def test_of_many_changes_at_once_only_the_free_ones_are_looked_at(tmp_path: Path, looked_at: list[str]) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:
        who = await parts.sign_ins.check(
            (await parts.accounts.sign_in("ana", await parts.accounts.add("ana"), HOME)).token
        )
        assert who is not None
        looked_at.clear()
        tries = [parts.accounts.change_password(who, f"guess {n}", "a fresh password", HOME) for n in range(200)]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert all(isinstance(one, RefusedError) for one in answers)
        assert len(looked_at) == 3


async def test_a_try_that_nobody_waits_for_counts(tmp_path: Path, looked_at: list[str]) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:
        await parts.accounts.add("ana")
        for number in range(10):
            task = asyncio.create_task(parts.accounts.sign_in("ana", f"guess {number}", f"198.51.100.{number}"))
            while len(looked_at) == number and not task.done():
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if len(looked_at) == number:
                break
        assert len(looked_at) == 3


async def test_right_tries_leave_no_trace_in_the_count_of_an_address(tmp_path: Path) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:
        password = await parts.accounts.add("ana")
        for number in range(7):
            assert await refused_wait_s(parts.accounts, f"nobody-{number}", HOME) is None
        await asyncio.gather(*(parts.accounts.sign_in("ana", password, HOME) for _ in range(20)))
        assert await refused_wait_s(parts.accounts, "nobody", HOME) is None
        assert await refused_wait_s(parts.accounts, "nobody", HOME) == 1  # the ninth wrong one


async def test_a_stranger_does_not_keep_out_an_owner_who_signed_in_here_lately(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        password = await parts.accounts.add("ana")
        await parts.accounts.sign_in("ana", password, HOME)
        await shut(parts.accounts, clock, "ana")
        assert await refused_wait_s(parts.accounts, "ana", ELSEWHERE, password) == 60
    async with opened_parts(tmp_path, clock) as parts:  # not even by a restart
        await parts.accounts.sign_in("ana", password, HOME)
        await _is_delayed_by_own_tries(parts, password)
        clock.now_ms += KNOWN_FOR_MS + 1
        await shut(parts.accounts, clock, "ana")
        await parts.delays.forget_old()
        assert await refused_wait_s(parts.accounts, "ana", HOME, password) == 60


async def _is_delayed_by_own_tries(parts: Parts, password: str) -> None:
    assert [await refused_wait_s(parts.accounts, "ana", HOME) for _ in range(3)] == [None, None, 1]
    assert await refused_wait_s(parts.accounts, "ana", HOME, password) == 1


async def test_who_is_known_outlasts_invented_names_and_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchside.server.access.delays.MAX_ROWS", 5)
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        password = await parts.accounts.add("ana")
        await parts.accounts.sign_in("ana", password, HOME)
        for number in range(20):
            clock.now_ms += 3600_000
            await refused_wait_s(parts.accounts, f"nobody-{number}", f"198.51.100.{number}")
        clock.now_ms += 48 * 3600_000
        await parts.delays.forget_old()
        await shut(parts.accounts, clock, "ana")
        await parts.accounts.sign_in("ana", password, HOME)
