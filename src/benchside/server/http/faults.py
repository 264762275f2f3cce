"""What a failure looks like over HTTP: one table from reason to status, and nothing of what is inside."""

from __future__ import annotations

import logging
import math

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError, UnavailableError
from benchside.server.accounts.service import OldPasswordError, PasswordFaultError

__all__ = ["STATUS", "add_fault_answers", "fault"]

logger = logging.getLogger(__name__)

STATUS: dict[Refusal, int] = {
    Refusal.SIGN_IN: 401,
    Refusal.NO_REQUEST: 404,
    Refusal.UNKNOWN: 404,
    Refusal.IN_USE: 409,
    Refusal.CHANGED: 412,
    Refusal.CLAIMED: 409,
    Refusal.NOT_CLAIMED: 409,
    Refusal.BUSY: 409,
    Refusal.WAIT: 429,
}
"""Refusals that are not 403."""

_WORDS = {400: "malformed", 404: "not_found", 405: "method", 413: "too_large", 415: "malformed"}


def fault(status: int, reason: str, wait_s: float | None = None) -> JSONResponse:
    """Return the one form that all errors have."""
    error: dict[str, object] = {"reason": reason}
    headers = {}
    if wait_s is not None:
        error["wait_s"] = math.ceil(wait_s)
        headers["Retry-After"] = str(math.ceil(wait_s))
    return JSONResponse({"error": error}, status_code=status, headers=headers)


def add_fault_answers(app: FastAPI) -> None:
    """Answer every family of failure."""

    async def refused(_request: Request, error: Exception) -> JSONResponse:
        if isinstance(error, PasswordFaultError):
            return fault(422, error.fault)
        if isinstance(error, OldPasswordError):
            # 403: a 401 would tell the console that its sign-in is over
            return fault(403, error.reason.value, error.wait_s)
        if isinstance(error, RefusedError):
            return fault(STATUS.get(error.reason, 403), error.reason.value, error.wait_s)
        raise error

    async def malformed(_request: Request, _error: Exception) -> JSONResponse:
        return fault(422, PeerFault.MALFORMED.value)

    async def broken(_request: Request, error: Exception) -> JSONResponse:
        return fault(422, error.fault.value if isinstance(error, PeerError) else PeerFault.MALFORMED.value)

    async def away(_request: Request, error: Exception) -> JSONResponse:
        logger.warning("unavailable", extra={"why": str(error)})
        return fault(503, "unavailable", error.retry_after_s if isinstance(error, UnavailableError) else None)

    async def plain(_request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return fault(status, _WORDS.get(status, "refused"))

    async def failed(_request: Request, _error: Exception) -> JSONResponse:
        return fault(500, "program_error")

    app.add_exception_handler(RefusedError, refused)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(PeerError, broken)
    app.add_exception_handler(UnavailableError, away)
    app.add_exception_handler(HTTPException, plain)
    app.add_exception_handler(Exception, failed)
