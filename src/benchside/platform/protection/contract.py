"""What is told of the protection against viruses."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Protection"]


@dataclass(frozen=True)
class Protection:
    """`is_on`: whether something protects.  `signatures_age_days`: of what it knows; each None: not known."""

    is_on: bool | None
    signatures_age_days: float | None = None
    are_signatures_old: bool | None = None
    """As the system itself judges, where it gives no age."""
