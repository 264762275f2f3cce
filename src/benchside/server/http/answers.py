"""What the API's description says beside the shapes: each way to fail, bodies that are no JSON, and who gets in."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict

from benchside.server.http.table import EntryPoint

__all__ = ["FAULTS", "DescribedApi", "answer_of", "described"]


SCHEMAS = "#/components/schemas/"


class Why(BaseModel):
    """The reason, a fixed word, and how long to wait where waiting helps, in seconds."""

    model_config = ConfigDict(title="Why")

    reason: str
    wait_s: int | None = None


class Fault(BaseModel):
    """The one form that all errors have."""

    error: Why


FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/json": {"schema": {"$ref": f"{SCHEMAS}Fault"}}}}
    for status, text in (
        (401, "nobody is signed in"),
        (403, "a rule says no"),
        (404, "there is none, or none that this person may know of"),
        (409, "not in its present state"),
        (412, "not as it was seen: somebody changed it meanwhile"),
        (413, "too long"),
        (422, "not of the form that is described"),
        (429, "later"),
        (503, "something that is needed is away"),
    )
}
"""Of every entry point.  By reference: a model for each of them at each entry point is most of a server's start."""


class DescribedApi(FastAPI):
    """Knows the shapes that `FAULTS` refers to."""

    def openapi(self) -> dict[str, Any]:
        """Return the description."""
        described = super().openapi()
        shape = Fault.model_json_schema(ref_template=f"{SCHEMAS}{{model}}")
        described["components"]["schemas"] |= {**shape.pop("$defs"), "Fault": shape}
        return described


_BODIES = {
    "import_table": "text/csv",
    "install_policy": "application/octet-stream",
    "logout": "application/x-www-form-urlencoded",
    "content_report": "application/reports+json",
}
_ANSWERS = {
    "stream": "text/event-stream",
    "proposal": "application/octet-stream",
}

_CLASSES: dict[str, type[Response]] = {
    "health": PlainTextResponse,
    "start": RedirectResponse,
    "callback": RedirectResponse,
}


def answer_of(entry: EntryPoint) -> type[Response]:
    """Return the class of answers of `entry`: JSON unless it is something else."""
    return _CLASSES.get(entry.serve.__name__, JSONResponse)


def described(entry: EntryPoint) -> dict[str, Any]:
    """Return what is added to the description of `entry`."""
    extra: dict[str, Any] = {"x-policy": entry.policy.value}
    name = entry.serve.__name__
    if name in _BODIES:
        extra["requestBody"] = {"content": {_BODIES[name]: {"schema": {"type": "string", "format": "binary"}}}}
    if name in _ANSWERS:
        content = {_ANSWERS[name]: {"schema": {"type": "string", "format": "binary"}}}
        extra["responses"] = {str(entry.status): {"description": "as named", "content": content}}
    return extra
