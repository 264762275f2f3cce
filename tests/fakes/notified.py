"""Devices in a register, for tests that need neither key nor link."""

from __future__ import annotations

from benchside.server.enrolment.model import Device, Instrument
from benchside.server.parts import Parts

__all__ = ["add_device"]


async def add_device(parts: Parts, device_id: bytes, *, site: str = "lab-1", model: str = "CX-200") -> None:
    """A device of one instrument, as if it had been enrolled."""
    async with parts.cloud.write() as rows:
        rows.add(
            Device(
                id=device_id, site=site, region="global", name=f"PC {device_id[:1].decode()}", device_key=bytes(32),
                identity_spki=b"", identity_fingerprint=device_id * 2, registrant="Pat",
                registrant_email="pat@lab.example", enrolled_utc_ms=1,
                instruments=[Instrument(position=0, id="i-1", model=model, serial="S1", patient_data=False)],
            )
        )  # fmt: skip
