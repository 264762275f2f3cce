"""Who may do what: each rule says yes (None) or the reason why not."""

from __future__ import annotations

from dataclasses import dataclass

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.trust.policy import Place, Policy, refuse_unless_admitted

__all__ = ["Person", "may_claim", "may_see"]


@dataclass(frozen=True)
class Person:
    """Whoever is signed in: the account, which is also the associate's id, and the key of the browser."""

    account: str
    key: bytes | None


def may_see(person: Person, place: Place, policy: Policy | None, now_utc_ms: int) -> Refusal | None:
    """Whether a person may read requests and sessions of a place: the policy's entry must cover it now."""
    if policy is None:
        return Refusal.NO_POLICY
    entry = policy.associate(person.account)
    if entry is None:
        return Refusal.NOT_IN_POLICY
    try:
        refuse_unless_admitted(entry, place, now_utc_ms)
    except RefusedError as refused:
        return refused.reason
    return None


def may_claim(person: Person, place: Place, policy: Policy | None, now_utc_ms: int) -> Refusal | None:
    """Whether a person may take a request, and have tickets for it: also needs a key that the policy names."""
    refusal = may_see(person, place, policy, now_utc_ms)
    if refusal is not None or policy is None:
        return refusal or Refusal.NO_POLICY
    if person.key is None:
        return Refusal.NOT_IN_POLICY
    try:
        policy.admit(person.key, associate_id=person.account, place=place, now_utc_ms=now_utc_ms)
    except RefusedError as refused:
        return refused.reason
    return None
