"""Who may see, claim and agree: every rule, each alone, as the server asks it."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes.people import associate, site

from benchside.protocol.errors import Refusal
from benchside.protocol.trust.admission import Place
from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.trust.policy import AuthorityPin, Policy, read_policy, sign_policy
from benchside.protocol.wire.policy import AssociateRole, Hours, PolicyPayload, SiteRules, Training
from benchside.server.access.model import Person, may_claim, may_go_on, may_second, may_see

AUTHORITY = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY, NOW = b"k" * 32, 1_795_910_400_000
"""Sunday, 2026-11-29, at midnight UTC; one o'clock in Madrid."""
PLACE = Place(region="global", site="lab-1", models=("CX-200", "CX-300"))
SCOPE: dict[str, Any] = {"models": ("CX-200", "CX-300"), "sites": ("lab-1",), "customers": ("hospital",)}


def policy(lab: dict[str, Any] | None = None, **changes: Any) -> Policy:
    spki = public_bytes(AUTHORITY.public_key())
    ana: dict[str, Any] = {"expires_utc_ms": NOW + 1} | SCOPE | changes
    payload = PolicyPayload(
        version=1, issued_utc_ms=0, expires_utc_ms=NOW + 10, ticket_keys=(spki,),
        associates=(associate(ana.pop("id", "ana"), KEY, **ana),), sites=(site("lab-1", **(lab or {})),),
    )  # fmt: skip
    return read_policy(sign_policy(payload, AUTHORITY), AuthorityPin(key=spki), at_least_version=1)


def test_whom_the_policy_covers_may() -> None:
    everywhere = policy(models=("*",), sites=("*",), customers=("*",))
    for each in (policy(), everywhere):
        assert may_see(Person("ana", None), PLACE, each, NOW) is None
        assert may_claim(Person("ana", KEY), PLACE, each, NOW) is None
        assert may_second(Person("ana", KEY), PLACE, each, NOW) is None


def trained(law: str, expires_utc_ms: int) -> Training:
    return Training(course=f"{law}-basics", law=law, expires_utc_ms=expires_utc_ms)


@pytest.mark.parametrize(
    ("changes", "lab", "why"),
    [
        ({"id": "ben"}, {}, Refusal.NOT_IN_POLICY),
        ({"regions": ("cn",)}, {}, Refusal.WRONG_REGION),
        ({"regions": ()}, {}, Refusal.WRONG_REGION),
        ({"regions": ("global", "cn")}, {"region": "cn"}, Refusal.UNKNOWN_SITE),
        ({"customers": ("other",)}, {}, Refusal.WRONG_CUSTOMER),
        ({"customers": ()}, {}, Refusal.WRONG_CUSTOMER),
        ({"scopes": ()}, {}, Refusal.WRONG_CUSTOMER),
        ({"sites": ("lab-2",)}, {}, Refusal.WRONG_SITE),
        ({"sites": ()}, {}, Refusal.WRONG_SITE),
        ({"models": ("CX-200",)}, {}, Refusal.WRONG_MODEL),
        ({"models": ()}, {}, Refusal.WRONG_MODEL),
        ({}, {"id": "lab-2"}, Refusal.UNKNOWN_SITE),
        ({"expires_utc_ms": NOW}, {}, Refusal.EXPIRED_IN_POLICY),
        ({"trainings": ()}, {}, Refusal.NOT_TRAINED),
        ({"trainings": (trained("hipaa", NOW + 1),)}, {}, Refusal.NOT_TRAINED),
        ({"trainings": (trained("gdpr", NOW),)}, {}, Refusal.TRAINING_EXPIRED),
        ({}, {"laws": ("gdpr", "hds")}, Refusal.NOT_TRAINED),
        ({}, {"rules": SiteRules(named=("ben",))}, Refusal.NOT_NAMED),
    ],
)
def test_each_rule_alone_keeps_out(changes: dict[str, Any], lab: dict[str, Any], why: Refusal) -> None:
    each = policy(lab, **changes)
    assert may_see(Person("ana", KEY), PLACE, each, NOW) is why
    assert may_claim(Person("ana", KEY), PLACE, each, NOW) is why
    assert may_second(Person("ana", KEY), PLACE, each, NOW) is why
    assert may_go_on("ana", PLACE, each, NOW) is why


def test_the_scopes_of_two_groups_do_not_mix() -> None:
    scopes = tuple(
        scope for models, sites in ((("CX-200",), ("lab-1",)), (("CX-300",), ("lab-2",)))
        for scope in associate("x", expires_utc_ms=1, models=models, sites=sites).scopes
    )  # fmt: skip
    each = policy(scopes=scopes)
    assert may_see(Person("ana", None), Place(region="global", site="lab-1", models=("CX-200",)), each, NOW) is None
    for models in (("CX-300",), ("CX-200", "CX-300")):
        place = Place(region="global", site="lab-1", models=models)
        assert may_see(Person("ana", None), place, each, NOW) is Refusal.WRONG_MODEL


def test_a_dispatcher_sees_and_does_no_more() -> None:
    each = policy(role=AssociateRole.DISPATCHER)
    assert may_see(Person("ana", KEY), PLACE, each, NOW) is None
    assert may_claim(Person("ana", KEY), PLACE, each, NOW) is Refusal.WRONG_ROLE
    assert may_second(Person("ana", KEY), PLACE, each, NOW) is Refusal.WRONG_ROLE
    assert may_go_on("ana", PLACE, each, NOW) is Refusal.WRONG_ROLE


@pytest.mark.parametrize(
    ("zone", "hours", "is_open"),
    [
        ("UTC", Hours(days=(6,), from_minute=0, to_minute=1), True),
        ("UTC", Hours(days=(6,), from_minute=1, to_minute=1440), False),
        ("UTC", Hours(days=(5,), from_minute=0, to_minute=1440), False),
        ("Europe/Madrid", Hours(days=(6,), from_minute=60, to_minute=61), True),
        ("America/New_York", Hours(days=(5,), from_minute=19 * 60, to_minute=20 * 60), True),
        ("Mars/Olympus", Hours(days=tuple(range(7)), from_minute=0, to_minute=1440), False),
    ],
)
def test_sessions_take_place_in_the_sites_own_hours(zone: str, hours: Hours, is_open: bool) -> None:
    each = policy({"time_zone": zone, "rules": SiteRules(hours=(hours,))})
    why = None if is_open else Refusal.OUT_OF_HOURS
    assert may_claim(Person("ana", KEY), PLACE, each, NOW) is why
    assert may_go_on("ana", PLACE, each, NOW) is why
    if zone != "Mars/Olympus":
        assert may_see(Person("ana", KEY), PLACE, each, NOW) is None, "to read is possible at any hour"


def test_without_policy_or_key_nobody_claims() -> None:
    for may in (may_claim, may_second):
        assert may(Person("ana", KEY), PLACE, None, NOW) is Refusal.NO_POLICY
        assert may(Person("ana", None), PLACE, policy(), NOW) is Refusal.NOT_IN_POLICY
        assert may(Person("ana", bytes(32)), PLACE, policy(), NOW) is Refusal.NOT_IN_POLICY
        assert may(Person("ana", KEY), PLACE, policy(), NOW + 10) is Refusal.OLD_POLICY
    assert may_see(Person("ana", KEY), PLACE, None, NOW) is Refusal.NO_POLICY
