"""Tickets and policies: what is believed, and each way in which one must not be."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes.people import associate, site

from benchside.protocol.errors import PeerError, Refusal, RefusedError
from benchside.protocol.trust.admission import Moment, Place
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.trust.policy import (
    AuthorityPin,
    follow_rotations,
    read_policy,
    sign_policy,
    sign_rotation,
)
from benchside.protocol.trust.signed import POLICY_PURPOSE, TICKET_PURPOSE, open_signed, sign
from benchside.protocol.trust.ticket import TicketFor, check_ticket, issue_ticket, match_ticket
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.policy import AssociateEntry, PolicyPayload, RotationPayload
from benchside.protocol.wire.ticket import SIGNED, SignedBytes, TicketPayload

NOW = 1_800_000_000_000
DAY_MS = 86_400_000
KEY = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()
SPKI, OTHER_SPKI = public_bytes(KEY.public_key()), public_bytes(OTHER.public_key())
MOMENT = Moment(utc_ms=NOW, weekday=0, minute=0)
PLACE = Place(region="global", site="lab", models=("CX-200",))


def payload(**changes: object) -> TicketPayload:
    known = TicketPayload(
        version=1,
        serial=bytes(16),
        relay="relay-1",
        request_id=b"r" * 16,
        device_id=b"d" * 16,
        associate="m.ferrer",
        role=Role.CONSOLE,
        channel=Channel.MAIN,
        key=b"k" * 32,
        issued_utc_ms=NOW,
        expires_utc_ms=NOW + 60_000,
    )
    return msgspec.structs.replace(known, **changes)


def check(ticket: bytes, now: int = NOW + 1000, relay: str | None = "relay-1") -> TicketPayload:
    return check_ticket(ticket, ticket_keys=(SPKI,), relay=relay, now_utc_ms=now)


def test_a_genuine_ticket_is_believed_within_its_minute_and_the_clocks_difference() -> None:
    ticket = issue_ticket(payload(), KEY)
    for now in (NOW - 4_999, NOW, NOW + 64_999):
        assert check(ticket, now) == payload()


@pytest.mark.parametrize("now", [NOW - 5_001, NOW + 65_000])
def test_a_ticket_of_another_moment_is_refused(now: int) -> None:
    with pytest.raises(RefusedError) as raised:
        check(issue_ticket(payload(), KEY), now)
    assert raised.value.reason is Refusal.TICKET_EXPIRED


@pytest.mark.parametrize(
    "ticket",
    [
        issue_ticket(payload(), OTHER),
        issue_ticket(payload(version=2), KEY),
        issue_ticket(payload(expires_utc_ms=NOW + 60_001), KEY),
        issue_ticket(payload(expires_utc_ms=NOW), KEY),
        sign(POLICY_PURPOSE, b"x", KEY),
        issue_ticket(payload(), KEY)[:-1],
        b"",
        os.urandom(100),
    ],
)
def test_a_forged_long_or_mangled_ticket_is_refused(ticket: bytes) -> None:
    with pytest.raises(RefusedError) as raised:
        check(ticket)
    assert raised.value.reason is Refusal.TICKET_INVALID


def test_each_flipped_bit_of_a_ticket_is_noticed() -> None:
    ticket = issue_ticket(payload(), KEY)
    for place in range(len(ticket)):
        mangled = ticket[:place] + bytes([ticket[place] ^ 1]) + ticket[place + 1 :]
        with pytest.raises(RefusedError):
            check(mangled)


def test_a_ticket_for_another_relay_is_refused() -> None:
    with pytest.raises(RefusedError) as raised:
        check(issue_ticket(payload(relay="relay-2"), KEY))
    assert raised.value.reason is Refusal.TICKET_MISMATCH


@pytest.mark.parametrize(
    "wrong",
    [
        {"request_id": b"x" * 16},
        {"device_id": b"x" * 16},
        {"role": Role.PC},
        {"channel": Channel.VIEW},
        {"key": b"x" * 32},
    ],
)
def test_a_ticket_for_anything_else_does_not_match(wrong: dict[str, object]) -> None:
    wanted = TicketFor(
        request_id=b"r" * 16, device_id=b"d" * 16, role=Role.CONSOLE, channel=Channel.MAIN, key=b"k" * 32
    )
    match_ticket(payload(), wanted)
    with pytest.raises(RefusedError):
        match_ticket(payload(), replace(wanted, **wrong))  # type: ignore[arg-type]  # one field each


def test_a_signature_for_one_purpose_never_fits_another() -> None:
    with pytest.raises(PeerError):
        open_signed(TICKET_PURPOSE, sign(POLICY_PURPOSE, b"x", KEY), (SPKI,))
    stripped = SIGNED.encode(SignedBytes(b"x", KEY.sign(b"x")))
    with pytest.raises(PeerError):
        open_signed(TICKET_PURPOSE, stripped, (SPKI,))


def entry(**changes: object) -> AssociateEntry:
    fields: dict[str, Any] = {
        "id": "m.ferrer", "name": "Marta Ferrer", "models": ("CX-200",), "sites": ("lab",), "keys": (b"k" * 32,),
        "expires_utc_ms": NOW + DAY_MS,
    } | changes  # fmt: skip
    return associate(fields.pop("id"), **fields)


def policy(*associates: AssociateEntry, version: int = 3, expires: int = NOW + DAY_MS) -> PolicyPayload:
    return PolicyPayload(
        version=version,
        issued_utc_ms=NOW,
        expires_utc_ms=expires,
        ticket_keys=(SPKI,),
        associates=associates or (entry(),),
        sites=(site("lab"),),
    )


PIN = AuthorityPin(key=SPKI)


def test_an_associate_in_the_policy_is_admitted() -> None:
    known = read_policy(sign_policy(policy(), KEY), PIN, at_least_version=3)
    assert known.admit(b"k" * 32, associate_id="m.ferrer", place=PLACE, now=MOMENT).name == "Marta Ferrer"


@pytest.mark.parametrize(
    ("changes", "place", "reason"),
    [
        ({"keys": (b"x" * 32,)}, PLACE, Refusal.NOT_IN_POLICY),
        ({"id": "somebody.else"}, PLACE, Refusal.NOT_IN_POLICY),
        ({"expires_utc_ms": NOW}, PLACE, Refusal.EXPIRED_IN_POLICY),
        ({"regions": ("cn",)}, PLACE, Refusal.WRONG_REGION),
        ({"regions": ()}, PLACE, Refusal.WRONG_REGION),
        ({"sites": ("other",)}, PLACE, Refusal.WRONG_SITE),
        ({"sites": ()}, PLACE, Refusal.WRONG_SITE),
        ({"models": ()}, PLACE, Refusal.WRONG_MODEL),
        ({}, replace(PLACE, models=("CX-200", "Navios")), Refusal.WRONG_MODEL),
        ({}, replace(PLACE, models=()), Refusal.WRONG_MODEL),
    ],
)
def test_everybody_else_is_refused_with_the_rule_that_says_no(
    changes: dict[str, object], place: Place, reason: Refusal
) -> None:
    known = read_policy(sign_policy(policy(entry(**changes)), KEY), PIN, at_least_version=1)
    with pytest.raises(RefusedError) as raised:
        known.admit(b"k" * 32, associate_id="m.ferrer", place=place, now=MOMENT)
    assert raised.value.reason is reason


def test_a_policy_out_of_time_admits_nobody() -> None:
    known = read_policy(sign_policy(policy(expires=NOW), KEY), PIN, at_least_version=1)
    with pytest.raises(RefusedError) as raised:
        known.admit(b"k" * 32, associate_id=None, place=PLACE, now=MOMENT)
    assert raised.value.reason is Refusal.OLD_POLICY


def test_an_older_policy_is_refused() -> None:
    with pytest.raises(RefusedError) as raised:
        read_policy(sign_policy(policy(version=3), KEY), PIN, at_least_version=4)
    assert raised.value.reason is Refusal.OLD_POLICY


def test_a_policy_of_another_authority_is_refused() -> None:
    with pytest.raises(PeerError):
        read_policy(sign_policy(policy(), OTHER), PIN, at_least_version=1)


def test_a_policy_that_names_a_key_or_a_person_twice_is_refused() -> None:
    for associates in ((entry(), entry(id="x")), (entry(), entry(keys=(b"y" * 32,)))):
        with pytest.raises(PeerError):
            read_policy(sign_policy(policy(*associates), KEY), PIN, at_least_version=1)


def rotation(serial: int, old: Ed25519PrivateKey, new: Ed25519PrivateKey) -> bytes:
    return sign_rotation(
        RotationPayload(
            serial=serial,
            old_key=fingerprint(public_bytes(old.public_key())),
            new_key=public_bytes(new.public_key()),
            issued_utc_ms=NOW,
        ),
        old,
    )


def test_rotations_are_followed_in_order_and_only_from_the_pinned_key() -> None:
    third = Ed25519PrivateKey.generate()
    chain = (rotation(1, KEY, OTHER), rotation(2, OTHER, third))
    assert follow_rotations(PIN, chain) == AuthorityPin(key=public_bytes(third.public_key()), rotation_serial=2)
    # a PC that knows the first already passes it over
    assert follow_rotations(AuthorityPin(key=OTHER_SPKI, rotation_serial=1), chain).rotation_serial == 2
    for wrong in ((rotation(2, KEY, OTHER),), (rotation(1, OTHER, third),), (chain[0][:-1],)):
        with pytest.raises(PeerError):
            follow_rotations(PIN, wrong)
    # what an old key signed after it handed over is passed over, and leads nowhere
    assert follow_rotations(PIN, (chain[0], rotation(2, KEY, third))).key == OTHER_SPKI
