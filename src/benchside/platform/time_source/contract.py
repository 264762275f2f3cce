"""What is told of the clock's source."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TimeSource"]


@dataclass(frozen=True)
class TimeSource:
    """`is_synchronised`: whether the clock follows another.  `offset_s`: off by so much.  None: not known."""

    is_synchronised: bool | None
    offset_s: float | None = None
