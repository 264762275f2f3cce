"""What happened on the console's page, on this process's clock."""

from __future__ import annotations

import time
from pathlib import Path

from examples.engineer.engineer import Engineer

SCRIPT = Path(__file__).with_name("stamps.js")
TRIES = 20
"""Looks at the page's clock; the quickest answer counts, and is right to within half of its time, about 0.5 ms."""


class Page:
    """The stamps of one engineer's page.  Make it before the page is opened."""

    def __init__(self, engineer: Engineer) -> None:
        self._page = engineer.page
        self._page.add_init_script(path=SCRIPT)
        self._ahead_s = 0.0

    def start(self) -> None:
        """Forget the stamps and compare the clocks; again after each navigation."""
        best_s = float("inf")
        for _ in range(TRIES):
            before = time.monotonic()
            there_ms: float = self._page.evaluate("performance.now()")
            took_s = time.monotonic() - before
            if took_s < best_s:
                best_s, self._ahead_s = took_s, before + took_s / 2 - there_ms / 1000
        self._page.evaluate("() => { benchStamps.signs = {}; benchStamps.clicks = {}; }")

    def signs(self) -> dict[str, float]:
        """When each part of the page was first there, by time.monotonic()."""
        return self._moments("signs")

    def clicks(self) -> dict[str, float]:
        """When each was first clicked."""
        return self._moments("clicks")

    def start_hops(self) -> None:
        self._page.evaluate("() => { benchStamps.hops = []; }")

    def take_hops(self) -> list[tuple[str, float]]:
        """What happened since `start_hops`, in order; none are noted from now on."""
        hops = self._page.evaluate("() => { const { hops } = benchStamps; benchStamps.hops = null; return hops; }")
        return [(name, at_ms / 1000 + self._ahead_s) for name, at_ms in hops]

    def _moments(self, what: str) -> dict[str, float]:
        found: dict[str, float] = self._page.evaluate(f"() => benchStamps.{what}")
        return {name: at_ms / 1000 + self._ahead_s for name, at_ms in found.items()}
