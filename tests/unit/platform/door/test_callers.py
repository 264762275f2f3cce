"""Room at a local door: shared between accounts, and never used up for the services themselves."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from benchside.platform.door.callers import MAX_CALLERS, MAX_CALLERS_EACH, Callers


@dataclass(frozen=True)
class Peer:
    """A `LocalPeer` of any account: "system", "ours", or a person's."""

    account: str
    pid: int = 1

    @property
    def name(self) -> str:
        return self.account

    @property
    def is_person(self) -> bool:
        return not self.is_ours and not self.is_system

    @property
    def is_ours(self) -> bool:
        return self.account == "ours"

    @property
    def is_system(self) -> bool:
        return self.account == "system"


class Door:
    """Callers that stay."""

    def __init__(self) -> None:
        self.callers = Callers()
        self._stay = ExitStack()

    def come(self, account: str, times: int = 1) -> list[bool]:
        return [self._stay.enter_context(self.callers.coming(Peer(account))) for _ in range(times)]

    def all_go(self) -> None:
        self._stay.close()


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.mark.parametrize("account", ["eva", "ours", "system"])
def test_one_account_has_its_share_and_leaves_room(door: Door, account: str) -> None:
    assert door.come(account, MAX_CALLERS_EACH + 1) == [True] * MAX_CALLERS_EACH + [False]
    assert door.come("mara") == [True]


@pytest.mark.parametrize("account", ["ours", "system"])
def test_no_number_of_persons_keeps_the_services_out(door: Door, account: str) -> None:
    for person in range(MAX_CALLERS):
        door.come(f"person {person}")
    assert door.come("mara") == [False]
    assert door.come(account) == [True]


def test_whoever_goes_makes_room(door: Door) -> None:
    door.come("eva", MAX_CALLERS_EACH)
    door.all_go()
    assert door.come("eva") == [True]


def test_whoever_is_sent_away_takes_no_room(door: Door) -> None:
    door.come("eva", MAX_CALLERS_EACH)
    for _ in range(MAX_CALLERS):
        with door.callers.coming(Peer("eva")) as has_room:
            assert not has_room
    assert door.come("mara") == [True]
