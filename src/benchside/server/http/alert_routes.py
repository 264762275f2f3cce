"""Administration: where alerts go, and which; a channel's target is written and never shown."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from benchside.protocol.wire.condition import Severity
from benchside.protocol.wire.text import clean
from benchside.server.alerts.facts import ChannelFacts
from benchside.server.http.admin_routes import Word
from benchside.server.http.context import person_of, require_step_up, services_of
from benchside.server.http.fleet_shapes import SeverityWord
from benchside.server.http.precondition import SeenToRemove, SeenVersion

__all__ = ["alerts", "put_alert", "remove_alert", "test_alert"]

MAX_REPEAT_MIN = 7 * 24 * 60
"""A week."""
_Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
_Place = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class AlertGiven(BaseModel):
    """A channel; `target`: an Apprise URL or mailto:ADDRESS, null to keep the one it has."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: _Name
    severity: SeverityWord
    """This one or worse."""
    sites: Annotated[list[_Place], Field(max_length=500)]
    models: Annotated[list[_Place], Field(max_length=200)]
    language: Literal["en", "es"]
    repeat_min: Annotated[int, Field(ge=0, le=MAX_REPEAT_MIN)]
    """Said again while nobody acknowledges it; 0: never."""
    is_on: bool
    target: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None = None


class AlertShape(BaseModel):
    """A channel with the scheme of its target, and how it goes."""

    id: str
    version: str
    """Of name, rule and target."""
    name: str
    severity: SeverityWord
    sites: list[str]
    models: list[str]
    language: Literal["en", "es"]
    repeat_min: int
    is_on: bool
    scheme: str
    waiting: int
    tries: int
    """Of the message that is going out now."""
    given_up_utc_ms: int | None
    next_utc_ms: int
    """Nothing goes out before."""
    why: str | None
    """Why the last try failed, a fixed word."""
    sent_utc_ms: int | None


class AlertList(BaseModel):
    """All channels, and where the operator lets them go beside mail; `has_mail`: whether mail goes out at all."""

    channels: list[AlertShape]
    targets: list[str]
    has_mail: bool


class Tested(BaseModel):
    """`why` is null when the test went out, else a fixed word."""

    why: str | None


async def alerts(request: Request) -> AlertList:
    """All channels, without their targets."""
    services = services_of(request)
    found = await services.alerts.all()
    return AlertList(
        targets=list(services.alert_ways.targets),
        has_mail=services.alert_ways.has_mail,
        channels=[
            AlertShape(
                id=one.facts.id,
                version=one.version,
                name=one.facts.name,
                severity=one.facts.severity.value,
                sites=list(one.facts.sites),
                models=list(one.facts.models),
                language="es" if one.facts.language == "es" else "en",
                repeat_min=one.facts.repeat_min,
                is_on=one.facts.is_on,
                scheme=one.scheme,
                waiting=one.waiting,
                tries=one.tries,
                given_up_utc_ms=one.given_up_utc_ms,
                next_utc_ms=one.standing.next_utc_ms,
                why=one.standing.why,
                sent_utc_ms=one.standing.sent_utc_ms,
            )
            for one in found
        ],
    )


async def put_alert(
    request: Request,
    id: Word,  # noqa: A002 - the path's own word
    given: AlertGiven,
    seen: SeenVersion,
) -> None:
    """Add a channel, or change it from what was seen."""
    await require_step_up(request)
    facts = ChannelFacts(
        id=id,
        name=clean(given.name, 80) or id,
        severity=Severity(given.severity),
        sites=tuple(given.sites),
        models=tuple(given.models),
        language=given.language,
        repeat_min=given.repeat_min,
        is_on=given.is_on,
    )
    await services_of(request).alerts.put(person_of(request).account, facts, given.target, seen)


async def remove_alert(
    request: Request,
    id: Word,  # noqa: A002 - the path's own word
    seen: SeenToRemove,
) -> None:
    """Forget a channel as it was seen."""
    await require_step_up(request)
    await services_of(request).alerts.remove(person_of(request).account, id, seen)


async def test_alert(request: Request, id: Word) -> Tested:  # noqa: A002 - the path's own word
    """Send a trial message at once."""
    await require_step_up(request)
    return Tested(why=await services_of(request).trials.send(person_of(request).account, id))
