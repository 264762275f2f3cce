"""What the authority holds beside its key: the associates it signed in, as a file that is not secret but only ours."""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.wire.policy import POLICY, AssociateEntry, PolicyPayload, SiteEntry
from benchside.server.keys.files import read_secret, write_secret

__all__ = ["AuthorityState", "read_state", "write_state"]


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


def read_state(path: Path) -> AuthorityState:
    """Read the file; UnavailableError with one sentence when it is missing or no state of an authority."""
    try:
        return msgspec.json.decode(read_secret(path), type=AuthorityState)
    except msgspec.MsgspecError as error:
        raise UnavailableError(f"{path.name} is not an authority's state: {error}") from error


def write_state(path: Path, state: AuthorityState) -> None:
    """Write the file whole, or leave the old one."""
    write_secret(path, msgspec.json.format(msgspec.json.encode(state), indent=1), replace=True)
