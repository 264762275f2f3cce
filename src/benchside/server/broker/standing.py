"""Where the open requests stand: what decides whether they may go on, and nothing that is sealed.

Asked each second of all of them, so it is two statements however many there are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.trust.admission import Place
from benchside.server.broker.machine import OPEN, RequestState
from benchside.server.broker.model import Request
from benchside.server.enrolment.model import Device, Instrument

__all__ = ["Standing", "read_standing"]


@dataclass(frozen=True)
class Standing:
    """One open request, without who asked and why."""

    id: bytes
    device_id: bytes
    queued_utc_ms: int
    state: RequestState
    claimed_by: str | None
    place: Place


async def read_standing(rows: AsyncSession) -> list[Standing]:
    """Return all open requests, the longest waiting first."""
    columns = (Request.id, Request.device_id, Request.queued_utc_ms, Request.state, Request.claimed_by)
    query = select(*columns, Device.site, Device.region).join(Device, Device.id == Request.device_id)
    found = (await rows.execute(query.where(Request.state.in_(OPEN)).order_by(Request.queued_utc_ms, Request.id))).all()
    models: dict[bytes, list[str]] = defaultdict(list)
    asking = select(Request.device_id).where(Request.state.in_(OPEN))
    instruments = select(Instrument.device_id, Instrument.model).where(Instrument.device_id.in_(asking))
    for device_id, model in await rows.execute(instruments.order_by(Instrument.device_id, Instrument.position)):
        models[device_id].append(model)
    return [
        Standing(
            one.id,
            one.device_id,
            one.queued_utc_ms,
            RequestState(one.state),
            one.claimed_by,
            Place(region=one.region, site=one.site, models=tuple(models[one.device_id])),
        )
        for one in found
    ]
