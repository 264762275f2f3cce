"""Who may see and claim: every rule, each alone."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchside.protocol.errors import Refusal
from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.trust.policy import AuthorityPin, Place, Policy, read_policy, sign_policy
from benchside.protocol.wire.policy import AssociateEntry, PolicyPayload
from benchside.server.access.model import Person, may_claim, may_see

AUTHORITY = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY, NOW = b"k" * 32, 1000
PLACE = Place(region="global", site="lab-1", models=("CX-200", "CX-300"))
ENTRY = AssociateEntry(
    id="ana", name="Ana", organisation="Vendor", keys=(KEY,), regions=("global",), models=("CX-200", "CX-300"),
    sites=("lab-1",), expires_utc_ms=NOW + 1,
)  # fmt: skip


def policy(**changes: object) -> Policy:
    spki = public_bytes(AUTHORITY.public_key())
    payload = PolicyPayload(
        version=1, issued_utc_ms=0, expires_utc_ms=NOW + 10, ticket_keys=(spki,),
        associates=(msgspec.structs.replace(ENTRY, **changes),),
    )  # fmt: skip
    return read_policy(sign_policy(payload, AUTHORITY), AuthorityPin(key=spki), at_least_version=1)


def test_whom_the_policy_covers_may() -> None:
    assert may_see(Person("ana", None), PLACE, policy(), NOW) is None
    assert may_claim(Person("ana", KEY), PLACE, policy(), NOW) is None
    assert may_claim(Person("ana", KEY), PLACE, policy(models=("*",), sites=("*",)), NOW) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": "ben"}, Refusal.NOT_IN_POLICY),
        ({"regions": ("cn",)}, Refusal.WRONG_REGION),
        ({"regions": ()}, Refusal.WRONG_REGION),
        ({"sites": ("lab-2",)}, Refusal.WRONG_SITE),
        ({"sites": ()}, Refusal.WRONG_SITE),
        ({"models": ("CX-200",)}, Refusal.WRONG_MODEL),
        ({"models": ()}, Refusal.WRONG_MODEL),
        ({"expires_utc_ms": NOW}, Refusal.EXPIRED_IN_POLICY),
    ],
)
def test_each_rule_alone_keeps_out(changes: dict[str, object], why: Refusal) -> None:
    assert may_see(Person("ana", KEY), PLACE, policy(**changes), NOW) is why
    assert may_claim(Person("ana", KEY), PLACE, policy(**changes), NOW) is why


def test_without_policy_or_key_nobody_claims() -> None:
    assert may_see(Person("ana", KEY), PLACE, None, NOW) is Refusal.NO_POLICY
    assert may_claim(Person("ana", KEY), PLACE, None, NOW) is Refusal.NO_POLICY
    assert may_claim(Person("ana", None), PLACE, policy(), NOW) is Refusal.NOT_IN_POLICY
    assert may_claim(Person("ana", bytes(32)), PLACE, policy(), NOW) is Refusal.NOT_IN_POLICY
    assert may_claim(Person("ana", KEY), PLACE, policy(), NOW + 10) is Refusal.EXPIRED_IN_POLICY
