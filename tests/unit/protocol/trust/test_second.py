"""A second associate's agreement: to one session, by another person with another key, lately."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes.keys import rsa_key
from tests.fakes.people import associate, site

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.trust.admission import Moment, Place
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.trust.policy import AuthorityPin, Policy, read_policy, sign_policy
from benchside.protocol.trust.second import SECOND_LIFE_MS, SECOND_SKEW_MS, SecondFor, say_second
from benchside.protocol.wire.policy import AssociateRole, PolicyPayload, SiteRules

NOW = 1_800_000_000_000
AUTHORITY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ABOUT = SecondFor(request_id=b"r" * 16, device_id=b"d" * 16, associate="ana", key=b"a" * 32)
ASKS = SiteRules(second_eyes=True)


@cache
def ben_key() -> rsa.RSAPrivateKey:
    return rsa_key(1)


def ben_fingerprint() -> bytes:
    return fingerprint(public_bytes(ben_key().public_key()))


def policy(*, asks: bool = True, **ben: object) -> Policy:
    spki = public_bytes(AUTHORITY.public_key())
    payload = PolicyPayload(
        version=1, issued_utc_ms=NOW, expires_utc_ms=NOW + 10**9, ticket_keys=(spki,),
        associates=(
            associate("ana", b"a" * 32, expires_utc_ms=NOW + 10**9),
            associate("ben", ben_fingerprint(), **({"expires_utc_ms": NOW + 10**9} | ben)),
        ),
        sites=(site("lab", rules=SiteRules(second_eyes=asks)),),
    )  # fmt: skip
    return read_policy(sign_policy(payload, AUTHORITY), AuthorityPin(key=spki), at_least_version=1)


PLACE = Place(region="global", site="lab", models=("CX-200",))


def judge(each: Policy, said: object, place: Place = PLACE, at: int = NOW) -> str | None:
    moment = Moment(utc_ms=at, weekday=0, minute=0)
    return each.check_second(said, ABOUT, place=place, now=moment)  # type: ignore[arg-type]  # hostile on purpose


def test_who_may_help_there_may_agree() -> None:
    said = say_second(ABOUT, "ben", ben_key(), NOW)
    assert judge(policy(), said) == "ben"
    assert judge(policy(), said, at=NOW + SECOND_LIFE_MS - 1) == "ben"
    assert judge(policy(), said, at=NOW - SECOND_SKEW_MS) == "ben"
    assert judge(policy(asks=False), None) is None
    assert judge(policy(asks=False), said, replace(PLACE, rules=ASKS)) == "ben", "the PC's own rule asks as well"


@pytest.mark.parametrize("at", [NOW + SECOND_LIFE_MS, NOW - SECOND_SKEW_MS - 1])
def test_an_agreement_of_another_time_counts_nothing(at: int) -> None:
    refuse(policy(), say_second(ABOUT, "ben", ben_key(), NOW), at=at)


def test_nothing_else_is_an_agreement() -> None:
    good = say_second(ABOUT, "ben", ben_key(), NOW)
    for wrong in (
        None,
        say_second(replace(ABOUT, request_id=b"x" * 16), "ben", ben_key(), NOW),
        say_second(replace(ABOUT, device_id=b"x" * 16), "ben", ben_key(), NOW),
        say_second(replace(ABOUT, key=b"x" * 32), "ben", ben_key(), NOW),
        say_second(replace(ABOUT, associate="eve"), "ben", ben_key(), NOW),
        say_second(ABOUT, "ana", ben_key(), NOW),
        say_second(ABOUT, "eve", ben_key(), NOW),
        msgspec.structs.replace(good, issued_utc_ms=NOW + 1),
        msgspec.structs.replace(good, signature=bytes(512)),
        msgspec.structs.replace(good, key=bytes(550)),
    ):
        refuse(policy(), wrong)
    refuse(policy(asks=False), None, replace(PLACE, rules=ASKS))


@pytest.mark.parametrize(
    "changes",
    [
        {"role": AssociateRole.DISPATCHER},
        {"sites": ("lab-2",)},
        {"trainings": ()},
        {"expires_utc_ms": NOW},
        {"keys": (b"x" * 32,)},
    ],
)
def test_whoever_may_not_help_there_cannot_agree(changes: dict[str, object]) -> None:
    refuse(policy(**changes), say_second(ABOUT, "ben", ben_key(), NOW))


def refuse(each: Policy, said: object, place: Place = PLACE, at: int = NOW) -> None:
    with pytest.raises(RefusedError) as caught:
        judge(each, said, place, at)
    assert caught.value.reason is Refusal.SECOND_EYES
