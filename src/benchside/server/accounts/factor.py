"""The second factor of a local account: codes from an authenticator application (TOTP, RFC 6238)."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

__all__ = ["SECRET_BYTES", "Offer", "make_secret", "offer_of", "right_step"]

SECRET_BYTES = 20
"""As long as the hash (RFC 4226, section 4, R6); what every application takes."""
STEP_S = 30
_DIGITS = 6
_EARLIER_OR_LATER = 1
"""Steps by which a telephone's clock may be off (RFC 6238, section 5.2)."""


@dataclass(frozen=True)
class Offer:
    """What the application is given, once: as text to type, and as the address that a picture carries."""

    secret: str
    uri: str


def make_secret() -> bytes:
    """Return a fresh secret."""
    return secrets.token_bytes(SECRET_BYTES)


def offer_of(secret: bytes, *, account: str, server_name: str) -> Offer:
    """Return what a person brings into the application."""
    return Offer(
        base64.b32encode(secret).decode(),
        _totp(secret).get_provisioning_uri(account, server_name.replace(":", " ") or "Benchside"),
    )


def right_step(secret: bytes, code: str, now_utc_ms: int, after_step: int) -> int | None:
    """Return the step of which `code` is the right one, later than `after_step`; None when it is of none.

    A code that was used once is used up (RFC 6238, section 5.2).
    """
    now = now_utc_ms // 1000 // STEP_S
    found = None
    for step in range(now - _EARLIER_OR_LATER, now + _EARLIER_OR_LATER + 1):
        right = _totp(secret).generate(step * STEP_S)
        if hmac.compare_digest(right, code.encode()) and step > after_step:
            found = step
    return found


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, _DIGITS, SHA1(), STEP_S)  # noqa: S303 - applications know no other; HMAC-SHA1 is sound here
