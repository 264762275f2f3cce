"""Permission as a value: what capture and inject must be handed before they do anything."""

from __future__ import annotations

from dataclasses import dataclass

from benchside.protocol.errors import CallerError
from benchside.protocol.wire.capability import Capability, GrantScope

__all__ = ["ConsentGrant", "make_grant"]

_MADE_BY_CONSENT = object()


@dataclass(frozen=True, eq=False)
class ConsentGrant:
    """The technician's yes: to which capability, covering what.

    Only the consent machine makes one (through `make_grant`); its moment of ending is the machine's to
    change, so whoever holds a grant asks the machine again for each picture and each input.
    """

    capability: Capability
    grant: bytes
    scope: GrantScope
    _proof: object

    def __post_init__(self) -> None:
        if self._proof is not _MADE_BY_CONSENT:
            raise CallerError("a grant is made by the consent machine alone")


def make_grant(capability: Capability, grant: bytes, scope: GrantScope) -> ConsentGrant:
    """Return a grant.  INVARIANT: called by consent/acts.py only (tests/layout holds this)."""
    return ConsentGrant(capability, grant, scope, _MADE_BY_CONSENT)
