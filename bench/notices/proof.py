"""Facts that were exchanged with programs of somebody else's in this run: each is printed, and counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

__all__ = ["Proofs", "until"]

WITHIN_S = 30.0


@dataclass
class Proofs:
    """What was proven, and what was not."""

    proven: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    def fact(self, adapter: str, what: str, holds: bool = True) -> None:
        """Note one fact; `holds`: as it was just seen."""
        (self.proven if holds else self.failed).append((adapter, what))
        print(f"  {adapter:<7} {'yes' if holds else 'NO ':<4} {what}", flush=True)

    @asynccontextmanager
    async def trying(self, adapter: str, what: str) -> AsyncIterator[None]:
        """A fact that holds when what is within comes to its end; whatever it raises is told, and the run goes on."""
        try:
            yield
        except Exception as error:
            self.fact(adapter, f"{what} ({type(error).__name__}: {error})", holds=False)
        else:
            self.fact(adapter, what)

    @asynccontextmanager
    async def course(self, adapter: str, what: str) -> AsyncIterator[None]:
        """Several facts, which are told within; that it does not come to its end is one that does not hold."""
        try:
            yield
        except Exception as error:
            self.fact(adapter, f"{what}: it broke off ({type(error).__name__}: {error})", holds=False)


async def until(fact: Callable[[], bool], what: str) -> None:
    """Wait for something that stays; TimeoutError says what did not come."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + WITHIN_S
    while not fact():
        if loop.time() > ends_at:
            raise TimeoutError(f"expected {what} within {WITHIN_S} s")
        await asyncio.sleep(0.02)
