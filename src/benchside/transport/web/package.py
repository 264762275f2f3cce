"""How the package's own console makes itself known to a server, and how a browser is told from it."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = [
    "CALLBACK_PORT",
    "CONSOLE",
    "SSO_CALLBACK",
    "is_package",
    "loopback_callback",
    "loopback_home",
    "package_fields",
]

CONSOLE = "X-Benchside-Console"
CALLBACK_PORT = "X-Benchside-Port"
"""On which port of the associate's own loopback the sign-in at a provider comes back (RFC 8252, 7.3)."""
SSO_CALLBACK = "/api/sso/callback"
_SAID = re.compile(r"package/[0-9A-Za-z.+-]{1,40}")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
MAX_PORT = 65_535


def package_fields(version: str, port: int) -> dict[str, str]:
    """What the package's client says with each request."""
    return {CONSOLE: f"package/{version}", CALLBACK_PORT: str(port)}


def is_package(headers: Mapping[str, str]) -> bool:
    """Whether no browser sent this: those add Origin or Sec-Fetch-… by themselves, and no page can leave them out.

    It is no proof of *which* program sent it; whoever writes one can say the same.  `headers`: names in lower case.
    """
    if any(name == "origin" or name.startswith("sec-") for name in headers):
        return False
    return _SAID.fullmatch(headers.get(CONSOLE.lower(), "")) is not None


def loopback_callback(headers: Mapping[str, str]) -> str | None:
    """Where a sign-in that the package began comes back; None for anybody else, and where it names no port."""
    home = loopback_home(headers)
    return None if home is None else home + SSO_CALLBACK


def loopback_home(headers: Mapping[str, str]) -> str | None:
    """Where the package that sent this serves its pages, without a slash at the end; None for anybody else."""
    port = headers.get(CALLBACK_PORT.lower(), "")
    if not is_package(headers) or not _PORT.fullmatch(port) or int(port) > MAX_PORT:
        return None
    return f"http://127.0.0.1:{port}"
