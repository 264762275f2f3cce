"""What a server's administrators propose to the authority: the associates and sites of one region.

A proposal is not secret and not trusted: the authority shows each change to a person, who compares each new key's
fingerprint with what the associate reads out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.wire.codec import Codec
from benchside.protocol.wire.policy import AssociateEntry, Region, SiteEntry
from benchside.protocol.wire.ticket import UtcMs

Entry = AssociateEntry | SiteEntry

__all__ = ["PROPOSAL", "Change", "Merged", "Proposal", "changes", "merge", "read_proposal", "refuse_twice"]


class Proposal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that the policy should say of one region."""

    version: int
    region: Region
    made_utc_ms: UtcMs
    associates: tuple[AssociateEntry, ...]
    sites: tuple[SiteEntry, ...]


PROPOSAL: Codec[Proposal] = Codec(Proposal, max_bytes=4 * 1024 * 1024, name="proposal")
"""As large as a policy can be."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One associate or site that would be new, different or gone."""

    what: Literal["associate", "site"]
    kind: Literal["added", "changed", "removed"]
    id: str
    name: str
    fields: tuple[str, ...] = ()
    """Of a changed one: which of its fields differ."""
    new_keys: tuple[bytes, ...] = ()
    """Fingerprints that the policy does not name for them yet."""


@dataclass(frozen=True, kw_only=True)
class Merged:
    """A policy's associates and sites with one region's replaced by a proposal's."""

    associates: tuple[AssociateEntry, ...]
    sites: tuple[SiteEntry, ...]
    kept_by_hand: tuple[str, ...]
    """Associates of several regions: the authority's own, which no server proposes; to cross is never a default."""


def read_proposal(path: Path) -> Proposal:
    """Read a proposal's file; UnavailableError with one sentence when it is none."""
    try:
        proposal = PROPOSAL.decode(path.read_bytes())
    except OSError as error:
        raise UnavailableError(f"cannot read {path.name}: {error.strerror}") from error
    except PeerError as error:
        raise UnavailableError(f"{path.name} is no proposal of a server: {error}") from error
    if any(one.regions != (proposal.region,) for one in proposal.associates) or any(
        one.region != proposal.region for one in proposal.sites
    ):
        raise UnavailableError(f"{path.name} proposes something outside its own region {proposal.region!r}")
    return proposal


def merge(associates: Sequence[AssociateEntry], sites: Sequence[SiteEntry], proposal: Proposal) -> Merged:
    """Return what the policy would say if the proposal were taken."""
    by_hand = tuple(one for one in associates if len(one.regions) > 1)
    kept = {one.id for one in by_hand}
    elsewhere = tuple(one for one in associates if len(one.regions) == 1 and one.regions != (proposal.region,))
    return Merged(
        associates=(*by_hand, *elsewhere, *(one for one in proposal.associates if one.id not in kept)),
        sites=(*(one for one in sites if one.region != proposal.region), *proposal.sites),
        kept_by_hand=tuple(sorted(kept)),
    )


def refuse_twice(associates: Sequence[AssociateEntry], sites: Sequence[SiteEntry]) -> None:
    """UnavailableError where two would have one name: of such a policy no PC and no server believes anything.

    Two regions' servers do not know of each other, so that their administrators cannot see it.
    """
    for what, entries in (("associate", associates), ("site", sites)):
        twice = sorted(name for name, times in Counter(one.id for one in entries).items() if times > 1)
        if twice:
            raise UnavailableError(
                f"two regions name the {what} {twice[0]!r}, and a policy holds one of a name: rename it in one of them"
            )


def changes(
    before: tuple[Sequence[AssociateEntry], Sequence[SiteEntry]],
    after: tuple[Sequence[AssociateEntry], Sequence[SiteEntry]],
) -> list[Change]:
    """Return how `after` differs from `before`, associates first, in the order of their ids."""
    found: list[Change] = []
    both: tuple[tuple[Literal["associate", "site"], Sequence[Entry], Sequence[Entry]], ...] = (
        ("associate", before[0], after[0]),
        ("site", before[1], after[1]),
    )
    for what, old, new in both:
        olds, news = {one.id: one for one in old}, {one.id: one for one in new}
        for each in sorted(olds.keys() | news.keys()):
            change = _change(what, olds.get(each), news.get(each))
            if change is not None:
                found.append(change)
    return found


def _change(what: Literal["associate", "site"], old: Entry | None, new: Entry | None) -> Change | None:
    entry = new or old
    if entry is None or old == new:
        return None
    known = set(old.keys) if isinstance(old, AssociateEntry) else set()
    keys = tuple(key for key in new.keys if key not in known) if isinstance(new, AssociateEntry) else ()
    fields: tuple[str, ...] = ()
    if old is not None and new is not None:
        fields = tuple(name for name in new.__struct_fields__ if getattr(old, name) != getattr(new, name))
    return Change(
        what=what,
        kind="added" if old is None else "removed" if new is None else "changed",
        id=entry.id,
        name=entry.name if isinstance(entry, AssociateEntry) else entry.customer,
        fields=fields,
        new_keys=keys,
    )
