"""Whom a customer's PCs let in, by what each of them goes by."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes.people import associate, site

from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.trust.policy import AuthorityPin, Policy, read_policy, sign_policy
from benchside.protocol.wire.policy import AssociateEntry, AssociateRole, Hours, PolicyPayload, SiteRules, Training
from benchside.server.administration.admitted import Door, admitted

AUTHORITY = Ed25519PrivateKey.from_private_bytes(bytes(32))
NOW = 1_795_910_400_000
"""Sunday, 2026-11-29, at midnight UTC."""
WORKDAYS = SiteRules(hours=(Hours(days=(0, 1, 2, 3, 4), from_minute=480, to_minute=1020),))
DOOR = Door("global", "lab-1", ("CX-200", "CX-300"), 1)


def person(account: str = "ana", **changes: Any) -> AssociateEntry:
    return associate(account, account.encode().ljust(32), **({"expires_utc_ms": NOW + 1} | changes))


def policy(*people: AssociateEntry, version: int = 1, end: int = 10, **lab: Any) -> Policy:
    spki = public_bytes(AUTHORITY.public_key())
    payload = PolicyPayload(
        version=version, issued_utc_ms=0, expires_utc_ms=NOW + end, ticket_keys=(spki,), associates=people,
        sites=(site("lab-1", **lab), site("lab-2")),
    )  # fmt: skip
    return read_policy(sign_policy(payload, AUTHORITY), AuthorityPin(key=spki), at_least_version=1)


def let_in(held: Policy, door: Door = DOOR) -> list[str]:
    return [one.entry.id for one in admitted([door], {held.version: held}, NOW)]


@pytest.mark.parametrize(
    ("changes", "lab", "is_let_in"),
    [
        ({}, {}, True),
        ({"models": ("CX-200",)}, {}, False),  # the PC has two instruments, and is seen whole
        ({"models": ("CX-300", "CX-200")}, {}, True),
        ({"role": AssociateRole.DISPATCHER}, {}, False),
        ({"regions": ("cn",)}, {}, False),
        ({"expires_utc_ms": NOW}, {}, False),
        ({"trainings": (Training(course="p", law="gdpr", expires_utc_ms=NOW),)}, {}, False),
        ({}, {"laws": ("gdpr", "hipaa")}, False),
        ({}, {"rules": SiteRules(named=("ben",))}, False),
        ({}, {"rules": SiteRules(named=("ana",), second_eyes=True)}, True),
        ({}, {"rules": WORKDAYS}, True),  # not at this hour: from Monday on
        ({}, {"rules": WORKDAYS, "time_zone": "Mars/Olympus"}, False),
        ({}, {"time_zone": "Mars/Olympus"}, True),
        ({}, {"region": "cn"}, False),
    ],
)
def test_whoever_a_pc_would_refuse_is_not_named(changes: dict[str, Any], lab: dict[str, Any], is_let_in: bool) -> None:
    assert let_in(policy(person(**changes), **lab)) == (["ana"] if is_let_in else [])


def test_a_pc_goes_by_the_policy_that_it_holds() -> None:
    old, new = policy(person(), person("ben")), policy(person(name="Anna"), person("eve"), version=2)
    doors = [DOOR, Door("global", "lab-2", ("X",), 2)]
    found = admitted(doors, {1: old, 2: new}, NOW)
    assert [(one.entry.id, one.entry.name, one.sites) for one in found] == [
        ("ana", "Anna", ("lab-1", "lab-2")),
        ("ben", "Ben Example", ("lab-1",)),
        ("eve", "Eve Example", ("lab-2",)),
    ]
    for version in (0, 3):  # none yet, or one that nobody knows
        assert admitted([Door("global", "lab-1", ("X",), version)], {1: old, 2: new}, NOW) == []
    assert admitted([], {1: old}, NOW) == []
    assert let_in(policy(person(), end=0)) == []
