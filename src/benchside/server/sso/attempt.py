"""What a sign-in at the provider is bound to, kept in the browser that began it: sealed, for ten minutes."""

from __future__ import annotations

import base64
import binascii
import secrets

import msgspec

from benchside.protocol.errors import UnavailableError
from benchside.server.store.keyring import DataKeys

__all__ = ["ATTEMPT_MS", "Attempt", "make_attempt", "open_attempt", "seal_attempt"]

ATTEMPT_MS = 10 * 60_000
"""Somebody looks for their phone for the second factor."""
_PLACE = "cookie.sso_attempt"
MAX_COOKIE_CHARS = 1000


class Attempt(msgspec.Struct, frozen=True, array_like=True):
    """`state` comes back with the answer, `nonce` in the ID token, `verifier` proves that the answer is ours."""

    state: str
    nonce: str
    verifier: str
    begun_utc_ms: int
    again: bool
    """Somebody who is signed in proves that they still sit there."""
    present: str
    """Hash of the sign-in that is to be replaced, hexadecimal: browsers do not send its cookie on the way back."""


def make_attempt(now_utc_ms: int, *, again: bool, present: bytes) -> Attempt:
    """Return a fresh one; 256 bits each."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Attempt(state, nonce, verifier, begun_utc_ms=now_utc_ms, again=again, present=present.hex())


def seal_attempt(attempt: Attempt, keys: DataKeys) -> str:
    """Return it as a cookie's value, which tells the browser nothing."""
    return base64.urlsafe_b64encode(keys.seal(msgspec.json.encode(attempt), _PLACE)).decode()


def open_attempt(cookie: str, keys: DataKeys, now_utc_ms: int) -> Attempt | None:
    """Return what was sealed; None when it is not ours, or too old."""
    if len(cookie) > MAX_COOKIE_CHARS:
        return None
    try:
        sealed = base64.b64decode(cookie, altchars=b"-_", validate=True)
        attempt = msgspec.json.decode(keys.open(sealed, _PLACE), type=Attempt)
    except (binascii.Error, ValueError, UnavailableError, msgspec.MsgspecError):
        return None
    return attempt if 0 <= now_utc_ms - attempt.begun_utc_ms <= ATTEMPT_MS else None
