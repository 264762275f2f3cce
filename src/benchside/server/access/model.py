"""Who may do what on the server: the policy's own rules (protocol/trust/admission.py), asked at this moment."""

from __future__ import annotations

from dataclasses import dataclass

from benchside.protocol.errors import Refusal, RefusedError, UnavailableError
from benchside.protocol.trust.admission import Act, Moment, Place
from benchside.protocol.trust.policy import Policy
from benchside.server.access.moment import moment_at

__all__ = ["Person", "may_claim", "may_go_on", "may_second", "may_see"]


@dataclass(frozen=True)
class Person:
    """Whoever is signed in: the account, which is also the associate's id, and the key of the browser."""

    account: str
    key: bytes | None


def may_see(person: Person, place: Place, policy: Policy | None, now_utc_ms: int) -> Refusal | None:
    """Whether a person may read requests and sessions of a place."""
    return _may(Act.SEE, person, place, policy, now_utc_ms)


def may_go_on(account: str, place: Place, policy: Policy | None, now_utc_ms: int) -> Refusal | None:
    """Whether who claimed a request may keep it, and go on with its session."""
    return _may(Act.HELP, Person(account, None), place, policy, now_utc_ms)


def may_claim(person: Person, place: Place, policy: Policy | None, now_utc_ms: int) -> Refusal | None:
    """Whether a person may take a request, and have tickets for it: also needs a key that the policy names."""
    return _with_key(Act.HELP, person, place, policy, now_utc_ms)


def may_second(person: Person, place: Place, policy: Policy | None, now_utc_ms: int) -> Refusal | None:
    """Whether a person may agree to somebody else's session there."""
    return _with_key(Act.SECOND, person, place, policy, now_utc_ms)


def _with_key(act: Act, person: Person, place: Place, policy: Policy | None, now_utc_ms: int) -> Refusal | None:
    refusal = _may(act, person, place, policy, now_utc_ms)
    if refusal is not None or policy is None:
        return refusal or Refusal.NO_POLICY
    if person.key is None:
        return Refusal.NOT_IN_POLICY
    try:
        moment = _moment(policy, place, now_utc_ms)
        policy.admit(person.key, associate_id=person.account, place=place, now=moment, act=act)
    except RefusedError as refused:
        return refused.reason
    return None


def _may(act: Act, person: Person, place: Place, policy: Policy | None, now_utc_ms: int) -> Refusal | None:
    if policy is None:
        return Refusal.NO_POLICY
    try:
        return policy.why_not(act, person.account, place=place, now=_moment(policy, place, now_utc_ms))
    except UnavailableError:
        return Refusal.OUT_OF_HOURS  # hours of which nobody knows when they are


def _moment(policy: Policy, place: Place, now_utc_ms: int) -> Moment:
    site = policy.site(place.site)
    return moment_at(now_utc_ms, "UTC" if site is None else site.time_zone)
