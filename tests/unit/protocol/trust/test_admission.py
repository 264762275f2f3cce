"""Each rule of admission alone, and which of several is the one that is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.fakes.people import associate, site

from benchside.protocol.errors import Refusal
from benchside.protocol.trust.admission import Act, Moment, Place, needs_second_eyes, reaches, why_not
from benchside.protocol.wire.policy import ANY, AssociateRole, Hours, Scope, SiteRules, Training

NOW = Moment(utc_ms=1_000_000, weekday=2, minute=600)
PLACE = Place(region="global", site="lab-1", models=("CX-200", "CX-300"))
OPEN = SiteRules(hours=(Hours(days=(2,), from_minute=600, to_minute=601),))
SHUT = SiteRules(
    hours=(Hours(days=(2,), from_minute=0, to_minute=600), Hours(days=(1,), from_minute=0, to_minute=1440))
)
ANA, BEN = SiteRules(named=("ana",)), SiteRules(named=("ben",))


def trained(law: str, end: int = 0) -> Training:
    return Training(course=law, law=law, expires_utc_ms=NOW.utc_ms + end)


def asked(
    act: Act = Act.HELP, *, lab: dict[str, Any] | None = None, place: Place = PLACE, **changes: Any
) -> Refusal | None:
    entry = associate("ana", b"k" * 32, **({"expires_utc_ms": NOW.utc_ms + 1} | changes))
    return why_not(act, entry, site(**({"name": "lab-1"} | (lab or {}))), place, NOW)


REFUSED: list[tuple[dict[str, Any], dict[str, Any], Place, Refusal]] = [
    ({"expires_utc_ms": NOW.utc_ms, "trainings": (trained("gdpr", 9),)}, {}, PLACE, Refusal.EXPIRED_IN_POLICY),
    ({"role": AssociateRole.DISPATCHER}, {}, PLACE, Refusal.WRONG_ROLE),
    ({}, {"id": "lab-2"}, PLACE, Refusal.UNKNOWN_SITE),
    # the policy knows the site in another region: whoever may help in both is not to blame
    ({"regions": ("global", "cn")}, {"region": "cn"}, PLACE, Refusal.UNKNOWN_SITE),
    ({"regions": ("cn",)}, {}, PLACE, Refusal.WRONG_REGION),
    ({"regions": ()}, {}, PLACE, Refusal.WRONG_REGION),
    ({"customers": ("other",)}, {}, PLACE, Refusal.WRONG_CUSTOMER),
    ({"scopes": ()}, {}, PLACE, Refusal.WRONG_CUSTOMER),
    ({"sites": ("lab-2",)}, {}, PLACE, Refusal.WRONG_SITE),
    ({"models": ("CX-200",)}, {}, PLACE, Refusal.WRONG_MODEL),
    ({"models": ("CX-200", "CX-300")}, {}, replace(PLACE, models=()), Refusal.WRONG_MODEL),
    ({"trainings": ()}, {}, PLACE, Refusal.NOT_TRAINED),
    ({"trainings": (trained("hipaa", 1),)}, {}, PLACE, Refusal.NOT_TRAINED),
    ({"trainings": (trained("gdpr", 0),)}, {}, PLACE, Refusal.TRAINING_EXPIRED),
    # of several laws the first that is missing, in the order of the site's own
    ({"trainings": (trained("hds", 0),)}, {"laws": ("gdpr", "hds")}, PLACE, Refusal.NOT_TRAINED),
    ({"trainings": (trained("hds", 0),)}, {"laws": ("hds", "gdpr")}, PLACE, Refusal.TRAINING_EXPIRED),
    ({}, {"rules": BEN}, PLACE, Refusal.NOT_NAMED),
    ({}, {}, replace(PLACE, rules=BEN), Refusal.NOT_NAMED),
    ({}, {"rules": ANA}, replace(PLACE, rules=BEN), Refusal.NOT_NAMED),
    ({}, {"rules": SHUT}, PLACE, Refusal.OUT_OF_HOURS),
    ({}, {"rules": OPEN}, replace(PLACE, rules=SHUT), Refusal.OUT_OF_HOURS),
    # whoever is not named need not come back when it opens, wherever either stands
    ({}, {"rules": SHUT}, replace(PLACE, rules=BEN), Refusal.NOT_NAMED),
    ({}, {"rules": BEN}, replace(PLACE, rules=SHUT), Refusal.NOT_NAMED),
]


@pytest.mark.parametrize(("changes", "lab", "place", "why"), REFUSED)
def test_each_rule_says_no_for_itself(changes: dict[str, Any], lab: dict[str, Any], place: Place, why: Refusal) -> None:
    assert asked(lab=lab, place=place, **changes) is why
    assert asked(Act.SECOND, lab=lab, place=place, **changes) is why
    to_read = None if why in (Refusal.WRONG_ROLE, Refusal.OUT_OF_HOURS) else why
    assert asked(Act.SEE, lab=lab, place=place, **changes) is to_read


@pytest.mark.parametrize(
    ("changes", "lab", "place"),
    [
        ({}, {}, PLACE),
        ({}, {"rules": OPEN}, replace(PLACE, rules=ANA)),
        ({"models": ("*",)}, {}, replace(PLACE, models=())),
        ({"trainings": (trained("gdpr", 0), trained("gdpr", 1))}, {}, PLACE),
        ({"trainings": ()}, {"laws": ()}, PLACE),
    ],
)
def test_whom_no_rule_keeps_out_may(changes: dict[str, Any], lab: dict[str, Any], place: Place) -> None:
    for act in Act:
        assert asked(act, lab=lab, place=place, **changes) is None


def test_a_place_of_which_the_policy_says_nothing_is_closed() -> None:
    entry = associate("ana", b"k" * 32, expires_utc_ms=NOW.utc_ms + 1)
    assert why_not(Act.SEE, entry, None, PLACE, NOW) is Refusal.UNKNOWN_SITE


@pytest.mark.parametrize(
    ("scope", "is_reached"),
    [
        (Scope(customers=(ANY,), sites=(ANY,), models=()), True),
        (Scope(customers=("hospital",), sites=("lab-1",), models=("X",)), True),
        (Scope(customers=("other",), sites=(ANY,), models=(ANY,)), False),
        (Scope(customers=(ANY,), sites=("lab-2",), models=(ANY,)), False),
        (Scope(customers=(), sites=(), models=(ANY,)), False),
    ],
)
def test_a_site_is_reached_whatever_its_pcs(scope: Scope, is_reached: bool) -> None:
    entry = associate("ana", b"k" * 32, expires_utc_ms=1, scopes=(scope,))
    assert reaches(entry, site("lab-1")) is is_reached


def test_second_eyes_are_needed_where_either_says_so() -> None:
    two = SiteRules(second_eyes=True)
    assert needs_second_eyes(site("lab-1", rules=two), PLACE)
    assert needs_second_eyes(None, replace(PLACE, rules=two))
    assert not needs_second_eyes(site("lab-1"), PLACE)
