"""Entries of a policy as tests want them: somebody trained who may help, and a lab."""

from __future__ import annotations

from typing import Any

from benchside.protocol.wire.policy import AssociateEntry, AssociateRole, Scope, SiteEntry, Training

CUSTOMER, LAW = "hospital", "gdpr"


def associate(account: str, *keys: bytes, expires_utc_ms: int, **changes: Any) -> AssociateEntry:
    """An engineer who may help everywhere in `global`.

    `changes`: fields of the entry, or `customers`, `sites` and `models` of its one scope.
    """
    covered = {name: changes.pop(name, ("*",)) for name in ("customers", "sites", "models")}
    fields: dict[str, Any] = {
        "id": account,
        "name": f"{account.title()} Example",
        "organisation": "Vendor",
        "keys": keys,
        "role": AssociateRole.ENGINEER,
        "trainings": (Training(course="privacy", law=LAW, expires_utc_ms=expires_utc_ms),),
        "regions": ("global",),
        "scopes": (Scope(**covered),),
        "expires_utc_ms": expires_utc_ms,
    }
    return AssociateEntry(**(fields | changes))


def site(name: str, **changes: Any) -> SiteEntry:
    """A lab in `global` under one law, without rules of its own."""
    fields: dict[str, Any] = {
        "id": name,
        "customer": CUSTOMER,
        "region": "global",
        "laws": (LAW,),
        "time_zone": "UTC",
    }
    return SiteEntry(**(fields | changes))
