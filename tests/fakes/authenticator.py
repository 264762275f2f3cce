"""An authenticator application: codes by TOTP (RFC 6238), from the text that a person would type into it."""

from __future__ import annotations

import base64
import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

__all__ = ["Authenticator"]

STEP_S = 30
UNDER_WAY_S = 10
"""For a code to be typed and looked at, on a busy machine."""


class Authenticator:
    """Gives each code once, as servers take each once: the earliest that still counts."""

    def __init__(self, secret: str) -> None:
        self._totp = TOTP(base64.b32decode(secret.replace(" ", "")), 6, SHA1(), STEP_S)
        self._last = 0

    def code(self, now_s: float | None = None) -> str:
        """The next code; waits for one when those of this half minute are used up."""
        now = time.time() if now_s is None else now_s
        # the half minute before counts until this one ends: a code of it that is still under way then is too old
        earliest = int(now) // STEP_S - (1 if now % STEP_S < STEP_S - UNDER_WAY_S else 0)
        step = max(earliest, self._last + 1)
        if now_s is None and step > int(now) // STEP_S + 1:
            time.sleep((step - 1) * STEP_S - now + 0.5)
        self._last = step
        return self._totp.generate(step * STEP_S).decode()
