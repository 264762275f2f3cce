"""What the API gives of the fleet: counts, conditions and timelines, as JSON."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

__all__ = [
    "ChangeList",
    "ChangeShape",
    "CodeCount",
    "ConditionList",
    "ConditionShape",
    "FleetPcShape",
    "FleetShape",
    "PlaceCount",
    "SeverityCounts",
    "SeverityWord",
    "TimelineShape",
]

SeverityWord = Literal["info", "warning", "serious", "critical"]


class SeverityCounts(BaseModel):
    """Active conditions by severity; those that are shelved do not count."""

    info: int = 0
    warning: int = 0
    serious: int = 0
    critical: int = 0


class PlaceCount(BaseModel):
    """Of a site, or of a model."""

    id: str
    name: str
    pcs: int
    online: int
    troubled: int
    """PCs with an active condition that is a warning or worse."""
    counts: SeverityCounts


class CodeCount(BaseModel):
    """Of one kind of condition: at how many PCs it is active."""

    source: str
    code: str
    severity: SeverityWord
    pcs: int
    count: int


class FleetShape(BaseModel):
    """How the fleet is, as far as this person may see it."""

    pcs: int
    online: int
    troubled: int
    counts: SeverityCounts
    sites: list[PlaceCount]
    models: list[PlaceCount]
    codes: list[CodeCount]


class FleetPcShape(BaseModel):
    """A PC."""

    id: str
    name: str
    site: str
    site_name: str
    models: list[str]
    software: str
    online: bool


class ConditionShape(BaseModel):
    """A condition of a PC.  Its texts, subject and names come from the PC: foreign text."""

    id: int
    pc: FleetPcShape
    source: str
    subject: str
    code: str
    severity: SeverityWord
    texts: dict[str, str]
    values: dict[str, str | int | float | bool]
    is_active: bool
    is_latched: bool
    is_acknowledged: bool
    acknowledged_by: str | None
    shelved_until_utc_ms: int | None
    shelved_by: str | None
    shelved_why: str | None
    is_flapping: bool
    is_suppressed: bool
    """It follows from another that is active."""
    is_out_of_service: bool
    count: int
    since_utc_ms: int
    """By the PC's clock."""
    raised_utc_ms: int
    """By the server's."""


class ConditionList(BaseModel):
    """One page, worst first and then newest."""

    conditions: list[ConditionShape]
    total: int


class ChangeShape(BaseModel):
    """A line of a timeline; without source it is of the notifier itself."""

    id: int
    kind: str
    at_utc_ms: int
    kept_utc_ms: int
    source: str | None
    subject: str | None
    code: str | None
    severity: SeverityWord | None
    texts: dict[str, str]
    by: str | None
    why: str | None
    until_utc_ms: int | None
    count: int | None


class ChangeList(BaseModel):
    """Newest first."""

    changes: list[ChangeShape]
    more: bool


class TimelineShape(ChangeList):
    """A PC: what is wrong now, and how that came."""

    pc: FleetPcShape
    conditions: list[ConditionShape]
