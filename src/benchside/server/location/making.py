"""The rule on new locations, made of the server's parts."""

from __future__ import annotations

from benchside.server.location.known import KnownLocations
from benchside.server.location.service import Locations
from benchside.server.parts import Parts

__all__ = ["make_locations"]


def make_locations(parts: Parts) -> Locations | None:
    """Return it; None where the settings switch it off."""
    if not parts.settings.asks_location:
        return None
    return Locations(
        database=parts.cloud,
        known=KnownLocations(parts.cloud, parts.cloud_keys.lookup, parts.now),
        addresses=parts.addresses,
        outbox=parts.outbox,
        sign_ins=parts.sign_ins,
        ledger=parts.ledger,
        refusals=parts.refusals,
        delays=parts.delays,
        server_name=parts.settings.server_name,
        now=parts.now,
    )
