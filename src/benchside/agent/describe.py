"""What the agent tells the server of this PC."""

from __future__ import annotations

import time
from importlib.metadata import version

from benchside.agent.begin import OFFERED
from benchside.agent.identity import DeviceFile, Gates
from benchside.protocol.wire.desk import OpenRequest
from benchside.protocol.wire.link import Described, RequestOpened
from benchside.protocol.wire.text import clean

__all__ = ["described", "request_opened"]


def described(device: DeviceFile, gates: Gates, *, policy_version: int, sealing: str) -> Described:
    """Return the PC as it stands; `sealing`: how its keys rest."""
    return Described(
        site=device.site_name,
        device=device.device,
        instruments=device.instruments,
        software=f"benchside {version('benchside')}",
        policy_version=policy_version,
        it_review_utc_ms=None if gates.review is None else gates.review.at_utc_ms,
        terms_version=None if gates.terms is None else gates.terms.version,
        offered=OFFERED,
        sealing=sealing,
    )


def request_opened(request_id: bytes, request: OpenRequest) -> RequestOpened:
    """Return the call for help, for the server's queue."""
    return RequestOpened(
        request_id=request_id,
        technician=clean(request.technician, 80),
        reason=clean(request.reason, 1000),
        instrument=request.instrument,
        opened_utc_ms=time.time_ns() // 1_000_000,
        condition=request.condition,
    )
