"""HTTP towards the provider: no redirects, no waiting, no endless answers."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from benchside.protocol.errors import PeerError, PeerFault, UnavailableError

__all__ = ["Answer", "Fetch"]

KEPT_S = 2.0
"""Shorter than any provider keeps an idle connection (Node's 5 s): a code or token goes out on none just closed."""
ANSWER_WITHIN_S = 8.0
"""A person waits at a blank page meanwhile."""
MAX_ANSWER_BYTES = 256 * 1024
"""Metadata and keys of large providers have 20 KiB."""

Answer = tuple[int, dict[str, Any]]
"""Status and JSON object."""


class Fetch:
    """One client for all of it; the machine's own trust store and proxy variables count."""

    def __init__(self) -> None:
        self._http: httpx.AsyncClient | None = None

    async def get(self, url: str, bearer: str | None = None) -> dict[str, Any]:
        """Return a JSON object; UnavailableError when it cannot be had, PeerError when it is something else."""
        status, content = await self._send("GET", url, {"Authorization": f"Bearer {bearer}"} if bearer else {})
        if status != 200:
            raise UnavailableError(f"expected 200 from the provider, got {status}")
        return content

    async def post(self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None) -> Answer:
        """Return status and JSON object, also of an error that the provider explains (RFC 6749, 5.2).

        UnavailableError when it cannot be had, fails by itself, or has had too many questions: it is away for all.
        """
        auth = httpx.BasicAuth(*basic) if basic else None
        return await self._send("POST", url, {}, data=dict(form), auth=auth)

    async def close(self) -> None:
        """Close all connections."""
        if self._http is not None:
            await self._http.aclose()

    async def _send(self, method: str, url: str, headers: Mapping[str, str], **more: Any) -> Answer:
        if self._http is None:
            self._http = httpx.AsyncClient(
                timeout=ANSWER_WITHIN_S,
                follow_redirects=False,
                verify=ssl.create_default_context(),
                limits=httpx.Limits(keepalive_expiry=KEPT_S),
            )
        body = b""
        try:
            async with (
                asyncio.timeout(ANSWER_WITHIN_S),
                self._http.stream(method, url, headers={"Accept": "application/json", **headers}, **more) as answer,
            ):
                # by the status alone: what says these is often a door before the provider, with a page in place of JSON
                if answer.status_code == 429 or answer.status_code >= 500:
                    raise UnavailableError(f"the provider answered {answer.status_code}")
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > MAX_ANSWER_BYTES:
                        raise PeerError(PeerFault.TOO_LARGE, "expected a short answer of the provider, got more")
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, UnicodeError) as error:
            raise UnavailableError(f"the provider cannot be reached: {type(error).__name__}") from error
        try:
            content = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise PeerError(PeerFault.MALFORMED, "expected JSON of the provider, got other text") from error
        if not isinstance(content, dict):
            raise PeerError(PeerFault.MALFORMED, "expected a JSON object of the provider, got another value")
        return answer.status_code, content
