"""From what administrators entered to what they propose to the authority, and why somebody is not in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.policy import AssociateEntry, PolicyPayload, SiteEntry
from benchside.server.administration.facts import GroupFacts, PersonFacts, SiteFacts
from benchside.server.authority.proposal import Change, Proposal, changes, merge

__all__ = ["Entered", "propose", "waiting", "why_not_proposed"]


@dataclass(frozen=True, kw_only=True)
class Entered:
    """Everything that a proposal is made of."""

    people: Sequence[PersonFacts]
    groups: Sequence[GroupFacts]
    sites: Sequence[SiteFacts]
    keys: Mapping[str, bytes]
    """The fingerprint of the key that each account registered."""


def propose(entered: Entered, region: str, now_utc_ms: int) -> Proposal:
    """Return the proposal: whoever is complete, with the earliest of the ends that hold for them."""
    groups = {one.id: one for one in entered.groups}
    associates = [
        _entry(person, groups, entered.keys[person.id], region)
        for person in entered.people
        if why_not_proposed(person, entered.keys.get(person.id), now_utc_ms) is None
    ]
    sites = [
        SiteEntry(
            id=one.id,
            customer=one.customer,
            region=region,
            laws=one.laws,
            time_zone=one.time_zone,
            rules=one.rules,
        )
        for one in entered.sites
        if one.customer is not None and one.laws
    ]
    return Proposal(
        version=VERSION, region=region, made_utc_ms=now_utc_ms, associates=tuple(associates), sites=tuple(sites)
    )


def why_not_proposed(person: PersonFacts, key: bytes | None, now_utc_ms: int) -> str | None:
    """Return what keeps somebody out of the proposal: `inactive`, `no_role`, `no_group`, `no_training` or `no_key`."""
    if not person.is_active or (person.until_utc_ms is not None and person.until_utc_ms <= now_utc_ms):
        return "inactive"
    if person.role is None:
        return "no_role"
    if not person.groups:
        return "no_group"
    if not any(one.expires_utc_ms > now_utc_ms for one in person.trainings):
        return "no_training"
    return "no_key" if key is None else None


def waiting(proposal: Proposal, policy: PolicyPayload | None) -> list[Change]:
    """Return what the authority has not signed yet."""
    before = (policy.associates, policy.sites) if policy else ((), ())
    merged = merge(*before, proposal)
    return changes(before, (merged.associates, merged.sites))


def _entry(person: PersonFacts, groups: Mapping[str, GroupFacts], key: bytes, region: str) -> AssociateEntry:
    if person.role is None:
        raise ValueError("only who has a role is proposed")
    ends = [max(one.expires_utc_ms for one in person.trainings)]
    if person.until_utc_ms is not None:
        ends.append(person.until_utc_ms)
    return AssociateEntry(
        id=person.id,
        name=person.name,
        organisation=person.organisation,
        keys=(key,),
        role=person.role,
        trainings=person.trainings,
        regions=(region,),
        scopes=tuple(groups[group].scope for group in person.groups),
        expires_utc_ms=min(ends),
    )
