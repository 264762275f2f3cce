"""From what a PC asks to what is written of it."""

from __future__ import annotations

import json

import msgspec

from benchside.protocol.wire.condition import ConditionTold
from benchside.protocol.wire.link import RequestOpened
from benchside.server.audit.model import Session
from benchside.server.broker.machine import RequestState
from benchside.server.enrolment.register import DeviceFacts, InstrumentFacts

__all__ = ["instrument_of", "read", "session_row", "written"]


def instrument_of(device: DeviceFacts, instrument_id: str) -> InstrumentFacts | None:
    """The one that was named; None for one that the device has not."""
    return next((one for one in device.instruments if one.id == instrument_id), None)


def session_row(device: DeviceFacts, asked: RequestOpened, instrument: InstrumentFacts | None, now: int) -> Session:
    """The session of a request that was asked for `now`."""
    return Session(
        id=asked.request_id,
        device_id=device.id,
        device=device.name,
        device_key=device.identity,
        region=device.region,
        site=device.site,
        site_name=device.site_name,
        instrument_id=instrument.id if instrument else None,
        instrument_model=instrument.model if instrument else None,
        instrument_serial=instrument.serial if instrument else None,
        patient_data=instrument.patient_data if instrument else None,
        models=json.dumps([one.model for one in device.instruments], ensure_ascii=False),
        technician=asked.technician,
        reason=asked.reason,
        state=RequestState.QUEUED.value,
        opened_utc_ms=now,
    )


def written(condition: ConditionTold | None) -> str | None:
    """Return what rests of the notice with which help is asked for."""
    return None if condition is None else msgspec.json.encode(condition).decode()


def read(condition: str | None) -> ConditionTold | None:
    """Return it again; None too for one that was written by rules which hold no longer: the request is worth more."""
    if condition is None:
        return None
    try:
        return msgspec.json.decode(condition, type=ConditionTold)
    except msgspec.ValidationError:
        return None
