"""What is told of the machine as a whole."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Memory", "Release"]


@dataclass(frozen=True)
class Memory:
    """`free_bytes`: what programs can still get without anything being swapped out."""

    total_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class Release:
    """Which system this is.

    `system`: `windows`, or the ID of os-release(5).  `version`: Windows' build, or VERSION_ID.
    `edition`: Windows' EditionID.  `ends`: the day that the system itself names as its last, YYYY-MM-DD.
    """

    system: str
    version: str
    edition: str = ""
    ends: str = ""
