"""What the authority holds beside its key: the associates it signed in, as a file that is not secret but only ours."""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.wire.policy import POLICY, AssociateEntry, PolicyPayload, Region, Scope, SiteEntry
from benchside.server.keys.files import read_secret, write_secret

__all__ = ["AuthorityState", "read_state", "write_state"]

MAX_STATE_BYTES = 32 * 1024 * 1024
"""A policy of the largest size (4 MiB) with a line for each of its values, and some room."""


class AuthorityState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that the next policy will say; `key` is the number of the key in use, counting rotations."""

    version: int = 0
    issued_utc_ms: int = 0
    days: int = 90
    key: int = 0
    rotations: tuple[bytes, ...] = ()
    ticket_keys: tuple[bytes, ...] = ()
    associates: tuple[AssociateEntry, ...] = ()
    sites: tuple[SiteEntry, ...] = ()

    @property
    def regions(self) -> tuple[Region, ...]:
        """Those that any site or associate belongs to."""
        named = {one.region for one in self.sites} | {each for one in self.associates for each in one.regions}
        return tuple(sorted(named))

    def within(self, region: Region) -> AuthorityState:
        """What of it concerns one region: its sites, and who may help there, with no place of another one."""
        sites = tuple(one for one in self.sites if one.region == region)
        elsewhere = [one for one in self.sites if one.region != region]
        foreign_sites = {one.id for one in elsewhere}
        foreign_customers = {one.customer for one in elsewhere} - {one.customer for one in sites}
        associates = tuple(
            msgspec.structs.replace(
                one, regions=(region,), scopes=_without(one.scopes, foreign_customers, foreign_sites)
            )
            for one in self.associates
            if region in one.regions
        )
        return msgspec.structs.replace(self, associates=associates, sites=sites)

    def payload(self) -> PolicyPayload:
        """The policy to sign; UnavailableError when it would not be a valid one yet."""
        payload = PolicyPayload(
            version=self.version,
            issued_utc_ms=self.issued_utc_ms,
            expires_utc_ms=self.issued_utc_ms + self.days * 24 * 3600_000,
            ticket_keys=self.ticket_keys,
            associates=self.associates,
            sites=self.sites,
        )
        try:
            return POLICY.decode(POLICY.encode(payload))  # the limits are checked where bytes become messages
        except PeerError as error:
            raise UnavailableError(f"this would be no valid policy: {error}") from error


def _without(scopes: tuple[Scope, ...], customers: set[str], sites: set[str]) -> tuple[Scope, ...]:
    """The scopes without these places; those that cover nothing then are none."""
    left = (
        msgspec.structs.replace(
            one,
            customers=tuple(each for each in one.customers if each not in customers),
            sites=tuple(each for each in one.sites if each not in sites),
        )
        for one in scopes
    )
    return tuple(one for one in left if one.customers and one.sites)


def read_state(path: Path) -> AuthorityState:
    """Read the file; UnavailableError with one sentence when it is missing or no state of an authority."""
    try:
        return msgspec.json.decode(read_secret(path, MAX_STATE_BYTES), type=AuthorityState)
    except msgspec.MsgspecError as error:
        raise UnavailableError(f"{path.name} is not an authority's state: {error}") from error


def write_state(path: Path, state: AuthorityState) -> None:
    """Write the file whole, or leave the old one; UnavailableError for a state that could not be read again."""
    content = msgspec.json.format(msgspec.json.encode(state), indent=1)
    try:
        msgspec.json.decode(content, type=AuthorityState)
    except msgspec.MsgspecError as error:
        raise UnavailableError(f"this would be no valid policy: {error}") from error
    if len(content) > MAX_STATE_BYTES:
        raise UnavailableError("this would be more than a policy can say")
    write_secret(path, content, replace=True)
