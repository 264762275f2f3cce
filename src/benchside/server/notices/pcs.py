"""The PCs of the fleet with their places, read together and remembered for some seconds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, select, true

from benchside.protocol.trust.admission import Place
from benchside.server.clock import NowUtcMs
from benchside.server.enrolment.model import Device, Instrument, Site
from benchside.server.store.database import Database

__all__ = ["FleetPc", "Pcs"]

FRESH_MS = 5_000
"""A PC that was enrolled or described a moment ago may take so long to be seen."""

_EACH: ColumnElement[bool] = true()


@dataclass(frozen=True)
class FleetPc:
    """An enrolled PC as the fleet shows it."""

    id: bytes
    name: str
    site: str
    site_name: str
    customer: str | None
    region: str
    models: tuple[str, ...]
    software: str = field(default="")

    @property
    def place(self) -> Place:
        """Where an associate must be allowed to look."""
        return Place(region=self.region, site=self.site, models=self.models)


class Pcs:
    """All that are enrolled and not revoked."""

    def __init__(self, database: Database, now: NowUtcMs) -> None:
        self._database = database
        self._now = now
        self._read_utc_ms = -FRESH_MS
        self._known: dict[bytes, FleetPc] = {}

    async def all(self, wanted: Collection[bytes] = (), *, anew: bool = False) -> Mapping[bytes, FleetPc]:
        """By id.  Where one of `wanted` is not known, they are read `anew`: it may just have been enrolled."""
        is_fresh = 0 <= self._now() - self._read_utc_ms < FRESH_MS
        if anew or not is_fresh or any(one not in self._known for one in wanted):
            self._known = await self._read()
            self._read_utc_ms = self._now()
        return self._known

    async def one(self, device_id: bytes) -> FleetPc | None:
        """One PC as it is this moment; None for one that is not enrolled."""
        found = await self._read(Device.id == device_id, Instrument.device_id == device_id)
        return found.get(device_id)

    async def _read(
        self, which: ColumnElement[bool] = _EACH, whose: ColumnElement[bool] = _EACH
    ) -> dict[bytes, FleetPc]:
        models: dict[bytes, list[str]] = {}
        async with self._database.read() as rows:
            instruments = (
                select(Instrument.device_id, Instrument.model)
                .where(whose)
                .order_by(Instrument.device_id, Instrument.position)
            )
            for device_id, model in await rows.execute(instruments):
                models.setdefault(device_id, []).append(model)
            devices = (
                select(
                    Device.id,
                    Device.name,
                    Device.site,
                    Site.name,
                    Site.customer,
                    Device.region,
                    Device.software,
                )
                .join(Site, Device.site == Site.id)
                .where(Device.revoked_utc_ms.is_(None), which)
                .order_by(Device.name)
            )
            return {
                row[0]: FleetPc(*row[:6], tuple(models.get(row[0], ())), row[6] or "")
                for row in await rows.execute(devices)
            }
