"""Administration: advisories to the people at PCs, and who has acknowledged them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from benchside.protocol.wire.condition import Severity
from benchside.server.http.context import person_of, require_step_up, services_of
from benchside.server.http.fleet_shapes import FleetPcShape, SeverityWord
from benchside.server.http.fleet_views import show_pc
from benchside.server.notices.advisories import AdvisoryFacts, NewAdvisory

__all__ = ["advisories", "advisory", "make_advisory", "withdraw"]

_Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
_Sentence = Annotated[str, StringConstraints(max_length=300, strip_whitespace=True)]
_Word = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Model = Annotated[str, StringConstraints(min_length=1, max_length=200)]
MAX_SITES = 500
MAX_MODELS = 200


class AdvisoryGiven(BaseModel):
    """What is to be read, in each language, where, and until when; no sites or no models: all."""

    model_config = ConfigDict(extra="forbid", strict=True)

    severity: SeverityWord
    text_en: Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
    text_es: _Sentence
    advice_en: _Sentence
    advice_es: _Sentence
    sites: Annotated[list[_Word], Field(max_length=MAX_SITES)]
    models: Annotated[list[_Model], Field(max_length=MAX_MODELS)]
    until_utc_ms: Annotated[int, Field(ge=0, le=253_402_300_799_999)]


class AdvisoryShape(BaseModel):
    """An advisory; `meant`: PCs; `reached`: of these, where it has arrived; `acknowledged`: where somebody has.

    Without the limits of what comes in: what is kept is shown, whatever it is.
    """

    id: str
    severity: SeverityWord
    text_en: str
    text_es: str
    advice_en: str
    advice_es: str
    sites: list[str]
    models: list[str]
    until_utc_ms: int
    made_utc_ms: int
    made_by: str
    withdrawn_utc_ms: int | None
    meant: int
    reached: int
    acknowledged: int


class AdvisoryList(BaseModel):
    """The newest first."""

    advisories: list[AdvisoryShape]


class AdvisoryMade(BaseModel):
    """Its id."""

    id: str


class AnswerShape(BaseModel):
    """A PC that is meant."""

    pc: FleetPcShape
    reached_utc_ms: int | None
    acknowledged_utc_ms: int | None
    by: str | None


class AdvisoryAnswers(AdvisoryShape):
    """One advisory with all PCs that are meant."""

    answers: list[AnswerShape]


async def advisories(request: Request) -> AdvisoryList:
    """All advisories."""
    found = await services_of(request).advisories.all()
    return AdvisoryList(advisories=[AdvisoryShape(**_fields(one)) for one in found])


async def make_advisory(request: Request, given: AdvisoryGiven) -> AdvisoryMade:
    """Tell the people at some PCs something, at once where they are linked up."""
    await require_step_up(request)
    said = NewAdvisory(
        severity=Severity(given.severity),
        texts=_texts(given.text_en, given.text_es),
        advice=_texts(given.advice_en, given.advice_es),
        sites=tuple(given.sites),
        models=tuple(given.models),
        until_utc_ms=given.until_utc_ms,
    )
    return AdvisoryMade(id=(await services_of(request).advisories.make(person_of(request).account, said)).hex())


async def advisory(request: Request, id: _Id) -> AdvisoryAnswers:  # noqa: A002 - the path's own word
    """One advisory, and who has acknowledged it."""
    services = services_of(request)
    facts, answers = await services.advisories.answers(bytes.fromhex(id))
    shown = [
        AnswerShape(
            pc=show_pc(services, one.pc),
            reached_utc_ms=one.reached_utc_ms,
            acknowledged_utc_ms=one.acknowledged_utc_ms,
            by=one.by,
        )
        for one in answers
    ]
    return AdvisoryAnswers(**_fields(facts), answers=shown)


async def withdraw(request: Request, id: _Id) -> None:  # noqa: A002 - the path's own word
    """Let an advisory hold no longer."""
    await require_step_up(request)
    await services_of(request).advisories.withdraw(person_of(request).account, bytes.fromhex(id))


def _texts(english: str, spanish: str) -> dict[str, str]:
    return {language: text for language, text in (("en", english), ("es", spanish)) if text}


def _fields(one: AdvisoryFacts) -> dict[str, Any]:  # fields of several shapes
    said = one.said
    return {
        "id": one.id.hex(),
        "severity": said.severity.value,
        "text_en": said.texts.get("en", ""),
        "text_es": said.texts.get("es", ""),
        "advice_en": said.advice.get("en", ""),
        "advice_es": said.advice.get("es", ""),
        "sites": list(said.sites),
        "models": list(said.models),
        "until_utc_ms": said.until_utc_ms,
        "made_utc_ms": one.made_utc_ms,
        "made_by": one.made_by,
        "withdrawn_utc_ms": one.withdrawn_utc_ms,
        "meant": one.meant,
        "reached": one.reached,
        "acknowledged": one.acknowledged,
    }
