"""The ways into a server's web, as tests try them."""

from __future__ import annotations

import httpx

from benchside.server.http.table import EntryPolicy

WORKING = (EntryPolicy.WORKING, EntryPolicy.SCOPED, EntryPolicy.ADMINISTRATOR, EntryPolicy.OFFICER)
"""What is closed to whoever must change a password, or set up a second factor, first."""


def at(path: str) -> str:
    """A path with something in each of its places."""
    return path.replace("/tokens/{id}", f"/tokens/{'00' * 32}").replace("{id}", "00" * 16).replace("{kind}", "people")


def reason(answer: httpx.Response) -> str:
    """Why an answer refuses."""
    return str(answer.json()["error"]["reason"])
