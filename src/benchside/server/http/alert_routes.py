"""Administration: where alerts go, and which; a channel's target is written and never shown."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from benchside.protocol.wire.condition import Severity
from benchside.protocol.wire.text import clean
from benchside.server.administration.versions import version_of
from benchside.server.alerts.facts import ChannelFacts
from benchside.server.http.admin_routes import Word
from benchside.server.http.context import person_of, require_step_up, services_of
from benchside.server.http.fleet_shapes import SeverityWord
from benchside.server.http.precondition import SeenVersion

__all__ = ["alerts", "put_alert", "remove_alert", "test_alert"]

MAX_REPEAT_MIN = 7 * 24 * 60
"""A week."""
_Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
_Place = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Rule(BaseModel):
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


class AlertGiven(_Rule):
    """A channel; `target`: an Apprise URL or mailto:ADDRESS, null to keep the one it has."""

    target: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None = None


class AlertShape(_Rule):
    """A channel with the scheme of its target, and how it goes."""

    id: str
    version: str
    """Of name and rule."""
    scheme: str
    waiting: int
    tries: int
    given_up_utc_ms: int | None


class AlertList(BaseModel):
    """All channels."""

    channels: list[AlertShape]


class Tested(BaseModel):
    """`why` is null when the test went out, else a fixed word."""

    why: str | None


async def alerts(request: Request) -> AlertList:
    """All channels, without their targets."""
    found = await services_of(request).alerts.all()
    return AlertList(
        channels=[
            AlertShape(
                id=one.facts.id,
                version=version_of(one.facts),
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
            )
            for one in found
        ]
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


async def remove_alert(request: Request, id: Word) -> None:  # noqa: A002 - the path's own word
    """Forget a channel."""
    await require_step_up(request)
    await services_of(request).alerts.remove(person_of(request).account, id)


async def test_alert(request: Request, id: Word) -> Tested:  # noqa: A002 - the path's own word
    """Send a test message at once."""
    await require_step_up(request)
    return Tested(why=await services_of(request).alerts.test(id))
