"""What a local door must do, on every operating system."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

__all__ = ["Greet", "LocalPeer", "OpenDoor"]


class LocalPeer(Protocol):
    """A process of this machine, as the system says."""

    @property
    def pid(self) -> int:
        """The process's number."""

    @property
    def account(self) -> str:
        """The account's number (uid, SID), for a log."""

    @property
    def name(self) -> str:
        """The account's name; its number where there is none."""

    @property
    def is_person(self) -> bool:
        """True for an account that a person logs in with."""

    @property
    def is_ours(self) -> bool:
        """True for the account that this process runs as."""

    @property
    def is_system(self) -> bool:
        """True for the account that may do anything on this machine anyway."""


P = TypeVar("P", bound=LocalPeer)
Greet = Callable[[asyncio.StreamReader, asyncio.StreamWriter, P], Awaitable[None]]
"""Receives a caller; whoever cannot be named is sent away before."""


class OpenDoor(Protocol):
    """Listens until it is closed."""

    def close(self) -> None:
        """Let nobody in any more.  Whoever is in stays."""
