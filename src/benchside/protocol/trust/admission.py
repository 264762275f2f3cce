"""Who may do what where: one set of rules, the same on server and PC.

    role x region x valid training for each law x customer, site and model x the site's own rules

Every rule can only say no, so that adding one never lets anybody in.  The first one that says no is the reason shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from benchside.protocol.errors import Refusal
from benchside.protocol.wire.policy import (
    ANY,
    NO_RULES,
    AssociateEntry,
    AssociateRole,
    Hours,
    Scope,
    SiteEntry,
    SiteRules,
    Training,
)

__all__ = ["Act", "Moment", "Place", "needs_second_eyes", "reaches", "why_not"]


class Act(StrEnum):
    """What somebody wants to do."""

    SEE = "see"
    """Read requests and sessions."""
    HELP = "help"
    """Claim a request, and be in its session."""
    SECOND = "second"
    """Agree to somebody else's session."""


_ACTS = {
    AssociateRole.ENGINEER: frozenset(Act),
    AssociateRole.DISPATCHER: frozenset({Act.SEE}),
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where help is asked for: the PC's region and site, the models of its instruments, and rules of the PC itself."""

    region: str
    site: str
    models: tuple[str, ...]
    rules: SiteRules = NO_RULES
    """What the hospital's IT set on this PC; holds beside the rules in the policy."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment, and what the site's own clock shows at it."""

    utc_ms: int
    weekday: int
    """0 is Monday."""
    minute: int
    """Of the day, 0 to 1439."""


def why_not(act: Act, entry: AssociateEntry, site: SiteEntry | None, place: Place, now: Moment) -> Refusal | None:
    """Return the first rule by which `entry` may not do `act` at `place` now, or None.

    `site`: what the policy says of the place's site; a place of which it says nothing is closed to everybody.
    """
    if now.utc_ms >= entry.expires_utc_ms:
        return Refusal.EXPIRED_IN_POLICY
    if act not in _ACTS[entry.role]:
        return Refusal.WRONG_ROLE
    if site is None or site.id != place.site:
        return Refusal.UNKNOWN_SITE
    if site.region != place.region:  # nobody's doing who comes: the policy says nothing of the site in this region
        return Refusal.UNKNOWN_SITE
    if place.region not in entry.regions:
        return Refusal.WRONG_REGION
    return (
        _out_of_scope(entry, site, place)
        or _untrained(entry.trainings, site.laws, now.utc_ms)
        or _kept_out(act, entry, (site.rules, place.rules), now)
    )


def reaches(entry: AssociateEntry, site: SiteEntry) -> bool:
    """Whether any scope of `entry` names the site, whatever its PCs; where none does, nothing there is for them."""
    return any(_beyond(scope, site, (ANY,)) in (None, Refusal.WRONG_MODEL) for scope in entry.scopes)


def needs_second_eyes(site: SiteEntry | None, place: Place) -> bool:
    """Whether a session at `place` needs a second associate's agreement."""
    return place.rules.second_eyes or (site is not None and site.rules.second_eyes)


_NEARER = (Refusal.WRONG_CUSTOMER, Refusal.WRONG_SITE, Refusal.WRONG_MODEL)


def _out_of_scope(entry: AssociateEntry, site: SiteEntry, place: Place) -> Refusal | None:
    """Where no scope covers the place, the one that comes nearest gives the reason."""
    refusals = [_beyond(scope, site, place.models) for scope in entry.scopes]
    if None in refusals:
        return None
    return max((one for one in refusals if one is not None), key=_NEARER.index, default=Refusal.WRONG_CUSTOMER)


def _beyond(scope: Scope, site: SiteEntry, models: Sequence[str]) -> Refusal | None:
    if not _covers(scope.customers, (site.customer,)):
        return Refusal.WRONG_CUSTOMER
    if not _covers(scope.sites, (site.id,)):
        return Refusal.WRONG_SITE
    if not _covers(scope.models, models):  # the whole PC is seen, so each of its instruments must be covered
        return Refusal.WRONG_MODEL
    return None


def _covers(allowed: Sequence[str], wanted: Sequence[str]) -> bool:
    return ANY in allowed or (bool(wanted) and all(one in allowed for one in wanted))


def _untrained(trainings: Iterable[Training], laws: Iterable[str], utc_ms: int) -> Refusal | None:
    ends: dict[str, int] = {}
    for one in trainings:
        ends[one.law] = max(one.expires_utc_ms, ends.get(one.law, 0))
    for law in laws:  # the first that is missing: whoever renews another is told of this one next
        if law not in ends:
            return Refusal.NOT_TRAINED
        if ends[law] <= utc_ms:
            return Refusal.TRAINING_EXPIRED
    return None


def _kept_out(act: Act, entry: AssociateEntry, rules: Sequence[SiteRules], now: Moment) -> Refusal | None:
    if any(one.named and entry.id not in one.named for one in rules):
        return Refusal.NOT_NAMED
    # INVARIANT: hours are last, after the names of all rules: who is out of hours has nothing to do but to wait
    if act is not Act.SEE and not all(_is_open(one.hours, now) for one in rules):
        return Refusal.OUT_OF_HOURS
    return None


def _is_open(hours: Sequence[Hours], now: Moment) -> bool:
    return not hours or any(_is_within(one, now) for one in hours)


def _is_within(hours: Hours, now: Moment) -> bool:
    return now.weekday in hours.days and hours.from_minute <= now.minute < hours.to_minute
