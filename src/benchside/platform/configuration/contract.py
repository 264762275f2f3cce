"""What is told of how a PC is set up."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Configuration"]


@dataclass(frozen=True)
class Configuration:
    """`sleeps_after_s`: left alone on mains, 0: never.  `has_screen_saver`: anybody logged in.  None: not known."""

    computer_name: str
    sleeps_after_s: int | None = None
    has_screen_saver: bool | None = None
