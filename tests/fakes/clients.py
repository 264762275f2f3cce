"""HTTP clients as tests need them: patient, and never on a connection that the other end is just closing."""

from __future__ import annotations

import functools
import ssl
from typing import Any

import httpx

__all__ = ["ANSWER_S", "KEPT", "http_client"]

KEPT = httpx.Limits(keepalive_expiry=2.0)
"""Shorter than the server keeps an idle connection (5 s): else a request may go out on one that is just closed."""
ANSWER_S = 30.0
"""On a machine that is busy with other tests."""


def http_client(url: str, *, verify: ssl.SSLContext | None = None, **more: Any) -> httpx.AsyncClient:
    """A client of one server, past every proxy; `more` as httpx takes it."""
    return httpx.AsyncClient(
        base_url=url, trust_env=False, timeout=ANSWER_S, verify=verify or _plain(), **({"limits": KEPT} | more)
    )


@functools.cache
def _plain() -> ssl.SSLContext:
    """Of plain HTTP, which never looks at it; httpx would read the machine's authorities for each browser."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
