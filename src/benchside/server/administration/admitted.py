"""Whom the PCs of some sites let in: asked of the PCs' own rules and the policy that each of them holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchside.protocol.errors import Refusal, UnavailableError
from benchside.protocol.trust.admission import Act, Place
from benchside.protocol.trust.policy import Policy
from benchside.protocol.wire.policy import AssociateEntry
from benchside.server.access.moment import moment_at

__all__ = ["Admitted", "Door", "admitted"]


@dataclass(frozen=True)
class Door:
    """What decides at one PC; alike for PCs of one site with the same models and the same policy."""

    region: str
    site: str
    models: tuple[str, ...]
    policy_version: int


@dataclass(frozen=True)
class Admitted:
    """Somebody, as the newest policy that lets them in knows them, and the sites where some PC does."""

    entry: AssociateEntry
    sites: tuple[str, ...]


def admitted(doors: Iterable[Door], policies: dict[int, Policy], now_utc_ms: int) -> list[Admitted]:
    """Return who may help, now or at the site's next open hour, by id.

    A PC without a policy lets nobody in, nor does a site without a PC.  What the hospital's IT set on a PC itself is
    not known here, and can only keep out more.
    """
    entries: dict[str, tuple[int, AssociateEntry]] = {}
    sites: dict[str, set[str]] = {}
    for door in doors:
        policy = policies.get(door.policy_version)
        for entry in policy.payload.associates if policy else ():
            if policy is None or not _opens(door, policy, entry, now_utc_ms):
                continue
            sites.setdefault(entry.id, set()).add(door.site)
            if entries.get(entry.id, (0, entry))[0] <= door.policy_version:
                entries[entry.id] = door.policy_version, entry
    return [Admitted(entry, tuple(sorted(sites[one]))) for one, (_, entry) in sorted(entries.items())]


def _opens(door: Door, policy: Policy, entry: AssociateEntry, now_utc_ms: int) -> bool:
    site = policy.site(door.site)
    if site is None:
        return False
    try:
        now = moment_at(now_utc_ms, site.time_zone)
    except UnavailableError:
        if site.rules.hours:
            return False  # hours of which nobody knows when they are
        now = moment_at(now_utc_ms, "UTC")
    place = Place(region=door.region, site=door.site, models=door.models)
    # hours are asked last (protocol/trust/admission.py): who only comes too early or too late is let in when they begin
    return policy.why_not(Act.HELP, entry.id, place=place, now=now) in (None, Refusal.OUT_OF_HOURS)
