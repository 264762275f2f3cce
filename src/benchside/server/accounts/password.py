"""Passwords: argon2id, the rules for a new one, and the initial one that an operator hands over."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["MAX_PASSWORD", "MIN_PASSWORD", "Passwords", "make_initial_password", "password_fault"]

MIN_PASSWORD = 12
MAX_PASSWORD = 256
"""Longer than any passphrase; bounds what an unknown sender can make us hash."""
_AT_ONCE = 2
"""Each check takes 64 MiB for some 50 ms: more at once would let a flood of sign-ins take the memory."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Passwords:
    """Hashes and checks passwords off the event loop (RFC 9106, second recommended option)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """`hasher`: another cost than the library's default, which is RFC 9106's for little memory."""
        self._hasher = hasher or PasswordHasher()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """Return the argon2id text of `password`."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def is_right(self, stored: str | None, password: str) -> bool:
        """Whether `password` fits `stored`.  For an account that does not exist (None) it takes as long to say no."""
        if stored is None and not self._nobody:
            self._nobody = await self.hash(secrets.token_urlsafe(32))
        async with self._slots:
            right = await asyncio.to_thread(self._verify, stored or self._nobody, password)
        return right and stored is not None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def make_initial_password() -> str:
    """Return a password of 20 characters (115 bits) without those that look alike, in groups of five."""
    letters = [secrets.choice(_ALPHABET) for _ in range(20)]
    return "-".join("".join(letters[at : at + 5]) for at in range(0, 20, 5))


def password_fault(new: str, *, account: str, old: str) -> str | None:
    """Return why `new` cannot be the password (a fixed word), or None."""
    if len(new) < MIN_PASSWORD:
        return "too_short"
    if len(new) > MAX_PASSWORD:
        return "too_long"
    if account.casefold() in new.casefold() or new.casefold() in account.casefold():
        return "like_account"
    if new == old:
        return "unchanged"
    if len(set(new)) < 5:
        return "too_simple"
    return None
