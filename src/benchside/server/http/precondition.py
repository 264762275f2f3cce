"""What whoever changes something had before them (RFC 9110, sections 13.1.1 and 13.1.2)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Header

from benchside.protocol.errors import PeerError, PeerFault
from benchside.server.administration.versions import ABSENT

__all__ = ["SeenToRemove", "SeenVersion", "Shown"]

_Match = Annotated[str | None, Header(pattern='^"[0-9a-f]{32}"$')]


def _seen(
    if_match: _Match = None,
    if_none_match: Annotated[Literal["*"] | None, Header()] = None,
) -> str:
    """Return the version that was seen; PeerError where neither header or both came."""
    if (if_match is None) == (if_none_match is None):
        raise PeerError(
            PeerFault.MALFORMED, "expected If-Match with the version that was seen, or If-None-Match: * for a new one"
        )
    return ABSENT if if_match is None else if_match.strip('"')


def _seen_to_remove(if_match: _Match = None) -> str:
    if if_match is None:
        raise PeerError(PeerFault.MALFORMED, "expected If-Match with the version that was seen, got none")
    return if_match.strip('"')


def _shown(if_match: _Match = None) -> str | None:
    return None if if_match is None else if_match.strip('"')


SeenVersion = Annotated[str, Depends(_seen)]
"""Of the one thing that is put: nobody's change is undone by who never saw it."""
SeenToRemove = Annotated[str, Depends(_seen_to_remove)]
"""Of the one thing that is removed: what somebody else made of it meanwhile does not go unseen."""
Shown = Annotated[str | None, Depends(_shown)]
"""Of what a table would change, as it was shown; None where nothing was."""
