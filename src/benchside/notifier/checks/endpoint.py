"""The check `endpoint`: whether servers can be reached, tried by a program of its own that ends afterwards.

The stages need TLS, proxies and an event loop: twenty megabytes that the worker would keep between two looks.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

from benchside.notifier.checks.answer import answer, subjects
from benchside.notifier.checks.options import EndpointSettings
from benchside.platform.program import ask_program
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.condition import ConditionKey, Signal

__all__ = ["EndpointLook", "dial"]

WITHIN_S = 110.0
"""All addresses at once (`dial.py` gives up at 90 s), and starting Python; the look's own limit lies above."""
STAGES = ("way", "dns", "tcp", "proxy", "tls", "http", "websocket", "bandwidth")


class EndpointLook:
    """Tries each; said after some tries that failed in a row."""

    def __init__(
        self, settings: EndpointSettings, tried: Callable[[EndpointSettings], dict[str, str]] | None = None
    ) -> None:
        self._settings, self._tried = settings, tried or dial
        self._failed: Counter[str] = Counter()

    def __call__(self) -> list[Signal]:
        """Return which hosts cannot be reached, with the stage that failed."""
        found: list[Signal] = []
        for url, stage in self._tried(self._settings).items():
            host = urlsplit(url).netloc
            self._failed[host] = self._failed[host] + 1 if stage else 0
            is_off = None if 0 < self._failed[host] < self._settings.tries else bool(stage)
            found += answer("pc.endpoint", host, "unreachable", is_off, values={"stage": stage})
        return found

    def knows(self, key: ConditionKey) -> bool:
        """Return whether the server is still asked for."""
        return key.subject in subjects(urlsplit(url).netloc for url in self._settings.urls)


def dial(settings: EndpointSettings) -> dict[str, str]:
    """Return for each address the stage that failed, "" for none; UnavailableError when nobody could try."""
    words = [sys.executable, "-I", "-m", "benchside.notifier.checks.dial", "--proxy", settings.proxy]
    if settings.ca_file:
        words += ["--ca-file", settings.ca_file]
    data = ask_program([*words, "--", *settings.urls], within_s=WITHIN_S)
    try:
        read = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnavailableError("expected findings, got something else") from error
    if not isinstance(read, dict) or not all(stage in ("", *STAGES) for stage in read.values()):
        raise UnavailableError("expected stages, got something else")
    return {url: str(read[url]) for url in settings.urls if url in read}
