"""Accounts by time: idle and old sign-ins, resets, and the rules for passwords."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.errors import Refusal, RefusedError
from benchside.server.accounts.password import make_initial_password, password_fault
from benchside.server.accounts.sign_ins import ABSOLUTE_MS, IDLE_MS
from benchside.server.bus.contract import SignInEnded


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ("elevenchars", "too_short"),
        ("x" * 257, "too_long"),
        ("long enough Ana.B here", "like_account"),
        ("aaaaaaaaaaaaaaaa", "too_simple"),
        ("the old password", "unchanged"),
        ("a fresh password", None),
    ],
)
def test_the_rules_for_a_new_password(new: str, fault: str | None) -> None:
    assert password_fault(new, account="ana.b", old="the old password") == fault


def test_initial_passwords_meet_the_rules_and_differ() -> None:
    made = {make_initial_password() for _ in range(50)}
    assert len(made) == 50
    assert all(password_fault(one, account="ana.b", old="") is None for one in made)


async def test_sign_ins_end_by_idleness_by_age_and_by_reset(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        accounts = parts.accounts
        password = await accounts.add("ana")
        first = await accounts.sign_in("ana", password, "192.0.2.1")
        who = await parts.sign_ins.check(first.token)
        assert who is not None
        assert (who.account, who.must_change, first.must_change) == ("ana", True, True)
        clock.now_ms += IDLE_MS
        assert await parts.sign_ins.check(first.token) is not None
        clock.now_ms += 1
        assert await parts.sign_ins.check(first.token) is None

        second = await accounts.sign_in("ana", password, "192.0.2.1")
        who = await parts.sign_ins.check(second.token)
        assert who is not None
        for _ in range(ABSOLUTE_MS // IDLE_MS):
            clock.now_ms += IDLE_MS
            await parts.sign_ins.touch(who)
            assert await parts.sign_ins.check(second.token) is not None
        clock.now_ms += 1
        assert await parts.sign_ins.check(second.token) is None

        third = await accounts.sign_in("ana", password, "192.0.2.1")
        news = parts.bus.subscribe(lambda one: isinstance(one, SignInEnded), limit=10)
        again = await accounts.reset("ana")
        assert await parts.sign_ins.check(third.token) is None
        assert isinstance(await news.next(0), SignInEnded)
        with pytest.raises(RefusedError) as refused:
            await accounts.sign_in("ana", password, "192.0.2.1")
        assert refused.value.reason is Refusal.SIGN_IN
        assert (await accounts.sign_in("ana", again, "192.0.2.1")).must_change


async def test_an_account_exists_once_and_has_a_plain_name(tmp_path: Path) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:
        await parts.accounts.add("ana")
        for name in ("ana", "", "a b", "x" * 65, "ana\n", "../ana"):
            with pytest.raises(RefusedError):
                await parts.accounts.add(name)
