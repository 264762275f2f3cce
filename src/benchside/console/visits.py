"""Who may use this program: a browser that brought the one-time address, and what the server gave it meanwhile."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["Visit", "Visits"]

MAX_VISITS = 8
"""Browsers of one person; the longest unused goes first."""
MAX_COOKIES = 8
"""Of one server, for one browser: it has two."""
_COOKIE = re.compile(r'((?:__Host-)?benchside_[a-z_]{1,32})=("?[A-Za-z0-9._~+/=-]{0,1500}"?)')
_GONE = re.compile(r"max-age=(0|-\d+)", re.IGNORECASE)


@dataclass
class Visit:
    """One browser.  The server's cookies stay here: no page and no other program of this machine ever has them."""

    cookies: dict[str, str] = field(default_factory=dict)

    def keep(self, set_cookies: Iterable[str]) -> None:
        """Take what the server set (RFC 6265, 5.2), as far as it can be one of its own."""
        for text in set_cookies:
            first, *attributes = [part.strip() for part in text.split(";")]
            match = _COOKIE.fullmatch(first)
            if match is None:
                continue
            if any(_GONE.fullmatch(one) for one in attributes):
                self.cookies.pop(match[1], None)
            elif match[1] in self.cookies or len(self.cookies) < MAX_COOKIES:
                self.cookies[match[1]] = match[2]

    def shown(self) -> str:
        """The Cookie field for the server; "" without any."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


class Visits:
    """All browsers that have entered, and the invitation that is out."""

    def __init__(self) -> None:
        self._invitation = b""
        self._visits: OrderedDict[bytes, Visit] = OrderedDict()

    def invite(self) -> str:
        """Return a fresh secret of 256 bits that lets one browser in, once; the one before is void."""
        secret = secrets.token_urlsafe(32)
        self._invitation = _digest(secret)
        return secret

    def enter(self, secret: str) -> str | None:
        """Return the cookie for the browser that brought the invitation; None when it is none, or used."""
        if not self._invitation or not hmac.compare_digest(_digest(secret), self._invitation):
            return None
        self._invitation = b""
        token = secrets.token_urlsafe(32)
        self._visits[_digest(token)] = Visit()
        while len(self._visits) > MAX_VISITS:
            self._visits.popitem(last=False)
        return token

    def find(self, token: str) -> Visit | None:
        """The visit of this cookie, if there is one."""
        digest = _digest(token)
        visit = self._visits.get(digest)
        if visit is not None:
            self._visits.move_to_end(digest)
        return visit


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
